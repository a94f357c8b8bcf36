//! Why a call was not made or did not end well, and how a person is told.

use gatehouse_protocol::{LoadErrorKind, RequestErrorKind};

use super::{inspect::InspectionError, mistakes::MistakeError};
use crate::{
    accounts::AccountError,
    aliases::AliasError,
    chat::ChatError,
    clients::{ClientBudgetError, ClientError},
    costs::{budgets::BudgetError, prices::PriceError, published::PublishedError},
    engine::{ContextLimit, Death, EngineError},
    models::ModelError,
    problem::{Problem, ProblemCode},
    providers::{
        account::AddressError,
        error::{ProviderError, Trouble},
        key::NotAKey,
    },
    schema::SchemaError,
    sealed::SealedError,
    secrets::{HeaderError, SecretError},
    store::StoreError,
};

/// Why a call was not made or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// Nothing to answer with.
    #[error("no model is installed yet")]
    NoModel,
    /// The model cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// This conversation is being answered already.
    #[error("this conversation is being answered already")]
    Busy,
    /// Nothing is, as what was erased must not be written again.
    #[error("nothing is answered while data is being erased")]
    Paused,
    /// The engine could not do it.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The conversation or message cannot be used.
    #[error(transparent)]
    Chat(#[from] ChatError),
    /// An account cannot be used.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// An alias cannot be used.
    #[error(transparent)]
    Alias(#[from] AliasError),
    /// The key of an account is not to be had.
    #[error(transparent)]
    Key(#[from] SecretError),
    /// A header cannot be kept or sent.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// What a person entered as a key or an address cannot be one.
    #[error("{0}")]
    Entered(String),
    /// A provider did not answer as it should.
    #[error("{}", .0.words())]
    Provider(ProviderFault),
    /// A text could not be inspected, so it does not leave.
    #[error("the message could not be inspected, so it does not leave: {0}")]
    Inspection(#[from] InspectionError),
    /// What a person calls a mistake stays a finding.
    #[error(transparent)]
    Mistake(#[from] MistakeError),
    /// Policy says that this leaves for nobody.
    #[error("{what} does not leave for {account}: the policy of this workspace blocks it")]
    Blocked {
        /// What was found.
        what: &'static str,
        /// For whom.
        account: String,
    },
    /// Policy keeps this on this computer.
    #[error("the policy of this workspace keeps {what} on this computer")]
    KeptByPolicy {
        /// What was found.
        what: &'static str,
    },
    /// The person keeps it on this computer.
    #[error("you kept it on this computer")]
    KeptHere,
    /// The person is to look at it first.
    #[error("look at what leaves for {account} first")]
    ReviewFirst {
        /// For whom.
        account: String,
    },
    /// The person was to look at it first, and it was not shown to them or they did not let it go.
    #[error("nobody has let it leave for {account}")]
    NotLetGo {
        /// For whom.
        account: String,
    },
    /// A model that cannot see was to answer a message with pictures.
    #[error("{model} takes no pictures")]
    NoPictures {
        /// Which.
        model: String,
    },
    /// The model that was chosen does not answer, and the last one that could cannot see.
    #[error("{reason}, and {model}, which would answer instead, takes no pictures")]
    NoPicturesInstead {
        /// Why the chosen one does not.
        reason: String,
        /// Which would.
        model: String,
    },
    /// Nobody knows what a picture costs there, and a budget would stop what passes it.
    #[error("nobody knows how {model} counts pictures, so a budget cannot be held")]
    UncountedPictures {
        /// Which.
        model: String,
    },
    /// A request of a client has more pictures than are taken.
    #[error("a request takes at most {0} pictures")]
    TooManyPictures(u32),
    /// Nobody may answer, and why.
    #[error("{0}")]
    NotAllowed(String),
    /// The offline switch is on.
    #[error("the offline switch is on")]
    Offline,
    /// The provider failed again and again, and is left out for a while.
    #[error("{account} has failed several times in a row and is left out for a while")]
    LeftOut {
        /// Which.
        account: String,
    },
    /// A budget would be passed.
    #[error(transparent)]
    Budget(#[from] BudgetError),
    /// What is kept under the conversation's key cannot be used.
    #[error(transparent)]
    Sealed(#[from] SealedError),
    /// What was read online is no list of prices.
    #[error(transparent)]
    PriceList(#[from] PublishedError),
    /// A price cannot be kept.
    #[error(transparent)]
    Price(#[from] PriceError),
    /// The system gives no network.
    #[error("this computer gives no way out: {0}")]
    Network(String),
    /// A client of the local API is not let in any more.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The budget of a client would be passed.
    #[error(transparent)]
    ClientBudget(#[from] ClientBudgetError),
    /// Nothing has this name.
    #[error("there is no model or alias “{0}”")]
    ModelUnknown(String),
    /// A person is to look at it first, and a request of a client has none.
    #[error(
        "the policy of this workspace wants a person to look at what leaves for {account} first, and nobody does at the local API"
    )]
    NobodyLooks {
        /// For whom.
        account: String,
    },
    /// A call was begun and came to nothing.
    #[error("{}", .0.message)]
    CallFailed(Problem),
    /// Only some models can do this.
    #[error("{0}")]
    OnlyHere(&'static str),
    /// A model on this computer cannot be held to the shape that an answer is to have.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A provider's fault. Its fields are the gate's own business.
#[derive(Debug)]
pub struct ProviderFault(pub(super) ProviderError);

impl ProviderFault {
    fn words(&self) -> String {
        self.0.to_string()
    }
}

impl From<ProviderError> for GateError {
    fn from(error: ProviderError) -> Self {
        Self::Provider(ProviderFault(error))
    }
}

impl From<NotAKey> for GateError {
    fn from(error: NotAKey) -> Self {
        Self::Entered(error.to_string())
    }
}

impl From<AddressError> for GateError {
    fn from(error: AddressError) -> Self {
        Self::Entered(error.to_string())
    }
}

impl From<rusqlite::Error> for GateError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<GateError> for Problem {
    fn from(error: GateError) -> Self {
        use ProblemCode as Code;
        match error {
            GateError::NoModel => {
                Problem::new(Code::NoModel, &error).hint("Add a GGUF file on the Models screen.")
            }
            GateError::Busy => {
                Problem::new(Code::Busy, &error).hint("Stop that answer or wait for its end.")
            }
            GateError::Paused => {
                Problem::new(Code::Busy, &error).hint("Try again in a moment.")
            }
            GateError::Model(model) => model.into(),
            GateError::Engine(engine) => Problem::from(&engine),
            GateError::Chat(chat) => chat.into(),
            GateError::Account(account) => account.into(),
            GateError::Alias(alias) => alias.into(),
            GateError::Key(key) => key.into(),
            GateError::Header(header) => header.into(),
            GateError::Provider(fault) => (&fault.0).into(),
            GateError::Entered(_) | GateError::OnlyHere(_) | GateError::TooManyPictures(_) => {
                Problem::new(Code::InvalidInput, &error)
            }
            GateError::Inspection(_) => Problem::new(Code::NotAllowed, &error)
                .hint("Mend the rules on the Safety screen, then try again."),
            GateError::Mistake(mistake) => mistake.into(),
            GateError::Blocked { .. } => Problem::new(Code::NotAllowed, &error)
                .hint("Take it out of the message, choose a model on this computer, or change the policy on the Safety screen."),
            GateError::KeptByPolicy { .. } | GateError::KeptHere => {
                Problem::new(Code::NotAllowed, &error)
                    .hint("Choose a model on this computer, or change the policy on the Safety screen.")
            }
            GateError::NotAllowed(_) => Problem::new(Code::NotAllowed, &error)
                .hint("Add a model on the Models screen: one on this computer can always answer."),
            GateError::NoPictures { .. } | GateError::NoPicturesInstead { .. } => Problem::new(Code::NotAllowed, &error)
                .hint("Take the picture out, or choose a model that takes pictures. Models on this computer read texts alone."),
            GateError::UncountedPictures { .. } => Problem::new(Code::BudgetReached, &error)
                .hint("Your message is kept. Let the budget only warn, or choose another model."),
            GateError::ReviewFirst { .. } => Problem::new(Code::ReviewFirst, &error),
            GateError::NotLetGo { .. } => Problem::new(Code::NotAllowed, &error)
                .hint("Choose its model alone, and you are shown what leaves."),
            GateError::Offline => Problem::new(Code::Offline, &error)
                .hint("Turn the switch in Settings off, or choose a model on this computer."),
            GateError::LeftOut { .. } => Problem::new(Code::Provider, &error)
                .hint("It is tried again in a few minutes."),
            GateError::Budget(budget) => budget.into(),
            GateError::Sealed(SealedError::Store(store)) => store.into(),
            GateError::Sealed(_) => Problem::new(Code::DataUnusable, &error),
            GateError::PriceList(_) => Problem::new(Code::Provider, &error)
                .hint("The prices are as they were. Try again later, or update from a file."),
            GateError::Price(price) => price.into(),
            GateError::Client(client) => client.into(),
            GateError::ClientBudget(budget) => budget.into(),
            GateError::ModelUnknown(_) => Problem::new(Code::NotFound, &error)
                .hint("GET /v1/models lists those that can be asked for."),
            GateError::NobodyLooks { .. } => Problem::new(Code::NotAllowed, &error)
                .hint("Take out what was found, ask for a model on this computer, or change the policy on the Safety screen."),
            GateError::CallFailed(problem) => problem,
            GateError::Schema(schema) => schema.into(),
            GateError::Network(_) => Problem::new(Code::Internal, &error),
            GateError::Store(store) => store.into(),
        }
    }
}

impl From<&ProviderError> for Problem {
    fn from(error: &ProviderError) -> Self {
        use ProblemCode as Code;
        let code = match error.trouble {
            Trouble::KeyWrong => Code::KeyWrong,
            Trouble::NoNetwork | Trouble::Offline | Trouble::Certificate => Code::Offline,
            Trouble::PromptTooLong => Code::PromptTooLong,
            Trouble::Stopped => Code::Cancelled,
            _ => Code::Provider,
        };
        let problem = Problem::new(code, error);
        match error.hint() {
            "" => problem,
            hint => problem.hint(hint),
        }
    }
}

impl From<BudgetError> for Problem {
    fn from(error: BudgetError) -> Self {
        use ProblemCode as Code;
        match error {
            BudgetError::Store(store) => StoreError::from(store).into(),
            BudgetError::Reached { .. } => Problem::new(Code::BudgetReached, &error)
                .hint("Your message is kept. Raise the budget in Settings, or choose a cheaper model or one on this computer."),
            BudgetError::UnknownPrice(_) => Problem::new(Code::BudgetReached, &error)
                .hint("Your message is kept. Enter a price of your own for this model, let the budget only warn, or choose another model."),
            BudgetError::Clock(_) => Problem::new(Code::Internal, error),
            BudgetError::Limit(_) | BudgetError::Share(_) | BudgetError::Amount(_) => {
                Problem::new(Code::InvalidInput, error)
            }
        }
    }
}

impl From<&EngineError> for Problem {
    fn from(error: &EngineError) -> Self {
        use ProblemCode as Code;
        match error {
            EngineError::Start { .. } => {
                Problem::new(Code::Internal, error).hint("Install Gatehouse again: a part of it is missing.")
            }
            EngineError::Load { kind, .. } => load_problem(*kind, error),
            EngineError::Died(Death::Killed) => Problem::new(Code::EngineDied, error)
                .hint("What was written is kept. Close other programs or choose a smaller model, then try again."),
            EngineError::Died(_) => Problem::new(Code::EngineDied, error)
                .hint("What was written is kept. Try again: the next answer starts a new engine."),
            EngineError::TooLong { limit, .. } => {
                Problem::new(Code::PromptTooLong, error).hint(match limit {
                    ContextLimit::Setting => {
                        "Shorten the message, or raise the context size in Settings."
                    }
                    ContextLimit::Memory => {
                        "Shorten the message, or close other programs, unload the model and ask again: there was no memory for a larger context."
                    }
                    ContextLimit::Model => {
                        "Shorten the message, or choose a model with a larger context."
                    }
                })
            }
            EngineError::Request { kind, .. } => match kind {
                RequestErrorKind::PromptTooLong => Problem::new(Code::PromptTooLong, error),
                RequestErrorKind::BadConstraint => Problem::new(Code::BadConstraint, error)
                    .hint("Check the JSON Schema or the grammar."),
                RequestErrorKind::Template => Problem::new(Code::ModelRefused, error)
                    .hint("The model's own chat template does not work. Use another file of this model."),
                RequestErrorKind::NoGap => Problem::new(Code::ModelRefused, error)
                    .hint("Leave the suffix out, or name a model that was trained for it, here or at an Ollama server."),
                RequestErrorKind::NotReady | RequestErrorKind::Compute => {
                    Problem::new(Code::EngineDied, error).hint("Try again.")
                }
            },
            EngineError::Stopped => Problem::new(Code::Cancelled, error),
        }
    }
}

fn load_problem(kind: LoadErrorKind, error: &EngineError) -> Problem {
    use ProblemCode as Code;
    match kind {
        LoadErrorKind::Cancelled => Problem::new(Code::Cancelled, error),
        LoadErrorKind::NotFound | LoadErrorKind::Unreadable => {
            Problem::new(Code::ModelMissing, error)
        }
        LoadErrorKind::OutOfMemory => Problem::new(Code::ModelTooLarge, error)
            .hint("Close other programs, or choose a smaller model or context."),
        LoadErrorKind::Damaged
        | LoadErrorKind::Unsupported
        | LoadErrorKind::VocabOnly
        | LoadErrorKind::WrongPurpose
        | LoadErrorKind::Other => Problem::new(Code::ModelRefused, error),
    }
}

impl From<ChatError> for Problem {
    fn from(error: ChatError) -> Self {
        use ProblemCode as Code;
        match error {
            ChatError::NoConversation | ChatError::NoMessage => Problem::new(Code::NotFound, error),
            ChatError::EmptyName
            | ChatError::EmptyMessage
            | ChatError::Sampling(_)
            | ChatError::SystemPrompt => Problem::new(Code::InvalidInput, error),
            ChatError::Held => Problem::new(Code::InvalidInput, error)
                .hint("The Privacy screen says why, and lifts it."),
            ChatError::Picture(picture) => picture.into(),
            ChatError::Store(error) => error.into(),
        }
    }
}
