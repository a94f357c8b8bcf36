//! What the model on this computer does for clients: counts, tools, shapes of answers, and their ends.

use gatehouse_core::costs::CallStatus;

use super::*;

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";

fn model(place: &Place) -> String {
    place.app.installed_models().unwrap()[0].name.clone()
}

/// Tokens of the prompt that an answer says it was billed for, in Anthropic's language.
fn billed(usage: &Value) -> u64 {
    ["input_tokens", "cache_read_input_tokens"]
        .iter()
        .map(|field| usage[*field].as_u64().unwrap())
        .sum()
}

/// The last event of a stream that has a field.
fn last_with(answer: &Answer, field: &str) -> Value {
    let events = answer
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    let mut events = events.filter_map(|event| serde_json::from_str::<Value>(event).ok());
    events.rfind(|event| !event[field].is_null()).unwrap()
}

#[test]
fn a_count_of_tokens_is_what_the_same_request_is_billed_for() {
    let place = here();
    let model = model(&place);
    let turns = json!([
        { "role": "user", "content": "Who wrote Emma?" },
        { "role": "assistant", "content": "Jane Austen did, in 1815." },
        { "role": "user", "content": [{ "type": "text", "text": "And «Persuasion»? 😀" }] },
    ]);
    let tools = json!([{ "name": "weather", "description": "The weather.", "input_schema": {
        "type": "object", "properties": { "place": { "type": "string", "maxLength": 8 } }, "required": ["place"],
    } }]);
    let requests = [
        json!({ "messages": [{ "role": "user", "content": "Say hello" }] }),
        json!({ "messages": turns, "system": "Be brief, and answer in German." }),
        json!({ "messages": turns, "system": "Be brief.", "tools": tools }),
        json!({ "messages": turns, "tools": tools, "tool_choice": { "type": "any" } }),
    ];
    // Loaded once, as no model is loaded only to count.
    place.chat(&json!({ "model": model, "max_tokens": 1, "messages": [{ "role": "user", "content": "Hi" }] }));
    for (nth, mut request) in requests.into_iter().enumerate() {
        request["model"] = model.as_str().into();
        let counted = place
            .served
            .post("/v1/messages/count_tokens", &place.key, &request);
        let counted = counted.json()["input_tokens"].as_u64().unwrap();
        request["max_tokens"] = 4.into();
        let whole = place.served.post(MESSAGES, &place.key, &request);
        assert_eq!(
            counted,
            billed(&whole.json()["usage"]),
            "request {nth}: {}",
            whole.body
        );
        request["stream"] = true.into();
        let streamed = place.served.post(MESSAGES, &place.key, &request);
        let usage = last_with(&streamed, "usage")["usage"].clone();
        assert_eq!(counted, billed(&usage), "request {nth}, streamed");
    }
}

#[test]
fn tools_whose_schemas_have_types_inside_are_called_with_what_those_say() {
    let place = here();
    let parameters = json!({
        "type": "object", "properties": { "where": { "$ref": "#/$defs/Place" } }, "required": ["where"],
        "$defs": { "Place": {
            "type": "object", "properties": { "town": { "enum": ["Bern", "Rome"] } }, "required": ["town"],
        } },
    });
    let other = json!({
        "type": "object", "properties": { "x": { "$ref": "#/$defs/Place" } },
        "$defs": { "Place": { "type": "boolean" } },
    });
    let tool = |name: &str, parameters: &Value| json!({ "type": "function", "function": { "name": name, "parameters": parameters } });
    let answer = place.chat(&json!({
        "model": model(&place), "max_tokens": 100, "temperature": 0,
        "messages": [{ "role": "user", "content": "What is the weather in Bern?" }],
        "tools": [tool("weather", &parameters), tool("other", &other)],
        "tool_choice": { "type": "function", "function": { "name": "weather" } },
    }));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let call = &answer.json()["choices"][0]["message"]["tool_calls"][0]["function"];
    let arguments: Value = serde_json::from_str(call["arguments"].as_str().unwrap()).unwrap();
    let town = arguments["where"]["town"].as_str().unwrap();
    assert!(["Bern", "Rome"].contains(&town), "{arguments}");
}

#[test]
fn an_answer_that_the_limit_cuts_keeps_its_words_where_there_are_tools() {
    let place = here();
    let tool = json!({ "type": "function", "function": { "name": "end", "parameters": {
        "type": "object", "properties": { "why": { "const": "nobody knows what this is for" } }, "required": ["why"],
    } } });
    // After answers of this form the model goes on in it.
    let story = |animal: &str| {
        format!("{{\"answer\": \"Once upon a time there was a {animal} that lived by the sea.\"}}")
    };
    let said = |role: &str, text: &str| json!({ "role": role, "content": text });
    let turns = json!([
        said("user", "Tell me of a cat."),
        said("assistant", &story("cat")),
        said("user", "Tell me of a dog."),
        said("assistant", &story("dog")),
        said("user", "Tell me of a fox."),
    ]);
    let mut cut = 0;
    for seed in 0..4 {
        let mut request = json!({
            "model": model(&place), "max_tokens": 14, "seed": seed, "tools": [tool], "messages": turns,
        });
        let whole = place.chat(&request).json();
        let choice = &whole["choices"][0];
        if choice["finish_reason"] != "length" {
            continue;
        }
        let said = choice["message"]["content"].as_str().unwrap();
        request["stream"] = true.into();
        let streamed = place.chat(&request);
        let pieces = streamed
            .body
            .lines()
            .filter_map(|line| line.strip_prefix("data: "));
        let pieces = pieces.filter_map(|piece| serde_json::from_str::<Value>(piece).ok());
        let text: String = pieces
            .filter_map(|piece| {
                let content = piece["choices"][0]["delta"]["content"].as_str();
                content.map(str::to_owned)
            })
            .collect();
        assert_eq!(text, said, "streamed alike");
        cut += usize::from(!said.is_empty());
    }
    assert!(cut > 0, "no answer was cut, or none kept its words");
}

