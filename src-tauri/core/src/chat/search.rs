//! Full-text search over messages and titles.

use rusqlite::Connection;
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::letters;
use crate::ids::{ConversationId, MessageId, WorkspaceId};

/// Marks around a hit in a snippet. Control characters that FTS5 gets as they are and nobody types.
const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';

/// Messages, and titles, that a search gives at most: those that came or changed last.
pub const MOST_SEARCH_HITS: u32 = 100;

/// How much of a message is shown around the words, in words; a letter that stands alone is one.
const SNIPPET: u32 = 16;
const SNIPPET_OF_LETTERS: u32 = 48;

/// A place where the words were found.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SearchHit {
    /// Where.
    pub conversation_id: ConversationId,
    /// The message; `None`: in the title.
    pub message_id: Option<MessageId>,
    /// The conversation's title.
    pub title: Option<String>,
    /// The text around the words.
    pub snippet: Vec<SnippetPart>,
    /// UTC milliseconds of the message.
    #[specta(type = Number)]
    pub at_ms: i64,
}

/// A piece of a snippet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct SnippetPart {
    /// The piece.
    pub text: String,
    /// Whether it is one of the words.
    pub hit: bool,
}

/// Find conversations by words of their messages (all words, the last one as a beginning) or of
/// their title, in one workspace or (`None`) in all. Where a script has no spaces, what stands between
/// spaces of the query is found inside every sentence. Titles first, then messages, newest first,
/// at most [`MOST_SEARCH_HITS`] of each; nothing for a query without a word.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn search(
    conn: &Connection,
    query: &str,
    workspace: Option<WorkspaceId>,
) -> rusqlite::Result<Vec<SearchHit>> {
    let words: Vec<String> = query
        .split(|c: char| !letters::is_of_word(c))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut hits = in_titles(conn, &words, workspace)?;
    hits.extend(in_messages(conn, &words, workspace)?);
    Ok(hits)
}

fn in_titles(
    conn: &Connection,
    words: &[String],
    workspace: Option<WorkspaceId>,
) -> rusqlite::Result<Vec<SearchHit>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, title, updated_at_ms FROM conversations
         WHERE title IS NOT NULL AND deleted_at_ms IS NULL AND (?1 IS NULL OR workspace_id = ?1)
         ORDER BY updated_at_ms DESC",
    )?;
    let rows = statement.query_map([workspace], |row| {
        let title: String = row.get(1)?;
        let Some(snippet) = marked(&title, words) else {
            return Ok(None);
        };
        Ok(Some(SearchHit {
            conversation_id: row.get(0)?,
            message_id: None,
            snippet,
            title: Some(title),
            at_ms: row.get(2)?,
        }))
    })?;
    rows.filter_map(Result::transpose)
        .take(MOST_SEARCH_HITS as usize)
        .collect()
}

/// The title with the words in it marked, in whatever case they are; `None` if one is missing.
fn marked(title: &str, words: &[String]) -> Option<Vec<SnippetPart>> {
    // One letter may become several in lower case, so each knows where it came from.
    let (lower, origin): (Vec<char>, Vec<usize>) = title
        .chars()
        .enumerate()
        .flat_map(|(at, letter)| letter.to_lowercase().map(move |lower| (lower, at)))
        .unzip();
    let mut hits = vec![false; title.chars().count()];
    for word in words {
        let word: Vec<char> = word.chars().collect();
        let mut found = false;
        for start in 0..(lower.len() + 1).saturating_sub(word.len()) {
            if lower[start..].starts_with(&word) {
                found = true;
                origin[start..start + word.len()]
                    .iter()
                    .for_each(|&at| hits[at] = true);
            }
        }
        if !found {
            return None;
        }
    }
    let mut parts: Vec<SnippetPart> = Vec::new();
    for (letter, hit) in title.chars().zip(hits) {
        match parts.last_mut() {
            Some(part) if part.hit == hit => part.text.push(letter),
            _ => parts.push(SnippetPart {
                text: letter.into(),
                hit,
            }),
        }
    }
    Some(parts)
}

