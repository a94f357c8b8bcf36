//! What was copied. WebKitGTK gives the page the texts of the clipboard and none of its pictures, so on Linux
//! they are asked for here; the other systems' web views hand them to the page.

use tauri::AppHandle;

/// The picture that was copied last, as the bytes of a file; `None` if no picture was. It waits for the
/// program that has it, and is not for the main thread.
#[cfg(target_os = "linux")]
pub(crate) fn picture(handle: &AppHandle) -> Option<Vec<u8>> {
    ["image/png", "image/jpeg"]
        .into_iter()
        .find_map(|kind| contents(handle, kind))
}

/// There the page has been given it.
#[cfg(not(target_os = "linux"))]
pub(crate) fn picture(_: &AppHandle) -> Option<Vec<u8>> {
    None
}

#[cfg(target_os = "linux")]
fn contents(handle: &AppHandle, kind: &'static str) -> Option<Vec<u8>> {
    use gtk::gdk;

    let (give, taken) = std::sync::mpsc::channel();
    let ask = move || {
        let clipboard = gtk::Clipboard::get(&gdk::SELECTION_CLIPBOARD);
        clipboard.request_contents(&gdk::Atom::intern(kind), move |_, selection| {
            // Its length is -1 where there is nothing of this kind.
            let bytes = (selection.length() > 0).then(|| selection.data());
            // Nobody waits any more when the app is closing.
            let _ = give.send(bytes);
        });
    };
    handle.run_on_main_thread(ask).ok()?;
    // GTK gives up by itself when the other program does not answer, and then says that there is nothing.
    taken.recv().ok()?
}
