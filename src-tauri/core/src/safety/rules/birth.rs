//! Dates of birth: a date that a word, or a star, makes one.

use std::{ops::Range, sync::LazyLock};

use memchr::memchr_iter;
use regex::Regex;

use super::{Scan, finding};
use crate::safety::{Finding, Kind, check::is_date, context::Topic};

/// How far after the word the date may begin, in bytes, and how long it may be.
const REACH: usize = 40;
const LONGEST: usize = 32;

pub(super) const WORDS: &[&str] = &[
    "born",
    "birth",
    "dob",
    "d.o.b",
    "date of birth",
    "dateofbirth",
    "birthdate*",
    "birthday*",
    "birth date*",
    "cumpleanos",
    "compleanno",
    "verjaardag",
    "geboren",
    "geb.",
    "geb",
    "geburtsdatum",
    "geburtstag",
    "nee le",
    "ne le",
    "date de naissance",
    "naissance",
    "nacido",
    "nacida",
    "nacio",
    "nacimiento",
    "fecha de nac*",
    "nato",
    "nata",
    "nascita",
    "nascido",
    "nascida",
    "nasceu",
    "nascimento",
    "geboortedatum",
    "urodzon*",
    "data urodzenia",
    "ur.",
    "narozen*",
    "datum narozeni",
    "narodeny",
    "datum narodenia",
    "fodd",
    "fodelsedatum",
    "fodt",
    "fodselsdato",
    "fodselsdag",
    "syntynyt",
    "syntymaaika",
    "szuletett",
    "szuletesi*",
    "nascut*",
    "data nasterii",
    "roden*",
    "datum rodenja",
    "rojen*",
    "sundinud",
    "sunniaeg",
    "gime",
    "gimimo data",
    "dzimis",
    "dzimsanas datums",
    "роден*",
    "дата на раждане",
    "γεννηθηκ*",
    "γεννησησ",
    "生年月日",
    "生まれ",
    "twieled",
    "data tat-twelid",
];

/// Those of the words after which a day is enough.
const BIRTHDAYS: &[&str] = &[
    "birthday",
    "geburtstag",
    "cumpleanos",
    "compleanno",
    "verjaardag",
];

/// Those of the words that stand at the end of what they say.
const VERBS: &[&str] = &[
    "born",
    "geboren",
    "geb.",
    "geb",
    "ne le",
    "nee le",
    "nacido",
    "nacida",
    "nacio",
    "nato",
    "nata",
    "nascido",
    "nascida",
    "nasceu",
    "fodd",
    "fodt",
    "syntynyt",
    "szuletett",
    "生まれ",
];

/// The first letters of the months' names, without accents, in the languages of the countries.
const MONTHS: [&[&str]; 12] = [
    &[
        "jan", "gen", "ene", "sty", "led", "tam", "sau", "ian", "sij", "янв", "яну", "ιαν", "jaan",
    ],
    &[
        "feb", "fev", "lut", "uno", "hel", "vas", "vel", "фев", "φεβ", "vee",
    ],
    &[
        "mar", "mae", "maa", "mrt", "bre", "kov", "ozu", "мар", "μαρ",
    ],
    &[
        "apr", "avr", "abr", "kwi", "dub", "huh", "bal", "tra", "апр", "απρ",
    ],
    &[
        "may", "mai", "maj", "mag", "kve", "tou", "geg", "svi", "май", "μαι", "mei",
    ],
    &["jun", "giu", "cze", "cer", "kes", "bir", "юни", "ιουν"],
    &[
        "jul", "lug", "lip", "cec", "hei", "lie", "юли", "ιουλ", "juil",
    ],
    &[
        "aug", "aou", "ago", "sie", "srp", "elo", "rugp", "kol", "авг", "αυγ",
    ],
    &[
        "sep", "set", "wrz", "zar", "syy", "rugs", "ruj", "сеп", "σεπ",
    ],
    &[
        "oct", "okt", "ott", "out", "paz", "rij", "lok", "spa", "окт", "οκτ",
    ],
    &["nov", "lis", "lap", "stu", "ное", "νοε"],
    &[
        "dec", "dez", "dic", "gru", "pro", "jou", "grud", "дек", "δεκ", "des",
    ],
];

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = concat!(
        r"(?P<y1>(?:1[89]|20)\d\d)[-/.](?P<m1>\d{1,2})[-/.](?P<d1>\d{1,2})",
        r"|(?P<a>\d{1,2})(?:[-/]|\. ?)(?P<b>\d{1,2})(?:[-/]|\. ?)(?P<y2>(?:1[89]|20)\d\d|\d\d)",
        r"|(?P<d3>\d{1,2})(?:st|nd|rd|th|er|o|\.)?[ -](?:of |de |d')?(?P<w3>\p{L}{3,12})\.?,?[ -](?:de |del )?(?P<y3>(?:1[89]|20)\d\d|\d\d)",
        r"|(?P<w4>\p{L}{3,12})\.? (?P<d4>\d{1,2})(?:st|nd|rd|th)?,? (?P<y4>(?:1[89]|20)\d\d)",
        r"|(?P<y5>(?:1[89]|20)\d\d)年(?P<m5>\d{1,2})月(?P<d5>\d{1,2})日",
        r"|(?:明治|大正|昭和|平成|令和)(?P<y7>\d{1,2}|元)年(?P<m7>\d{1,2})月(?P<d7>\d{1,2})日",
        r"|(?P<y6>(?:19|20)\d\d)(?P<m6>[01]\d)(?P<d6>[0-3]\d)",
    );
    Regex::new(pattern).expect("the pattern is fixed, and tests use it")
});

