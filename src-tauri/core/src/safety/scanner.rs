//! Reads a text once with every rule that is on.
//!
//! 1. [`View`] folds the text, so that what hides a number does not.
//! 2. One pass finds all words that rules look for, and the marks at which secrets begin.
//! 3. One pass over the digits finds what has the shape of a number of some rule; checks decide.
//! 4. Marks decide which further rules run where; a pattern is compiled when it is first needed.
//! 5. A person's own rules, then further tiers (names), which see what was found before.
//! 6. Words for health, beliefs and the like count where the text is about somebody.
//! 7. [`overlap`] keeps one finding in each place, and what is left of the others beside it.
//!
//! Every step looks at each byte a bounded number of times, whatever the text.

use std::{borrow::Cow, fmt, ops::Range};

use super::{
    DataClass, Finding, Kind, Tier,
    amounts::{in_thousands, is_amount},
    check::{is_date, part},
    context::{AFTER, BEFORE, Hit, NEAR, Topic, WordList, Words},
    countries::Countries,
    fold::View,
    numbers::{Candidate, Gaps, Table, runs},
    overlap,
    own::{Compiled, OwnRule, OwnRuleError},
    rules::{self, Check, NumberRule, Scan, special},
};

/// What is looked for, and how sure a finding must be.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whose national numbers are looked for.
    pub countries: Countries,
    /// Findings with a lower score are left out.
    pub min_score: f32,
    /// Rules that a person wrote.
    pub own: Vec<OwnRule>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            countries: Countries::all(),
            min_score: 0.4,
            own: Vec::new(),
        }
    }
}

/// Finds personal data and secrets in texts. Making one takes some milliseconds; it is used for many.
pub struct Scanner {
    countries: Countries,
    min_score: f32,
    numbers: Vec<&'static NumberRule>,
    table: Table,
    words: Words,
    own: Vec<Compiled>,
    tiers: Vec<Box<dyn Tier>>,
}

impl Scanner {
    /// A scanner with these options and no further tier.
    ///
    /// # Errors
    /// [`OwnRuleError`] for the first of the person's rules that cannot be used.
    pub fn new(options: Options) -> Result<Self, OwnRuleError> {
        let own = options
            .own
            .iter()
            .map(Compiled::new)
            .collect::<Result<_, _>>()?;
        let on =
            |rule: &&NumberRule| rule.country.is_empty() || options.countries.has(rule.country);
        let numbers: Vec<_> = rules::numbers().filter(on).collect();
        let mut table = Table::default();
        let mut list = WordList::default();
        for (nth, rule) in numbers.iter().enumerate() {
            rule.shapes.iter().for_each(|shape| table.add(nth, shape));
            let words = rule.words.iter().copied().flatten();
            words.for_each(|word| list.add(word, Topic::Number(nth)));
        }
        rules::add_words(&mut list);
        Ok(Self {
            countries: options.countries,
            min_score: options.min_score,
            numbers,
            table,
            words: list.ready(),
            own,
            tiers: Vec::new(),
        })
    }

    /// The same with one more tier, asked after those before it.
    #[must_use]
    pub fn with_tier(mut self, tier: Box<dyn Tier>) -> Self {
        self.tiers.push(tier);
        self
    }

    /// Everything found in a text: sorted by where it lies, and not overlapping.
    pub fn scan(&self, text: &str) -> Vec<Finding> {
        self.scan_unless(text, |_| false)
    }

    /// The same without what is `no_finding`. It hides nothing that lies below it: what would have been
    /// dropped beside it is found.
    pub(crate) fn scan_unless(
        &self,
        text: &str,
        no_finding: impl Fn(&Finding) -> bool,
    ) -> Vec<Finding> {
        let view = View::of(text);
        let hits = self.words.find(view.text());
        let scan = Scan {
            view: view.text(),
            hits: &hits,
            countries: &self.countries,
        };
        let mut found = Vec::new();
        let bytes = scan.view.as_bytes();
        runs(bytes, |tokens| {
            self.table.candidates(bytes, tokens, &mut |candidate| {
                found.extend(self.judge(&scan, &candidate));
            });
            rules::at_tokens(&scan, tokens, &mut found);
        });
        rules::at_marks(&scan, &mut found);
        found.retain(|finding| finding.score >= self.min_score);
        for finding in &mut found {
            finding.bytes = view.back(&finding.bytes, text);
        }
        let mut special = special::candidates(&scan);
        for candidate in &mut special {
            candidate.finding.bytes = view.back(&candidate.finding.bytes, text);
            candidate.sentence = view.back(&candidate.sentence, text);
        }
        for rule in &self.own {
            rule.find(text, &view, &mut found);
        }
        for tier in &self.tiers {
            let more = tier.find(text, &found);
            found.extend(
                more.into_iter()
                    .filter(|finding| finding.score >= self.min_score),
            );
        }
        let special = special::settle(special, &found, text).into_iter();
        found.extend(special.filter(|finding| finding.score >= self.min_score));
        overlap::resolve(text, found, no_finding)
    }

