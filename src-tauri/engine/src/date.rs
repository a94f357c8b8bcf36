//! Dates for chat templates, some of which tell the model what day it is.

use jiff::{
    ZonedDateTime,
    fmt::strtime::{BrokenDownTime, Config},
};

/// Write a moment in a format of C's `strftime`; unknown directives stay as they are, because a
/// template is somebody else's and an odd one must not keep its model from answering.
#[must_use]
pub fn format(format: &str, moment: &ZonedDateTime) -> String {
    let lenient = Config::new().lenient(true);
    BrokenDownTime::from(moment)
        .to_string_with_config(&lenient, format)
        .unwrap_or_else(|_| format.to_owned())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn dates_are_written_as_strftime_writes_them() {
        let moment = date(2024, 2, 29).at(13, 5, 9, 0).in_tz("UTC").unwrap();
        let written = |pattern: &str| format(pattern, &moment);
        assert_eq!(written("%A, %d %B %Y"), "Thursday, 29 February 2024");
        assert_eq!(
            written("%a %b %-d %y %I:%M:%S %p"),
            "Thu Feb 29 24 01:05:09 PM"
        );
        assert_eq!(written("100% %& %!"), "100% %& %!");
        assert_eq!(written("%"), "%");
    }
}
