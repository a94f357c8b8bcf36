//! The rules: one file a country, one file a family.

use std::{borrow::Cow, ops::Range};

use super::{
    Finding, Kind,
    context::{Hits, Topic, WordList},
    countries::Countries,
    numbers::Token,
};

mod address;
mod at;
mod au;
mod be;
mod bg;
mod birth;
mod br;
mod ca;
mod ch;
mod companies;
mod cy;
mod cz;
mod de;
mod dk;
mod documents;
mod ee;
mod es;
mod fi;
mod fr;
mod gb;
mod gr;
mod hr;
mod hu;
mod ie;
mod in_;
mod it;
mod jp;
mod lt;
mod lu;
mod lv;
mod medical;
mod mt;
mod network;
mod nl;
mod no;
mod payment;
mod phone;
mod phone_plan;
mod phone_written;
mod pl;
mod pt;
mod ro;
mod se;
mod secrets;

pub(super) use secrets::is_unusual;
mod si;
mod sk;
pub(crate) mod special;
mod us;
mod vat;
mod vehicles;
mod versions;
mod wallets;
mod words;

/// A number with a form: found by its shapes, kept if its check holds.
#[derive(Debug)]
pub(crate) struct NumberRule {
    /// In findings, such as `de-tax-id`.
    pub name: &'static str,
    /// What it finds.
    pub kind: Kind,
    /// ISO 3166 alpha-2 of the country that gives it out; empty: anywhere.
    pub country: &'static str,
    /// How it is written; see [`super::numbers::Table`].
    pub shapes: &'static [&'static str],
    /// Words that speak for it, in lists; see [`super::context`].
    pub words: &'static [&'static [&'static str]],
    /// What must hold, for its letters (in capitals) and digits without separators.
    pub check: Check,
    /// Why, for people.
    pub reason: &'static str,
}

/// What must hold for a number, and how much that says.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Check {
    /// A check digit and more, which one number in a hundred or fewer has by chance: it fires
    /// alone.
    Strong(fn(&[u8]) -> bool),
    /// A check digit that one number in ten has by chance: without a context word it fires only as
    /// it is printed, in groups or with letters.
    Weak(fn(&[u8]) -> bool),
    /// No check digit: it fires only with a context word.
    Form(fn(&[u8]) -> bool),
}

/// Every number rule, in the order in which equals win.
pub(crate) fn numbers() -> impl Iterator<Item = &'static NumberRule> {
    [
        payment::NUMBERS,
        us::NUMBERS,
        gb::NUMBERS,
        at::NUMBERS,
        au::NUMBERS,
        be::NUMBERS,
        bg::NUMBERS,
        br::NUMBERS,
        ca::NUMBERS,
        ch::NUMBERS,
        cy::NUMBERS,
        cz::NUMBERS,
        de::NUMBERS,
        dk::NUMBERS,
        ee::NUMBERS,
        es::NUMBERS,
        fi::NUMBERS,
        fr::NUMBERS,
        gr::NUMBERS,
        hr::NUMBERS,
        hu::NUMBERS,
        ie::NUMBERS,
        in_::NUMBERS,
        it::NUMBERS,
        jp::NUMBERS,
        lt::NUMBERS,
        lu::NUMBERS,
        lv::NUMBERS,
        mt::NUMBERS,
        nl::NUMBERS,
        no::NUMBERS,
        pl::NUMBERS,
        pt::NUMBERS,
        ro::NUMBERS,
        se::NUMBERS,
        si::NUMBERS,
        sk::NUMBERS,
        companies::NUMBERS,
        vat::NUMBERS,
        documents::NUMBERS,
        medical::NUMBERS,
        vehicles::NUMBERS,
    ]
    .into_iter()
    .flatten()
}

/// What the rules beyond the number table look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scan<'a> {
    /// The text as it is read; findings lie in it.
    pub view: &'a str,
    /// The words in it.
    pub hits: &'a Hits<'a>,
    /// The countries that are on.
    pub countries: &'a Countries,
}

/// Add the words of the rules beyond the number table.
pub(crate) fn add_words(list: &mut WordList) {
    let mut all =
        |words: &[&'static str], topic| words.iter().for_each(|word| list.add(word, topic));
    all(phone::WORDS, Topic::Phone);
    all(payment::BIC_WORDS, Topic::Bic);
    all(wallets::WORDS, Topic::Wallet);
    all(wallets::COINS, Topic::Coin);
    all(birth::WORDS, Topic::Birth);
    for (nth, form) in address::FORMS.iter().enumerate() {
        all(form.words, Topic::Street(nth));
    }
    for (nth, rule) in secrets::RULES.iter().enumerate() {
        all(rule.marks, Topic::Secret(nth));
    }
    special::add_words(list);
}

/// What begins with the first of these tokens, beyond the number table.
pub(crate) fn at_tokens(scan: &Scan<'_>, tokens: &[Token], out: &mut Vec<Finding>) {
    let Some(&first) = tokens.first() else { return };
    let text = scan.view.as_bytes();
    if first.has_digit {
        if text[first.start].is_ascii_digit() {
            phone::phone(scan, first.start, out);
            network::ipv4(scan.view, tokens, out);
        }
        wallets::wallet(scan, first, out);
    }
    payment::iban(text, tokens, out);
}

/// How far away a word is that makes these digits a phone number.
pub(super) fn phone_word(scan: &Scan<'_>, span: &Range<usize>) -> Option<usize> {
    phone::phone_word(scan, span)
}

/// What is found by its own marks.
pub(crate) fn at_marks(scan: &Scan<'_>, out: &mut Vec<Finding>) {
    network::email(scan, out);
    network::colons(scan, out);
    payment::bic(scan, out);
    birth::birth(scan, out);
    address::address(scan, out);
    secrets::secrets(scan, out);
}

fn finding(
    kind: Kind,
    bytes: Range<usize>,
    score: f32,
    validated: bool,
    rule: &'static str,
    reason: impl Into<Cow<'static, str>>,
) -> Finding {
    Finding {
        kind,
        bytes,
        score,
        validated,
        rule: rule.into(),
        reason: reason.into(),
    }
}
