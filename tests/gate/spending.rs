//! What a call costs, and what a budget stops.

use std::sync::atomic::{AtomicU32, Ordering};

use gatehouse_core::{
    costs::reports::{CallFilter, Query},
    protocol::Constraint,
    safety::mask,
};

use super::{
    network::{as_proxy, place_without_key, set},
    *,
};

#[test]
fn a_budget_stops_a_call_before_it_is_made() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    price(&place.app);
    place.without_fallback();
    budget(&place.app, "0.00001");
    let conversation = place.conversation();
    let error = place.refused(conversation, "Hello", Review::NotAsked);
    assert!(matches!(error, GateError::Budget(_)), "{error}");
    assert!(provider.received().is_empty() && place.messages(conversation).is_empty());
    budget(&place.app, "5");
    assert_eq!(place.say(conversation, "Hello").state, MessageState::Done);
    // An own price is needed for a budget to hold: unknown is never zero.
    let other = Options {
        elsewhere: Some(Elsewhere::Account {
            account_id: place.account.id,
            model: "unpriced".into(),
        }),
        ..Options::default()
    };
    let unpriced = place.app.gate.new_conversation(&other).unwrap().id;
    let error = place.refused(unpriced, "Hello", Review::NotAsked);
    assert!(error.to_string().contains("not known"), "{error}");
}

#[test]
fn a_stopped_stream_is_billed_for_what_was_seen_and_says_that_it_is_estimated() {
    let pieces: Vec<String> = (0..40).map(|n| format!("word{n} ")).collect();
    let provider = Provider::start(move |_| Reply::Endless(pieces.clone()));
    let place = place(&provider.address);
    price(&place.app);
    let conversation = place.conversation();
    let gate = &place.app.gate;
    let answer = app::answer(&place.app, Ask::Say(conversation, "Hello"), |event| {
        if let AnswerEvent::Text { text, .. } = event
            && text.contains("word39")
        {
            gate.stop(conversation);
        }
    });
    assert_eq!(answer.state, MessageState::Stopped);
    let call = answer.call.unwrap();
    assert!(!call.measured, "our own count is an estimate");
    assert!(call.output_tokens >= 40, "{} tokens", call.output_tokens);
    assert!(call.cost.is_some_and(|cost| cost != "$0"));
}

#[test]
fn instructions_that_are_read_anew_in_chat_after_chat_are_advised_about_by_what_they_cost() {
    let provider = Provider::start(|request| {
        let counted = request.body.len() as u64 / 4;
        Reply::Pieces(vec!["Yes.".into()], counted, 10)
    });
    let place = dear_place(&provider);
    let told = |system_prompt: &str| told(&place, system_prompt);
    let long = "You write letters for a clinic, and mind every word. ".repeat(200);
    told(&long);
    told("Be brief.");
    told(&format!("{long}In French."));
    let repeats = told(&long);
    told("Be brief.");
    let advice = place.app.cost_advice(&these_days()).unwrap();
    let [one] = &advice[..] else {
        panic!("one piece of advice: {advice:?}");
    };
    assert_eq!(one.kind, gatehouse_core::review::AdviceKind::Caching);
    let behind = Query {
        filter: one.filter.clone(),
        ..these_days()
    };
    let page = place.app.cost_calls(&behind, None, 50).unwrap();
    let numbers: Vec<i64> = page.calls.iter().map(|call| call.summary.number).collect();
    assert_eq!((one.calls, numbers), (1, vec![repeats]));
}

