//! Gatehouse, opened on a data folder: what a window and the command line both work with.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64},
    },
    thread,
    time::Duration,
};

use gatehouse_gguf::GgufError;
use rusqlite::Connection;
use serde_json::json;

use crate::{
    changes::{here, settings_event},
    chat, connections, costs,
    engine::Engines,
    gate::{self, Gate},
    ids::ModelId,
    looks::Looked,
    models::{self, HowAdded, InstalledModel, Model, ModelError, StarterPlaces},
    monitor::Watcher,
    now_ms,
    privacy::{
        backup,
        retention::{is_held, wait_for_a_person},
    },
    problem::Problem,
    record::{self, Action, Actor, Event, Record, RecordError, Subject, Unlocked},
    secrets::{self, KeyHome, ProviderKeys},
    settings::{self, Settings, SettingsError},
    startup::StartError,
    store::{
        DataFolder, Existing, InstanceLock, SnapshotError, SnapshotInfo, SnapshotReason, Store,
        StoreError, take_away_unfinished, write_file_noted,
    },
    workspaces,
};

/// What an opened Gatehouse needs from outside.
pub struct Surroundings {
    /// The engine program.
    pub engine_program: PathBuf,
    /// Where the installed app keeps its resources; `None` for a build that is not installed.
    pub resources: Option<PathBuf>,
    /// Through what a person works with it: what the record calls who did something.
    pub actor: Actor,
    /// Called from other threads when the state of an engine changes; must be quick.
    pub on_engine_change: Box<dyn Fn() + Send + Sync>,
}

/// Gatehouse, opened.
pub struct App {
    /// Dropped first: it holds the database, which others wait for.
    pub(crate) watcher: Watcher,
    /// Where everything lies.
    pub folder: DataFolder,
    /// Where the key of the database lives.
    pub key_home: KeyHome,
    /// The record of what happened.
    pub record: Arc<Record>,
    /// The database.
    pub store: Arc<Store>,
    /// The loaded models.
    pub engines: Arc<Engines>,
    /// The one door to every model.
    pub gate: Gate,
    starter: StarterPlaces,
    looked: Mutex<Looked>,
    erasing: Mutex<()>,
    /// How many erasures the engines know of.
    pub(crate) erasures_known: AtomicI64,
}

impl App {
    /// Open for the command line, which may run beside a window. What was cut off in an earlier run is
    /// marked so: all that is unfinished where nobody else has the data open, and else what was under way in
    /// a process that has ended.
    ///
    /// # Errors
    /// [`StartError`]; the data is as it was.
    pub fn open(folder: &DataFolder, around: Surroundings) -> Result<Self, StartError> {
        let (key, key_home) = secrets::database_key(folder, KeyHome::preferred())?;
        // The keychain takes its time, and so does the database.
        let (store, unlocked) = thread::scope(|scope| {
            let unlocked = scope.spawn(|| Unlocked::of(folder));
            let store = Store::open(folder, &key, now_ms());
            (store, unlocked.join())
        });
        let store = Arc::new(store?);
        let unlocked = unlocked.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let unlocked = unlocked.map_err(RecordError::from)?;
        let record = Arc::new(Record::open(&store, unlocked, around.actor, now_ms())?);
        note_restored(folder, &store, &record)?;
        let (settings, erasures) = store.write(|tx| {
            workspaces::first(tx, now_ms())?;
            let cut_off = if store.opened_alone() {
                // An earlier run was cut off: nobody is at work on these.
                chat::interrupt_unfinished(tx)?;
                connections::break_off_open(tx)?;
                costs::orphan(tx)?
            } else {
                connections::break_off_of_ended(tx)?;
                costs::orphan_of_ended(tx)?
            };
            note_cut_off(&record, tx, cut_off, store.opened_alone())?;
            backup::record_restored(tx, &store, folder, &record, now_ms())?;
            if let Some(changes) = costs::prices::take_built_in(tx, now_ms())?
                && !(changes.added.is_empty() && changes.changed.is_empty())
            {
                let event = gate::prices_event(&changes, "built in").by_itself();
                record.append(tx, event, now_ms())?;
            }
            Ok::<_, StoreError>((settings::get(tx)?, record::erasures(tx)?))
        })?;
        take_away_unfinished(folder);
        let engines = Engines::new(around.engine_program, around.on_engine_change);
        engines.set_idle_limit(idle_limit(&settings));
        let keys = ProviderKeys::of(folder);
        let gate = Gate::new(store.clone(), engines.clone(), keys, record.clone());
        gate.obey(&settings);
        Ok(Self {
            watcher: Watcher::start(gate.bell(), store.clone(), record.clone()),
            folder: folder.clone(),
            key_home,
            gate,
            record,
            store,
            engines,
            starter: StarterPlaces::of_this_computer(around.resources),
            looked: Mutex::default(),
            erasing: Mutex::default(),
            erasures_known: AtomicI64::new(erasures),
        })
    }

