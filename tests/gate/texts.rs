//! Requests of clients of which a model writes nothing: vectors, a look by a provider's policy, a count.

use gatehouse_core::{
    clients::{Client, ClientInput},
    costs::Spending,
    engine::Stop,
    gate::client::{self, ClientRequest, EmbeddingsWanted, ModerationWanted},
    problem::{Problem, ProblemCode},
};

use super::*;

const TEXT: &str = "A text that is long enough to cost something, however little that may be.";

/// What of a request is wanted; and what came of it.
type Wanted = fn(&Place, &Client, &Stop) -> Result<(), GateError>;

fn vectors(place: &Place, client: &Client, stop: &Stop) -> Result<(), GateError> {
    let wanted = EmbeddingsWanted {
        model: format!("Test/{MODEL}"),
        texts: vec![TEXT.into()],
        dimensions: None,
    };
    let gate = &place.app.gate;
    gate.embed_for_client(client, &wanted, stop).map(drop)
}

fn a_look(place: &Place, client: &Client, stop: &Stop) -> Result<(), GateError> {
    let wanted = ModerationWanted {
        model: format!("Test/{MODEL}"),
        texts: vec![TEXT.into()],
    };
    let gate = &place.app.gate;
    gate.moderate_for_client(client, &wanted, stop).map(drop)
}

/// A provider, a price for its model, a budget that stops, and a client that asks for something: the call
/// that was made for it.
fn asked(wanted: Wanted, provider: &Provider, stop: &Stop) -> (Place, CallRow, GateError) {
    let place = place(&provider.address);
    price(&place.app);
    budget(&place.app, "1");
    let client = client(&place);
    let error = wanted(&place, &client, stop).unwrap_err();
    let call = place.calls().remove(0);
    (place, call, error)
}

fn client(place: &Place) -> Client {
    let input = ClientInput {
        name: "Indexer".into(),
        workspace_id: None,
        days: None,
        period: Period::Month,
        limit: String::new(),
        keeps_sent: false,
        only_metrics: false,
    };
    place.app.add_client(&input.client().unwrap()).unwrap().0
}

fn spending(place: &Place) -> Spending {
    let all = 0..i64::MAX;
    let read = place
        .app
        .store
        .read(|conn| Ok::<_, StoreError>(costs::spending(conn, None, all)?));
    read.unwrap()
}

#[test]
fn what_a_provider_refused_costs_nothing_and_nothing_stays_set_aside_for_it() {
    for wanted in [vectors, a_look] {
        let provider = Provider::start(|_| Reply::Refuse(401, "no"));
        let (place, call, _) = asked(wanted, &provider, &Stop::default());
        assert_eq!(call.status, CallStatus::Failed);
        assert_eq!(call.error_kind.as_deref(), Some("key_wrong"));
        assert_eq!(call.summary.cost.as_deref(), Some("$0"));
        assert_eq!(spending(&place), Spending::default());
    }
}

#[test]
fn what_is_no_answer_may_be_billed_and_what_it_can_cost_stays_set_aside() {
    for wanted in [vectors, a_look] {
        let provider = Provider::start(|_| Reply::Raw("application/json", b"{\"da".to_vec()));
        let (place, call, _) = asked(wanted, &provider, &Stop::default());
        assert_eq!((call.status, call.summary.cost), (CallStatus::Failed, None));
        assert!(spending(&place).reserved > Money::ZERO);
    }
}

/// A provider that begins to answer and never goes on, while somebody stops the request.
fn stopped_in_the_middle(stop: &Stop) -> Provider {
    let stop = stop.clone();
    Provider::start(move |_| {
        stop.set();
        Reply::Endless(Vec::new())
    })
}

#[test]
fn what_somebody_stopped_is_stopped_and_not_failed_and_costs_as_much_as_was_sent() {
    for wanted in [vectors, a_look] {
        let stop = Stop::default();
        let provider = stopped_in_the_middle(&stop);
        let (_place, call, error) = asked(wanted, &provider, &stop);
        assert_eq!(Problem::from(error).code, ProblemCode::Cancelled);
        assert_eq!((call.status, call.error_kind), (CallStatus::Stopped, None));
        assert!(call.summary.prompt_tokens > 0, "by our own count");
        assert!(call.summary.cost.is_some_and(|cost| cost != "$0"));
        assert!(!call.summary.measured, "which makes it an estimate");
    }
}

#[test]
fn a_count_that_somebody_stopped_is_stopped_and_never_an_answer_of_the_model() {
    let stop = Stop::default();
    let provider = stopped_in_the_middle(&stop);
    let place = place(&provider.address);
    add_claude(&place.app, &provider);
    let request = ClientRequest {
        model: "Claude/claude-x".into(),
        messages: vec![client::Message::User(vec![client::Part::Text(TEXT.into())])],
        ..ClientRequest::default()
    };
    let (client, gate) = (client(&place), &place.app.gate);
    let own = gate.count_for_client(&client, &request, &stop).unwrap();
    assert!(own > 0, "our own count, as Anthropic's did not come");
    let call = place.calls().remove(0);
    assert_eq!((call.status, call.error_kind), (CallStatus::Stopped, None));
    assert_eq!(call.purpose, costs::Purpose::Count);
    assert_eq!(call.summary.cost.as_deref(), Some("$0"));
}