#[test]
fn instructions_in_another_alphabet_are_advised_about_by_the_count_of_the_provider() {
    // Of whatever has these instructions, it counts 3,000 tokens: less than half of what our own estimate is.
    let calls = AtomicU32::new(0);
    let provider = Provider::start(move |_| match calls.fetch_add(1, Ordering::Relaxed) {
        1 => counted(3_000, 2_900),
        _ => counted(3_000, 0),
    });
    let place = dear_place(&provider);
    let long = "Вы пишете письма для клиники и взвешиваете каждое слово. ".repeat(150);
    told(&place, &long);
    told(&place, &long);
    let advice = || place.app.cost_advice(&these_days()).unwrap();
    assert_eq!(advice(), [], "the cache had them");
    told(&place, &long);
    let [one] = &advice()[..] else {
        panic!("one piece of advice: {:?}", advice());
    };
    let saving = Money::of_dollars(one.saving.trim_start_matches('$')).unwrap();
    // All 3,000 tokens at $100 a million less $10 from the cache, and of these the question is a few.
    let all = Money::of_dollars("0.27").unwrap();
    assert!(
        saving < all && saving.pico() * 100 > all.pico() * 98,
        "{saving}"
    );
    assert!(
        !one.at_most && one.reason.contains("about"),
        "it rests on an estimate of ours: {}",
        one.reason
    );
}

/// A place whose model has dear prices, so that advice is given about a few calls.
fn dear_place(provider: &Provider) -> Place {
    let place = place(&provider.address);
    place
        .app
        .set_price(&gatehouse_core::review::PriceInput {
            provider: "compatible".into(),
            model: MODEL.into(),
            input: "100".into(),
            cached: "10".into(),
            output: "1".into(),
            ..Default::default()
        })
        .unwrap();
    place
}

/// Say something in a chat of its own with these instructions; the number of the call.
fn told(place: &Place, system_prompt: &str) -> i64 {
    let options = Options {
        system_prompt: system_prompt.to_owned(),
        ..elsewhere(&place.account)
    };
    let chat = place.app.gate.new_conversation(&options).unwrap().id;
    place.say(chat, "Hello").call.unwrap().number
}

/// Yesterday, should it be about midnight, and today.
fn these_days() -> Query {
    let today = jiff::tz::TimeZone::system()
        .to_datetime(jiff::Timestamp::now())
        .date();
    Query {
        first: today.yesterday().unwrap(),
        last: today,
        step: Period::Day,
        filter: CallFilter::default(),
    }
}

/// An answer of a few words, and what the provider counted.
fn counted(prompt: u32, cached: u32) -> Reply {
    let said = json!({ "choices": [{ "index": 0, "delta": { "content": "Yes." },
        "finish_reason": "stop" }] });
    let counted = json!({ "choices": [], "usage": { "prompt_tokens": prompt,
        "completion_tokens": 10, "prompt_tokens_details": { "cached_tokens": cached } } });
    let answer = format!("data: {said}\n\ndata: {counted}\n\ndata: [DONE]\n\n");
    Reply::Raw("text/event-stream", answer.into_bytes())
}

#[test]
fn a_try_that_broke_off_may_be_billed_and_makes_the_cost_an_estimate() {
    let tries = AtomicU32::new(0);
    let provider = Provider::start(move |_| match tries.fetch_add(1, Ordering::Relaxed) {
        // Its head comes, and nothing after it.
        0 => Reply::Raw("text/event-stream", Vec::new()),
        1 | 2 => Reply::Pieces(vec!["Yes.".into()], 100, 10),
        3 => Reply::Raw("text/event-stream", Vec::new()),
        _ => Reply::Refuse(400, "no"),
    });
    let place = place(&provider.address);
    price(&place.app);
    place.without_fallback();
    let conversation = place.conversation();
    let call = |answer: Message| answer.call.unwrap();
    let estimated = call(place.say(conversation, "Hello"));
    assert_eq!(provider.received().len(), 2);
    assert_eq!(
        (estimated.cost.as_deref(), estimated.measured),
        (Some("$0.00028"), false),
        "what is known of it, and that this is not all"
    );
    assert_eq!(place.log().len(), 2, "each try is in the log");
    let counted = call(place.say(conversation, "Hello"));
    assert_eq!(
        (counted.cost.as_deref(), counted.measured),
        (Some("$0.00028"), true)
    );
    let refused = place.say(conversation, "Hello");
    assert_eq!(refused.state, MessageState::Failed);
    assert_eq!(call(refused).cost, None, "the try before may be billed");
}

