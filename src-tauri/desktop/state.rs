//! What the commands share: the opened Gatehouse, or why it is not open.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak, atomic::AtomicBool},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use gatehouse_api::{Config, Server};
use gatehouse_core::{
    app::{App, Surroundings, engine_beside_this_program},
    engine::Stop,
    ids::AccountId,
    metrics::{ExportStatus, Exporter, Pace},
    now_ms,
    privacy::retention::{Daily, Look},
    problem::{Problem, ProblemCode},
    record::Actor,
    startup::StartError,
    store::{DataFolder, FolderError, InstanceLock, LockError, OpenError, SnapshotError},
};
use tauri::{AppHandle, Manager};

use crate::{
    commands::startup::{self, Startup},
    events::{
        self, AlertChanged, BackupsChanged, ConversationsChanged, EngineStatus, EnginesChanged,
        ModelsChanged, RetentionChanged, StartupChanged, TroubleMet,
    },
    first::{First, ForFirstPage},
    notices::Notices,
    troubles::Told,
};

/// How often an open app looks whether a new day has begun.
const SNAPSHOT_GLANCE: Duration = Duration::from_secs(15 * 60);

/// At every which glance at the database an open app looks whether another process was killed in an
/// answer: every five seconds.
const LEFT_BEHIND_GLANCES: u32 = 10;

/// What the commands share.
pub(crate) struct AppState {
    named_folder: Option<PathBuf>,
    open: Mutex<Open>,
    /// The first opening, under way since before the window showed.
    early: Mutex<Option<JoinHandle<Startup>>>,
    /// For the page that the window loads first; see [`crate::first`].
    first: Mutex<ForFirstPage>,
    /// Set when the window asks how the start ended: from then on it hears what it is told.
    pub(crate) asked: OnceLock<()>,
    /// Set to stop a verification of the record.
    pub(crate) stop_verifying: AtomicBool,
    /// The archive that a person has chosen to look into or bring in.
    pub(crate) chosen_archive: Mutex<Option<PathBuf>>,
    /// Set to stop what is done with an archive.
    pub(crate) stop_archive: AtomicBool,
    /// Pictures that were let go over the window and belong to no message yet.
    dropped: Mutex<Vec<PathBuf>>,
    /// What stops the model that the server of an account fetches.
    pulls: Mutex<HashMap<AccountId, Stop>>,
}

#[derive(Default)]
struct Open {
    lock: Option<Arc<InstanceLock>>,
    app: Option<Arc<App>>,
    /// The local API, while it listens.
    server: Option<Server>,
    /// What sends telemetry, as long as it is open.
    telemetry: Option<Exporter>,
}

/// Why Gatehouse is not open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotOpen {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Start(#[from] StartError),
}

impl AppState {
    pub(crate) fn new(named_folder: Option<PathBuf>) -> Self {
        Self {
            named_folder,
            open: Mutex::default(),
            early: Mutex::default(),
            first: Mutex::default(),
            asked: OnceLock::new(),
            stop_verifying: AtomicBool::new(false),
            chosen_archive: Mutex::default(),
            stop_archive: AtomicBool::new(false),
            dropped: Mutex::default(),
            pulls: Mutex::default(),
        }
    }

    /// The data folder.
    pub(crate) fn folder(&self) -> Result<DataFolder, FolderError> {
        DataFolder::resolve(self.named_folder.as_deref())
    }