fn in_messages(
    conn: &Connection,
    words: &[String],
    workspace: Option<WorkspaceId>,
) -> rusqlite::Result<Vec<SearchHit>> {
    // Quoted, so that no word is read as an operator of the query language.
    let quoted: Vec<String> = words
        .iter()
        .map(|word| format!("\"{}\"", letters::apart(word)))
        .collect();
    let expression = format!("{}*", quoted.join(" "));
    let length = match words.iter().any(|word| letters::has_any(word)) {
        true => SNIPPET_OF_LETTERS,
        false => SNIPPET,
    };
    // By the index's own number, in whose order it looks: it stops at the last hit that is shown, and no
    // snippet is made of the others.
    let mut statement = conn.prepare_cached(
        "SELECT c.id, m.id, c.title, snippet(messages_fts, 0, ?2, ?3, '…', ?6), m.created_at_ms
         FROM messages_fts
         JOIN messages m ON m.number = messages_fts.rowid
         JOIN conversations c ON c.id = m.conversation_id
         WHERE messages_fts MATCH ?1 AND c.deleted_at_ms IS NULL
           AND (?5 IS NULL OR c.workspace_id = ?5)
         ORDER BY messages_fts.rowid DESC LIMIT ?4",
    )?;
    let rows = statement.query_map(
        (
            &expression,
            OPEN.to_string(),
            CLOSE.to_string(),
            MOST_SEARCH_HITS,
            workspace,
            length,
        ),
        |row| {
            let marked: String = row.get(3)?;
            Ok(SearchHit {
                conversation_id: row.get(0)?,
                message_id: Some(row.get(1)?),
                title: row.get(2)?,
                snippet: parts(&letters::together(&marked)),
                at_ms: row.get(4)?,
            })
        },
    )?;
    rows.collect()
}

/// Split a marked snippet. Text that carries the marks itself only moves where the highlight is.
fn parts(marked: &str) -> Vec<SnippetPart> {
    let mut parts = Vec::new();
    let mut rest = marked;
    while !rest.is_empty() {
        let hit = rest.starts_with(OPEN);
        let from = if hit { OPEN.len_utf8() } else { 0 };
        let mark = if hit { CLOSE } else { OPEN };
        let to = rest[from..].find(mark).map_or(rest.len(), |at| from + at);
        let text: String = rest[from..to]
            .chars()
            .filter(|&c| c != OPEN && c != CLOSE)
            .collect();
        if !text.is_empty() {
            parts.push(SnippetPart { text, hit });
        }
        rest = &rest[to..];
        if hit {
            rest = rest.strip_prefix(CLOSE).unwrap_or(rest);
        }
    }
    parts
}

/// How many messages the index of the search knows that are not there: by their rows, and by these words.
/// None, if it was kept as the messages were.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn gone_but_indexed<'w>(
    conn: &Connection,
    words: impl Iterator<Item = &'w str>,
) -> rusqlite::Result<u32> {
    let mut gone: u32 = conn
        .prepare("SELECT count(*) FROM messages_fts_docsize WHERE id NOT IN (SELECT number FROM messages)")?
        .query_row([], |row| row.get(0))?;
    let mut by_word = conn.prepare(
        "SELECT count(*) FROM messages_fts WHERE messages_fts MATCH ?1
           AND rowid NOT IN (SELECT number FROM messages)",
    )?;
    for word in words {
        let quoted = format!("\"{}\"", letters::apart(word).replace('"', "\"\""));
        gone += by_word.query_row([quoted], |row| row.get::<_, u32>(0))?;
    }
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_marked_snippet_is_split_into_hits_and_the_rest() {
        let split = parts("the \u{1}notice\u{2} period");
        let seen: Vec<_> = split
            .iter()
            .map(|part| (part.text.as_str(), part.hit))
            .collect();
        assert_eq!(
            seen,
            [("the ", false), ("notice", true), (" period", false)]
        );
    }

    #[test]
    fn the_words_are_marked_in_a_title_whatever_their_case() {
        let words = ["istanbul".to_string(), "lea".to_string()];
        let parts = marked("LEASE in istanbul", &words).unwrap();
        let seen: Vec<_> = parts.iter().map(|p| (p.text.as_str(), p.hit)).collect();
        let expected = [("LEA", true), ("SE in ", false), ("istanbul", true)];
        assert_eq!(seen, expected);
        assert_eq!(marked("LEASE", &words), None, "a word is missing");
    }

    proptest! {
        #[test]
        fn marking_changes_no_title(title in "\\PC{0,20}", word in "\\PC{1,3}") {
            if let Some(parts) = marked(&title, &[word.to_lowercase()]) {
                let joined: String = parts.iter().map(|part| part.text.as_str()).collect();
                prop_assert_eq!(joined, title);
                prop_assert!(parts.iter().any(|part| part.hit));
            }
        }

        #[test]
        fn no_text_is_lost_or_invented_by_splitting(marked in "[a-c\u{1}\u{2}]{0,30}") {
            let joined: String = parts(&marked).into_iter().map(|part| part.text).collect();
            prop_assert_eq!(joined, marked.replace([OPEN, CLOSE], ""));
        }
    }
}
