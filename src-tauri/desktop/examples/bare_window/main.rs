//! The least that Tauri can open: one window with one field. The benchmark of the window compares
//! Gatehouse's first usable paint with this one's, so that the web view's own time counts for neither.

fn main() {
    tauri::Builder::default()
        .run(tauri::generate_context!(
            "src-tauri/desktop/examples/bare_window/tauri.conf.json"
        ))
        .expect("a window opens because the benchmark runs with a display");
}