#[test]
fn a_schema_that_nothing_can_be_held_to_is_refused_by_name_and_is_no_failed_call() {
    let place = here();
    let asked = |schema: Value, strict: bool| {
        place.chat(&json!({
            "model": model(&place), "max_tokens": 60, "temperature": 0,
            "messages": [{ "role": "user", "content": "How likely is rain? Answer as JSON." }],
            "response_format": { "type": "json_schema", "json_schema": { "name": "x", "strict": strict, "schema": schema } },
        }))
    };
    let likely = json!({
        "type": "object", "properties": { "p": { "type": "number", "minimum": 0, "maximum": 1 } },
        "required": ["p"], "additionalProperties": false,
    });
    let refused = asked(likely.clone(), true);
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(
        refused.body.contains("minimum") && refused.body.contains("#/properties/p"),
        "{}",
        refused.body
    );
    for strict in [true, false] {
        let schema = json!({ "type": "string", "minLength": 5, "maxLength": 3 });
        let refused = asked(schema, strict);
        assert_eq!(refused.status, 400, "{}", refused.body);
    }
    let tool = json!({ "type": "function", "function": { "name": "t", "parameters": { "type": "no such type" } } });
    let refused = place.chat(&json!({
        "model": model(&place), "messages": [{ "role": "user", "content": "Hi" }], "tools": [tool],
    }));
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert_eq!(
        place.calls().len(),
        0,
        "no model was asked, so none has failed"
    );
    let answer = asked(likely, false);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let text = answer.json()["choices"][0]["message"]["content"].clone();
    let value: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    assert!(value["p"].is_number(), "{value}");
    app::holds(&place.app);
}

#[test]
fn what_is_longer_than_the_model_reads_is_its_clients_mistake_and_no_failed_call() {
    let place = here();
    let said = place.chat(&json!({
        "model": model(&place), "messages": [{ "role": "user", "content": "word ".repeat(20_000) }],
    }));
    assert_eq!(said.status, 400, "{}", said.body);
    assert_eq!(said.json()["error"]["code"], "context_length_exceeded");
    let embedder = clients::add_embedder(&place);
    let asked = json!({ "model": embedder, "input": "word ".repeat(2_000) });
    let refused = place.served.post("/v1/embeddings", &place.key, &asked);
    assert_eq!(refused.status, 400, "{}", refused.body);
    let calls = place.calls();
    assert!(
        calls.iter().all(|call| call.status == CallStatus::Refused),
        "{calls:?}"
    );
    assert_eq!(calls.len(), 2, "they are seen, and count as no failure");
    app::holds(&place.app);
}

#[test]
fn the_stop_text_that_was_met_is_named() {
    let place = here();
    let mut request = json!({
        "model": model(&place), "max_tokens": 60, "temperature": 0, "stop_sequences": ["@@", "e", "a"],
        "messages": [{ "role": "user", "content": "Tell me about the sea." }],
    });
    let whole = place.served.post(MESSAGES, &place.key, &request).json();
    assert_eq!(whole["stop_reason"], "stop_sequence", "{whole}");
    let met = whole["stop_sequence"].as_str().unwrap().to_owned();
    let said = whole["content"][0]["text"].as_str().unwrap_or_default();
    assert!(
        ["e", "a"].contains(&met.as_str()) && !said.contains(['e', 'a']),
        "{whole}"
    );
    request["stream"] = true.into();
    let streamed = place.served.post(MESSAGES, &place.key, &request);
    let delta = last_with(&streamed, "delta")["delta"].clone();
    assert_eq!(
        (&delta["stop_reason"], &delta["stop_sequence"]),
        (&json!("stop_sequence"), &json!(met))
    );
}

#[test]
fn an_answer_that_is_begun_already_is_refused_by_name() {
    let place = here();
    let request = json!({
        "model": model(&place), "max_tokens": 8,
        "messages": [{ "role": "user", "content": "Say hello" }, { "role": "assistant", "content": "Hel" }],
    });
    let refused = place.served.post(MESSAGES, &place.key, &request);
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(refused.body.contains("prefill"), "{}", refused.body);
    let of_openai = place.served.post(CHAT, &place.key, &request);
    assert_eq!(
        of_openai.status, 200,
        "there it is a message like others: {}",
        of_openai.body
    );
}

#[test]
fn a_program_that_names_one_model_gets_that_one_or_the_error() {
    let provider = Provider::start(|_| Reply::Refuse(500, "down"));
    let place = served(&["--per-minute", "0"]);
    account(&place.app, "Test", &provider.address);
    let ask = |model: &str| {
        place.chat(&json!({ "model": model, "max_tokens": 4, "messages": [{ "role": "user", "content": "Hi" }] }))
    };
    let refused = ask("Test/test-model");
    assert_eq!(refused.status, 502, "{}", refused.body);
    let (_, poor) = place
        .app
        .add_client(&NewClient {
            budget: a_day("0"),
            ..client("Poor")
        })
        .unwrap();
    let over =
        json!({ "model": "Test/test-model", "messages": [{ "role": "user", "content": "Hi" }] });
    let refused = place.served.post(CHAT, poor.as_str(), &over);
    assert_eq!(refused.status, 402, "{}", refused.body);
    assert!(
        place
            .calls()
            .iter()
            .all(|call| call.summary.model == "test-model")
    );
}
