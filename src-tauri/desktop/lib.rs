//! The only code that names Tauri: a window, thin commands, and what they share.

mod adding;
mod bindings;
mod clipboard;
mod commands;
mod events;
mod first;
mod notices;
mod pace;
#[cfg(not(windows))]
mod renderer;
mod state;
mod troubles;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use adding::Adding;
use clap::Parser;
use gatehouse_core::chat::pictures;
use notices::Notices;
use state::AppState;
use tauri::{DragDropEvent, Manager, RunEvent, WindowEvent};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// Gatehouse: private AI that answers for itself.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Keep everything in this folder instead of the usual one.
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
}

/// Open the window and run until it is closed.
pub fn run() -> ExitCode {
    #[cfg(target_os = "linux")]
    draw_without_a_graphics_card();
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::builder()
                .with_default_directive(LevelFilter::WARN.into())
                .from_env_lossy(),
        )
        .with_writer(std::io::stderr)
        .init();
    let specta = bindings::builder();
    let builder = tauri::Builder::default();
    #[cfg(target_os = "macos")]
    let builder = builder.on_web_content_process_terminate(|view| {
        view.state::<renderer::Failures>().mend(view);
    });
    let app = builder
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .invoke_handler(specta.invoke_handler())
        .setup(move |app| {
            specta.mount_events(app);
            app.manage(AppState::new(arguments.data_dir));
            app.manage(Notices::start());
            #[cfg(not(windows))]
            app.manage(renderer::Failures::default());
            let handle = app.handle().clone();
            app.manage(Adding::start(move |path, cancel| {
                commands::models::add(&handle, path, cancel);
            }));
            app.state::<AppState>().open_early(app.handle());
            open_window(app)?;
            state::watch(app.handle().clone());
            Ok(())
        })
        .on_window_event(|window, event| {
            if let WindowEvent::DragDrop(drag) = event {
                dragged(window.app_handle(), drag);
            }
        })
        .build(tauri::generate_context!());
    match app {
        Ok(app) => {
            app.run(|handle, event| {
                if let RunEvent::Exit = event {
                    handle.state::<Adding>().cancel();
                    handle.state::<AppState>().end(Duration::from_secs(2));
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("The window could not be opened: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Where there is no graphics card WebKit imitates one, and a frame takes a hundred times as long
/// as when it draws by itself. It is told so by a variable, which has to be there before it is loaded
/// and while no other thread reads the environment.
#[cfg(target_os = "linux")]
fn draw_without_a_graphics_card() {
    const VARIABLE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if std::path::Path::new("/dev/dri").exists() {
        return;
    }
    if let Err(error) = gtk::glib::setenv(VARIABLE, "1", false) {
        eprintln!("Gatehouse draws slowly here: {error}.");
    }
}

/// The window of the configuration. What the web view keeps lies in the data folder, as all does.
fn open_window(app: &tauri::App) -> tauri::Result<()> {
    for config in &app.config().app.windows {
        let handle = app.handle().clone();
        let mut window = tauri::WebviewWindowBuilder::from_config(app, config)?
            .on_navigation(is_our_own)
            .on_web_resource_request(move |request, response| {
                first::put_into(&request, response, || {
                    handle.state::<AppState>().take_first()
                });
            });
        if let Ok(folder) = app.state::<AppState>().folder() {
            window = window.data_directory(folder.path().join("window"));
        }
        let _window = window.build()?;
        #[cfg(target_os = "linux")]
        renderer::watch(_window.as_ref())?;
    }
    Ok(())
}

/// The window shows the interface and nothing else, wherever a text of a model might lead.
fn is_our_own(address: &tauri::Url) -> bool {
    let host = address.host_str().unwrap_or_default();
    match address.scheme() {
        "tauri" => host == "localhost",
        "http" | "https" => {
            host == "tauri.localhost" || cfg!(debug_assertions) && host == "localhost"
        }
        _ => false,
    }
}

/// A model file over the window: say so, and add it when it is let go. Pictures wait until the window says
/// for which message they are.
fn dragged(handle: &tauri::AppHandle, drag: &DragDropEvent) {
    match drag {
        DragDropEvent::Enter { paths, .. } => {
            let pictures = are_pictures(paths);
            events::dragging(handle, !pictures, pictures);
        }
        DragDropEvent::Leave => events::dragging(handle, false, false),
        DragDropEvent::Drop { paths, .. } => {
            events::dragging(handle, false, false);
            if are_pictures(paths) {
                *handle.state::<AppState>().dropped() = paths.clone();
                events::tell(handle, &events::PicturesDropped {});
            } else {
                handle.state::<Adding>().add(paths.clone());
            }
        }
        _ => {}
    }
}

/// By their names alone: what they are is looked at when they are read.
fn are_pictures(paths: &[PathBuf]) -> bool {
    !paths.is_empty() && paths.iter().all(|path| pictures::is_named_so(path))
}
