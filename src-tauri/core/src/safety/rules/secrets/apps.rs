//! Keys and tokens of model providers and other services, by the forms that they publish.

use std::ops::Range;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use memchr::memchr_iter;

use super::{
    plausible::{random, varied, very_random},
    rule::{Find, Pattern, SecretRule, secret, secret_at},
};
use crate::safety::Kind;

pub(super) static RULES: [SecretRule; 24] = [
    secret!(
        "api-key/openai",
        ApiKey,
        &["sk-"],
        r"^sk-(?:proj-|svcacct-|admin-|None-|ant-(?:api|admin)\d\d-|or-v1-)?[A-Za-z0-9_-]{20,}",
        varied,
        0.97,
        "A key of a model provider"
    ),
    secret!(
        "api-key/hugging-face",
        ApiKey,
        &["hf_"],
        r"^hf_[A-Za-z0-9]{30,60}(?-u:\b)",
        varied,
        0.95,
        "A token of Hugging Face"
    ),
    secret!(
        "api-key/groq",
        ApiKey,
        &["gsk_"],
        r"^gsk_[A-Za-z0-9]{40,}(?-u:\b)",
        varied,
        0.97,
        "A key of Groq"
    ),
    secret!(
        "api-key/xai",
        ApiKey,
        &["xai-"],
        r"^xai-[A-Za-z0-9]{40,}(?-u:\b)",
        varied,
        0.97,
        "A key of xAI"
    ),
    secret!(
        "api-key/replicate",
        ApiKey,
        &["r8_"],
        r"^r8_[A-Za-z0-9]{37,40}(?-u:\b)",
        random,
        0.95,
        "A token of Replicate"
    ),
    secret!(
        "api-key/nvidia",
        ApiKey,
        &["nvapi-"],
        r"^nvapi-[A-Za-z0-9_-]{40,}",
        varied,
        0.97,
        "A key of NVIDIA"
    ),
    secret!(
        "api-key/perplexity",
        ApiKey,
        &["pplx-"],
        r"^pplx-[A-Za-z0-9]{40,}(?-u:\b)",
        varied,
        0.97,
        "A key of Perplexity"
    ),
    secret!(
        "api-key/langsmith",
        ApiKey,
        &["lsv2_pt_", "lsv2_sk_"],
        r"^lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}(?-u:\b)",
        varied,
        0.97,
        "A key of LangSmith"
    ),
    secret!(
        "api-key/slack",
        ApiKey,
        &[
            "xoxb-",
            "xoxp-",
            "xoxa-",
            "xoxr-",
            "xoxs-",
            "xoxe-",
            "xapp-",
            "xoxe.",
            "hooks.slack.com/services/"
        ],
        r"^(?:xox[abeoprs][.-][A-Za-z0-9.-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/[A-Za-z0-9_/]{20,80})",
        varied,
        0.97,
        "A token of Slack"
    ),
    secret!(
        "api-key/stripe",
        ApiKey,
        &[
            "sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_", "pk_live_"
        ],
        r"^(?:[srp]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{20,100})",
        varied,
        0.97,
        "A key of Stripe"
    ),
    secret!(
        "api-key/sendgrid",
        ApiKey,
        &["SG."],
        r"^SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}",
        varied,
        0.97,
        "A key of SendGrid"
    ),
    secret!(
        "api-key/twilio",
        ApiKey,
        &["SK*", "AC*"],
        r"^(?:SK|AC)[0-9a-f]{32}(?-u:\b)",
        random,
        0.7,
        "A key of Twilio"
    ),
    secret!(
        "api-key/mailgun",
        ApiKey,
        &["key-"],
        r"^key-[0-9a-f]{32}(?-u:\b)",
        random,
        0.9,
        "A key of Mailgun"
    ),
    secret!(
        "api-key/shopify",
        ApiKey,
        &["shpat_", "shpca_", "shppa_", "shpss_"],
        r"^shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}(?-u:\b)",
        varied,
        0.98,
        "A token of Shopify"
    ),
    secret_at!(
        "api-key/telegram",
        ApiKey,
        &[":AA*"],
        telegram_bot,
        0.95,
        "A token of a Telegram bot"
    ),
    secret!(
        "api-key/grafana",
        ApiKey,
        &["glsa_", "glc_"],
        r"^(?:glsa_[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}(?-u:\b)|glc_[A-Za-z0-9+/]{32,400}={0,3})",
        random,
        0.97,
        "A token of Grafana"
    ),
    secret!(
        "api-key/linear",
        ApiKey,
        &["lin_api_", "lin_oauth_"],
        r"^lin_(?:api|oauth)_[A-Za-z0-9]{32,64}(?-u:\b)",
        varied,
        0.97,
        "A key of Linear"
    ),
    secret!(
        "api-key/postman",
        ApiKey,
        &["PMAK-"],
        r"^PMAK-[0-9a-fA-F]{24}-[0-9a-fA-F]{34}(?-u:\b)",
        varied,
        0.97,
        "A key of Postman"
    ),
    secret!(
        "api-key/new-relic",
        ApiKey,
        &["NRAK-"],
        r"^NRAK-[A-Z0-9]{27}(?-u:\b)",
        varied,
        0.97,
        "A key of New Relic"
    ),
    secret!(
        "api-key/resend",
        ApiKey,
        &["re_"],
        r"^re_[A-Za-z0-9]{8}_[A-Za-z0-9]{22,26}(?-u:\b)",
        very_random,
        0.9,
        "A key of Resend"
    ),
    secret!(
        "api-key/figma",
        ApiKey,
        &["figd_"],
        r"^figd_[A-Za-z0-9_-]{36,}",
        varied,
        0.97,
        "A token of Figma"
    ),
    secret!(
        "api-key/sentry",
        ApiKey,
        &["sntrys_", "sntryu_"],
        r"^(?:sntrys_eyJ[A-Za-z0-9+/=]{20,400}_[A-Za-z0-9+/]{40,}|sntryu_[0-9a-f]{64}(?-u:\b))",
        varied,
        0.97,
        "A token of Sentry"
    ),
    secret!(
        "api-key/discord-webhook",
        ApiKey,
        &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
        r"(?i)^discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/[a-z0-9_-]{60,80}",
        varied,
        0.97,
        "A webhook of Discord, which anybody can post through"
    ),
    secret!(
        "jwt",
        Jwt,
        &["eyJ*"],
        r"^eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{0,}",
        varied,
        0.97,
        "Three parts of a JSON Web Token"
    ),
];

