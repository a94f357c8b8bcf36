//! Why a provider did not answer, in words that tell a person what to do.

use std::time::Duration;

/// Letters of what a server said that are shown.
const SHOWN: usize = 300;

/// What went wrong at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The key is missing, wrong, or not allowed to do this.
    KeyWrong,
    /// No credit or quota is left; `wait` where the server said when there is more.
    Quota { wait: Option<Duration> },
    /// Too many requests in a short time.
    RateLimited { wait: Option<Duration> },
    /// The server has too much to do.
    Overloaded,
    /// The server, or something in front of it, failed with this status.
    ServerFailed { status: u16 },
    /// The prompt is longer than the model can read.
    PromptTooLong,
    /// The provider's filter held the prompt or the answer back.
    Filtered,
    /// No such model or address.
    NotFound,
    /// Any other refusal, with its status.
    Refused { status: u16 },
    /// The server cannot be reached.
    NoNetwork,
    /// Somebody else answers in the server's place, or its certificate has run out.
    Certificate,
    /// The offline switch is on.
    Offline,
    /// Nothing came for so long.
    Silent { after: Duration },
    /// The answer broke off before its end.
    Cut,
    /// What came is no answer: a web page, broken JSON, broken compression.
    Nonsense,
    /// The server sends us to another address, which is not followed.
    Moved,
    /// This server does not offer what was asked for.
    Unsupported,
    /// A person stopped it.
    Stopped,
}

/// Why a provider did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProviderError {
    /// What went wrong.
    pub trouble: Trouble,
    /// The host that was asked.
    pub server: String,
    /// What the server or the network said: short, on one line, without the key.
    pub said: Option<String>,
    /// Whether the request had left and was not refused, so that a model may have read it. It counts where a person
    /// ended it, by a stop or the offline switch, and where the server was there for a try before and now is not.
    pub left: bool,
}

impl ProviderError {
    /// An error without words of the server's own.
    pub(super) fn new(trouble: Trouble, server: &str) -> Self {
        Self {
            trouble,
            server: server.to_owned(),
            said: None,
            left: false,
        }
    }

    /// The same with what was said. The caller has taken the key out.
    pub(super) fn saying(self, said: &str) -> Self {
        let said = one_line(said);
        Self {
            said: (!said.is_empty()).then_some(said),
            ..self
        }
    }

    /// What the record calls it.
    pub(crate) fn kind(&self) -> &'static str {
        match self.trouble {
            Trouble::KeyWrong => "key_wrong",
            Trouble::Quota { .. } => "quota",
            Trouble::RateLimited { .. } => "rate_limited",
            Trouble::Overloaded => "overloaded",
            Trouble::ServerFailed { .. } => "server_failed",
            Trouble::PromptTooLong => "prompt_too_long",
            Trouble::Filtered => "filtered",
            Trouble::NotFound => "not_found",
            Trouble::Refused { .. } => "refused",
            // What left with the try before must not be taken for what never did.
            Trouble::NoNetwork if self.left => "cut",
            Trouble::NoNetwork => "no_network",
            Trouble::Certificate => "certificate",
            Trouble::Offline => "offline",
            Trouble::Silent { .. } => "silent",
            Trouble::Cut => "cut",
            Trouble::Nonsense => "nonsense",
            Trouble::Moved => "moved",
            Trouble::Unsupported => "unsupported",
            Trouble::Stopped => "stopped",
        }
    }

    /// What a person can do about it.
    pub(crate) fn hint(&self) -> &'static str {
        match self.trouble {
            Trouble::KeyWrong => {
                "Check the key of this provider in Settings, and what it may be used for."
            }
            Trouble::Quota { wait: Some(_) } => "Choose another model, or wait.",
            Trouble::Quota { wait: None } => "Add credit at the provider, or choose another model.",
            Trouble::RateLimited { .. } => "Wait a little and try again, or choose another model.",
            Trouble::Overloaded | Trouble::ServerFailed { .. } => {
                "It is not your fault: try again in a minute, or choose another model."
            }
            Trouble::PromptTooLong => {
                "Shorten the message, begin a new conversation, or choose a model with a larger context."
            }
            Trouble::Filtered => "Say it in other words, or choose another model.",
            Trouble::NotFound => {
                "Check the name of the model and the address of the server in Settings."
            }
            Trouble::Refused { .. } => {
                "Check the settings of this model: the server does not take one of them."
            }
            Trouble::NoNetwork => {
                "Check the connection and the address of the server, or go on with a model on this computer."
            }
            Trouble::Certificate => {
                "Do not enter a key here before you know why: a proxy may be reading along, or this computer's clock may be wrong."
            }
            Trouble::Offline => {
                "Turn the offline switch in Settings off, or go on with a model on this computer."
            }
            Trouble::Silent { .. } => "What was written is kept. Try again.",
            Trouble::Cut => "What was written is kept. Try again.",
            Trouble::Nonsense => {
                "Check the address of the server in Settings: something else answers there."
            }
            Trouble::Moved => {
                "Enter the address that the server names in Settings, if you trust it."
            }
            Trouble::Unsupported => "Choose another model for this.",
            Trouble::Stopped => "",
        }
    }

    /// Whether the provider may bill the request although no whole answer came: a model may have read it.
    pub(crate) fn may_be_billed(&self) -> bool {
        match self.trouble {
            Trouble::Silent { .. } | Trouble::Cut | Trouble::Nonsense | Trouble::Filtered => true,
            Trouble::Offline | Trouble::Stopped => self.left,
            _ => false,
        }
    }

    /// Whether the same request may be sent again at once, if nothing of an answer has been seen.
    pub(super) fn may_pass(&self) -> bool {
        matches!(
            self.trouble,
            Trouble::RateLimited { .. }
                | Trouble::Overloaded
                | Trouble::ServerFailed { .. }
                | Trouble::Cut
        )
    }
}