static DAY: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = concat!(
        r"^(?:[\s:,-]|\b(?:is|ist|es|e|was|on|am|el|il|op|the)\b){0,8}",
        r"(?:(?P<d>\d{1,2})(?:st|nd|rd|th|\.)? ?(?:of |de )?(?P<w>\p{L}{3,12})",
        r"|(?P<v>\p{L}{3,12})\.? (?P<e>\d{1,2})(?:st|nd|rd|th)?)\b",
    );
    Regex::new(pattern).expect("the pattern is fixed, and tests use it")
});

/// Every date beside a word for birth: after it, or else before it; and one that a star stands before.
pub(super) fn birth(scan: &Scan<'_>, out: &mut Vec<Finding>) {
    let mut done = 0;
    for (hit, _) in scan
        .hits
        .topics()
        .filter(|(_, topic)| *topic == Topic::Birth)
    {
        if hit.end < done {
            continue;
        }
        let word = hit.start..hit.end;
        let after = after(scan.view, word.end);
        let before = before(scan.view, word.clone(), done);
        // Of two dates the nearer one; what follows the word if they are as near.
        let far = |span: &Range<usize>| span.start.max(word.start) - span.end.min(word.end);
        let is_nearer = match (&before, &after) {
            (Some(before), Some((after, _))) => far(before) < far(after),
            (before, _) => before.is_some(),
        };
        if let Some(span) = before.filter(|_| is_nearer) {
            out.push(date(span, 0.75, "A date before a word for birth"));
        } else if let Some((span, score)) = after {
            done = span.end;
            out.push(date(span, score, "A date after a word for birth"));
        } else if let Some(span) = birthday(scan.view, word) {
            out.push(date(span, 0.7, "A day after a word for a birthday"));
        }
    }
    for star in memchr_iter(b'*', scan.view.as_bytes()) {
        if let Some(span) = at_star(scan.view, star) {
            out.push(date(
                span,
                0.6,
                "A date after the star that stands for born",
            ));
        }
    }
}

fn date(span: Range<usize>, score: f32, reason: &'static str) -> Finding {
    finding(
        Kind::DateOfBirth,
        span,
        score,
        false,
        "date-of-birth",
        reason,
    )
}

/// The first date after a word, and how sure that is.
fn after(view: &str, word_end: usize) -> Option<(Range<usize>, f32)> {
    let limit = view.floor_char_boundary((word_end + REACH + LONGEST).min(view.len()));
    let window = &view[word_end..limit];
    for found in DATE.captures_iter(window) {
        let whole = found.get(0)?;
        // A semicolon ends what the word is about.
        if whole.start() > REACH || window[..whole.start()].contains(';') {
            return None;
        }
        let span = word_end + whole.start()..word_end + whole.end();
        if !is_part(view, &span) && is_day(&found) {
            return Some((span, 0.9 - 0.1 * whole.start() as f32 / REACH as f32));
        }
    }
    None
}

