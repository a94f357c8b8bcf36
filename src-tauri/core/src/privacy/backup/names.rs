//! The names of backups: which installation, when, and how many updates the database had taken.

use std::{fs, io, path::Path};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;
use uuid::Uuid;

use crate::store::snapshot::TIME_FORMAT;

/// What a backup that is still being written ends with.
const PART: &str = ".part";

/// One backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BackupInfo {
    /// Its file name in the folder of backups.
    pub name: String,
    /// When it was made, in UTC milliseconds.
    #[specta(type = Number)]
    pub made_at_ms: i64,
    /// Its size.
    #[specta(type = Number)]
    pub bytes: u64,
    /// How many updates the database had taken.
    pub schema: u32,
}

/// The short form of an installation's identifier: its first eight digits.
pub(super) fn short(instance: Uuid) -> String {
    instance.simple().to_string()[..8].to_owned()
}

/// `gatehouse-1f0c9a2b-2026-11-23T20-10-05.123Z-21.db`.
pub(super) fn file_name(short: &str, made_at_ms: i64, schema: u32) -> io::Result<String> {
    let time = Timestamp::from_millisecond(made_at_ms).map_err(io::Error::other)?;
    Ok(format!(
        "gatehouse-{short}-{}-{schema}.db",
        time.strftime(TIME_FORMAT)
    ))
}

/// Installation, time and updates of a name; `None`: it is no backup's.
pub(super) fn parse(name: &str) -> Option<(&str, i64, u32)> {
    let (short, rest) = name.strip_prefix("gatehouse-")?.split_at_checked(8)?;
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    let is_short = short
        .bytes()
        .all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    let (time, schema) = rest
        .strip_prefix('-')?
        .strip_suffix(".db")?
        .rsplit_once('-')?;
    let time = DateTime::strptime(TIME_FORMAT, time).ok()?;
    let made_at_ms = TimeZone::UTC.to_timestamp(time).ok()?.as_millisecond();
    let schema = schema.parse().ok().filter(|_| digits(schema))?;
    // Only what this would write itself is a name: one that reads alike might be somebody's own.
    (is_short && file_name(short, made_at_ms, schema).ok()? == name)
        .then_some((short, made_at_ms, schema))
}

/// What a backup of this installation is called while it is written: nobody knows it before.
pub(super) fn part_name(short: &str) -> String {
    format!("gatehouse-{short}-{}{PART}", Uuid::new_v4().simple())
}

/// Whether a kill may have left this behind while this installation wrote a backup.
pub(super) fn is_part(short: &str, name: &str) -> bool {
    // SQLite may have put something beside it: `….part-wal`.
    let beside = name.rfind(PART).map(|at| &name[at + PART.len()..]);
    let Some(beside @ ("" | "-journal" | "-wal" | "-shm")) = beside else {
        return false;
    };
    let random = name
        .strip_suffix(beside)
        .unwrap_or(name)
        .strip_prefix("gatehouse-")
        .and_then(|rest| rest.strip_prefix(short)?.strip_prefix('-'))
        .and_then(|rest| rest.strip_suffix(PART));
    random.is_some_and(|random| random.len() == 32 && Uuid::try_parse(random).is_ok())
}

/// The backups of an installation in a folder, newest first.
///
/// # Errors
/// [`io::Error`] when the folder cannot be read.
pub(super) fn list(folder: &Path, short: &str) -> io::Result<Vec<BackupInfo>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if let Some((of, made_at_ms, schema)) = parse(&name)
            && of == short
        {
            let about = entry.metadata()?;
            if about.is_file() {
                found.push(BackupInfo {
                    made_at_ms,
                    bytes: about.len(),
                    schema,
                    name,
                });
            }
        }
    }
    found.sort_by(|a, b| (b.made_at_ms, &b.name).cmp(&(a.made_at_ms, &a.name)));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_name_says_what_it_was_made_of(id: u128, ms in 0i64..253_402_207_200_000, schema: u32) {
            let short = short(Uuid::from_u128(id));
            let name = file_name(&short, ms, schema).unwrap();
            prop_assert_eq!(parse(&name), Some((short.as_str(), ms, schema)));
        }

        #[test]
        fn any_other_name_is_none(name in "(gatehouse-)?[0-9a-fA-F]{0,9}-?[-0-9TZ.:]{0,30}(-[+0-9]{0,3})?(\\.db|\\.part)?") {
            if let Some((short, ms, schema)) = parse(&name) {
                prop_assert_eq!(file_name(short, ms, schema).unwrap(), name);
            }
        }

        #[test]
        fn nothing_that_is_named_by_somebody_else_is_a_leftover(name in "\\PC{0,60}") {
            prop_assert!(!is_part("0123abcd", &name));
        }
    }

    #[test]
    fn a_leftover_is_known_by_its_installation() {
        let part = part_name("0123abcd");
        assert!(is_part("0123abcd", &part));
        assert!(
            is_part("0123abcd", &format!("{part}-wal")),
            "and what is beside it"
        );
        assert!(!is_part("0123abcd", &format!("{part}-mine")));
        assert!(!is_part("0123abce", &part), "it is another one's");
        assert!(!is_part("0123abcd", "gatehouse-0123abcd-holiday.part"));
    }
}