impl std::error::Error for ProviderError {}

impl std::fmt::Display for ProviderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let server = &self.server;
        match &self.trouble {
            Trouble::KeyWrong => write!(f, "{server} does not accept the key"),
            Trouble::Quota { wait: None } => {
                write!(f, "there is no credit or quota left at {server}")
            }
            Trouble::Quota { wait: Some(wait) } => {
                write!(
                    f,
                    "the quota at {server} is used up for the next {}",
                    duration(*wait)
                )
            }
            Trouble::RateLimited { wait: None } => {
                write!(f, "{server} gets too many requests from you")
            }
            Trouble::RateLimited { wait: Some(wait) } => {
                write!(
                    f,
                    "{server} gets too many requests from you and asks to wait {}",
                    duration(*wait)
                )
            }
            Trouble::Overloaded => write!(f, "{server} has too much to do right now"),
            Trouble::ServerFailed { status: 0..400 } => write!(f, "{server} failed"),
            Trouble::ServerFailed { status } => write!(f, "{server} failed (status {status})"),
            Trouble::PromptTooLong => write!(
                f,
                "the conversation is longer than the model at {server} can read"
            ),
            Trouble::Filtered => write!(f, "the content filter of {server} held this back"),
            Trouble::NotFound => write!(f, "{server} does not have this model or address"),
            Trouble::Refused { status } => {
                write!(f, "{server} refused the request (status {status})")
            }
            Trouble::NoNetwork => write!(f, "{server} cannot be reached"),
            Trouble::Certificate => write!(f, "{server} could not prove who it is"),
            Trouble::Offline if self.left => {
                write!(f, "the offline switch ended the request to {server}")
            }
            Trouble::Offline => write!(f, "nothing was sent to {server}: the offline switch is on"),
            Trouble::Silent { after } => {
                write!(f, "{server} has sent nothing for {}", duration(*after))
            }
            Trouble::Cut => write!(f, "the answer of {server} broke off"),
            Trouble::Nonsense => write!(f, "{server} sent something that is no answer"),
            Trouble::Moved => write!(f, "{server} points to another address"),
            Trouble::Unsupported => write!(f, "{server} does not offer this"),
            Trouble::Stopped => write!(f, "the request to {server} was stopped"),
        }?;
        match &self.said {
            Some(said) => write!(f, ": {said}"),
            None => Ok(()),
        }
    }
}

/// `90 seconds`, `12 minutes`, `3 hours`: always at least the time meant.
fn duration(time: Duration) -> String {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    match seconds {
        1 => "1 second".to_owned(),
        0..=90 => format!("{seconds} seconds"),
        91..=5_400 => format!("{} minutes", seconds.div_ceil(60)),
        _ => format!("{} hours", seconds.div_ceil(3_600)),
    }
}

/// The beginning of a text without line breaks and invisible characters.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    let mut space = false;
    for letter in text.trim().chars() {
        if letter.is_whitespace() || letter.is_control() {
            space = true;
            continue;
        }
        if line.len() > SHOWN {
            line.push('…');
            break;
        }
        if std::mem::take(&mut space) {
            line.push(' ');
        }
        line.push(letter);
    }
    line
}
