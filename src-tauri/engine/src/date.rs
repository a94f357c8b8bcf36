//! Dates for chat templates, some of which tell the model what day it is. In UTC.

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// Write a moment (seconds since 1970) in a format of C's `strftime`; unknown directives stay as they are.
#[must_use]
pub fn format(format: &str, seconds: u64) -> String {
    let moment = Moment::of(seconds);
    let mut text = String::new();
    let mut rest = format.chars();
    while let Some(character) = rest.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        let mut directive = rest.next();
        let bare = directive == Some('-');
        if bare {
            directive = rest.next();
        }
        match directive.and_then(|directive| moment.part(directive)) {
            Some(part) if bare => text.push_str(without_padding(&part)),
            Some(part) => text.push_str(&part),
            None => {
                text.push('%');
                text.extend(directive);
            }
        }
    }
    text
}

fn without_padding(number: &str) -> &str {
    let trimmed = number.trim_start_matches([' ', '0']);
    if trimmed.is_empty() { "0" } else { trimmed }
}

struct Moment {
    year: i64,
    month: usize,
    day: i64,
    weekday: usize,
    seconds: u64,
}

impl Moment {
    fn of(seconds: u64) -> Self {
        let days = i64::try_from(seconds / 86_400).unwrap_or(0);
        // Years are counted from March, so that the leap day comes last.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let month = usize::try_from((march_month + 2) % 12).unwrap_or(0);
        Self {
            year: year_of_era + era * 400 + i64::from(month < 2),
            month,
            day: day_of_year - (153 * march_month + 2) / 5 + 1,
            weekday: usize::try_from((days + 3).rem_euclid(7)).unwrap_or(0),
            seconds: seconds % 86_400,
        }
    }

    fn part(&self, directive: char) -> Option<String> {
        let (hour, minute, second) = (
            self.seconds / 3_600,
            self.seconds / 60 % 60,
            self.seconds % 60,
        );
        Some(match directive {
            'Y' => self.year.to_string(),
            'y' => format!("{:02}", self.year % 100),
            'm' => format!("{:02}", self.month + 1),
            'd' => format!("{:02}", self.day),
            'e' => format!("{:2}", self.day),
            'B' => MONTHS[self.month].to_owned(),
            'b' | 'h' => MONTHS[self.month][..3].to_owned(),
            'A' => DAYS[self.weekday].to_owned(),
            'a' => DAYS[self.weekday][..3].to_owned(),
            'H' => format!("{hour:02}"),
            'I' => format!("{:02}", (hour + 11) % 12 + 1),
            'p' => (if hour < 12 { "AM" } else { "PM" }).to_owned(),
            'M' => format!("{minute:02}"),
            'S' => format!("{second:02}"),
            'F' => format!("{}-{:02}-{:02}", self.year, self.month + 1, self.day),
            'T' => format!("{hour:02}:{minute:02}:{second:02}"),
            'Z' => "UTC".to_owned(),
            '%' => "%".to_owned(),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_strftime_writes_them() {
        // 2024-02-29 13:05:09 UTC was a Thursday.
        let moment = 1_709_211_909;
        assert_eq!(format("%A, %d %B %Y", moment), "Thursday, 29 February 2024");
        assert_eq!(
            format("%a %b %-d %y %I:%M:%S %p", moment),
            "Thu Feb 29 24 01:05:09 PM"
        );
        assert_eq!(format("%d %b %Y", 0), "01 Jan 1970");
        assert_eq!(format("%-d %m", 946_684_800), "1 01");
        assert_eq!(format("100% %q %", moment), "100% %q %");
    }
}
