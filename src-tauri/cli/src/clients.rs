//! `gatehouse clients`: the programs that may ask through the local API.

use clap::{Args, Subcommand};
use gatehouse_core::{
    app::App,
    clients::{self, Client, ClientInput, ClientStanding},
    costs::{budgets::Period, name_of},
    now_ms,
    store::StoreError,
};
use serde_json::json;

use crate::{failure::Failure, naming, output};

/// Programs that may ask through the local API.
#[derive(Subcommand)]
pub(crate) enum Clients {
    /// Let a program ask; its key is shown this once.
    Add(Add),
    /// List them.
    List,
    /// Take the key of one back.
    Revoke {
        /// Its name, or its identifier.
        client: String,
    },
}

/// A new client.
#[derive(Args)]
pub(crate) struct Add {
    /// What it is called.
    name: String,
    /// The workspace whose policy and budgets hold for it; the one that is open if left out.
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
    /// Days for which its key is good; until it is taken back if left out.
    #[arg(long, value_name = "DAYS")]
    days: Option<u32>,
    /// Dollars that it may spend in a day.
    #[arg(long, value_name = "DOLLARS", conflicts_with_all = ["a_week", "a_month"])]
    a_day: Option<String>,
    /// Dollars that it may spend in a week.
    #[arg(long, value_name = "DOLLARS", conflicts_with = "a_month")]
    a_week: Option<String>,
    /// Dollars that it may spend in a month.
    #[arg(long, value_name = "DOLLARS")]
    a_month: Option<String>,
    /// Keep no copy of what leaves for it.
    #[arg(long)]
    keep_nothing: bool,
    /// Let it read /metrics, for Prometheus, and nothing else.
    #[arg(long, conflicts_with_all = ["a_day", "a_week", "a_month", "keep_nothing"])]
    metrics: bool,
}

impl Clients {
    pub(crate) fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        match self {
            Self::Add(add) => add.run(app, json),
            Self::List => list(app, json),
            Self::Revoke { client } => revoke(app, client, json),
        }
    }
}

impl Add {
    fn run(&self, app: &App, json: bool) -> Result<(), Failure> {
        let (period, limit) = match (&self.a_day, &self.a_week, &self.a_month) {
            (Some(day), ..) => (Period::Day, day.clone()),
            (_, Some(week), _) => (Period::Week, week.clone()),
            (_, _, month) => (Period::Month, month.clone().unwrap_or_default()),
        };
        let input = ClientInput {
            name: self.name.clone(),
            workspace_id: self
                .workspace
                .as_deref()
                .map(|name| naming::workspace(app, name))
                .transpose()?,
            days: self.days,
            period,
            limit,
            keeps_sent: !self.keep_nothing && !self.metrics,
            only_metrics: self.metrics,
        };
        let (client, key) = app.add_client(&input.client()?)?;
        if json {
            return output::json(&json!({ "client": client, "key": key.as_str() }));
        }
        // The key alone on standard output, so that a script can take it from there.
        let may = if client.only_metrics {
            "read /metrics"
        } else {
            "ask"
        };
        eprintln!(
            "{} may {may} now. This is its key; it is not shown again:",
            client.name
        );
        output::line(key.as_str())
    }
}

fn all(app: &App) -> Result<Vec<Client>, Failure> {
    Ok(app
        .store
        .read(|conn| Ok::<_, StoreError>(clients::all(conn)?))?)
}

fn list(app: &App, json: bool) -> Result<(), Failure> {
    let all = app.store.read(|conn| clients::standings(conn, now_ms()))?;
    if json {
        return output::json(&all);
    }
    let rows: Vec<_> = all.iter().map(row).collect();
    output::table(
        ["NAME", "MAY", "STATE", "BUDGET", "KEEPS", "LAST USED", "ID"],
        &rows,
    )
}

fn row(ClientStanding { client, standing }: &ClientStanding) -> [String; 7] {
    let state = match (client.revoked_at_ms, client.expires_at_ms) {
        (Some(at), _) => format!("taken back {}", output::time(at)),
        (None, Some(at)) if at <= now_ms() => format!("expired {}", output::time(at)),
        (None, Some(at)) => format!("good until {}", output::time(at)),
        (None, None) => "good".into(),
    };
    [
        client.name.clone(),
        if client.only_metrics {
            "read metrics"
        } else {
            "ask models"
        }
        .into(),
        state,
        standing.as_ref().map_or("none".into(), |budget| {
            let (spent, limit) = (&budget.spent, &budget.limit);
            format!("{limit} a {}, {spent} spent", name_of(&budget.period))
        }),
        if client.keeps_sent {
            "what leaves"
        } else {
            "nothing"
        }
        .into(),
        client.last_used_at_ms.map_or("never".into(), output::time),
        client.id.to_string(),
    ]
}

fn revoke(app: &App, wanted: &str, json: bool) -> Result<(), Failure> {
    let is_meant = |client: &Client| {
        client.id.to_string() == wanted
            || client.revoked_at_ms.is_none()
                && client.name.to_lowercase() == wanted.trim().to_lowercase()
    };
    let Some(client) = all(app)?.into_iter().find(is_meant) else {
        return Err(Failure::missing(format!(
            "There is no client “{wanted}”. “gatehouse clients list” shows all."
        )));
    };
    let client = app.revoke_client(client.id)?;
    if json {
        return output::json(&client);
    }
    output::line(&format!("The key of {} is taken back.", client.name))
}