/// The date that ends before a word: next to it or to its parenthesis, or with a few words between where
/// it is a verb, as in "am 12.03.1980 in Kassel geboren".
fn before(view: &str, word: Range<usize>, from: usize) -> Option<Range<usize>> {
    let is_verb = VERBS.contains(&view[word.clone()].to_lowercase().as_str());
    let opens = view[..word.start]
        .trim_end_matches(' ')
        .ends_with(['(', '[']);
    if !is_verb && !opens {
        return None;
    }
    let limit = word.start.saturating_sub(REACH + LONGEST).max(from);
    let from = view.ceil_char_boundary(limit.min(word.start));
    let window = &view[from..word.start];
    let last = DATE
        .captures_iter(window)
        .filter(is_day)
        .filter_map(|found| found.get(0))
        .last()?;
    let span = from + last.start()..from + last.end();
    let between = &window[last.end()..];
    let bracket = between.trim_start_matches(' ');
    let tied = match bracket {
        "(" | "[" => true,
        "" => is_verb,
        words => is_verb && words.len() <= REACH && words.chars().all(is_inside),
    };
    (tied && !is_part(view, &span)).then_some(span)
}

/// A day without its year, right after a word for a birthday: a party may be on another one.
fn birthday(view: &str, word: Range<usize>) -> Option<Range<usize>> {
    let named = view[word.clone()].to_lowercase();
    if !BIRTHDAYS.contains(&named.as_str()) {
        return None;
    }
    let limit = view.floor_char_boundary((word.end + REACH + LONGEST).min(view.len()));
    let found = DAY.captures(&view[word.end..limit])?;
    let (day, name) = found.name("d").zip(found.name("w")).or_else(|| {
        let (name, day) = found.name("v").zip(found.name("e"))?;
        Some((day, name))
    })?;
    let span = word.end + day.start().min(name.start())..word.end + day.end().max(name.end());
    let exists = is_date(0, month(name.as_str())?, day.as_str().parse().ok()?);
    (exists && !is_part(view, &span)).then_some(span)
}

/// Whether a clause goes on over this.
fn is_inside(letter: char) -> bool {
    letter.is_alphabetic() || letter == ' '
}

/// `*12.03.1980`, as people of genealogies and obituaries are written: with nothing between, unless the star
/// begins a parenthesis. One with a star at its end, too, is emphasised.
fn at_star(view: &str, star: usize) -> Option<Range<usize>> {
    let head = view.get(..star)?;
    if head.ends_with(|before: char| before.is_alphanumeric() || before == '*') {
        return None;
    }
    let rest = view.get(star + 1..)?;
    let opens = head.ends_with('(');
    let gap = usize::from(opens && rest.starts_with(' '));
    let start = star + 1 + gap;
    let window = &view[start..view.floor_char_boundary((start + LONGEST).min(view.len()))];
    if !window.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let found = DATE.captures(window)?;
    let whole = found.get(0).filter(|whole| whole.start() == 0)?;
    let span = start..start + whole.end();
    let emphasised = view[span.end..].starts_with('*');
    (is_day(&found) && !emphasised && !is_part(view, &span)).then_some(span)
}

/// Whether digits go on at one of its ends.
fn is_part(view: &str, span: &Range<usize>) -> bool {
    let digit = |at: usize| view.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    span.start.checked_sub(1).is_some_and(digit) || digit(span.end)
}

/// Whether the parts of a match are a day that exists, in either order of day and month.
fn is_day(found: &regex::Captures<'_>) -> bool {
    let number = |name: &str| {
        found.name(name).and_then(|part| match part.as_str() {
            "元" => Some(1),
            digits => digits.parse::<u32>().ok(),
        })
    };
    let word = |name: &str| found.name(name).and_then(|part| month(part.as_str()));
    for nth in ["1", "5", "6"] {
        let name = |letter: &str| format!("{letter}{nth}");
        if let (Some(year), Some(month), Some(day)) =
            (number(&name("y")), number(&name("m")), number(&name("d")))
        {
            return is_date(year, month, day);
        }
    }
    // The year of an emperor says nothing of leap days.
    if let (Some(_), Some(month), Some(day)) = (number("y7"), number("m7"), number("d7")) {
        return is_date(0, month, day);
    }
    if let (Some(a), Some(b), Some(year)) = (number("a"), number("b"), number("y2")) {
        return is_date(year, b, a) || is_date(year, a, b);
    }
    for nth in ["3", "4"] {
        let name = |letter: &str| format!("{letter}{nth}");
        if let (Some(year), Some(month), Some(day)) =
            (number(&name("y")), word(&name("w")), number(&name("d")))
        {
            return is_date(year, month, day);
        }
    }
    false
}

fn month(word: &str) -> Option<u32> {
    let word = word.to_lowercase();
    let named = |names: &&[&str]| names.iter().any(|name| word.starts_with(name));
    let at = MONTHS.iter().position(named)?;
    u32::try_from(at + 1).ok()
}
