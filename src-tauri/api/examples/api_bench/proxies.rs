//! The two proxies, each a process of its own.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use gatehouse_core::{
    accounts::{AccountInput, ProviderKind},
    aliases::{Alias, Link},
    app::{App, Surroundings},
    clients::NewClient,
    ids::AliasId,
    policy::Destination,
    record::Actor,
    secrets::{KeyHome, database_key},
    store::DataFolder,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::client::Client;

const MODEL: &str = "helper";
/// The key of the other proxy, which starts with none that is weak; it opens nothing else.
const THEIR_KEY: &str = "sk-bench-8b41f6c27d0e4a95b3d2c7e16f90a5d8";
/// How long the other proxy may take to start.
const STARTS_WITHIN: Duration = Duration::from_secs(300);
/// So many answers in a row, and it is up.
const READY: usize = 20;

/// A proxy that runs until it is dropped.
pub(crate) struct Proxy {
    process: Child,
    host: String,
    key: String,
    /// Taken by who looks at it afterwards.
    folder: Option<TempDir>,
}

impl Proxy {
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.host, &self.key, MODEL)
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// End it; its folder.
    pub(crate) fn stop(mut self) -> TempDir {
        self.end();
        self.folder.take().unwrap()
    }

    /// It and its workers, in good order; what cannot be told so is killed.
    fn end(&mut self) {
        let told = cfg!(unix)
            && Command::new("kill")
                .args(["-INT", "--", &format!("-{}", self.process.id())])
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success());
        if !told {
            // It may have ended already.
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.end();
    }
}

/// In a group of its own, so that its workers end with it.
fn in_a_group(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    command
}

/// Gatehouse in a folder.
pub(crate) fn open(folder: &Path) -> App {
    let folder = DataFolder::resolve(Some(folder)).unwrap();
    database_key(&folder, KeyHome::File).unwrap();
    let around = Surroundings {
        actor: Actor::CommandLine,
        // No model of this computer is asked here.
        engine_program: PathBuf::from("no-engine"),
        resources: None,
        on_engine_change: Box::new(|| ()),
    };
    App::open(&folder, around).unwrap()
}

/// The local API of Gatehouse, with masking, budgets, the record and a copy of what leaves, as it comes.
pub(crate) fn gatehouse(upstream: &str) -> Proxy {
    let dir = tempfile::tempdir().unwrap();
    let app = open(dir.path());
    let input = AccountInput {
        kind: ProviderKind::Compatible,
        name: "Bench".into(),
        base_url: format!("http://{upstream}/v1"),
        destination: Some(Destination::Cloud),
        context_tokens: None,
    };
    let account = app.gate.save_account(None, &input).unwrap();
    let alias = Alias {
        id: AliasId::new(),
        name: MODEL.into(),
        chain: vec![Link::Account {
            account_id: account.id,
            model: "test-model".into(),
        }],
    };
    app.save_alias(&alias).unwrap();
    let client = NewClient {
        name: "Bench".into(),
        workspace_id: None,
        days: None,
        budget: None,
        keeps_sent: true,
        only_metrics: false,
    };
    let (_, key) = app.add_client(&client).unwrap();
    drop(app);
    let this = std::env::current_exe().unwrap();
    let built = this
        .parent()
        .and_then(|examples| examples.parent())
        .unwrap();
    let program = built.join(format!("gatehouse{}", std::env::consts::EXE_SUFFIX));
    let mut process = in_a_group(&mut Command::new(program))
        .arg("--data-dir")
        .arg(dir.path())
        .args(["--json", "serve", "--port", "0", "--per-minute", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let output = process.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut line).unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    let base = told["base_url"].as_str().unwrap();
    Proxy {
        process,
        host: base.trim_start_matches("http://").to_owned(),
        key: key.as_str().to_owned(),
        folder: Some(dir),
    }
}

/// The other one; `None`: it is not here.
pub(crate) fn litellm(upstream: &str) -> Option<Proxy> {
    let program = std::env::var_os("GATEHOUSE_LITELLM")?;
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.yaml");
    let written = format!(
        "model_list:\n  - model_name: {MODEL}\n    litellm_params:\n      model: openai/test-model\n      \
         api_base: http://{upstream}/v1\n      api_key: none\n\
         litellm_settings:\n  set_verbose: false\n  json_logs: true\n  request_timeout: 600\n\
         general_settings:\n  master_key: {THEIR_KEY}\n"
    );
    std::fs::write(&config, written).unwrap();
    let port = {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let workers = thread::available_parallelism().unwrap().to_string();
    let process = in_a_group(&mut Command::new(program))
        .arg("--config")
        .arg(&config)
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .args(["--num_workers", &workers])
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        .env("LITELLM_MODE", "PRODUCTION")
        .env("LITELLM_LOG", "ERROR")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let proxy = Proxy {
        process,
        host: format!("127.0.0.1:{port}"),
        key: THEIR_KEY.into(),
        folder: Some(dir),
    };
    // It listens before each of its workers answers.
    let (begin, mut client) = (Instant::now(), proxy.client());
    let mut in_a_row = 0;
    while in_a_row < READY {
        match client.ask() {
            Ok(()) => in_a_row += 1,
            Err(said) => {
                in_a_row = 0;
                assert!(
                    begin.elapsed() < STARTS_WITHIN,
                    "litellm does not start: {said}"
                );
                thread::sleep(Duration::from_millis(200));
            }
        }
    }
    Some(proxy)
}
