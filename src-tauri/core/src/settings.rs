//! What a person has set for the whole app: one row a setting, as JSON.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use specta::Type;
use url::Url;

use crate::{
    aliases::Elsewhere,
    costs::reports::PricedModel,
    ids::{ModelId, WorkspaceId},
    money::Money,
    store::Migration,
};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    name: "2026-11-23 create settings",
    sql: "CREATE TABLE settings (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL CHECK (json_valid(value))
          ) STRICT, WITHOUT ROWID",
}];

/// The settings of the app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Colours of the window.
    pub theme: Theme,
    /// Which key sends a message.
    pub send_key: SendKey,
    /// Whether the local model names new conversations.
    pub automatic_titles: bool,
    /// The model of new conversations; `None`: the one used last.
    pub default_model_id: Option<ModelId>,
    /// What answers in new conversations, if not a model on this computer.
    pub default_elsewhere: Option<Elsewhere>,
    /// Whether a model on this computer answers where one elsewhere cannot.
    pub fall_back_to_local: bool,
    /// Whether every connection of the app is refused.
    pub offline: bool,
    /// The address of a proxy for every connection but those within the own network; empty: none.
    pub proxy: String,
    /// The address of a service that time-stamps witnesses (RFC 3161); empty: none.
    pub time_stamp_url: String,
    /// The certificate that its time-stamps must lead to, in PEM; empty: that of the next one is kept.
    pub time_stamp_authority: String,
    /// The address of a collector of OpenTelemetry (OTLP over HTTP); empty: nothing is sent.
    pub telemetry_url: String,
    /// The workspace of new conversations; `None`: the oldest.
    pub workspace_id: Option<WorkspaceId>,
    /// Minutes without a request after which a model leaves the memory; 0: never.
    pub idle_unload_minutes: u32,
    /// The most context a conversation gets, in tokens.
    pub context_tokens: u32,
    /// Threads for computing; `None`: the physical cores.
    pub threads: Option<u32>,
    /// Whether the local API listens while the window is open.
    pub local_api: bool,
    /// On which port.
    pub local_api_port: u16,
    /// The model whose prices what stays on this computer is compared with.
    pub compare_with: Option<PricedModel>,
    /// Watts that this computer takes while a model works; 0: nobody has said.
    pub watts: u32,
    /// Dollars for a kilowatt-hour, such as `0.30`; empty: nobody has said.
    pub kilowatt_hour: String,
}

/// The port of the local API unless another one is chosen.
pub const LOCAL_API_PORT: u16 = 7411;

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            send_key: SendKey::Enter,
            automatic_titles: true,
            default_model_id: None,
            default_elsewhere: None,
            fall_back_to_local: true,
            offline: false,
            proxy: String::new(),
            time_stamp_url: String::new(),
            time_stamp_authority: String::new(),
            telemetry_url: String::new(),
            workspace_id: None,
            idle_unload_minutes: 15,
            context_tokens: 8192,
            threads: None,
            local_api: false,
            local_api_port: LOCAL_API_PORT,
            compare_with: None,
            watts: 0,
            kilowatt_hour: String::new(),
        }
    }
}

/// Colours of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system has it.
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// Which key sends a message; the other one makes a new line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum SendKey {
    /// Enter.
    Enter,
    /// Control or Command with Enter.
    CtrlEnter,
}

/// Why settings are refused.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The context is too small to talk in, or larger than any model's.
    #[error("the context must be between 512 and 1048576 tokens, not {0}")]
    Context(u32),
    /// More threads than any computer has, or none.
    #[error("the number of threads must be between 1 and 512, not {0}")]
    Threads(u32),
    /// More watts than a computer takes.
    #[error("a computer takes at most 20000 watts, not {0}")]
    Watts(u32),
    /// The price of energy is none.
    #[error("the price of a kilowatt-hour is an amount of dollars such as 0.30")]
    KilowattHour,
    /// The proxy's address is none.
    #[error(
        "the proxy needs an address like http://proxy.example:3128, without a name or password"
    )]
    Proxy,
    /// The address of the time-stamp service is none.
    #[error(
        "a time-stamp service needs an address like https://stamps.example/tsa, without a name or password"
    )]
    TimeStampUrl,
    /// The address of the collector is none.
    #[error("a collector needs an address like http://127.0.0.1:4318, without a name or password")]
    TelemetryUrl,
    /// A port below those that belong to the system.
    #[error("the port must be between 1024 and 65535, not {0}")]
    Port(u16),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] rusqlite::Error),
}

const NAME: &str = "app";

/// The settings; the defaults where nothing was set, or where a newer app wrote what this one cannot read.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn get(conn: &Connection) -> rusqlite::Result<Settings> {
    let stored = stored(conn, NAME)?;
    Ok(stored.map(|json| over_defaults(&json)).unwrap_or_default())
}

/// What is set of the network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NetworkSettings {
    /// Whether every connection is refused.
    pub offline: bool,
    /// The address of a proxy; empty: none.
    pub proxy: String,
}

/// What is set of the network, and nothing else: it is read before each request.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn of_network(conn: &Connection) -> rusqlite::Result<NetworkSettings> {
    let sql = "SELECT ifnull(value ->> '$.offline', 0), ifnull(value ->> '$.proxy', '')
               FROM settings WHERE name = ?1";
    let set = conn
        .prepare_cached(sql)?
        .query_row([NAME], |row| {
            Ok(NetworkSettings {
                offline: row.get(0)?,
                proxy: row.get(1)?,
            })
        })
        .optional()?;
    Ok(set.unwrap_or_default())
}