#[test]
fn the_instruction_to_keep_placeholders_and_the_shape_of_an_answer_are_counted() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    price(&place.app);
    place.without_fallback();
    let conversation = place.conversation();
    let tokens = |text: &str| {
        let preview = place
            .app
            .gate
            .preview(&say(conversation, text), None)
            .unwrap();
        preview.tokens
    };
    let instruction = mask::INSTRUCTION.len() as u64;
    assert!(tokens(LETTER) > tokens("") + instruction / 4 + LETTER.len() as u64 / 4);

    budget(&place.app, "0.2");
    let hello = Ask::Say(conversation, "Hello");
    let shape = |words: usize| {
        let described = "the answer to it ".repeat(words);
        Constraint::JsonSchema(json!({ "type": "object", "description": described }))
    };
    let answered = |words| {
        place
            .app
            .gate
            .answer(hello, Some(shape(words)), &mut |_| ())
    };
    assert!(answered(10).is_ok());
    let error = answered(40_000).unwrap_err();
    assert!(matches!(error, GateError::Budget(_)), "{error}");
}

#[test]
fn what_a_failed_model_could_have_cost_is_free_again_for_the_next_one() {
    let (down, up) = (
        Provider::start(|_| Reply::Refuse(503, "overloaded")),
        Provider::start(|_| Reply::Pieces(vec!["Yes.".into()], 100, 10)),
    );
    let place = place(&down.address);
    let second = account(&place.app, "Second", &up.address);
    // Of twelve tokens at most; of ten, sixty cents.
    price_of(&place.app, "spent", "0.01", "60000");
    price_of(&place.app, MODEL, "0.01", "25000");
    price_of(&place.app, "other", "0.01", "20000");
    place.say(place.conversation_with(vec![link(&second, "spent")]), "Hi");
    budget(&place.app, "1");
    let chain = vec![link(&place.account, MODEL), link(&second, "other")];
    let conversation = place.conversation_with(chain);
    let answer = place.say(conversation, "Hello");
    assert_eq!(answer.state, MessageState::Done, "{:?}", answer.problem);
    let call = answer.call.unwrap();
    assert_eq!(call.model, "other");
    let failed = call.moves[0].call.unwrap();
    let calls = place.calls();
    let failed = calls.iter().find(|row| row.summary.number == failed);
    assert_eq!(failed.unwrap().summary.cost.as_deref(), Some("$0"));
    app::holds(&place.app);
}

#[test]
fn counts_that_no_call_has_leave_its_cost_unknown_and_its_end_is_kept() {
    let absurd = Provider::start(|_| Reply::Pieces(vec!["Yes.".into()], u64::MAX, u64::MAX));
    let place = place(&absurd.address);
    price(&place.app);
    place.without_fallback();
    let answer = place.say(place.conversation(), "Hello");
    assert_eq!(answer.state, MessageState::Done, "{:?}", answer.problem);
    assert_eq!(answer.text, "Yes.");
    assert_eq!(answer.call.unwrap().cost, None, "unknown, and never zero");
    assert_eq!(place.calls()[0].status, CallStatus::Answered);
}

#[test]
fn cached_tokens_are_counted_by_what_is_spoken_and_not_by_who_bills() {
    // Anthropic's own host, asked as OpenAI is: its count of the prompt then has what the cache read in it.
    let proxy = Provider::start(|_| counted(100, 80));
    let place = place_without_key("http://api.anthropic.com/v1", Destination::Cloud);
    set(&place.app, |settings| {
        as_proxy(&proxy).clone_into(&mut settings.proxy);
    });
    let call = place.say(place.conversation(), "Hello").call.unwrap();
    assert_eq!((call.prompt_tokens, call.cached_tokens), (100, 80));
}
