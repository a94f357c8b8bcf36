//! The real Prometheus, scraping a served Gatehouse once a second, and questions to it.

use std::{
    io::Write as _,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{
    api::{self, Served},
    app::program,
};

/// How long it may take until Prometheus knows something.
const LONG: Duration = Duration::from_secs(120);

/// A running Prometheus.
pub struct Prometheus {
    child: Child,
    address: String,
    _folder: TempDir,
}

/// The file of `docs/monitoring` of this name.
pub fn file(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/monitoring");
    folder.join(name).canonicalize().unwrap()
}

/// Prometheus or one of its tools: as `cargo xtask test` has fetched it, or from the path.
fn tool(name: &str) -> PathBuf {
    let built = program("gatehouse");
    let target = built.parent().and_then(Path::parent).unwrap();
    let fetched = target.join("prometheus/usr/bin").join(name);
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::iter::once(fetched)
        .chain(std::env::split_paths(&paths).map(|folder| folder.join(name)));
    places.find(|place| place.is_file()).unwrap_or_else(|| {
        panic!(
            "{name} is missing: `cargo xtask test` fetches it, or install the Debian package `prometheus`"
        )
    })
}

/// What promtool says of something on its standard input.
pub fn promtool(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(tool("promtool"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

impl Prometheus {
    /// Scrape a server with this key, with our own alert rules.
    pub fn scraping(served: &Served, key: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("gatehouse.key");
        std::fs::write(&key_file, key).unwrap();
        let config = folder.path().join("prometheus.yml");
        std::fs::write(
            &config,
            format!(
                "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\n\
                 rule_files: [{:?}]\n\
                 scrape_configs:\n\
                 - job_name: gatehouse\n  \
                   authorization: {{ credentials_file: {key_file:?} }}\n  \
                   static_configs: [{{ targets: [{:?}] }}]\n",
                file("alerts.yml"),
                served.host(),
            ),
        )
        .unwrap();
        // It takes no port of its own choice, so one is looked for that is free now.
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let child = Command::new(tool("prometheus"))
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .arg("--log.level=error")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            child,
            address,
            _folder: folder,
        }
    }

    /// What it answers to a question; `None`: it does not listen yet.
    fn get(&self, path: &str) -> Option<Value> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(LONG)).ok()?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.address
        )
        .ok()?;
        serde_json::from_str(&api::answer(&mut stream).body).ok()
    }

    /// The series that an expression has now, with their labels.
    pub fn series(&self, expression: &str) -> Vec<(Value, String)> {
        let encoded: String = url::form_urlencoded::byte_serialize(expression.as_bytes()).collect();
        let answer = self.get(&format!("/api/v1/query?query={encoded}"));
        let Some(answer) = answer else {
            return Vec::new();
        };
        assert_eq!(answer["status"], "success", "{expression}: {answer}");
        let result = answer["data"]["result"].as_array().cloned();
        result
            .unwrap_or_default()
            .into_iter()
            .map(|series| {
                let value = series["value"][1].as_str().unwrap_or_default().to_owned();
                (series["metric"].clone(), value)
            })
            .collect()
    }

    /// The one value of an expression, as Prometheus writes it, once it is so.
    pub fn value(&self, expression: &str, wanted: impl Fn(&str) -> bool) -> String {
        let all = self.until(
            expression,
            |series| matches!(series, [(_, value)] if wanted(value)),
        );
        all[0].1.clone()
    }

    /// The series of an expression once they are as they are wanted.
    pub fn until(
        &self,
        expression: &str,
        wanted: impl Fn(&[(Value, String)]) -> bool,
    ) -> Vec<(Value, String)> {
        let start = Instant::now();
        loop {
            let series = self.series(expression);
            if wanted(&series) {
                return series;
            }
            assert!(
                start.elapsed() < LONG,
                "Prometheus has for {expression} only {series:?}"
            );
        }
    }

    /// The rules that it has loaded, once it has worked all of them out.
    pub fn rules(&self) -> Vec<Value> {
        let start = Instant::now();
        loop {
            let answer = self.get("/api/v1/rules").unwrap_or_default();
            let groups = answer["data"]["groups"].as_array().cloned();
            let rules: Vec<Value> = groups
                .iter()
                .flatten()
                .flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default())
                .collect();
            let worked_out = rules.iter().all(|rule| rule["health"] != "unknown");
            if worked_out && !rules.is_empty() {
                return rules;
            }
            assert!(start.elapsed() < LONG, "the rules are not worked out");
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
