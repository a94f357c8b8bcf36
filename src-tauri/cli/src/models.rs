//! `gatehouse models`: the models that are installed.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use clap::Subcommand;
use gatehouse_core::{
    app::App,
    models::{
        self, FileState, GgufError, HowAdded, InstalledModel, ModelError, ModelKind, Verdict,
    },
    words::size,
};
use serde::Serialize;

use crate::{failure::Failure, output};

/// Installed models.
#[derive(Subcommand)]
pub(crate) enum Models {
    /// List all models.
    List,
    /// Add a GGUF file; it stays where it is.
    Add {
        /// The file.
        file: PathBuf,
    },
    /// Show all that is known of a model.
    Show {
        /// A name, a file name or an id.
        model: String,
    },
    /// Take a model off the list; its file stays.
    Remove {
        /// A name, a file name or an id.
        model: String,
    },
}

impl Models {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        match self {
            Self::List => list(app, json),
            Self::Add { file } => add(app, file, json),
            Self::Show { model } => show(app, model, json),
            Self::Remove { model } => remove(app, model, json),
        }
    }
}

fn list(app: &App, json: bool) -> Result<(), Failure> {
    let installed = app.installed_models()?;
    if json {
        return output::json(&installed);
    }
    let rows: Vec<_> = installed
        .iter()
        .map(|model| {
            [
                model.name.clone(),
                model.parameters_label.clone(),
                model.quantisation.clone(),
                size(model.size_bytes),
                use_of(model).into(),
                standing(model).into(),
            ]
        })
        .collect();
    output::table(
        ["NAME", "PARAMETERS", "QUANTISATION", "SIZE", "FOR", "STATE"],
        &rows,
    )
}

fn add(app: &App, file: &Path, json: bool) -> Result<(), Failure> {
    let watched = std::io::stderr().is_terminal();
    let model = app.add_model(file, &AtomicBool::new(false), &mut |share| {
        if watched {
            eprint!("\rReading … {:3.0} %", share * 100.0);
        }
    });
    if watched {
        eprint!("\r\x1b[K");
    }
    let (model, added) = model.map_err(not_added)?;
    if json {
        return output::json(&AddedModel {
            added,
            model: &model,
        });
    }
    let (name, id, path) = (&model.name, model.id, &model.path);
    output::line(&match added {
        HowAdded::New => format!("Added “{name}” ({id})."),
        HowAdded::Already => format!("“{name}” ({id}) is on the list already: its file is {path}."),
        HowAdded::Moved => format!("“{name}” ({id}) was on the list; its file is {path} now."),
        HowAdded::Replaced => {
            format!("“{name}” ({id}) takes the place of the model whose file this was.")
        }
    })
}

/// It is about a file that was named, and not about what can answer.
fn not_added(error: ModelError) -> Failure {
    match &error {
        ModelError::File(GgufError::NotFound) => Failure::from(error).because(4),
        ModelError::File(GgufError::NotAllowed | GgufError::Unreadable(_)) => {
            Failure::from(error).because(5)
        }
        ModelError::File(_) | ModelError::Unsettled => Failure::from(error).because(2),
        _ => error.into(),
    }
}

/// The model, and whether it was on the list before.
#[derive(Serialize)]
struct AddedModel<'a> {
    added: HowAdded,
    #[serde(flatten)]
    model: &'a InstalledModel,
}

fn show(app: &App, named: &str, json: bool) -> Result<(), Failure> {
    let id = app.store.read(|conn| models::find(conn, named))?.id;
    let installed = app.installed_models()?;
    let Some(model) = installed.iter().find(|model| model.id == id) else {
        return Err(models::ModelError::Unknown(named.into()).into());
    };
    if json {
        return output::json(model);
    }
    let context = model
        .context_tokens
        .map_or("not stated".into(), |tokens| format!("{tokens} tokens"));
    let facts = [
        ("Name", model.name.clone()),
        ("Id", model.id.to_string()),
        ("File", model.path.clone()),
        ("For", use_of(model).into()),
        ("State", standing(model).into()),
        ("Architecture", model.architecture.clone()),
        ("Parameters", model.parameters_label.clone()),
        ("Quantisation", model.quantisation.clone()),
        ("Size", size(model.size_bytes)),
        ("Context", context),
        (
            "Licence",
            model.licence.clone().unwrap_or_else(|| "not stated".into()),
        ),
        ("SHA-256", model.sha256.clone()),
        ("Memory", model.memory.reason.clone()),
        ("Note", model.note.clone().unwrap_or_default()),
    ];
    facts
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .try_for_each(|(name, value)| output::line(&format!("{name:13} {value}")))
}

fn remove(app: &App, named: &str, json: bool) -> Result<(), Failure> {
    let model = app.store.read(|conn| models::find(conn, named))?;
    app.remove_model(model.id, false)?;
    if json {
        return output::json(&serde_json::json!({ "removed": model.id }));
    }
    output::line(&format!(
        "“{}” is off the list. Its file stays at {}.",
        model.name,
        model.path.display()
    ))
}

/// What it can be asked for.
fn use_of(model: &InstalledModel) -> &'static str {
    match model.kind {
        ModelKind::Chat => "chat",
        ModelKind::Embedding => "embeddings",
    }
}

fn standing(model: &InstalledModel) -> &'static str {
    match (model.file_state, model.memory.verdict) {
        (FileState::Missing, _) => "file missing",
        (FileState::Changed, _) => "file changed",
        (FileState::Present, Verdict::Fits) => "fits",
        (FileState::Present, Verdict::Tight) => "tight",
        (FileState::Present, Verdict::TooLarge) => "too large",
    }
}
