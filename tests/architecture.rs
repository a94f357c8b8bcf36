//! The lines that the design draws, read from the sources: who may name whom.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_path_buf()
}

/// Every file with one of these endings below a folder, with its text without comments.
fn sources(folder: &str, endings: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if endings
                .iter()
                .any(|ending| path.extension().is_some_and(|e| e == *ending))
            {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"));
                found.push((path.clone(), code.collect::<Vec<_>>().join("\n")));
            }
        }
    }
    assert!(
        !found.is_empty(),
        "{folder} has no sources: this test looks in the wrong place"
    );
    found
}

fn refuse(files: &[(PathBuf, String)], words: &[&str], why: &str) {
    for (path, code) in files {
        for word in words {
            assert!(
                !code.contains(word),
                "{} names {word}: {why}",
                path.display()
            );
        }
    }
}

fn below(files: &[(PathBuf, String)], parts: &[&str]) -> Vec<(PathBuf, String)> {
    let core = root().join("src-tauri/core/src");
    let is_below = |path: &Path| parts.iter().any(|part| path.starts_with(core.join(part)));
    files
        .iter()
        .filter(|(path, _)| is_below(path))
        .cloned()
        .collect()
}

#[test]
fn only_the_gate_reaches_a_provider() {
    let core = sources("src-tauri/core/src", &["rs"]);
    let gate = below(&core, &["gate"]);
    let behind = below(&core, &["providers", "engine", "lib.rs"]);
    let outside: Vec<_> = core
        .into_iter()
        .filter(|file| !gate.contains(file) && !behind.contains(file))
        .collect();
    refuse(
        &outside,
        &["providers::", ".generate("],
        "calls to a model pass the gate",
    );
    assert!(
        gate.iter().any(|(_, code)| code.contains("providers::")),
        "the gate is where they are reached"
    );
}

#[test]
fn an_inspected_prompt_is_made_by_the_gate_alone() {
    let core = sources("src-tauri/core/src", &["rs"]);
    let makers: Vec<_> = core
        .iter()
        .filter(|(_, code)| code.contains("Inspected("))
        .collect();
    assert!(
        !makers.is_empty()
            && makers
                .iter()
                .all(|(path, _)| path.ends_with("gate/inspect.rs")),
        "{:?}",
        makers.iter().map(|(path, _)| path).collect::<Vec<_>>()
    );
}

#[test]
fn a_domain_module_does_not_know_the_gate() {
    let core = sources("src-tauri/core/src", &["rs"]);
    let domains = [
        "charts",
        "chat",
        "clients.rs",
        "costs",
        "models",
        "store",
        "money.rs",
        "settings.rs",
        "secrets.rs",
        "workspaces.rs",
        "safety",
    ];
    refuse(
        &below(&core, &domains),
        &["gate::", "crate::app"],
        "the gate uses the domains, not the reverse",
    );
    refuse(
        &below(&core, &["money.rs", "charts"]),
        &["crate::"],
        "money and charts import no sibling",
    );
    let foreign: Vec<_> = below(&core, &["safety"])
        .into_iter()
        .map(|(path, code)| (path, code.replace("crate::safety", "")))
        .collect();
    refuse(&foreign, &["crate::"], "safety imports no sibling");
}

#[test]
fn the_domain_names_neither_window_nor_model_code() {
    let core = sources("src-tauri/core/src", &["rs"]);
    refuse(
        &core,
        &["tauri", "llama_cpp"],
        "the domain has no window and no model code",
    );
}

#[test]
fn one_file_opens_connections() {
    let door = |path: &Path| {
        path.ends_with("providers/http.rs")
            || path.components().any(|part| part.as_os_str() == "tests")
    };
    // The local API is listened to, and asks nobody but in its tests.
    let api = sources("src-tauri/api/src", &["rs"]).into_iter();
    let api: Vec<_> = api
        .filter(|(path, _)| !path.ends_with("tests.rs"))
        .collect();
    refuse(
        &api,
        &["::connect(", "reqwest", "UdpSocket", "lookup_host"],
        "what leaves this computer leaves through providers/http.rs, which logs it",
    );
    for part in ["src-tauri/core/src", "src-tauri/cli", "src-tauri/desktop"] {
        let others: Vec<_> = sources(part, &["rs"])
            .into_iter()
            .filter(|(path, _)| !door(path))
            .collect();
        refuse(
            &others,
            &[
                "TcpStream",
                "UdpSocket",
                "ToSocketAddrs",
                "reqwest",
                "hyper::",
                "tokio::net",
            ],
            "what leaves this computer leaves through providers/http.rs, which logs it",
        );
    }
}

#[test]
fn only_the_desktop_names_tauri_and_only_the_engine_names_llama() {
    for other in [
        "src-tauri/api",
        "src-tauri/cli",
        "src-tauri/gguf",
        "src-tauri/protocol",
        "src-tauri/engine/src",
    ] {
        refuse(
            &sources(other, &["rs"]),
            &["tauri::", "tauri_"],
            "only the desktop names Tauri",
        );
    }
    for other in [
        "src-tauri/api",
        "src-tauri/cli",
        "src-tauri/gguf",
        "src-tauri/protocol",
        "src-tauri/desktop",
    ] {
        refuse(
            &sources(other, &["rs"]),
            &["llama_cpp"],
            "only the engine hosts llama.cpp",
        );
    }
}

#[test]
fn core_and_engine_share_only_frames_and_the_reader_of_files() {
    let core = sources("src-tauri/core/src", &["rs"]);
    let engine = sources("src-tauri/engine/src", &["rs"]);
    refuse(&core, &["gatehouse_engine"], "the engine is a process");
    refuse(&engine, &["gatehouse_core"], "the engine has no domain");
    for shared in ["src-tauri/gguf/src", "src-tauri/protocol/src"] {
        refuse(
            &sources(shared, &["rs"]),
            &["gatehouse_"],
            "what both use knows neither",
        );
    }
}

#[test]
fn one_folder_of_the_interface_talks_to_the_host() {
    let all = sources("ui/src", &["ts", "svelte"]);
    let others: Vec<_> = all
        .into_iter()
        .filter(|(path, _)| !path.starts_with(root().join("ui/src/lib/backend")))
        .collect();
    refuse(&others, &["@tauri-apps"], "lib/backend is the one seam");
}
