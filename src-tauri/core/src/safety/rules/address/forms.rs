//! The forms of addresses, as data: words for streets and what stands around them.

use std::sync::LazyLock;

use regex::Regex;

/// One way to write an address.
pub(in crate::safety::rules) struct Form {
    pub(super) name: &'static str,
    pub(in crate::safety::rules) words: &'static [&'static str],
    /// What stands before the word and is part of it, up to the word's end.
    pub(super) before: Pattern,
    /// What stands after it.
    pub(super) after: Pattern,
    /// A postcode and town, or the like, that make it certain.
    pub(super) town: Pattern,
    /// Whether the word alone says too little: it needs the town.
    pub(super) needs_town: bool,
}

type Pattern = LazyLock<Regex>;

macro_rules! pattern {
    ($($part:expr),*) => { LazyLock::new(|| Regex::new(concat!($($part),*)).expect(COMPILES)) };
}

/// Why no pattern can fail to compile.
const COMPILES: &str = "the pattern is fixed, and a test compiles it";

/// A name: words that begin with a capital or are one of the small words between them.
macro_rules! name {
    () => { r"(?:(?:\p{Lu}[\p{L}'’.-]*|d[eiou]s?|del|della|dei|degli|la|las|los|le|les|l'|d'|sur|en|y|e|van|der|den|do|das|dos|zu|am|an|im|of|the|i)[ ]?)" };
}
macro_rules! japanese {
    () => {
        r"[\p{Han}\p{Hiragana}\p{Katakana}ー々ヶ]"
    };
}
macro_rules! town {
    () => { r"(?:(?:Ste?|Sta|Sto|Mt|Ft)\. ?)?\p{Lu}[\p{L}'’-]+(?:[ -](?:\p{Lu}[\p{L}'’-]+|am|an|der|im|sur|de|la|le|en|del|di|upon|on|i|d')){0,3}" };
}

