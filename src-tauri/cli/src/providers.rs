//! `gatehouse providers`: accounts at providers of models, their keys, and the models they have.

use std::io::{self, IsTerminal, Read, Write};

use clap::{Args, Subcommand, ValueEnum};
use gatehouse_core::{
    accounts::{self, Account, AccountError, AccountInput, ProviderKind},
    app::App,
    engine::Stop,
    gate::PullProgress,
    policy::Destination,
    store::StoreError,
};
use serde_json::json;
use zeroize::Zeroizing;

use crate::{failure::Failure, output};

/// A key has at most a few hundred letters; what is longer is a file that was piped by mistake.
const LONGEST_KEY: u64 = 16 * 1024;

/// Accounts at OpenAI, Anthropic, servers that speak as OpenAI does, and Ollama.
#[derive(Subcommand)]
pub(crate) enum Providers {
    /// Add an account. Nothing is sent to it yet; `providers test` does that.
    ///
    /// The key is asked for at the terminal, where it is not shown, or read from standard input.
    /// It is never an argument: arguments stay in the history of a shell, and other programs of
    /// this computer can read them.
    Add(Add),
    /// List the accounts: whose computer answers, whether a key is set, and the chosen models.
    List,
    /// Ask an account for its models, which shows that address and key are right.
    Test {
        /// Its name.
        name: String,
    },
    /// Replace the key of an account, or forget it. The key is never an argument; see `add`.
    Key {
        /// Its name.
        name: String,
        /// Read the key from standard input.
        #[arg(long, conflicts_with = "forget")]
        key_stdin: bool,
        /// Forget the key.
        #[arg(long)]
        forget: bool,
    },
    /// Show the models of an account, or choose which stand in lists.
    Models {
        /// Its name.
        name: String,
        /// The models to choose, all others are not; also such as the server does not list.
        #[arg(long, value_name = "MODEL", num_args = 1..)]
        choose: Vec<String>,
    },
    /// Forget an account and its key. What was asked with it stays in the list of calls.
    Remove {
        /// Its name.
        name: String,
    },
    /// Let an Ollama server fetch a model.
    Pull {
        /// The name of the account.
        name: String,
        /// The model, as Ollama names it.
        model: String,
    },
}

/// A new account.
#[derive(Args)]
pub(crate) struct Add {
    /// What language it speaks.
    #[arg(long, value_enum)]
    kind: Kind,
    /// What to call it; without it, as its provider is called.
    #[arg(long)]
    name: Option<String>,
    /// The base address, such as `https://api.mistral.ai/v1`; without it, the provider's own.
    #[arg(long)]
    url: Option<String>,
    /// It is a server of your own, which the policy treats more mildly; without this and --cloud
    /// the address says it.
    #[arg(long, conflicts_with = "cloud")]
    own_server: bool,
    /// It is somebody else's computer, whatever its address.
    #[arg(long)]
    cloud: bool,
    /// For Ollama: how many tokens a conversation may have; without this, as many as it needs.
    #[arg(long, value_name = "N")]
    context: Option<u32>,
    /// Read the key from standard input.
    #[arg(long)]
    key_stdin: bool,
}

/// What language a provider speaks.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// OpenAI itself.
    Openai,
    /// Anthropic itself.
    Anthropic,
    /// A server that speaks as OpenAI does.
    Compatible,
    /// Ollama.
    Ollama,
}

impl From<Kind> for ProviderKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Openai => Self::OpenAi,
            Kind::Anthropic => Self::Anthropic,
            Kind::Compatible => Self::Compatible,
            Kind::Ollama => Self::Ollama,
        }
    }
}

