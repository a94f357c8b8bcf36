//! Prepares the window's program: Tauri's own generation, and what the linker must know.

fn main() {
    // SQLite is linked in; if its symbols were exported they would take the place of those of the
    // SQLite that WebKit brings along.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-link-arg-bins=-Wl,--exclude-libs,ALL");
    }
    tauri_build::build();
}
