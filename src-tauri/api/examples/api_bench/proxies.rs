//! The two proxies, each a process of its own.

use std::{
    io::{BufRead, BufReader},
    net::{TcpListener, TcpStream},
    path::PathBuf,
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
/// How long the other proxy may take to start.
const STARTS_WITHIN: Duration = Duration::from_secs(120);

/// A proxy that runs until it is dropped.
pub(crate) struct Proxy {
    process: Child,
    host: String,
    key: String,
    _folder: TempDir,
}

impl Proxy {
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.host, &self.key, MODEL)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The local API of Gatehouse, with masking, budgets, the record and a copy of what leaves, as it comes.
pub(crate) fn gatehouse(upstream: &str) -> Proxy {
    let dir = tempfile::tempdir().unwrap();
    let folder = DataFolder::resolve(Some(dir.path())).unwrap();
    database_key(&folder, KeyHome::File).unwrap();
    let around = Surroundings {
        actor: Actor::CommandLine,
        // No model of this computer is asked here.
        engine_program: PathBuf::from("no-engine"),
        resources: None,
        on_engine_change: Box::new(|| ()),
    };
    let app = App::open(&folder, around).unwrap();
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
    let mut process =
        Command::new(built.join(format!("gatehouse{}", std::env::consts::EXE_SUFFIX)))
            .arg("--data-dir")
            .arg(folder.path())
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
        _folder: dir,
    }
}

/// The other one; `None`: it is not here.
pub(crate) fn litellm(upstream: &str) -> Option<Proxy> {
    let program = std::env::var_os("GATEHOUSE_LITELLM")?;
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.yaml");
    let written = format!(
        "model_list:\n  - model_name: {MODEL}\n    litellm_params:\n      model: openai/test-model\n      \
         api_base: http://{upstream}/v1\n      api_key: none\n"
    );
    std::fs::write(&config, written).unwrap();
    let port = {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let workers = thread::available_parallelism().unwrap().to_string();
    let process = Command::new(program)
        .arg("--config")
        .arg(&config)
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .args(["--num_workers", &workers])
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        .env("LITELLM_LOG", "ERROR")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let proxy = Proxy {
        process,
        host: format!("127.0.0.1:{port}"),
        key: "none".into(),
        _folder: dir,
    };
    let begin = Instant::now();
    while TcpStream::connect(&proxy.host).is_err() {
        assert!(begin.elapsed() < STARTS_WITHIN, "litellm does not start");
        thread::sleep(Duration::from_millis(200));
    }
    // It listens before it answers.
    thread::sleep(Duration::from_secs(5));
    Some(proxy)
}