impl Providers {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        match self {
            Self::Add(add) => add.run(app, json),
            Self::List => list(app, json),
            Self::Test { name } => {
                let account = app.gate.test_account(find(app, name)?.id)?;
                models(&account, json)
            }
            Self::Key {
                name,
                key_stdin,
                forget,
            } => key(app, name, *key_stdin, *forget, json),
            Self::Models { name, choose } => choose_models(app, name, choose, json),
            Self::Remove { name } => {
                let account = find(app, name)?;
                app.gate.remove_account(account.id)?;
                said(
                    json,
                    &json!({ "removed": account.name }),
                    &format!("“{}” and its key are forgotten.", account.name),
                )
            }
            Self::Pull { name, model } => pull(app, name, model, json),
        }
    }
}

impl Add {
    fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        let destination = match (self.own_server, self.cloud) {
            (true, _) => Some(Destination::OwnServer),
            (_, true) => Some(Destination::Cloud),
            _ => None,
        };
        let input = AccountInput {
            kind: self.kind.into(),
            name: self.name.clone().unwrap_or_default(),
            base_url: self.url.clone().unwrap_or_default(),
            destination,
            context_tokens: self.context,
        };
        let key = read_key(self.key_stdin, true)?;
        let mut account = app.gate.save_account(None, &input)?;
        if let Some(key) = key {
            account = match app.gate.set_account_key(account.id, key) {
                Ok(account) => account,
                Err(error) => {
                    // Half an account would only be in the way of the next try.
                    app.gate.remove_account(account.id)?;
                    return Err(error.into());
                }
            };
        }
        if json {
            return output::json(&account);
        }
        output::line(&format!(
            "“{}” is added: {}, {}.",
            account.name,
            account.base_url,
            whose(account.destination)
        ))?;
        let name = quoted(&account.name);
        let needs_key = matches!(account.kind, ProviderKind::OpenAi | ProviderKind::Anthropic);
        let next = if needs_key && !account.has_key {
            format!("It has no key yet: gatehouse providers key {name}")
        } else {
            format!("See whether it answers: gatehouse providers test {name}")
        };
        eprintln!("{}", output::harmless(&next, &io::stderr()));
        Ok(())
    }
}

/// The account of this name, or what to do where there is none.
pub(crate) fn find(app: &App, name: &str) -> Result<Account, Failure> {
    match app.store.read(|conn| accounts::find(conn, name)) {
        Err(AccountError::NotFound) => Err(Failure::missing(format!(
            "There is no account “{name}”. “gatehouse providers list” shows all."
        ))),
        other => Ok(other?),
    }
}

fn list(app: &App, json: bool) -> Result<(), Failure> {
    let all = app
        .store
        .read(|conn| Ok::<_, StoreError>(accounts::all(conn)?))?;
    if json {
        return output::json(&all);
    }
    let rows: Vec<_> = all
        .iter()
        .map(|account| {
            let chosen = account.models.iter().filter(|model| model.chosen);
            let chosen: Vec<_> = chosen.map(|model| model.id.as_str()).collect();
            [
                account.name.clone(),
                kind(account.kind).to_owned(),
                account.base_url.clone(),
                whose(account.destination).to_owned(),
                if account.has_key { "set" } else { "none" }.to_owned(),
                chosen.join(", "),
            ]
        })
        .collect();
    output::table(["NAME", "KIND", "ADDRESS", "WHOSE", "KEY", "MODELS"], &rows)
}

fn key(app: &App, name: &str, from_stdin: bool, forget: bool, json: bool) -> Result<(), Failure> {
    let account = find(app, name)?;
    let key = if forget {
        Zeroizing::default()
    } else {
        read_key(from_stdin, false)?.ok_or_else(|| {
            Failure::input("There is no key. --forget forgets the one that is kept.")
        })?
    };
    let account = app.gate.set_account_key(account.id, key)?;
    if json {
        return output::json(&account);
    }
    let now = if account.has_key {
        "has its new key. It is kept where your keys are, and never shown again"
    } else {
        "has no key any more"
    };
    output::line(&format!("“{}” {now}.", account.name))
}

