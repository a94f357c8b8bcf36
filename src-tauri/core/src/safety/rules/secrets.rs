//! Secrets: private keys, tokens of clouds and code hosts, connection strings, passwords.
//!
//! Each rule has marks that one pass finds and a pattern that is tried at a mark alone; it is compiled
//! when its mark is seen for the first time.

mod plausible;
mod table;

use std::ops::Range;

use memchr::memmem;
pub(super) use table::RULES;
use table::SecretRule;

use super::{Scan, finding};
use crate::safety::{Finding, Kind, context::Topic};

/// How far a pattern may look from its mark.
const REACH: usize = 4_096;

/// Every secret at a mark.
pub(super) fn secrets(scan: &Scan<'_>, out: &mut Vec<Finding>) {
    // A mark inside a secret of the same rule is read once, so the time stays linear.
    let mut ends = [0; RULES.len()];
    for (hit, topic) in scan.hits.topics() {
        if let Topic::Secret(nth) = topic
            && let Some(rule) = RULES.get(nth)
            && hit.start >= ends[nth]
            && let Some(span) = at_mark(scan.view, rule, hit.start)
        {
            ends[nth] = span.end;
            out.push(finding(
                (rule.kind)(),
                span,
                rule.score,
                true,
                rule.name,
                rule.reason,
            ));
        }
    }
    private_keys(scan.view, out);
}

fn at_mark(view: &str, rule: &SecretRule, start: usize) -> Option<Range<usize>> {
    let text = view.as_bytes();
    let reach = view.floor_char_boundary((start + REACH).min(view.len()));
    let end = if matches!((rule.kind)(), Kind::Jwt) {
        // A token has no longest length. It is found at its beginning alone, so it is read once.
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
        if text[..start].last().is_some_and(part) {
            return None;
        }
        start + text[start..].iter().take_while(|byte| part(byte)).count()
    } else {
        reach
    };
    let found = rule.compiled().captures(&view[start..end])?;
    let secret = found.name("s").or_else(|| found.get(0))?;
    let value = secret.as_str().trim_end_matches(['.', ',', ';', ':', ')']);
    if !(rule.holds)(value) {
        return None;
    }
    let from = start + secret.start();
    if start + secret.end() < reach || reach == view.len() {
        return Some(from..from + value.len());
    }
    // It goes on beyond the reach: what follows without a space is part of it.
    let stop = |letter: char| letter.is_whitespace() || letter == '"';
    let rest = &view[start + secret.end()..];
    Some(from..start + secret.end() + rest.find(stop).unwrap_or(rest.len()))
}

/// PEM blocks (RFC 7468) of private keys, to their end or, cut off, to the end of their letters.
fn private_keys(view: &str, out: &mut Vec<Finding>) {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let text = view.as_bytes();
    let mut from = 0;
    while let Some(found) = memmem::find(&text[from..], BEGIN) {
        let start = from + found;
        let label_end = (start + BEGIN.len() + 60).min(text.len());
        let label = &text[start + BEGIN.len()..label_end];
        from = start + BEGIN.len();
        let Some(dashes) = memmem::find(label, b"-----") else {
            continue;
        };
        if memmem::find(&label[..dashes], b"PRIVATE KEY").is_none() {
            continue;
        }
        let body = from + dashes + 5;
        let inside =
            |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/=\\ \t\r\n:,-\"'".contains(byte);
        let reach = body + text[body..].iter().take_while(inside).count();
        let end = memmem::find(&text[body..reach], b"-----END ").map_or(reach, |at| {
            let last = body + at + 9;
            let rest = &text[last..(last + 60).min(text.len())];
            memmem::find(rest, b"-----").map_or(last, |dashes| last + dashes + 5)
        });
        let reason = "A private key, from its first line to its last";
        out.push(finding(
            Kind::PrivateKey,
            start..end,
            1.0,
            true,
            "private-key",
            reason,
        ));
        from = end;
    }
}
