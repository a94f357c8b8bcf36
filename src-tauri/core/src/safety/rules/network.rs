//! Addresses of computers and mailboxes: IPv4, IPv6, MAC, e-mail.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    ops::Range,
};

use memchr::memchr_iter;

use super::{Scan, finding, versions::is_version};
use crate::safety::{Finding, Kind, context::starts_word, numbers::Token};

/// RFC 5321, section 4.5.3.1: octets before and after the @ at most.
const LOCAL_PART: usize = 64;
const DOMAIN: usize = 255;
/// Ends of the names of files, none of which is a domain.
const IMAGES: [&str; 7] = ["png", "jpg", "jpeg", "gif", "svg", "webp", "css"];

/// E-mail addresses: RFC 5321 without quoted local parts, letters of all scripts.
pub(super) fn email(scan: &Scan<'_>, out: &mut Vec<Finding>) {
    for at in memchr_iter(b'@', scan.view.as_bytes()) {
        if let Some(span) = address_around(scan.view, at) {
            let reason = "A mailbox and a domain around an @";
            out.push(finding(
                Kind::EmailAddress,
                span,
                1.0,
                true,
                "email",
                reason,
            ));
        }
    }
}

fn address_around(view: &str, at: usize) -> Option<Range<usize>> {
    let before = view.get(view.floor_char_boundary(at.saturating_sub(LOCAL_PART))..at)?;
    let spaced = before.chars().next_back().is_some_and(is_spaced);
    let local = before
        .char_indices()
        .rev()
        .take_while(|(_, letter)| {
            letter.is_alphanumeric() && (is_spaced(*letter) || !spaced)
                || "!#$%&'*+-/=?^_`{|}~.".contains(*letter)
        })
        .last()
        .map(|(from, _)| &before[from..])?;
    // What punctuation leaves behind, as in `to:'joe@example.org'` or `a/joe@example.org`.
    let local = local.rsplit("..").next().unwrap_or(local);
    let local = after_key(local);
    let local = local.trim_start_matches(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let after = &view[at + 1..view.floor_char_boundary((at + 1 + DOMAIN).min(view.len()))];
    let spaced = after.chars().next().is_some_and(is_spaced);
    let inside = |letter: char| {
        letter.is_alphanumeric() && (is_spaced(letter) || !spaced) || matches!(letter, '.' | '-')
    };
    let length = after
        .char_indices()
        .find(|(_, letter)| !inside(*letter))
        .map_or(after.len(), |(to, _)| to);
    let domain = after[..length].trim_end_matches(['.', '-']);
    let (labels, top) = domain.rsplit_once('.')?;
    let named = labels
        .split('.')
        .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    let country =
        top.chars().count() >= 2 && top.chars().all(char::is_alphabetic) || top.starts_with("xn--");
    let sound = !local.is_empty() && !local.ends_with('.');
    // `logo@2x.png` and `git@host.example:team/repo` are no mailboxes.
    let is_file = IMAGES.iter().any(|end| top.eq_ignore_ascii_case(end));
    let is_clone = local == "git" && after[domain.len()..].starts_with(':');
    (named && !is_file && !is_clone && country && sound)
        .then(|| at - local.len()..at + 1 + domain.len())
}

/// Logs and links write `user=joe@example.org`: a name of letters before the = is no part of it.
fn after_key(local: &str) -> &str {
    let Some((before, after)) = local.rsplit_once('=') else {
        return local;
    };
    let key = before.rsplit(['&', '?', '/', '|', '{']).next();
    let is_key = key.is_some_and(|key| {
        !key.is_empty()
            && key
                .chars()
                .all(|letter| letter.is_alphabetic() || letter == '_')
    });
    if is_key { after } else { local }
}

/// Chinese and Japanese put no space between a word and an address.
fn is_spaced(letter: char) -> bool {
    letter < '\u{3000}'
}

/// An IPv4 address of the first four of these tokens, which are no version and no section.
pub(super) fn ipv4(view: &str, tokens: &[Token], out: &mut Vec<Finding>) {
    let text = view.as_bytes();
    let [a, _, _, d, ..] = tokens else { return };
    let short = tokens[..4].iter().all(|token| token.end - token.start <= 3);
    if !short || text[a.end] != b'.' {
        return;
    }
    let dot = |at: Option<usize>| at.and_then(|at| text.get(at)) == Some(&b'.');
    let digit = |at: Option<usize>| {
        at.and_then(|at| text.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    let longer = dot(a.start.checked_sub(1)) && digit(a.start.checked_sub(2))
        || dot(Some(d.end)) && digit(Some(d.end + 1));
    let address = str::from_utf8(&text[a.start..d.end])
        .ok()
        .and_then(|written| written.parse::<Ipv4Addr>().ok());
    if let Some(address) = address
        && !longer
        && !is_version(view, &(a.start..d.end))
    {
        let (score, reason) =
            if address.is_loopback() || address.is_unspecified() || address.is_broadcast() {
                (0.2, "An internet address that every computer has")
            } else {
                (0.9, "Four numbers up to 255")
            };
        out.push(finding(
            Kind::IpAddress,
            a.start..d.end,
            score,
            true,
            "ip/v4",
            reason,
        ));
    }
}

/// IPv6 and MAC addresses: both are groups of hexadecimal digits with colons.
pub(super) fn colons(scan: &Scan<'_>, out: &mut Vec<Finding>) {
    /// The longest IPv6 address, with an IPv4 address at its end.
    const LONGEST: usize = 45;
    let text = scan.view.as_bytes();
    let part = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let mut floor = 0;
    for colon in memchr_iter(b':', text) {
        if colon < floor {
            continue;
        }
        let back = text[floor..colon]
            .iter()
            .rev()
            .take(5)
            .take_while(|b| b.is_ascii_hexdigit())
            .count();
        let start = colon - back;
        let mut end = colon + text[colon..].iter().take_while(|b| part(b)).count();
        floor = end;
        while end > start
            && (text[end - 1] == b'.' || text[end - 1] == b':' && !text[..end].ends_with(b"::"))
        {
            end -= 1;
        }
        let stands = starts_word(scan.view, start)
            && starts_word(scan.view, end)
            && !text
                .get(end)
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            && !text[..start]
                .last()
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        if !stands || end - start > LONGEST {
            continue;
        }
        let written = &scan.view[start..end];
        if let Some((kind, score, rule, reason)) = hexadecimal(written) {
            out.push(finding(kind, start..end, score, true, rule, reason));
        }
    }
}

fn hexadecimal(written: &str) -> Option<(Kind, f32, &'static str, &'static str)> {
    let colons = memchr_iter(b':', written.as_bytes()).count();
    if colons == 5 && written.split(':').all(|pair| pair.len() == 2) {
        return (!is_idle_mac(written.bytes())).then_some((
            Kind::MacAddress,
            0.95,
            "mac",
            "Six pairs of hexadecimal digits",
        ));
    }
    // `10::5` and `a::b` are more often code than an address.
    let long = colons > 2 || written.split(':').any(|group| group.len() == 4);
    let address: Ipv6Addr = (colons >= 2 && long).then(|| written.parse().ok())??;
    (!address.is_loopback() && !address.is_unspecified()).then_some((
        Kind::IpAddress,
        0.9,
        "ip/v6",
        "Groups of hexadecimal digits that are an IPv6 address",
    ))
}

/// All zeros or all ones belong to no card.
pub(super) fn is_idle_mac(written: impl Iterator<Item = u8>) -> bool {
    let mut digits = written
        .filter(u8::is_ascii_hexdigit)
        .map(|byte| byte.to_ascii_lowercase());
    let first = digits.next();
    matches!(first, Some(b'0' | b'f')) && digits.all(|digit| Some(digit) == first)
}
