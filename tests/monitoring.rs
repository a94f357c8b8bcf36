//! Those who watch Gatehouse from outside see what is true, and nothing of what anybody said.

mod collected;
#[cfg(target_os = "linux")]
mod scraped;
mod served;

use gatehouse_core::{
    accounts::{AccountInput, ProviderKind},
    aliases::{Alias, Link},
    app::App,
    clients::{Client, NewClient},
    costs::{
        budgets::{BudgetInput, Period},
        reports::{By, CallFilter, FiguresView, Query},
    },
    ids::AliasId,
    policy::Destination,
};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::json;
use zeroize::Zeroizing;

use crate::support::{
    api::{Answer, Served},
    app,
    folder::TempFolder,
    provider::{Provider, Reply},
};

/// What is said to models, of which nothing may be seen.
const SECRET: &str = "The lease of Anna Weiss ends in March.";

/// A Gatehouse that is served, with a client that asks models and one that reads metrics.
struct Place {
    app: App,
    served: Served,
    asks: String,
    reads: String,
    folder: TempFolder,
}

fn new_client(name: &str, only_metrics: bool) -> NewClient {
    NewClient {
        name: name.into(),
        workspace_id: None,
        days: None,
        budget: None,
        keeps_sent: !only_metrics,
        only_metrics,
    }
}

fn add(app: &App, new: &NewClient) -> (Client, String) {
    let (client, key) = app.add_client(new).unwrap();
    (client, key.as_str().to_owned())
}

impl Place {
    fn new() -> Self {
        let (folder, app) = app::new();
        let (_, asks) = add(&app, &new_client("Editor of Anna Weiss", false));
        let (_, reads) = add(&app, &new_client("Prometheus", true));
        Self {
            served: Served::start(&folder.folder, &["--per-minute", "0"]),
            app,
            asks,
            reads,
            folder,
        }
    }

    /// An account at a provider whose prices are known, with its models behind aliases of their names.
    fn with_prices(provider: &Provider, models: &[&str]) -> Self {
        let place = Self::new();
        let input = AccountInput {
            kind: ProviderKind::OpenAi,
            name: "Account of Anna Weiss".into(),
            base_url: provider.address.clone(),
            // On this computer, and yet somebody else's: else it costs nothing.
            destination: Some(Destination::Cloud),
            context_tokens: None,
        };
        let gate = &place.app.gate;
        let account = gate.save_account(None, &input).unwrap();
        let key = Zeroizing::new("sk-test-5f3a9c0b7e1d4826".to_owned());
        gate.set_account_key(account.id, key).unwrap();
        for model in models {
            let alias = Alias {
                id: AliasId::new(),
                name: format!("to-{model}"),
                chain: vec![Link::Account {
                    account_id: account.id,
                    model: (*model).into(),
                }],
            };
            place.app.save_alias(&alias).unwrap();
        }
        place
    }

    fn ask(&self, model: &str) -> Answer {
        let body = json!({
            "model": model, "max_tokens": 5, "messages": [{ "role": "user", "content": SECRET }],
        });
        let answer = self.served.post("/v1/chat/completions", &self.asks, &body);
        app::idle(&self.app);
        answer
    }

    fn local_model(&self) -> String {
        self.app.installed_models().unwrap()[0].name.clone()
    }

    /// `/metrics` with a key.
    fn scrape(&self, key: &str) -> Answer {
        let request = format!(
            "GET /metrics HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n",
            self.served.host()
        );
        self.served.send(request.as_bytes())
    }

    /// What the Costs screen says, by model.
    fn costs(&self) -> Vec<(String, FiguresView)> {
        let today = TimeZone::system().to_datetime(Timestamp::now()).date();
        let query = Query {
            // A test may run over midnight.
            first: today.checked_sub(1.day()).unwrap(),
            last: today,
            step: Period::Day,
            filter: CallFilter::default(),
        };
        let lines = self.app.cost_lines(&query, By::Model).unwrap().lines;
        lines
            .into_iter()
            .map(|line| (line.name, line.figures))
            .collect()
    }

    fn budget(&self, dollars: &str) {
        let budget = BudgetInput {
            everywhere: true,
            period: Period::Month,
            limit: dollars.into(),
            warn_percent: 80,
            stops: false,
        };
        self.app.set_budget(&budget).unwrap();
    }
}

/// One that answers with so many tokens in and out, and fails where it is asked for `gpt-4o`.
fn provider() -> Provider {
    Provider::start(|request| {
        if request.json()["model"] == "gpt-4o" {
            return Reply::Refuse(400, "No.");
        }
        Reply::Pieces(vec!["Hello".into(), " there.".into()], 12_345, 678)
    })
}
