//! What is kept of an erasure: that it was, what it took and what it left, for a certificate of it.

use std::fmt::Write as _;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

use super::{EraseError, Erased, content::Gone, own_names::OwnNames};
use crate::{
    app::App,
    now_ms,
    privacy::page::{FileForm, escaped, page},
    record::{Action, Certificate, Event, RecordError},
    store::StoreError,
};

const KINDS: [&str; 3] = ["conversation", "workspace", "person"];

/// Note that the content is gone and the rest of the erasure is not done yet.
pub(super) fn begin(conn: &Connection, gone: &Gone, now_ms: i64) -> rusqlite::Result<()> {
    let begun = json!(gone.begun()).to_string();
    conn.execute(
        "INSERT INTO erasures (entry, kind, erased_at_ms, begun) VALUES (?1, ?2, ?3, ?4)",
        params![gone.entry, gone.kind, now_ms, begun],
    )?;
    Ok(())
}

/// Keep what an erasure took and left, with folders by their own `names`: it is done.
pub(super) fn keep(
    conn: &Connection,
    kind: &str,
    erased: &Erased,
    names: &OwnNames,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let statement = json!({
        "erased": kind,
        "entry": erased.certificate,
        "finishedAtMs": now_ms,
        "conversations": erased.conversations,
        "messages": erased.messages,
        "places": erased.words,
        "snapshots": erased.snapshots,
        "remains": names.in_all(&erased.remains),
        "search": erased.check,
    });
    conn.execute(
        "UPDATE erasures SET statement = ?2, begun = json_remove(begun, '$.ids')
         WHERE entry = ?1 AND statement IS NULL",
        params![erased.certificate, statement.to_string()],
    )?;
    Ok(())
}

/// Those that are not done.
pub(super) fn unfinished(conn: &Connection) -> Result<Vec<Gone>, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT entry, kind, begun FROM erasures WHERE statement IS NULL")?;
    let mut rows = statement.query([])?;
    let mut unfinished = Vec::new();
    while let Some(row) = rows.next()? {
        let (kind, begun): (String, String) = (row.get(1)?, row.get(2)?);
        let known = KINDS.into_iter().find(|known| **known == kind);
        let begun = serde_json::from_str(&begun)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        unfinished.push(Gone::unfinished(
            row.get(0)?,
            known.unwrap_or("conversation"),
            begun,
        ));
    }
    Ok(unfinished)
}

