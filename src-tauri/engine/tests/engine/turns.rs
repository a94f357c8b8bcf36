//! A conversation's next turn reads only what is new, and one too long for the context loses its
//! oldest turns in the open.

use gatehouse_protocol::{
    ChatMessage, Constraint, Event, FinishReason, Request, RequestErrorKind, Role, Sampling,
};

use crate::support::{Engine, Outcome, assistant, greedy, system, user, words};

fn turn(engine: &mut Engine, messages: &[ChatMessage], sampling: Sampling) -> Outcome {
    let mut request = engine.request(messages, sampling);
    request.conversation = Some("one".into());
    engine.ask_with(request)
}

#[test]
fn ten_turns_read_only_their_own_new_tokens() {
    let mut engine = Engine::chat(2048, 2);
    let mut messages = vec![system(
        "You are a patient teacher who answers in one sentence.",
    )];
    for number in 0..10 {
        messages.push(user(format!(
            "Question {number}: what is {number} plus {number}, and why?"
        )));
        let sampling = Sampling {
            temperature: 1.3,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.02,
            seed: Some(number),
            ..greedy(30)
        };
        let outcome = turn(&mut engine, &messages, sampling);
        let new = outcome.prompt_tokens - outcome.cached_tokens;
        assert!(
            number == 0 || new <= 32,
            "turn {number} read {new} of {} tokens",
            outcome.prompt_tokens
        );
        messages.push(assistant(outcome.text()));
        // Another conversation in between takes the other sequence, not this one's.
        engine.ask(&[user(format!("Unrelated: {}", words(20)))], greedy(2));
    }
}

#[test]
fn an_edited_turn_keeps_what_stands_before_it() {
    let mut engine = Engine::chat(1024, 1);
    let before = [
        system(words(60)),
        user("First question."),
        assistant("First answer."),
    ];
    let with = |last: &str| [before.as_slice(), &[user(last)]].concat();
    turn(&mut engine, &with("What is one?"), greedy(5));
    let outcome = turn(&mut engine, &with("What is two?"), greedy(5));
    assert!(outcome.cached_tokens > 70, "{outcome:?}");
}

#[test]
fn a_long_system_prompt_is_read_once_for_all_sequences() {
    let mut engine = Engine::chat(1024, 2);
    let rules = system(words(300));
    let first = engine.begin(&[rules.clone(), user("Tell me a long story.")], greedy(40));
    while !matches!(engine.event(), Event::Text { .. }) {}
    let second = engine.begin(&[rules, user("What is one?")], greedy(5));
    let mut cached = None;
    let mut open = 2;
    while open > 0 {
        match engine.event() {
            Event::Started {
                id, cached_tokens, ..
            } if id == second => cached = Some(cached_tokens),
            Event::Done { id, .. } => {
                assert!(id == first || id == second);
                open -= 1;
            }
            _ => {}
        }
    }
    assert!(cached.is_some_and(|cached| cached > 300), "{cached:?}");
}

/// Turns of about 40 tokens each.
fn long_conversation(turns: usize) -> Vec<ChatMessage> {
    let mut messages = vec![system("Be brief.")];
    for number in 0..turns {
        messages.push(user(format!("Number {number}: {}", words(30))));
        messages.push(assistant(format!("Noted number {number}, {}", words(30))));
    }
    messages.push(user("What was the last number?"));
    messages
}

#[test]
fn a_conversation_that_outgrows_the_context_says_what_is_not_seen() {
    let mut engine = Engine::chat(512, 1);
    let fitting = turn(&mut engine, &long_conversation(3), greedy(20));
    assert_eq!(fitting.dropped_messages, 0);
    let outcome = turn(&mut engine, &long_conversation(12), greedy(20));
    assert!(outcome.dropped_messages >= 10, "{outcome:?}");
    assert!(
        outcome.dropped_messages.is_multiple_of(2),
        "the first that is seen is the person's"
    );
    assert!(
        outcome.prompt_tokens + 20 <= 512 && outcome.prompt_tokens > 250,
        "as much as fits: {outcome:?}"
    );
}

#[test]
fn turns_after_an_overflow_mostly_find_their_beginning_read() {
    // What is left out grows by a quarter of the context, which is about three of these turns.
    let mut engine = Engine::chat(1024, 1);
    let first = turn(&mut engine, &long_conversation(14), greedy(4));
    assert!(first.dropped_messages > 0, "{first:?}");
    let cold = (15..23)
        .filter(|&turns| {
            let outcome = turn(&mut engine, &long_conversation(turns), greedy(4));
            outcome.cached_tokens < outcome.prompt_tokens / 2
        })
        .count();
    assert!(cold <= 3, "{cold} of 8 turns were read anew");
}

#[test]
fn a_message_that_cannot_fit_is_refused_with_numbers() {
    let mut engine = Engine::chat(256, 1);
    let id = engine.begin(&[system("Be brief."), user(words(400))], greedy(5));
    let Event::Failed {
        id: of,
        kind,
        message,
    } = engine.event()
    else {
        panic!("it cannot fit")
    };
    assert_eq!((of, kind), (id, RequestErrorKind::PromptTooLong));
    assert!(
        message.contains("256") && message.contains("system prompt"),
        "{message}"
    );
    assert_eq!(
        engine.ask(&[user("Hi")], greedy(3)).usage.output_tokens,
        3,
        "the engine goes on"
    );
}

#[test]
fn an_answer_ends_where_the_context_does() {
    let mut engine = Engine::chat(256, 1);
    let mut request = engine.request(
        &[user("Go on forever.")],
        Sampling {
            max_tokens: None,
            ..greedy(0)
        },
    );
    request.constraint = Some(Constraint::Grammar("root ::= [a-z ] root".into()));
    let outcome = engine.ask_with(request);
    assert_eq!(outcome.reason, Some(FinishReason::ContextFull));
    assert_eq!(
        outcome.prompt_tokens + outcome.usage.output_tokens,
        257,
        "the last token needs no place"
    );
    assert_eq!(
        engine.ask(&[user("Hi")], greedy(3)).usage.output_tokens,
        3,
        "the engine goes on"
    );
}

#[test]
fn two_messages_of_one_side_in_a_row_are_taken() {
    let mut engine = Engine::chat(512, 1);
    let outcome = engine.ask(
        &[
            user("One."),
            user("Two."),
            ChatMessage {
                role: Role::User,
                content: String::new(),
            },
        ],
        greedy(3),
    );
    assert_eq!(outcome.usage.output_tokens, 3);
    engine.send(&Request::Shutdown);
    assert!(engine.wait().success());
}