    /// Whether something with the shape of a rule is its number, and how sure that is.
    fn judge(&self, scan: &Scan<'_>, candidate: &Candidate<'_>) -> Option<Finding> {
        let topic = Topic::Number(candidate.rule);
        let rule = self.numbers.get(candidate.rule)?;
        // Of "4111111111111111/0927" the check says that it is a card, and of nothing else what it is.
        if candidate.slashed && !matches!(rule.check, Check::Strong(_)) {
            return None;
        }
        let formed = || candidate.formed && !in_thousands(written(scan, candidate));
        let (holds, alone, sure) = match rule.check {
            Check::Strong(holds) => (holds, if formed() { 0.8 } else { 0.6 }, 1.0),
            Check::Weak(holds) => (holds, if formed() { 0.5 } else { 0.3 }, 0.95),
            Check::Form(holds) => (holds, 0.0, FORM),
        };
        // Most candidates end here: only a word could save them, and there is none in the text.
        let spoken = scan.hits.mentions(candidate.rule);
        if !spoken && (alone == 0.0 || alone < self.min_score) || !holds(candidate.compact) {
            return None;
        }
        let word = scan.hits.distance(topic, &candidate.span);
        if is_else(rule, candidate, scan.view)
            || is_paid(rule, candidate, scan.view)
                && (in_thousands(written(scan, candidate)) || !is_named(candidate, word))
        {
            return None;
        }
        if is_torn(rule, candidate, word) || is_rather_phone(scan, rule, candidate, word) {
            return None;
        }
        if alone == 0.0
            && word.is_none_or(|(far, hit)| hit.start >= candidate.span.end && far > FARTHEST)
        {
            return None;
        }
        let is_named = word.is_some_and(|(_, hit)| !scan.hits.is_part_of_other(&hit, topic));
        let sure = match rule.check {
            Check::Weak(_) if !is_named => FORM,
            _ => sure,
        };
        Some(Finding {
            kind: rule.kind.clone(),
            bytes: candidate.span.clone(),
            score: word.map_or(alone, |(far, hit)| sure - lessened(far) - vague(&hit)),
            validated: match rule.check {
                Check::Strong(_) => true,
                Check::Weak(_) => is_named,
                Check::Form(_) => false,
            },
            rule: Cow::Borrowed(rule.name),
            reason: reason(rule, scan.view, word),
        })
    }
}

/// How sure a word makes what has no check digit, or one that one number in ten has by chance where the word is
/// a part of what another number is called: "taxpayer" in "individual taxpayer identification number".
const FORM: f32 = 0.8;

/// Where there is no check digit, a word after the number must be as near as in `1234 (passport)`: further
/// on it speaks for the next number.
const FARTHEST: usize = AFTER + 12;

/// How much less sure a word makes that is further away, so that of two words the nearer one wins.
fn lessened(far: usize) -> f32 {
    0.3 * far as f32 / (BEFORE + AFTER) as f32
}

/// How much less sure a short word makes than a long one as near: "British passport" says more than
/// "passport". It is less than a byte of distance.
fn vague(word: &Hit) -> f32 {
    const LONG: usize = 40;
    0.002 * (1.0 - (word.end - word.start).min(LONG) as f32 / LONG as f32)
}

fn written<'v>(scan: &Scan<'v>, candidate: &Candidate<'_>) -> &'v [u8] {
    &scan.view.as_bytes()[candidate.span.clone()]
}

/// So near before a number, its own word says more than a unit behind it: "NIF 123456789 € 20,00".
const NAMED: usize = 24;

fn is_named(candidate: &Candidate<'_>, word: Option<(usize, Hit)>) -> bool {
    word.is_some_and(|(_, hit)| {
        let start = candidate.span.start;
        hit.end <= start && start - hit.end <= NAMED
    })
}