    /// Open for the one window of a data folder: also removes for good what was deleted.
    ///
    /// # Errors
    /// [`StartError`]; the data is as it was.
    pub fn open_window(lock: &InstanceLock, around: Surroundings) -> Result<Self, StartError> {
        let app = Self::open(lock.folder(), around)?;
        // What stays behind is tried again at the next start; it must not keep the app from opening.
        if let Err(error) = app.purge_deleted() {
            tracing::warn!("deleted conversations could not be removed: {error}");
        }
        Ok(app)
    }

    /// Mark answers and calls interrupted, and connections broken off, whose process has ended since, killed
    /// perhaps: nobody else does before the next start. Whether there were any answers or calls.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub fn mark_left_behind(&self) -> Result<bool, StoreError> {
        let is_any = |conn: &Connection| {
            Ok::<_, rusqlite::Error>(
                costs::is_any_left_behind(conn)? || connections::is_any_left_open(conn)?,
            )
        };
        if !self.store.read(is_any)? {
            return Ok(false);
        }
        self.store.write(|tx| {
            connections::break_off_of_ended(tx)?;
            let cut_off = costs::orphan_of_ended(tx)?;
            let any = !cut_off.is_empty();
            note_cut_off(&self.record, tx, cut_off, false)?;
            Ok(any)
        })
    }

    pub(crate) fn looked(&self) -> MutexGuard<'_, Looked> {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One erasure at a time: what is under way is no other's to finish.
    pub(crate) fn turn_to_erase(&self) -> MutexGuard<'_, ()> {
        self.erasing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remove for good what was deleted, from the record's private parts, too.
    ///
    /// # Errors
    /// [`StoreError`]; all of it is as it was.
    pub fn purge_deleted(&self) -> Result<(), StoreError> {
        self.store.write(|tx| {
            for id in chat::to_purge(tx, now_ms())? {
                if is_held(tx, id)? {
                    continue;
                }
                let subject = Subject::Conversation(id);
                let workspace = subject.workspace(tx)?;
                chat::erase(tx, id)?;
                let event = Event::new(Action::Erased)
                    .by_itself()
                    .fact("kind", "conversation")
                    .fact("cause", "deleted")
                    .maybe("workspace", workspace.map(|id| id.to_string()));
                self.record.erase(tx, subject, event, now_ms())?;
            }
            Ok(())
        })
    }

    /// Put the starter model on the list if a person has none yet; whether it was put there. Takes
    /// as long as hashing its file does.
    ///
    /// # Errors
    /// [`ModelError`] when its file is not the right one.
    pub fn ensure_starter(&self) -> Result<bool, ModelError> {
        let added = models::ensure_starter(&self.store, &self.starter, now_ms())?;
        if let Some(id) = added {
            self.change(|tx| {
                let event = model_event(Action::ModelAdded, &models::get(tx, id)?).by_itself();
                Ok::<_, ModelError>(((), event))
            })?;
        }
        Ok(added.is_some())
    }

    /// All installed models, as they stand on this computer right now.
    ///
    /// # Errors
    /// [`ModelError`] when the list cannot be read.
    pub fn installed_models(&self) -> Result<Vec<InstalledModel>, ModelError> {
        let (models, settings) = self
            .store
            .read(|conn| Ok::<_, ModelError>((models::all(conn)?, settings::get(conn)?)))?;
        let memory = models::computer_memory();
        Ok(models
            .iter()
            .map(|model| {
                let mut view = model.view(memory, Some(settings.context_tokens));
                if let Some(loaded) = self.engines.loaded(model) {
                    // What it holds is not free any more, and must not count against it.
                    view.memory.is_loaded(&loaded);
                }
                view
            })
            .collect())
    }

    /// Read and hash a GGUF file and put it on the list; it stays where it is. `progress` gets the
    /// share that is done. Says whether it was on the list before.
    ///
    /// # Errors
    /// [`ModelError`] when the file cannot be used; the list is as it was.
    pub fn add_model(
        &self,
        path: &Path,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(f64),
    ) -> Result<(InstalledModel, HowAdded), ModelError> {
        #[expect(clippy::cast_precision_loss, reason = "a share for the eye")]
        let file = models::check(
            path,
            &mut |done, all| progress(done as f64 / all.max(1) as f64),
            cancel,
        )?;
        let (model, added, settings) = self.store.write(|tx| {
            let (id, added) = models::register(tx, ModelId::new(), &file, now_ms())?;
            let model = models::get(tx, id)?;
            // What was on the list already changes nothing, so there is nothing to record.
            if added != HowAdded::Already {
                models::note_removed(tx, &model, false)?;
                let event = model_event(Action::ModelAdded, &model);
                self.record.append(tx, event, now_ms())?;
            }
            Ok::<_, ModelError>((model, added, settings::get(tx)?))
        })?;
        if added == HowAdded::Replaced {
            self.engines.make_way(&model, settings.context_tokens);
        }
        let view = model.view(models::computer_memory(), Some(settings.context_tokens));
        Ok((view, added))
    }

    /// Take a model out of memory and off the list. Its file is deleted if `delete_file` says so
    /// and it lies in Gatehouse's own folder; whether it was.
    ///
    /// # Errors
    /// [`ModelError`] when it is not on the list or its file cannot be deleted.
    pub fn remove_model(&self, id: ModelId, delete_file: bool) -> Result<bool, ModelError> {
        self.engines.unload(id);
        let model = self.store.write(|tx| {
            let model = models::forget(tx, id)?;
            models::note_removed(tx, &model, true)?;
            let event = model_event(Action::ModelRemoved, &model);
            self.record.append(tx, event, now_ms())?;
            Ok::<_, ModelError>(model)
        })?;
        Ok(delete_file
            && models::delete_own_file(&model, &self.folder.models()).map_err(GgufError::from)?)
    }

    /// Make the day's snapshot if there is none yet; whether one was made.
    ///
    /// # Errors
    /// [`SnapshotError`]; older snapshots are kept.
    pub fn daily_snapshot(&self) -> Result<bool, SnapshotError> {
        let made = self.store.daily_snapshot(now_ms())?.is_some();
        if made {
            self.note_snapshot(Event::new(Action::SnapshotMade).by_itself());
        }
        Ok(made)
    }

    /// Make a snapshot now, for a person; kept until someone deletes it.
    ///
    /// # Errors
    /// [`SnapshotError`]; older snapshots are kept.
    pub fn make_snapshot(&self) -> Result<SnapshotInfo, SnapshotError> {
        let made = self.store.snapshot(SnapshotReason::ByHand, now_ms())?;
        self.note_snapshot(Event::new(Action::SnapshotMade));
        Ok(made)
    }

    /// The snapshot is there, whether or not it can be written down.
    pub(crate) fn note_snapshot(&self, event: Event) {
        let noted = self
            .store
            .write(|tx| self.record.append(tx, event, now_ms()));
        if let Err(error) = noted {
            tracing::warn!("a snapshot was made and could not be recorded: {error}");
        }
    }

    /// Write a file where a person wanted it: whole, or what was there stays.
    ///
    /// # Errors
    /// [`Problem`], which names the file.
    pub fn save_file(&self, path: &Path, content: &[u8]) -> Result<(), Problem> {
        let replace = Existing::Replace;
        write_file_noted(&self.folder, path, replace, |file| file.write_all(content))
            .map_err(|error| Problem::not_written(path, &error))
    }

    /// Keep new settings and act on them.
    ///
    /// # Errors
    /// [`SettingsError`] when a value is out of its range.
    pub fn set_settings(&self, settings: &Settings) -> Result<(), SettingsError> {
        self.store.write(|tx| {
            let before = settings::get(tx)?;
            settings::set(tx, settings)?;
            if before != *settings {
                let event = settings_event(&before, settings);
                self.record.append(tx, event, now_ms())?;
            }
            Ok::<_, SettingsError>(())
        })?;
        self.engines.set_idle_limit(idle_limit(settings));
        self.gate.obey(settings);
        Ok(())
    }
}

