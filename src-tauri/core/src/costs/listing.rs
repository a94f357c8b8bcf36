//! One published price: whose, for which model and which way of asking, from when on, and how much.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{
    hours::Hours,
    rates::{Rates, Tier},
    stored::stored_by_name,
};

/// A price as a vendor publishes it or a person sets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// Who bills it: `openai`, `anthropic`, …
    pub provider: String,
    /// The model's name at that provider; [`ANY_MODEL`] for all of them.
    pub model: String,
    /// Whether it also holds for the dated versions of the model; see [`Listing::names`].
    pub dated: bool,
    /// The way of asking that it is for.
    pub service: Service,
    /// The first day on which it holds, by UTC.
    pub from: Date,
    /// The first day on which it no longer holds, by UTC; `None`: none is known.
    pub until: Option<Date>,
    /// The hours in which it holds; `None`: all.
    pub hours: Option<Hours>,
    /// What tokens cost.
    pub rates: Rates,
    /// What they cost in long prompts, by rising length.
    pub tiers: Vec<Tier>,
    /// Where the price was read.
    pub source: String,
    /// When it was last known to be so.
    pub as_of: Date,
}

/// In place of a model's name: whatever the provider runs on this computer.
pub const ANY_MODEL: &str = "*";

/// Whether Ollama passes this model on to its own servers, wherever it runs itself: the names of such models
/// end in `-cloud` or `:cloud`.
pub fn is_passed_on(model: &str) -> bool {
    let name = ollama_name(model);
    name.ends_with("-cloud") || name.ends_with(":cloud")
}

/// One spelling for all that Ollama takes for a model: it does not tell large letters from small ones, and adds
/// what is left out of `https://registry.ollama.ai/library/name:latest`.
pub fn ollama_name(model: &str) -> String {
    let name = model.trim().to_ascii_lowercase();
    let name = name.split_once("://").map_or(&*name, |(_, rest)| rest);
    let name = name.strip_prefix("registry.ollama.ai/").unwrap_or(name);
    let name = name.strip_prefix("library/").unwrap_or(name);
    name.strip_suffix(":latest").unwrap_or(name).to_owned()
}

/// A way of asking that has prices of its own.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type,
)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Answered at once.
    #[default]
    Standard,
    /// Answered within a day.
    Batch,
    /// Answered when there is room.
    Flex,
    /// Answered before others.
    Priority,
}
stored_by_name!(Service);

/// Why a listing is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListingError {
    /// Not the name of a provider.
    #[error(
        "“{0}” is not the name of a provider: small letters, digits, “-”, “_” and “.” make one"
    )]
    Provider(String),
    /// Not the name of a model.
    #[error("“{0}” is not the name of a model")]
    Model(String),
    /// Nobody could look the price up.
    #[error("the price of “{0}” needs a source, in one line")]
    Source(String),
    /// It would never hold.
    #[error("the price of “{0}” ends before it begins")]
    Dates(String),
    /// The tiers are not in order.
    #[error("the tiers of “{0}” do not rise")]
    Tiers(String),
}

/// How closely a listing names a model, the closest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closeness {
    /// It is for whatever the provider runs.
    Any,
    /// It is for the dated versions of a model.
    Dated,
    /// It is for this very name.
    Exact,
}

impl Listing {
    /// How closely it names the model, if it does.
    ///
    /// A dated version is the name, a `-` or `@`, and a version as vendors write it: `2024-08-06`,
    /// `20250514`, `0613` or `001`. So `gpt-4o` may hold for `gpt-4o-2024-08-06` and never for
    /// `gpt-4o-mini`. `*` holds for all but what is [passed on](is_passed_on).
    pub fn names(&self, model: &str) -> Option<Closeness> {
        if self.model == ANY_MODEL {
            return (!is_passed_on(model)).then_some(Closeness::Any);
        }
        let rest = model.strip_prefix(self.model.as_str())?;
        if rest.is_empty() {
            return Some(Closeness::Exact);
        }
        let version = rest.strip_prefix(['-', '@'])?;
        (self.dated && is_version(version)).then_some(Closeness::Dated)
    }

    /// Whether it holds at this moment.
    pub fn holds_at(&self, at: Timestamp) -> bool {
        let utc = TimeZone::UTC.to_datetime(at);
        self.holds_on(utc.date()) && self.hours.is_none_or(|hours| hours.contain(utc))
    }

    /// Whether it holds on this day by UTC, at its hours.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }

    /// What tokens cost in a call with a prompt of this length.
    pub fn rates_for(&self, prompt: u64) -> &Rates {
        let tier = self.tiers.iter().rev().find(|tier| prompt > tier.above);
        tier.map_or(&self.rates, |tier| &tier.rates)
    }

    /// The rates of the shortest prompts, then those of each tier.
    pub fn all_rates(&self) -> impl Iterator<Item = &Rates> {
        [&self.rates]
            .into_iter()
            .chain(self.tiers.iter().map(|tier| &tier.rates))
    }

    /// Whether two listings say the same, wherever and whenever they were read.
    pub fn says_as(&self, other: &Self) -> bool {
        let read_as_other = Self {
            source: other.source.clone(),
            as_of: other.as_of,
            ..self.clone()
        };
        read_as_other == *other
    }

    /// Refuse what cannot be a price.
    ///
    /// # Errors
    /// [`ListingError`] says what is wrong.
    pub fn check(&self) -> Result<(), ListingError> {
        let in_provider =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        if !(1..=64).contains(&self.provider.len()) || !self.provider.chars().all(in_provider) {
            return Err(ListingError::Provider(beginning(&self.provider)));
        }
        let model = || beginning(&self.model);
        if !is_line(&self.model, 200) || self.model.contains(char::is_whitespace) {
            return Err(ListingError::Model(model()));
        }
        if !is_line(&self.source, 300) {
            return Err(ListingError::Source(model()));
        }
        if self.until.is_some_and(|until| until <= self.from) {
            return Err(ListingError::Dates(model()));
        }
        let first = self.tiers.first().is_none_or(|tier| tier.above > 0);
        if !first || !self.tiers.is_sorted_by(|one, next| one.above < next.above) {
            return Err(ListingError::Tiers(model()));
        }
        Ok(())
    }
}

/// The names under which a price of this model may be listed, the closest first: its own, and
/// those of which it may be a dated version. See [`Listing::names`].
pub(super) fn names_of(model: &str) -> Vec<&str> {
    let ends = model
        .char_indices()
        .rev()
        .filter(|(_, sign)| matches!(sign, '-' | '@'))
        .take(3);
    let bases = ends.filter(|(at, _)| is_version(&model[at + 1..]));
    [model]
        .into_iter()
        .chain(bases.map(|(at, _)| &model[..at]))
        .collect()
}

fn is_version(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    text.bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-')
        && matches!(lengths.as_slice(), [3 | 4 | 8] | [4, 2, 2])
}

/// Whether a text is something, on one line, that a terminal can show.
fn is_line(text: &str, most_bytes: usize) -> bool {
    !text.trim().is_empty() && text.len() <= most_bytes && !text.contains(char::is_control)
}

/// Enough of a refused text to find it by, and nothing that a terminal would act on.
pub(super) fn beginning(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests;