/// The number of a Telegram bot, a colon, 35 letters.
fn telegram_bot(view: &str, mark: &Range<usize>) -> Option<Range<usize>> {
    let text = view.as_bytes();
    let before = text[..mark.start].iter().rev().take(12);
    let number = before.take_while(|byte| byte.is_ascii_digit()).count();
    let part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
    let after = text[mark.start + 1..]
        .iter()
        .take(40)
        .take_while(part)
        .count();
    let token = mark.start - number..mark.start + 1 + after;
    let fits = (7..=11).contains(&number) && (34..=35).contains(&after);
    (fits && varied(&view[token.clone()])).then_some(token)
}

/// Tokens of Discord's bots: the number of the bot in base64, when it was made, a signature. They have no
/// mark but the two dots.
pub(super) fn discord_bots(view: &str, mut found: impl FnMut(Range<usize>)) {
    let text = view.as_bytes();
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
    for dot in memchr_iter(b'.', text) {
        let middle = text.get(dot + 1..dot + 7);
        if text.get(dot + 7) != Some(&b'.') || !middle.is_some_and(|six| six.iter().all(part)) {
            continue;
        }
        let first = text[..dot]
            .iter()
            .rev()
            .take(32)
            .take_while(|b| part(b))
            .count();
        let last = text[dot + 8..]
            .iter()
            .take(64)
            .take_while(|b| part(b))
            .count();
        let number = &view[dot - first..dot];
        if (27..=45).contains(&last) && is_number_in_base64(number) {
            found(dot - first..dot + 8 + last);
        }
    }
}

/// Whether these letters are 17 to 20 digits in base64.
fn is_number_in_base64(letters: &str) -> bool {
    let read = URL_SAFE_NO_PAD.decode(letters);
    read.is_ok_and(|number| {
        (17..=20).contains(&number.len()) && number.iter().all(u8::is_ascii_digit)
    })
}