pub(in crate::safety::rules) static FORMS: [Form; 11] = [
    Form {
        name: "address/english",
        words: &[
            "street",
            "st",
            "avenue",
            "ave",
            "road",
            "rd",
            "boulevard",
            "blvd",
            "lane",
            "ln",
            "drive",
            "dr",
            "court",
            "ct",
            "place",
            "square",
            "sq",
            "terrace",
            "circle",
            "cir",
            "crescent",
            "close",
            "gardens",
            "grove",
            "parkway",
            "pkwy",
            "highway",
            "hwy",
            "mews",
        ],
        before: pattern!(
            r"\d{1,6}[A-Za-z]?(?:[-/]\d{1,4})?,? (?:[NSEW]{1,2}\.? |North |South |East |West )?(?:(?:\p{Lu}[\p{L}'’.-]*|\d{1,3}(?:st|nd|rd|th)|of|the) ){1,4}\p{Lu}\p{L}*$"
        ),
        after: pattern!(
            r"^\.?(?: [NSEW]{1,2}\b\.?)?(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Fl|Room|Rm|#)\.? ?#?\w{1,6})?"
        ),
        needs_town: false,
        town: pattern!(
            r"^(?:,|\n|,\n| -)? ?(?:",
            town!(),
            r"(?:,|\n|,\n)? ?){0,3}(?:[A-Z]{2},? \d{5}(?:-\d{4})?|(?:[A-Z][a-z]+ ){1,2}\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|(?:NSW|VIC|QLD|WA|SA|TAS|ACT|NT),? \d{4}|\d{6})\b"
        ),
    },
    Form {
        name: "address/english-town",
        words: &[
            "pl",
            "ter",
            "way",
            "row",
            "hill",
            "hills",
            "park",
            "trail",
            "trl",
            "walk",
            "green",
            "estate",
            "estates",
            "plaza",
            "loop",
            "alley",
            "path",
            "pike",
            "turnpike",
            "run",
            "ridge",
            "crossing",
            "point",
            "heights",
            "manor",
            "view",
            "village",
            "villages",
            "station",
            "creek",
            "forge",
            "mill",
            "mills",
            "meadow",
            "meadows",
            "spring",
            "springs",
            "valley",
            "vista",
            "union",
            "throughway",
            "track",
            "tunnel",
            "viaduct",
            "wells",
            "bypass",
            "causeway",
            "common",
            "cove",
            "divide",
            "expressway",
            "extension",
            "ferry",
            "ford",
            "fords",
            "freeway",
            "gateway",
            "glen",
            "harbor",
            "haven",
            "hollow",
            "inlet",
            "island",
            "isle",
            "junction",
            "key",
            "keys",
            "knoll",
            "lake",
            "lakes",
            "landing",
            "light",
            "lights",
            "locks",
            "lodge",
            "mall",
            "mission",
            "motorway",
            "mountain",
            "neck",
            "orchard",
            "oval",
            "overpass",
            "parks",
            "passage",
            "pass",
            "pine",
            "pines",
            "plain",
            "plains",
            "port",
            "ports",
            "prairie",
            "ramp",
            "ranch",
            "rapids",
            "rest",
            "river",
            "roads",
            "route",
            "shoal",
            "shoals",
            "shore",
            "shores",
            "skyway",
            "spur",
            "squares",
            "stream",
            "streets",
            "summit",
            "trace",
            "trafficway",
            "via",
            "ville",
            "walks",
            "wall",
            "wharf",
            "quay",
            "burg",
            "bluff",
            "bridge",
            "brook",
            "camp",
            "canyon",
            "cape",
            "center",
            "centre",
            "cliff",
            "club",
            "corner",
            "corners",
            "course",
            "courts",
            "crest",
            "curve",
            "dale",
            "dam",
            "falls",
            "field",
            "fields",
            "flat",
            "flats",
            "forest",
            "fork",
            "forks",
            "fort",
            "garden",
            "groves",
        ],
        before: pattern!(
            r"\d{1,6}[A-Za-z]?(?:[-/]\d{1,4})?,? (?:[NSEW]{1,2}\.? |North |South |East |West )?(?:(?:\p{Lu}[\p{L}'’.-]*|\d{1,3}(?:st|nd|rd|th)|of|the) ){1,4}\p{Lu}\p{L}*$"
        ),
        after: pattern!(
            r"^\.?(?: [NSEW]{1,2}\b\.?)?(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Fl|Room|Rm|#)\.? ?#?\w{1,6})?"
        ),
        needs_town: true,
        town: pattern!(
            r"^(?:,|\n|,\n| -)? ?(?:",
            town!(),
            r"(?:,|\n|,\n)? ?){0,3}(?:[A-Z]{2},? \d{5}(?:-\d{4})?|(?:[A-Z][a-z]+ ){1,2}\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|(?:NSW|VIC|QLD|WA|SA|TAS|ACT|NT),? \d{4}|\d{6})\b"
        ),
    },
    Form {
        name: "address/germanic",
        words: &[
            "*strasse",
            "*str",
            "*str.",
            "strasse",
            "*weg",
            "*platz",
            "*allee",
            "*gasse",
            "*damm",
            "*steig",
            "*chaussee",
            "*straat",
            "*laan",
            "*plein",
            "*gracht",
            "*singel",
            "*dijk",
            "*gatan",
            "*vagen",
            "*vej",
            "*veien",
            "*vegen",
            "*katu",
            "*kuja",
            "*polku",
        ],
        before: pattern!(r"\p{Lu}(?:[\p{L}'’.-]*[ ]?){1,3}$"),
        after: pattern!(r"^\.? ?\d{1,4}(?: ?[a-zA-Z]\b)?(?:[-/]\d{1,4}[a-z]?)?\b"),
        needs_town: false,
        town: pattern!(
            r"^(?:,|\n|,\n| -)? ?(?:[A-Z]{1,2}-)?(?:\d{4} ?[A-Z]{2}|\d{3} ?\d{2}|\d{4,5}) ",
            town!()
        ),
    },
    Form {
        name: "address/germanic-town",
        words: &[
            "*ring", "*ufer", "*hof", "*kade", "*vag", "*gata", "*gate", "*gade", "*tie", "*alle",
            "*garten", "*berg", "*markt", "*wall", "*graben", "*park", "*tor",
        ],
        before: pattern!(r"\p{Lu}(?:[\p{L}'’.-]*[ ]?){1,3}$"),
        after: pattern!(r"^\.? ?\d{1,4}(?: ?[a-zA-Z]\b)?(?:[-/]\d{1,4}[a-z]?)?\b"),
        needs_town: true,
        town: pattern!(
            r"^(?:,|\n|,\n| -)? ?(?:[A-Z]{1,2}-)?(?:\d{4} ?[A-Z]{2}|\d{3} ?\d{2}|\d{4,5}) ",
            town!()
        ),
    },
    Form {
        name: "address/french",
        words: &[
            "rue",
            "avenue",
            "boulevard",
            "bd",
            "place",
            "chemin",
            "allee",
            "impasse",
            "quai",
            "cours",
            "route",
            "square",
            "passage",
            "faubourg",
        ],
        before: pattern!(r"\d{1,4}(?: ?(?:bis|ter|[A-D]))?,? \p{L}+$"),
        after: pattern!(r"^ ", name!(), r"{1,7}"),
        needs_town: false,
        town: pattern!(
            r"^(?:,|\n|,\n| -)? ?(?:[BFL]-)?\d{4,5} ",
            town!(),
            r"(?: Cedex(?: \d{1,2})?)?"
        ),
    },
    Form {
        name: "address/romance",
        words: &[
            "calle",
            "c/",
            "avenida",
            "avda",
            "avda.",
            "av",
            "av.",
            "plaza",
            "paseo",
            "ronda",
            "via",
            "viale",
            "piazza",
            "corso",
            "largo",
            "vicolo",
            "strada",
            "rua",
            "travessa",
            "praca",
            "alameda",
            "estrada",
            "carrer",
            "strada",
            "str",
            "bulevardul",
            "soseaua",
            "calea",
            "aleea",
            "rodovia",
        ],
        before: pattern!(r"\p{L}[\p{L}/.]*$"),
        after: pattern!(
            r"^\.? ?",
            name!(),
            r"{1,6},? ?(?:n[.ro°º]{0,3} ?)?\d{1,5}(?: ?[A-Za-z]\b)?(?:[-/]\d{1,3})?(?:,? (?:\d{1,2}[ºª°o]?(?: ?[A-Z])?\b|piso \d+|apto?\.? \d+|bl\. ?\w+))?"
        ),
        needs_town: false,
        town: pattern!(
            r"^(?:,|\n|,\n| -)? ?(?:\d{5}-\d{3}|\d{4}-\d{3}|\d{4,6}) ",
            town!(),
            r"(?: \(?[A-Z]{2}\)?)?"
        ),
    },
    Form {
        name: "address/slavic",
        words: &[
            "ul",
            "ul.",
            "ulica",
            "ulice",
            "al.",
            "aleja",
            "pl.",
            "plac",
            "os.",
            "osiedle",
            "nam.",
            "namesti",
            "namestie",
            "trg",
            "cesta",
            "ул.",
            "ул",
            "улица",
            "бул.",
            "οδοσ",
            "λεωφοροσ",
            "utca",
            "utja",
            "ter",
            "ut",
        ],
        before: pattern!(r"(?:\p{Lu}[\p{L}-]* ){0,2}\p{L}+\.?$"),
        after: pattern!(
            r"^\.? ?(?:",
            name!(),
            r"{1,4})?\d{1,4}[a-zA-Z]?(?:[/-]\d{1,4})?(?: ?m\. ?\d{1,3})?\b"
        ),
        needs_town: false,
        town: pattern!(
            r"^(?:,|\n|,\n| -)? ?(?:\d{2}-\d{3}|\d{3} ?\d{2}|\d{4}) ",
            town!()
        ),
    },
    Form {
        name: "address/post-box",
        words: &[
            "po box",
            "p.o. box",
            "p. o. box",
            "post office box",
            "postfach",
            "boite postale",
            "apartado",
            "apartado de correos",
            "casella postale",
            "caixa postal",
            "postbus",
            "skrytka pocztowa",
        ],
        before: pattern!(r"\p{L}[\p{L}. ]*$"),
        after: pattern!(r"^:? ?#?\d{1,3}(?: ?\d{2,3})?\b"),
        needs_town: false,
        town: pattern!(
            r"^(?:,|\n|,\n)? ?(?:\d{4,5} ",
            town!(),
            "|",
            town!(),
            r",? [A-Z]{2} \d{5}(?:-\d{4})?)"
        ),
    },
    Form {
        name: "address/japanese-postcode",
        words: &["〒"],
        before: pattern!(r"〒$"),
        after: pattern!(r"^ ?\d{3}-?\d{4}\b"),
        needs_town: false,
        town: pattern!(
            r"^[ \n]{0,2}",
            japanese!(),
            r"{2,24}(?:\d{1,4}(?:丁目|番地|番|号|条[東西南北])?[-の]?){0,4}(?: ?[\p{Han}\p{Katakana}ー]{2,16}\d{1,4}号室)?"
        ),
    },
    Form {
        name: "address/japanese-prefecture",
        words: &["*都", "*府", "*県", "北海道"],
        before: pattern!(r"(?:\p{Han}{2,3}[都府県]|北海道)$"),
        after: pattern!(
            r"^",
            japanese!(),
            r"{1,12}[市区町村郡]",
            japanese!(),
            r"{0,16}\d{1,4}(?:(?:丁目|番地|番|号|条[東西南北]|[-の])\d{0,4}号?){1,4}"
        ),
        needs_town: false,
        town: pattern!(r"^ ?[\p{Han}\p{Katakana}ー]{2,16}\d{1,4}号室"),
    },
    Form {
        name: "address/japanese",
        words: &["*丁目", "*番地"],
        before: pattern!(
            r"(?:〒?\b\d{3}-\d{4} ?)?[\p{Han}\p{Hiragana}\p{Katakana}]{2,20}\d{1,3}(?:丁目|番地)$"
        ),
        after: pattern!(r"^(?:\d{1,4}番?地?)?(?:[-の]?\d{1,4}号?){0,3}"),
        needs_town: false,
        town: pattern!(r"^[ 　]?[\p{Han}\p{Katakana}]{2,16}\d{1,4}号室"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for form in &FORMS {
            for pattern in [&form.before, &form.after, &form.town] {
                assert!(!pattern.as_str().is_empty(), "{}", form.name);
            }
        }
    }
}