    /// Pictures that were let go over the window.
    pub(crate) fn dropped(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.dropped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What stops the model that the server of an account fetches.
    pub(crate) fn pulls(&self) -> MutexGuard<'_, HashMap<AccountId, Stop>> {
        self.pulls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The opened Gatehouse.
    pub(crate) fn app(&self) -> Result<Arc<App>, Problem> {
        let closed = || {
            Problem::new(
                ProblemCode::Internal,
                "Gatehouse has not opened its data yet.",
            )
        };
        self.open().app.clone().ok_or_else(closed)
    }

    /// Begin to open while the web view starts, which takes longer.
    pub(crate) fn open_early(&self, handle: &AppHandle) {
        let handle = handle.clone();
        let opening = std::thread::spawn(move || {
            let state = handle.state::<AppState>();
            let startup = startup::opened(&handle, &state);
            if let Ok(app) = state.app() {
                match First::read(&app, startup.clone()) {
                    Ok(first) => state.first().read(first),
                    // The page asks for what it lacks, and says then why there is none.
                    Err(error) => tracing::warn!("the page begins without data: {}", error.message),
                }
            }
            startup
        });
        *self.early() = Some(opening);
    }

    /// What the first screen shows, for the first page alone, if it was read by now.
    pub(crate) fn take_first(&self) -> Option<First> {
        self.first().taken()
    }

    /// How the first opening ended, once.
    pub(crate) fn opened_early(&self) -> Option<Startup> {
        let opening = self.early().take();
        // One that panicked is as if it had not been tried: the caller opens then.
        opening.and_then(|opening| opening.join().ok())
    }

    fn early(&self) -> MutexGuard<'_, Option<JoinHandle<Startup>>> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn first(&self) -> MutexGuard<'_, ForFirstPage> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Open, if it is not open yet.
    pub(crate) fn open_now(&self, handle: &AppHandle) -> Result<Arc<App>, NotOpen> {
        let mut open = self.open();
        if let Some(app) = &open.app {
            return Ok(app.clone());
        }
        let lock = match &open.lock {
            Some(lock) => lock.clone(),
            None => open
                .lock
                .insert(Arc::new(InstanceLock::acquire(&self.folder()?)?))
                .clone(),
        };
        let app = Arc::new(App::open_window(&lock, surroundings(handle)?)?);
        open.app = Some(app.clone());
        open.telemetry = send_telemetry(&app);
        drop(open);
        let teller = handle.clone();
        app.tell_alerts(move |news| {
            events::tell(&teller, &AlertChanged(news.clone()));
            teller.state::<Notices>().tell(news);
        });
        let (handle, opened) = (handle.clone(), Arc::downgrade(&app));
        std::thread::spawn(move || settle_in(&handle, &opened));
        Ok(app)
    }

    /// Close, and do something that needs the data folder to itself.
    pub(crate) fn closed<T>(
        &self,
        work: impl FnOnce(&InstanceLock) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        // It holds the app; nobody may ask meanwhile.
        self.stop_server();
        self.stop_telemetry();
        // The lock is let go while answers end: they tell of their engine, which asks for it.
        let app = self.open().app.take();
        if let Some(app) = app
            && let Err(app) = let_go(app)
        {
            self.go_on(app);
            return Err(Problem::new(
                ProblemCode::Busy,
                "Gatehouse is still working on something.",
            )
            .hint(
                "Wait until answers have ended and what each start looks through is done, then try again.",
            ));
        }
        let open = self.open();
        match &open.lock {
            Some(lock) => work(lock),
            None => Err(Problem::new(ProblemCode::Busy, LockError::AlreadyOpen)),
        }
    }

    /// Go on with an app that could not be closed, and with what was stopped for that.
    fn go_on(&self, app: Arc<App>) {
        let mut open = self.open();
        open.telemetry = send_telemetry(&app);
        open.app = Some(app.clone());
        drop(open);
        self.listen_if_wanted(app);
    }

    /// The local API listens again where it did when the window was closed. Where it cannot, Settings say so.
    fn listen_if_wanted(&self, app: Arc<App>) {
        let settings = match app.store.read(gatehouse_core::settings::get) {
            Ok(settings) => settings,
            Err(error) => return tracing::warn!("the settings could not be read: {error}"),
        };
        if settings.local_api
            && let Err(problem) = self.start_server(app, settings.local_api_port)
        {
            tracing::warn!("the local API does not listen: {problem}");
        }
    }

    /// End answers in good order, within a time.
    pub(crate) fn end(&self, limit: Duration) {
        self.stop_server();
        self.stop_telemetry();
        let Some(app) = self.open().app.take() else {
            return;
        };
        let start = Instant::now();
        while app.gate.stop_all() && start.elapsed() < limit {
            std::thread::sleep(Duration::from_millis(10));
        }
        // The process ends without dropping what other threads still hold.
        app.record.close();
    }

    /// Let the local API listen, in place of one that does.
    pub(crate) fn start_server(&self, app: Arc<App>, port: u16) -> Result<(), Problem> {
        self.stop_server();
        let config = Config {
            port,
            ..Config::default()
        };
        let server = Server::start(app, config)?;
        self.open().server = Some(server);
        Ok(())
    }

    /// Let it end in good order; nothing happens if it does not listen.
    pub(crate) fn stop_server(&self) {
        // The lock is let go while answers end: they tell of their engine, which asks for it.
        let server = self.open().server.take();
        if let Some(server) = server {
            server.stop();
        }
    }

    /// Send no telemetry any more; it holds the app while it does.
    fn stop_telemetry(&self) {
        let telemetry = self.open().telemetry.take();
        drop(telemetry);
    }

    /// How the sending of telemetry stands.
    pub(crate) fn telemetry_status(&self) -> ExportStatus {
        let open = self.open();
        let telemetry = open.telemetry.as_ref();
        telemetry.map(Exporter::status).unwrap_or_default()
    }

    /// Look at the local API; `None`: it does not listen.
    pub(crate) fn with_server<T>(&self, look: impl FnOnce(&Server) -> T) -> Option<T> {
        self.open().server.as_ref().map(look)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn send_telemetry(app: &Arc<App>) -> Option<Exporter> {
    Exporter::start(app, Pace::default())
        .inspect_err(|error| tracing::warn!("telemetry is not sent: {error}"))
        .ok()
}

/// Wait until nobody else holds the app, then drop it; give it back if somebody still does.
fn let_go(mut app: Arc<App>) -> Result<(), Arc<App>> {
    let start = Instant::now();
    loop {
        app.gate.stop_all();
        app = match Arc::try_unwrap(app) {
            Ok(_) => return Ok(()),
            Err(app) if start.elapsed() > Duration::from_secs(5) => return Err(app),
            Err(app) => app,
        };
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn surroundings(handle: &AppHandle) -> Result<Surroundings, StartError> {
    let teller = handle.clone();
    Ok(Surroundings {
        actor: Actor::Window,
        engine_program: engine_beside_this_program().map_err(OpenError::from)?,
        resources: handle
            .path()
            .resource_dir()
            .ok()
            .map(|folder| folder.join("models")),
        on_engine_change: Box::new(move || {
            if let Ok(app) = teller.state::<AppState>().app() {
                let engines = app
                    .engines
                    .snapshot()
                    .into_iter()
                    .map(EngineStatus::from)
                    .collect();
                events::tell(&teller, &EnginesChanged(engines));
            }
        }),
    })
}

/// What can wait until the window shows and listens: the starter model, a snapshot a day, which is also
/// the check that reads every page, and then what is kept no longer and the backups that are due. The
/// app is not held between two looks at the day, so that closing it waits for none.
fn settle_in(handle: &AppHandle, app: &Weak<App>) {
    handle.state::<AppState>().asked.wait();
    match app.upgrade().map(|app| app.ensure_starter()) {
        Some(Ok(true)) => events::tell(handle, &ModelsChanged {}),
        Some(Err(error)) => events::tell(handle, &TroubleMet(error.into())),
        _ => {}
    }
    if let Some(Err(error)) = app.upgrade().map(|app| app.finish_erasures()) {
        tracing::warn!("an erasure that was cut off could not be finished: {error}");
    }
    if let Some(app) = app.upgrade() {
        handle.state::<AppState>().listen_if_wanted(app);
    }
    let mut daily = Daily::default();
    let mut told = Told::default();
    while let Some(made) = app.upgrade().map(|app| app.daily_snapshot()) {
        match made {
            Ok(_) => told.over(),
            Err(error @ SnapshotError::Damaged { .. }) => {
                tracing::error!("{error}");
                let screen = startup::found_damaged(&handle.state::<AppState>(), &error);
                return events::tell(handle, &StartupChanged(screen));
            }
            Err(error) => {
                let words = format!("The snapshot of the day is missing: {error}");
                let code = Problem::from(error).code;
                told.tell(handle, Problem::new(code, words), now_ms());
            }
        }
        if let Some(app) = app.upgrade() {
            let_go_what_is_due(handle, &app, &mut daily);
            if let Err(error) = app.add_up_months() {
                tracing::warn!("months could not be added up: {error}");
            }
            back_up_if_due(handle, &app);
        }
        std::thread::sleep(SNAPSHOT_GLANCE);
    }
}

/// At the start, and when a new day has begun: what is kept no longer goes, before a backup.
fn let_go_what_is_due(handle: &AppHandle, app: &App, daily: &mut Daily) {
    let look = daily.look(app, now_ms());
    match &look {
        Ok(Look::DoneBefore) => return,
        Ok(Look::Ran(outcome)) if outcome.changed() => {
            events::tell(handle, &ConversationsChanged { id: None });
        }
        Ok(_) => {}
        Err(error) => tracing::warn!("what is kept no longer did not go: {error}"),
    }
    if let Ok(status) = app.retention_status(now_ms()) {
        events::tell(handle, &RetentionChanged(status));
    }
}

fn back_up_if_due(handle: &AppHandle, app: &App) {
    let made = app.back_up_if_due();
    if let Err(error) = &made {
        tracing::warn!("the backup that is due was not made: {error}");
    }
    // The window tells of a problem as long as there is one.
    if !matches!(made, Ok(None))
        && let Ok(status) = app.backup_status(now_ms())
    {
        events::tell(handle, &BackupsChanged(status));
    }
}

/// Twice a second: bring the window to the front if Gatehouse was started again on the same folder,
/// and tell the window if the command line changed something in its data, or was killed in an answer.
pub(crate) fn watch(handle: AppHandle) {
    std::thread::spawn(move || {
        for glance in 0_u32.. {
            std::thread::sleep(Duration::from_millis(500));
            let (lock, app) = {
                let state = handle.state::<AppState>();
                let open = state.open();
                (open.lock.clone(), open.app.clone())
            };
            if lock.is_some_and(|lock| lock.asked_to_raise())
                && let Some(window) = handle.get_webview_window("main")
            {
                let raised = window.unminimize().and_then(|()| window.set_focus());
                if let Err(error) = raised {
                    tracing::warn!("the window did not come to the front: {error}");
                }
            }
            let Some(app) = app else { continue };
            let looks = glance % LEFT_BEHIND_GLANCES == 0;
            let cut_off = looks && app.mark_left_behind().unwrap_or(false);
            if app.store.changed_by_others().unwrap_or(false) || cut_off {
                if let Err(error) = app.forget_what_others_erased() {
                    tracing::warn!("models may remember what was erased elsewhere: {error}");
                }
                events::tell(&handle, &ConversationsChanged { id: None });
                events::tell(&handle, &ModelsChanged {});
            }
        }
    });
}