fn note_cut_off(
    record: &Record,
    tx: &Connection,
    calls: Vec<i64>,
    alone: bool,
) -> rusqlite::Result<()> {
    calls
        .into_iter()
        .try_for_each(|call| gate::interrupted(record, tx, call, alone, now_ms()))
}

/// That a snapshot was put back, which the database that it replaced cannot say any more. The note of it
/// is taken away once it is in the record.
fn note_restored(folder: &DataFolder, store: &Store, record: &Record) -> Result<(), StoreError> {
    let Some(snapshot) = folder.restored() else {
        return Ok(());
    };
    store.write(|tx| {
        let event = Event::new(Action::SnapshotRestored).fact("snapshot", snapshot);
        record.append(tx, event, now_ms())?;
        backup::remember_from_aside(tx, store, folder)?;
        Ok::<_, StoreError>(wait_for_a_person(tx, now_ms())?)
    })?;
    folder.restored_is_recorded();
    Ok(())
}

/// A file of one's own may be named after a person, so what it is called is said in private; see
/// `docs/record-format.md`.
fn model_event(action: Action, model: &Model) -> Event {
    here(action)
        .fact("model", model.version())
        .payload(json!({ "name": model.name, "path": model.path }))
}

fn idle_limit(settings: &Settings) -> Option<Duration> {
    let minutes = settings.idle_unload_minutes;
    (minutes > 0).then(|| Duration::from_secs(60 * u64::from(minutes)))
}

/// The engine program that lies beside the running program, as it does in a build folder and in an
/// installed app.
///
/// # Errors
/// [`std::io::Error`] when the system does not say where the running program is.
pub fn engine_beside_this_program() -> std::io::Result<PathBuf> {
    let this = std::env::current_exe()?;
    let folder = this.parent().unwrap_or(Path::new("."));
    Ok(folder.join(format!("gatehouse-engine{}", std::env::consts::EXE_SUFFIX)))
}
