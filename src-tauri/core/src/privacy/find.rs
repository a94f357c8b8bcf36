//! Finding a person in everything that is kept, and giving them what was found: GDPR, article 15.

use std::fmt::Write as _;

use serde_json::json;

use super::{
    FileForm, FoundPerson, IdentifierError, Identifiers, Place,
    page::{escaped, page},
    places,
};
use crate::{
    app::App,
    now_ms,
    problem::{Problem, ProblemCode},
    record::{Action, Event},
    sealed::SealedError,
    store::StoreError,
};

/// Places in a list.
const LISTED: usize = 500;

/// Why a person was not looked for.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// Nobody can be found by what was given.
    #[error(transparent)]
    Identifier(#[from] IdentifierError),
    /// The keys of what is sealed are not to be had.
    #[error(transparent)]
    Sealed(#[from] SealedError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for FindError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<FindError> for Problem {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Identifier(error) => error.into(),
            FindError::Store(error) | FindError::Sealed(SealedError::Store(error)) => error.into(),
            FindError::Sealed(_) => Self::new(ProblemCode::DataUnusable, error),
        }
    }
}

impl App {
    /// Look for a person in everything that is kept. That somebody was looked for is recorded, not who.
    ///
    /// # Errors
    /// [`FindError`] when nobody can be looked for, or the answer would not be whole.
    pub fn find_person(&self, identifiers: &[String]) -> Result<FoundPerson, FindError> {
        let identifiers = Identifiers::parse(identifiers)?;
        let found = self.found(&identifiers, LISTED)?;
        self.note_found(Action::SubjectSearched, &found)?;
        Ok(found)
    }

    /// All that [`App::find_person`] finds, to be given to the person. It is recorded before anybody
    /// has it.
    ///
    /// # Errors
    /// [`FindError`].
    pub fn export_person(
        &self,
        identifiers: &[String],
        form: FileForm,
    ) -> Result<String, FindError> {
        let identifiers = Identifiers::parse(identifiers)?;
        let found = self.found(&identifiers, usize::MAX)?;
        self.note_found(Action::SubjectExported, &found)?;
        Ok(match form {
            FileForm::Json => file(&found, now_ms()),
            FileForm::Html => html(&found),
        })
    }

    /// In the database, with at most so many places, and in copies of it.
    fn found(&self, identifiers: &Identifiers, listed: usize) -> Result<FoundPerson, FindError> {
        let found = self
            .store
            .read(|conn| places::find(conn, identifiers, listed))?;
        let snapshots = self.copies_with(identifiers)?;
        Ok(FoundPerson {
            snapshots: u32::try_from(snapshots).unwrap_or(u32::MAX),
            ..found
        })
    }

    fn note_found(&self, action: Action, found: &FoundPerson) -> Result<(), FindError> {
        let event = looked_for(action, found.identifiers.len()).fact("places", found.total);
        self.store
            .write(|tx| self.record.append(tx, event, now_ms()).map(drop))?;
        Ok(())
    }
}

/// That somebody was looked for by so many identifiers.
pub(super) fn looked_for(action: Action, identifiers: usize) -> Event {
    let identifiers = i64::try_from(identifiers).unwrap_or(i64::MAX);
    Event::new(action).fact("identifiers", identifiers)
}

fn file(found: &FoundPerson, now_ms: i64) -> String {
    let document = json!({
        "format": "gatehouse-person",
        "version": 1,
        "madeAtMs": now_ms,
        "found": found,
    });
    let text = serde_json::to_string_pretty(&document)
        .expect("it is JSON because it is made of texts and numbers");
    text + "\n"
}

fn html(found: &FoundPerson) -> String {
    let mut body = String::from("<h2>Looked for</h2>\n<table>\n");
    for identifier in &found.identifiers {
        let text = escaped(&identifier.text);
        let _ = writeln!(
            body,
            "<tr><td>{text}</td><td>{} times</td></tr>",
            identifier.count
        );
    }
    let _ = writeln!(body, "</table>\n<h2>Found in {} places</h2>", found.total);
    if found.snapshots > 0 {
        let copies = match found.snapshots {
            1 => "1 copy".to_owned(),
            more => format!("{more} copies"),
        };
        let _ = writeln!(
            body,
            "<p>The person is also in {copies} of the database: snapshots, backups or databases that were set aside. \
             One that cannot be looked through counts, too.</p>"
        );
    }
    if found.unreadable > 0 {
        let _ = writeln!(
            body,
            "<p>{} things are sealed and cannot be read: the person may be in them, too.</p>",
            found.unreadable
        );
    }
    if let Some(words) = found.not_searched() {
        let _ = writeln!(body, "<p>{words}</p>");
    }
    for place in &found.places {
        body.push_str(&place_html(place));
    }
    page("What is kept about a person", &body)
}

fn place_html(place: &Place) -> String {
    let when = place
        .at_ms
        .and_then(|at_ms| jiff::Timestamp::from_millisecond(at_ms).ok())
        .map_or(String::new(), |at| {
            at.strftime("%Y-%m-%d %H:%M UTC").to_string()
        });
    let about: Vec<String> = [Some(place.kind.words().to_owned())]
        .into_iter()
        .chain([place.name.clone(), place.workspace.clone(), Some(when)])
        .flatten()
        .filter(|text| !text.is_empty())
        .map(|text| escaped(&text))
        .collect();
    let context: String = place
        .context
        .iter()
        .map(|part| match part.hit {
            true => format!("<mark>{}</mark>", escaped(&part.text)),
            false => escaped(&part.text),
        })
        .collect();
    format!(
        "<p class=\"quiet\">{}</p>\n<blockquote>{context}</blockquote>\n",
        about.join(" · ")
    )
}
