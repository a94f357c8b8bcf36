//! Dates of birth: a date that a word makes one.

use std::sync::LazyLock;

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
        r"|(?P<y6>(?:19|20)\d\d)(?P<m6>[01]\d)(?P<d6>[0-3]\d)",
    );
    Regex::new(pattern).expect("the pattern is fixed, and tests use it")
});

/// Every date after a word for birth.
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
        let limit = (hit.end + REACH + LONGEST).min(scan.view.len());
        let window = &scan.view[hit.end..scan.view.floor_char_boundary(limit)];
        for found in DATE.captures_iter(window) {
            let Some(whole) = found.get(0) else { continue };
            let span = hit.end + whole.start()..hit.end + whole.end();
            let digit = |at: usize| scan.view.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
            let part = span.start > 0 && digit(span.start - 1) || digit(span.end);
            // A semicolon ends what the word is about.
            if whole.start() > REACH || window[..whole.start()].contains(';') {
                break;
            }
            if !part && is_day(&found) {
                done = span.end;
                let score = 0.9 - 0.1 * whole.start() as f32 / REACH as f32;
                let reason = "A date after a word for birth";
                out.push(finding(
                    Kind::DateOfBirth,
                    span,
                    score,
                    false,
                    "date-of-birth",
                    reason,
                ));
                break;
            }
        }
    }
}

/// Whether the parts of a match are a day that exists, in either order of day and month.
fn is_day(found: &regex::Captures<'_>) -> bool {
    let number = |name: &str| {
        found
            .name(name)
            .and_then(|part| part.as_str().parse::<u32>().ok())
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