/// Whether it is an amount. "4111 1111 1111 1111 EUR 20" is a card with what it paid.
fn is_paid(rule: &NumberRule, candidate: &Candidate<'_>, view: &str) -> bool {
    let pays = matches!(rule.kind, Kind::CreditCard | Kind::UsBankNumber);
    !pays && is_amount(view, &candidate.span)
}

/// Whether what is around a candidate says that it is something else, whatever stands near it.
fn is_else(rule: &NumberRule, candidate: &Candidate<'_>, view: &str) -> bool {
    let text = view.as_bytes();
    match rule.check {
        Check::Strong(_) => false,
        // Three of the four groups of a card are no other number.
        Check::Weak(_) => has_equal_neighbour(text, &candidate.span),
        Check::Form(_) => {
            let anywhere = rule.country.is_empty();
            anywhere && has_small_word(&text[candidate.span.clone()])
                || is_compact_date(candidate.compact)
        }
    }
}

/// Whether its groups stand too far apart to be one number: then a word right before it must say so, unless
/// the check says much and dashes tie the groups.
fn is_torn(rule: &NumberRule, candidate: &Candidate<'_>, word: Option<(usize, Hit)>) -> bool {
    let tied = match candidate.gaps {
        Gaps::Narrow => true,
        Gaps::Dashed => matches!(rule.check, Check::Strong(_)),
        Gaps::Wide => false,
    };
    let said = |(far, hit): (usize, Hit)| far <= NEAR && hit.end <= candidate.span.start;
    !tied && !word.is_some_and(said)
}

/// Whether a word for a phone stands nearer than one of the rule, whose check says little: of two words the
/// nearer one is surer.
fn is_rather_phone(
    scan: &Scan<'_>,
    rule: &NumberRule,
    candidate: &Candidate<'_>,
    word: Option<(usize, Hit)>,
) -> bool {
    let outranks = match rule.check {
        Check::Strong(_) => return false,
        Check::Weak(_) => true,
        Check::Form(_) => rule.kind.class() == DataClass::Special,
    };
    let phone = |far: usize| word.is_none_or(|(own, _)| far < own);
    outranks && rules::phone_word(scan, &candidate.span).is_some_and(phone)
}

/// Whether the groups of digits go on before or after, one space or dash away and as long as the
/// group there.
fn has_equal_neighbour(text: &[u8], span: &Range<usize>) -> bool {
    let digits = |bytes: &mut dyn Iterator<Item = &u8>| {
        bytes.take_while(|byte| byte.is_ascii_digit()).count()
    };
    let ties = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'-'));
    let (before, inside, after) = (&text[..span.start], &text[span.clone()], &text[span.end..]);
    let (first, last) = (digits(&mut inside.iter()), digits(&mut inside.iter().rev()));
    let grouped = first < inside.len();
    grouped
        && (ties(before.last()) && first > 2 && digits(&mut before.iter().rev().skip(1)) == first
            || ties(after.first()) && last > 2 && digits(&mut after.iter().skip(1)) == last)
}

/// Whether one of its groups is a word in small letters, as in `is 1234567`.
fn has_small_word(written: &[u8]) -> bool {
    let small = |group: &[u8]| {
        group.iter().all(u8::is_ascii_alphabetic) && group.iter().any(u8::is_ascii_lowercase)
    };
    written.contains(&b' ') && written.split(|byte| *byte == b' ').any(small)
}

/// Whether eight digits are a day of our time, as in `20260312`: file names and references have them.
fn is_compact_date(number: &[u8]) -> bool {
    let parts = (part(number, 0, 4), part(number, 4, 2), part(number, 6, 2));
    let (8, (Some(year), Some(month), Some(day))) = (number.len(), parts) else {
        return false;
    };
    (1990..2050).contains(&year) && is_date(year, month, day)
}

fn reason(rule: &NumberRule, view: &str, word: Option<(usize, Hit)>) -> Cow<'static, str> {
    let quoted = word.and_then(|(_, hit)| view.get(hit.start..hit.end));
    match quoted {
        Some(word) => Cow::Owned(format!("{}, near “{word}”", rule.reason)),
        None => Cow::Borrowed(rule.reason),
    }
}

impl fmt::Debug for Scanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scanner")
            .field("countries", &self.countries)
            .field("min_score", &self.min_score)
            .field("numbers", &self.numbers.len())
            .field("own", &self.own.len())
            .field("tiers", &self.tiers.len())
            .finish_non_exhaustive()
    }
}
