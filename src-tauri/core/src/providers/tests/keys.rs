//! No key in an error, a formatter or the log, whatever a server does with it.

use proptest::prelude::*;

use super::{
    LIMITS, Language, ask_hearing,
    fault_server::{FaultServer, Script, answer, chunk, head, last_chunk},
    net, provider, said,
};
use crate::{
    engine::Stop,
    providers::{http::Limits, key::ApiKey},
};

/// Eight characters of the key in a row are too many.
fn shows_the_key(text: &str) -> bool {
    super::KEY
        .as_bytes()
        .windows(8)
        .any(|part| text.contains(std::str::from_utf8(part).unwrap()))
}

/// Ways in which a server can repeat `{}`.
const ECHOES: &[&str] = &[
    "{\"error\":{\"message\":\"Incorrect API key provided: {}\"}}",
    "{\"error\":{\"message\":\"no\",\"code\":\"{}\",\"type\":\"{}\"}}",
    "{\"error\":\"{}\"}",
    "{\"detail\":[\"{}\",{\"header\":\"Bearer {}\"}]}",
    "{\"type\":\"error\",\"error\":{\"type\":\"{}\",\"message\":\"{}\"}}",
    "[{\"error\":{\"message\":\"{}\"}}]",
    "Bearer {} is wrong",
    "{}",
    "<html>{}</html>",
    "error: {}",
];

fn echo() -> impl Strategy<Value = String> {
    (
        prop::sample::select(ECHOES),
        0..super::KEY.len(),
        "[a-z ]{0,400}",
    )
        .prop_map(|(form, cut, before)| {
            let key = format!("{before}{}{}", super::KEY, &super::KEY[cut..]);
            form.replace("{}", &key)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_key_that_a_server_repeats_is_shown_to_nobody(
        echo in echo(),
        status in prop::sample::select(&["200 OK", "302 Found", "400 Bad", "401 No", "429 Slow", "500 Broken", "529 Busy"][..]),
        language in prop::sample::select(&[Language::OpenAi, Language::Anthropic, Language::Ollama][..]),
        in_stream: bool,
    ) {
        let script = if in_stream {
            let half = if language == Language::OpenAi { said("half") } else { String::new() };
            let event = format!("{half}event: error\ndata: {echo}\n\n");
            Script::Steps(vec![head("200 OK", &[]), chunk(event.as_bytes()), last_chunk()])
        } else {
            let to = format!("location: https://example.com/{}", super::KEY);
            answer(status, &[&to], &echo)
        };
        let server = FaultServer::start(vec![script]);
        let net = net(Limits { tries: 1, ..LIMITS });
        let told = ask_hearing(&net, language, &server, &Stop::default(), &mut |_| {});
        let error = told.result.expect_err("none of these is an answer");
        let seen = format!("{error} {error:?} {} {:?}", error.hint(), told.connections);
        prop_assert!(!shows_the_key(&seen), "{seen}");
    }
}

#[test]
fn a_key_is_in_no_formatter_of_what_holds_it() {
    for language in [Language::OpenAi, Language::Anthropic, Language::Ollama] {
        let shown = format!("{:?}", provider(language, "https://example.com"));
        assert!(!shows_the_key(&shown), "{shown}");
    }
    let refused = format!(
        "{:?}",
        ApiKey::new(&format!("{}\n{}", super::KEY, super::KEY))
    );
    assert!(!shows_the_key(&refused), "not even when it cannot be one");
}