impl App {
    /// A certificate of an erasure, by its entry in the record. It is recorded before anybody has it.
    ///
    /// # Errors
    /// [`EraseError::NoErasure`] when there is none, or it is not done.
    pub fn erasure_certificate(&self, entry: i64, form: FileForm) -> Result<String, EraseError> {
        let of_entry = self.record.details(entry).map_err(|error| match error {
            RecordError::Store(error) => EraseError::Store(error),
            // Nothing else is read.
            _ => EraseError::NoErasure(entry),
        })?;
        let hash = of_entry.ok_or(EraseError::NoErasure(entry))?.hash;
        let statement = self.change(|tx| {
            let kept: Option<(String, i64)> = tx
                .prepare_cached(
                    "SELECT statement, erased_at_ms FROM erasures
                     WHERE entry = ?1 AND statement IS NOT NULL",
                )?
                .query_row([entry], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let (statement, erased_at_ms) = kept.ok_or(EraseError::NoErasure(entry))?;
            let mut statement: Value = serde_json::from_str(&statement)
                .expect("it is JSON because the database refuses anything else");
            statement["erasedAtMs"] = erased_at_ms.into();
            statement["entryHash"] = hash.into();
            statement["installation"] = self.record.installation().into();
            statement["certifiedAtMs"] = now_ms().into();
            let event = Event::new(Action::CertificateSaved).fact("erasure", entry);
            Ok::<_, EraseError>((statement, event))
        })?;
        let certificate = self.record.certify(statement.to_string());
        Ok(match form {
            FileForm::Json => certificate.file(),
            FileForm::Html => html(&statement, &certificate),
        })
    }
}

fn html(statement: &Value, certificate: &Certificate) -> String {
    let body = format!(
        "{}<h2>What it did not reach</h2>\n{}<h2>Signed</h2>\n<p>What stands above is taken from this document, \
         which the key of the record has signed. The format of the record says how to check it.</p>\n<pre>{}</pre>\n",
        reached(statement),
        not_reached(statement),
        escaped(&certificate.file())
    );
    page("Certificate of erasure", &body)
}

fn reached(statement: &Value) -> String {
    let mut table = String::from("<table>\n");
    let mut row = |name: &str, value: &str| {
        let value = escaped(value);
        let _ = writeln!(
            table,
            "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>"
        );
    };
    let number = |name: &str| statement[name].to_string();
    row("Erased", statement["erased"].as_str().unwrap_or_default());
    row("When", &time(&statement["erasedAtMs"]));
    row("Conversations that are gone", &number("conversations"));
    row("Messages that are gone or emptied", &number("messages"));
    row(
        "Other places from which words were taken",
        &number("places"),
    );
    row("Snapshots that were removed", &number("snapshots"));
    let search = &statement["search"];
    row(
        "Searched afterwards",
        &format!(
            "{} pages of the database, decrypted, and {} other files, as they lie there (those of models are left out), {} bytes, for {} names, words, phrases and identifiers: found in {} places",
            search["pages"],
            search["files"],
            search["bytes"],
            search["traces"],
            found(search).len()
        ),
    );
    if let Some(words) = in_data_folder(statement) {
        row("In the data folder", words);
    }
    row("Parts of pages that nothing uses", &unused(search));
    row("Entry in the record", &number("entry"));
    row(
        "Its hash",
        statement["entryHash"].as_str().unwrap_or_default(),
    );
    row(
        "Installation",
        statement["installation"].as_str().unwrap_or_default(),
    );
    table.push_str("</table>\n");
    table
}

fn not_reached(statement: &Value) -> String {
    let search = &statement["search"];
    let remains = statement["remains"].as_array();
    let remains = remains.into_iter().flatten().map(|remains| {
        let text = |name: &str| remains[name].as_str().unwrap_or_default();
        format!("{}: {}", text("what"), text("why"))
    });
    let counted = |name: &str| search[name].as_u64().filter(|count| *count > 0);
    let within = counted("within").map(|within| {
        format!("In {within} more pages or files the letters stand within longer words")
    });
    let common = counted("common").map(|common| {
        format!("{common} phrases of it stand in texts that stay, too, and were not looked for")
    });
    let found = found(search).iter().map(|found| {
        let place = found["place"].as_str().unwrap_or_default();
        format!("Traces in {place}: {}", found["count"])
    });
    let lines: String = remains
        .chain(within)
        .chain(common)
        .chain(found)
        .map(|line| format!("<li>{}</li>\n", escaped(&line)))
        .collect();
    match lines.is_empty() {
        true => "<p>Nothing.</p>\n".to_owned(),
        false => format!("<ul>\n{lines}</ul>\n"),
    }
}

/// What is left in the data folder; `None`: a certificate of an earlier Gatehouse does not say what of that which
/// remains is there.
fn in_data_folder(statement: &Value) -> Option<&'static str> {
    if !found(&statement["search"]).is_empty() {
        return Some("Something is left: see below");
    }
    let remains = statement["remains"].as_array()?;
    let may_be = remains.iter().map(|one| one["inDataFolder"].as_bool());
    let may_be: Vec<bool> = may_be.collect::<Option<_>>()?;
    Some(match may_be.contains(&true) {
        true => "Something may be left, which the search does not show: see below",
        false => "Nothing is left that was looked for",
    })
}

fn found(search: &Value) -> &[Value] {
    search["found"].as_array().map_or(&[], Vec::as_slice)
}

/// What lay where nothing is.
fn unused(search: &Value) -> String {
    match search["unused"].as_u64() {
        // One that was made before this was looked at.
        None => "not looked at".to_owned(),
        Some(0) => "empty, in all pages".to_owned(),
        Some(pages) => {
            format!("empty, but for {pages} pages that were written meanwhile; searched, too")
        }
    }
}

fn time(at_ms: &Value) -> String {
    at_ms
        .as_i64()
        .and_then(|at_ms| jiff::Timestamp::from_millisecond(at_ms).ok())
        .map_or(String::new(), |at| {
            at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
        })
}
