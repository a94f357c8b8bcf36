//! Secrets: private keys, tokens of clouds and code hosts, connection strings, passwords.
//!
//! Each rule has marks that one pass finds, and is tried at a mark alone; a pattern is compiled when its
//! mark is seen for the first time.

mod apps;
mod assigned;
mod clouds;
mod code;
mod keys;
mod lookalike;
mod named;
mod plausible;

pub(in crate::safety) use plausible::is_unusual;
mod rule;
#[cfg(test)]
mod tests;
mod url;
mod value;
mod words;

use std::sync::LazyLock;

use self::rule::SecretRule;
use super::{Scan, finding};
use crate::safety::{Finding, Kind, context::Topic};

/// Every rule with marks.
pub(super) static RULES: LazyLock<Vec<&SecretRule>> = LazyLock::new(|| {
    let all = clouds::RULES.iter().chain(&apps::RULES);
    all.chain(&named::RULES).collect()
});

/// Every secret in a text.
pub(super) fn secrets(scan: &Scan<'_>, out: &mut Vec<Finding>) {
    let view = scan.view;
    // A mark inside a secret of the same rule is read once, so the time stays linear.
    let mut ends = vec![0; RULES.len()];
    for (hit, topic) in scan.hits.topics() {
        if let Topic::Secret(nth) = topic
            && let Some(rule) = RULES.get(nth)
            && hit.start >= ends[nth]
            && let Some(span) = rule.at(view, &(hit.start..hit.end))
        {
            ends[nth] = span.end;
            let (kind, reason) = ((rule.kind)(), rule.reason);
            out.push(finding(kind, span, rule.score, true, rule.name, reason));
        }
    }
    lookalike::fields(view, |is_password, span| {
        let (kind, rule) = match is_password {
            true => (Kind::Password, "password/lookalike"),
            false => (Kind::ApiKey, "api-key/lookalike"),
        };
        let reason = "What is assigned to a word with letters that look like others";
        out.push(finding(kind, span, 0.85, true, rule, reason));
    });
    apps::discord_bots(view, |span| {
        let (rule, reason) = ("api-key/discord-bot", "A token of a Discord bot");
        out.push(finding(Kind::ApiKey, span, 0.97, true, rule, reason));
    });
    keys::private_keys(view, |span| {
        let reason = "A private key, from its first line to its last";
        let rule = "private-key";
        out.push(finding(Kind::PrivateKey, span, 1.0, true, rule, reason));
    });
}