fn choose_models(app: &App, name: &str, chosen: &[String], json: bool) -> Result<(), Failure> {
    let mut account = find(app, name)?;
    if !chosen.is_empty() {
        account = app.choose_account_models(account.id, chosen)?;
    }
    models(&account, json)
}

fn models(account: &Account, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(account);
    }
    let rows: Vec<_> = account
        .models
        .iter()
        .map(|model| {
            let context = model.context_tokens;
            [
                format!("{}/{}", account.name, model.id),
                context.map_or("unknown".into(), |tokens| tokens.to_string()),
                if model.chosen { "yes" } else { "" }.to_owned(),
            ]
        })
        .collect();
    output::table(["MODEL", "CONTEXT", "CHOSEN"], &rows)
}

fn pull(app: &App, name: &str, model: &str, json: bool) -> Result<(), Failure> {
    let account = find(app, name)?;
    let stop = Stop::default();
    let stopping = stop.clone();
    ctrlc::set_handler(move || stopping.set()).map_err(Failure::system)?;
    let mut shown = String::new();
    app.gate
        .pull_model(account.id, model, &stop, &mut |progress| {
            show(&progress, &mut shown);
        })?;
    said(
        json,
        &json!({ "account": account.name, "model": model }),
        &format!("“{}” has “{model}” now.", account.name),
    )
}

/// A line for each step and each percent, not for each of the many messages of a download.
fn show(progress: &PullProgress, shown: &mut String) {
    let percent = match (progress.completed, progress.total) {
        (Some(done), Some(total)) if total > 0 => {
            format!(" {} %", u128::from(done) * 100 / u128::from(total))
        }
        _ => String::new(),
    };
    let line = format!("{}{percent}", progress.status);
    if line != *shown {
        eprintln!("{}", output::harmless(&line, &io::stderr()));
        *shown = line;
    }
}

/// A key from standard input, or from a prompt that does not show it; `None`: none was given.
/// Where there is no terminal to ask at, only a key that is optional may be left out.
pub(crate) fn read_key(
    from_stdin: bool,
    optional: bool,
) -> Result<Option<Zeroizing<String>>, Failure> {
    let key = if from_stdin {
        let mut key = Zeroizing::new(String::new());
        io::stdin()
            .take(LONGEST_KEY)
            .read_to_string(&mut key)
            .map_err(Failure::input)?;
        if key.trim().is_empty() {
            return Err(Failure::input("There is no key on standard input."));
        }
        key
    } else if io::stdin().is_terminal() {
        let or = if optional { " (Enter for none)" } else { "" };
        let mut asks = io::stderr();
        write!(asks, "Key, which is not shown{or}: ")
            .and_then(|()| asks.flush())
            .map_err(Failure::system)?;
        Zeroizing::new(rpassword::read_password().map_err(Failure::input)?)
    } else if optional {
        return Ok(None);
    } else {
        return Err(Failure::input(
            "There is no terminal to ask for the key at. --key-stdin reads it from standard input.",
        ));
    };
    Ok((!key.trim().is_empty()).then_some(key))
}

fn said(json: bool, object: &serde_json::Value, words: &str) -> Result<(), Failure> {
    if json {
        output::json(object)
    } else {
        output::line(words)
    }
}

/// Whose computer answers, in words.
pub(crate) fn whose(destination: Destination) -> &'static str {
    match destination {
        Destination::ThisComputer => "this computer",
        Destination::OwnServer => "a server of your own",
        Destination::Cloud => "somebody else's computer",
    }
}

fn kind(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::OpenAi => "OpenAI",
        ProviderKind::Anthropic => "Anthropic",
        ProviderKind::Compatible => "as OpenAI",
        ProviderKind::Ollama => "Ollama",
    }
}

/// A name as a shell takes it for one word.
fn quoted(name: &str) -> String {
    if name
        .chars()
        .all(|c| c.is_alphanumeric() || "-_.".contains(c))
    {
        return name.to_owned();
    }
    format!("'{}'", name.replace('\'', r"'\''"))
}