fn stored(conn: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("SELECT value FROM settings WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

/// Whether a note of this name was made: something the app remembers that is no choice on a screen.
pub(crate) fn is_noted(conn: &Connection, name: &str) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM settings WHERE name = ?1")?
        .exists([name])
}

/// Make a note of this name, or take it back.
pub(crate) fn note(conn: &Connection, name: &str, noted: bool) -> rusqlite::Result<()> {
    let sql = if noted {
        "INSERT OR REPLACE INTO settings (name, value) VALUES (?1, 'true')"
    } else {
        "DELETE FROM settings WHERE name = ?1"
    };
    conn.prepare_cached(sql)?.execute([name])?;
    Ok(())
}

/// What is kept under this name beside the choices on a screen, if anything that can be read is.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn kept<T: DeserializeOwned>(
    conn: &Connection,
    name: &str,
) -> rusqlite::Result<Option<T>> {
    Ok(stored(conn, name)?.and_then(|json| serde_json::from_str(&json).ok()))
}

/// Keep something under this name.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn keep(conn: &Connection, name: &str, value: &impl Serialize) -> rusqlite::Result<()> {
    let json = serde_json::to_string(value)
        .expect("what is kept here is JSON because all its fields are plain");
    conn.prepare_cached("INSERT OR REPLACE INTO settings VALUES (?1, ?2)")?
        .execute(params![name, json])?;
    Ok(())
}

/// Stored settings laid over the defaults: a field that an older app did not know has its default,
/// and what cannot be read at all is all defaults.
pub(crate) fn over_defaults<T: Default + Serialize + DeserializeOwned>(stored: &str) -> T {
    let merged = || {
        let mut value = serde_json::to_value(T::default()).ok()?;
        let stored: serde_json::Map<_, _> = serde_json::from_str(stored).ok()?;
        value.as_object_mut()?.extend(stored);
        serde_json::from_value(value).ok()
    };
    merged().unwrap_or_default()
}

/// Keep new settings.
///
/// # Errors
/// [`SettingsError`] when a value is out of its range or the database fails.
pub fn set(conn: &Connection, settings: &Settings) -> Result<(), SettingsError> {
    if !(512..=1_048_576).contains(&settings.context_tokens) {
        return Err(SettingsError::Context(settings.context_tokens));
    }
    if let Some(threads) = settings.threads.filter(|n| !(1..=512).contains(n)) {
        return Err(SettingsError::Threads(threads));
    }
    if settings.local_api_port < 1024 {
        return Err(SettingsError::Port(settings.local_api_port));
    }
    if settings.watts > 20_000 {
        return Err(SettingsError::Watts(settings.watts));
    }
    let price = settings.kilowatt_hour.as_str();
    if !price.is_empty() && Money::of_dollars(price).is_none() {
        return Err(SettingsError::KilowattHour);
    }
    if !settings.proxy.is_empty() && !is_proxy(&settings.proxy) {
        return Err(SettingsError::Proxy);
    }
    if !settings.time_stamp_url.is_empty() && time_stamp_address(&settings.time_stamp_url).is_none()
    {
        return Err(SettingsError::TimeStampUrl);
    }
    if !settings.telemetry_url.is_empty() && telemetry_address(&settings.telemetry_url).is_none() {
        return Err(SettingsError::TelemetryUrl);
    }
    Ok(keep(conn, NAME, settings)?)
}

/// An address of a server that passes connections on. One with a password would be written here.
fn is_proxy(address: &str) -> bool {
    address_without_password(address).is_some()
}

/// The address of a time-stamp service, as it was typed: not all of them speak https, and a stamp proves
/// itself.
pub(crate) fn time_stamp_address(address: &str) -> Option<Url> {
    address_without_password(address.trim())
}

/// The address of a collector of OpenTelemetry, as it was typed: one on this computer speaks no https.
pub(crate) fn telemetry_address(address: &str) -> Option<Url> {
    address_without_password(address.trim())
}

fn address_without_password(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let usable = matches!(url.scheme(), "http" | "https")
        && url.host().is_some()
        && url.username().is_empty()
        && url.password().is_none();
    usable.then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_an_older_app_did_not_know_has_its_default() {
        let settings: Settings = over_defaults(r#"{ "theme": "dark", "a_later_one": 1 }"#);
        assert_eq!(
            settings,
            Settings {
                theme: Theme::Dark,
                ..Settings::default()
            }
        );
    }

    #[test]
    fn what_is_set_of_the_network_is_what_the_settings_say() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(MIGRATIONS[0].sql).unwrap();
        let both = || {
            let all = get(&conn).unwrap();
            let network = of_network(&conn).unwrap();
            assert_eq!((network.offline, &network.proxy), (all.offline, &all.proxy));
            network
        };
        assert_eq!(both(), NetworkSettings::default(), "nothing was set");
        for (offline, proxy) in [(true, ""), (false, "http://proxy.example:3128")] {
            let settings = Settings {
                offline,
                proxy: proxy.into(),
                ..Settings::default()
            };
            set(&conn, &settings).unwrap();
            assert_eq!((both().offline, both().proxy.as_str()), (offline, proxy));
        }
        conn.execute("UPDATE settings SET value = '{}'", [])
            .unwrap();
        assert_eq!(both(), NetworkSettings::default(), "an older app wrote it");
    }

    #[test]
    fn settings_that_cannot_be_read_do_not_stop_the_app() {
        assert_eq!(over_defaults::<Settings>("[1, 2"), Settings::default());
    }
}
