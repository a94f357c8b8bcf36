//! `gatehouse prices update`: a list of prices is taken over, and what that changes is said.

use std::{fs::File, io::Read, path::Path};

use gatehouse_core::{
    app::App,
    costs::{
        price_list::{self, PriceList},
        prices::{self, Changes, Origin},
        published::{self, Published, Skipped},
    },
};
use jiff::civil::Date;
use serde_json::json;

use super::{described, today};
use crate::{failure::Failure, output};

/// A list of prices that was read, before it is taken over.
pub(super) enum New {
    /// Of our own form, which says when each price began.
    Ours(PriceList),
    /// Prices that were seen on a day.
    Seen(Published),
}

impl New {
    pub(super) fn read(file: &Path, as_of: Option<Date>) -> Result<Self, Failure> {
        let text = read(file)?;
        if published::is_published(&text) {
            let as_of = as_of.unwrap_or_else(today);
            let seen = published::read(text.as_bytes(), published::SOURCE, as_of);
            return Ok(Self::Seen(seen.map_err(Failure::input)?));
        }
        if as_of.is_some() {
            return Err(Failure::input(
                "this file says itself which day it is of: leave --as-of out",
            ));
        }
        Ok(Self::Ours(
            price_list::parse(&text).map_err(Failure::input)?,
        ))
    }

    fn skipped(&self) -> Option<&Skipped> {
        match self {
            Self::Ours(_) => None,
            Self::Seen(seen) => Some(&seen.skipped),
        }
    }
}

pub(super) fn update(app: &App, new: &New, dry_run: bool, json: bool) -> Result<(), Failure> {
    let changes = if dry_run {
        app.store.read(|conn| match new {
            New::Ours(list) => prices::compare(conn, list, Origin::File),
            New::Seen(seen) => prices::compare_seen(conn, &seen.list, Origin::File),
        })?
    } else {
        app.take_prices(|tx, origin, now_ms| match new {
            New::Ours(list) => prices::take(tx, list, origin, now_ms),
            New::Seen(seen) => prices::take_seen(tx, &seen.list, origin, now_ms),
        })?
    };
    tell(&changes, new.skipped(), dry_run, json)
}

pub(super) fn tell(
    changes: &Changes,
    skipped: Option<&Skipped>,
    dry_run: bool,
    json: bool,
) -> Result<(), Failure> {
    if json {
        return output::json(&json!({
            "written": !dry_run,
            "changes": changes,
            "skipped": skipped,
        }));
    }
    summary(changes, dry_run)?;
    match skipped {
        Some(skipped) => output::line(&format!("Left out: {skipped}.")),
        None => Ok(()),
    }
}

/// The text of a file that is no larger than a list of prices can be.
fn read(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    File::open(file)
        .and_then(|open| {
            open.take(price_list::MOST_BYTES + 1)
                .read_to_string(&mut text)
        })
        .map_err(|error| Failure::unread(file, &error))?;
    if text.len() as u64 > price_list::MOST_BYTES {
        return Err(Failure::input(format!(
            "{} is too large for a file of prices.",
            file.display()
        )));
    }
    Ok(text)
}

fn summary(changes: &Changes, dry_run: bool) -> Result<(), Failure> {
    for listing in &changes.added {
        output::line(&format!("new      {}", described(listing)))?;
    }
    for change in &changes.changed {
        output::line(&format!("before   {}", described(&change.before)))?;
        output::line(&format!("now      {}", described(&change.after)))?;
    }
    output::line(&format!(
        "{} new, {} changed, {} confirmed, {} unchanged, {} older than what is known.{}",
        changes.added.len(),
        changes.changed.len(),
        changes.confirmed,
        changes.unchanged,
        changes.older,
        if dry_run { " Nothing was written." } else { "" }
    ))
}
