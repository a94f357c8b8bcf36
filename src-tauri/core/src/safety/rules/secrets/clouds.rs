//! Keys and tokens of clouds, code hosts and package registries, by the forms that they publish.

use std::ops::Range;

use super::{
    plausible::{random, varied, very_random},
    rule::{Find, Pattern, SecretRule, secret, secret_at},
};
use crate::safety::Kind;

/// What may stand between a name and its value: quotes, a colon, an equals sign, an arrow.
macro_rules! assigned {
    () => {
        r#"["'`\]]{0,2}[ \t]{0,4}(?::=|=>|->|[:=])[ \t]{0,4}(?:[bru]?["'`]{1,3})?"#
    };
}

pub(super) static RULES: [SecretRule; 28] = [
    secret!(
        "api-key/aws",
        ApiKey,
        &["AKIA*", "ASIA*", "ABIA*", "ACCA*", "A3T*"],
        r"^(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z2-7]{16}(?-u:\b)",
        varied,
        0.95,
        "An access key of Amazon Web Services"
    ),
    secret!(
        "api-key/aws-secret",
        ApiKey,
        &[
            "aws_secret_access_key",
            "aws_secret_key",
            "secretAccessKey",
            "aws secret access key",
            "secret access key"
        ],
        concat!(
            r"(?i)^[a-z_ ]{3,24}",
            assigned!(),
            r"(?P<s>[A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)"
        ),
        random,
        0.95,
        "A secret key of Amazon Web Services"
    ),
    secret!(
        "api-key/github",
        ApiKey,
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        r"^(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})(?-u:\b)",
        varied,
        0.99,
        "A token of GitHub"
    ),
    secret!(
        "api-key/gitlab",
        ApiKey,
        &[
            "glpat-", "gldt-", "glrt-", "glptt-", "glft-", "glimt-", "glagent-", "gloas-",
            "glcbt-", "glsoat-", "glffct-"
        ],
        r"^gl(?:pat|dt|rt|ptt|ft|imt|agent|oas|cbt|soat|ffct)-[A-Za-z0-9_.-]{20,}",
        varied,
        0.98,
        "A token of GitLab"
    ),
    secret!(
        "api-key/google",
        ApiKey,
        &["AIza*"],
        r"^AIza[A-Za-z0-9_-]{35}(?:[^A-Za-z0-9_-]|$)",
        varied,
        0.97,
        "An API key of Google"
    ),
    secret!(
        "api-key/google-oauth",
        ApiKey,
        &["ya29.", "GOCSPX-"],
        r"^(?:ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{28})",
        varied,
        0.97,
        "An OAuth secret of Google"
    ),
    secret!(
        "api-key/npm",
        ApiKey,
        &["npm_"],
        r"^npm_[A-Za-z0-9]{36}(?-u:\b)",
        varied,
        0.97,
        "A token of npm"
    ),
    secret!(
        "api-key/pypi",
        ApiKey,
        &["pypi-AgEI*"],
        r"^pypi-AgEI[A-Za-z0-9_-]{50,}",
        varied,
        0.98,
        "A token of PyPI"
    ),
    secret!(
        "api-key/crates",
        ApiKey,
        &["cio*"],
        r"^cio[A-Za-z0-9]{32}(?-u:\b)",
        random,
        0.8,
        "A token of crates.io"
    ),
    secret!(
        "api-key/digitalocean",
        ApiKey,
        &["dop_v1_", "doo_v1_", "dor_v1_"],
        r"^do[opr]_v1_[0-9a-f]{64}(?-u:\b)",
        varied,
        0.98,
        "A token of DigitalOcean"
    ),
    secret!(
        "api-key/atlassian",
        ApiKey,
        &["ATATT3", "ATCTT3", "ATBB*"],
        r"^(?:ATATT3|ATCTT3|ATBB)[A-Za-z0-9_=-]{20,}",
        varied,
        0.95,
        "A token of Atlassian"
    ),
    secret!(
        "api-key/databricks",
        ApiKey,
        &["dapi*"],
        r"^dapi[0-9a-f]{32}(?:-\d)?(?-u:\b)",
        varied,
        0.95,
        "A token of Databricks"
    ),
    secret!(
        "api-key/vault",
        ApiKey,
        &["hvs.", "hvb."],
        r"^hv[sb]\.[A-Za-z0-9_-]{24,}",
        varied,
        0.97,
        "A token of HashiCorp Vault"
    ),
    secret!(
        "api-key/terraform",
        ApiKey,
        &[".atlasv1."],
        r"^\.atlasv1\.[A-Za-z0-9_=-]{60,70}",
        varied,
        0.95,
        "A token of Terraform"
    ),
    secret!(
        "api-key/azure-storage",
        ApiKey,
        &["AccountKey="],
        r"^AccountKey=(?P<s>[A-Za-z0-9+/]{80,90}={0,2})",
        varied,
        0.97,
        "A key of Azure Storage"
    ),
    secret!(
        "api-key/azure-signature",
        ApiKey,
        &["sig="],
        r"^sig=(?P<s>[A-Za-z0-9%+/]{40,120}(?:%3D|=){0,2})",
        random,
        0.85,
        "A shared access signature of Azure"
    ),
    secret!(
        "api-key/age",
        ApiKey,
        &["AGE-SECRET-KEY-1"],
        r"^AGE-SECRET-KEY-1[0-9A-Z]{58}(?-u:\b)",
        varied,
        0.99,
        "A secret key of age"
    ),
    secret!(
        "api-key/bedrock",
        ApiKey,
        &["ABSK*"],
        r"^ABSK[A-Za-z0-9+/]{60,}={0,2}",
        very_random,
        0.95,
        "A key of Amazon Bedrock"
    ),
    secret!(
        "api-key/docker",
        ApiKey,
        &["dckr_pat_", "dckr_oat_"],
        r"^dckr_[po]at_[A-Za-z0-9_-]{20,}",
        varied,
        0.97,
        "A token of Docker Hub"
    ),
    secret!(
        "api-key/rubygems",
        ApiKey,
        &["rubygems_"],
        r"^rubygems_[0-9a-f]{48}(?-u:\b)",
        varied,
        0.97,
        "A key of RubyGems"
    ),
    secret!(
        "api-key/tailscale",
        ApiKey,
        &["tskey-"],
        r"^tskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9]{6,}-[A-Za-z0-9]{12,}",
        varied,
        0.97,
        "A key of Tailscale"
    ),
    secret!(
        "api-key/heroku",
        ApiKey,
        &["HRKU-"],
        r"^HRKU-(?:AA[A-Za-z0-9_-]{40,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?-u:\b)",
        varied,
        0.97,
        "A key of Heroku"
    ),
    secret!(
        "api-key/netlify",
        ApiKey,
        &["nfp_", "nfo_", "nfc_", "nfu_"],
        r"^nf[pocu]_[A-Za-z0-9]{36,44}(?-u:\b)",
        random,
        0.95,
        "A token of Netlify"
    ),
    secret!(
        "api-key/fly",
        ApiKey,
        &["fo1_", "fm2_"],
        r"^(?:fo1_[A-Za-z0-9_-]{43}|fm2_[A-Za-z0-9+/]{100,}={0,3})",
        very_random,
        0.95,
        "A token of Fly.io"
    ),
    secret!(
        "api-key/vercel",
        ApiKey,
        &["vcp_", "vci_", "vca_", "vcr_", "vck_"],
        r"^vc[piark]_[A-Za-z0-9]{24,}(?-u:\b)",
        very_random,
        0.9,
        "A token of Vercel"
    ),
    secret!(
        "api-key/pulumi",
        ApiKey,
        &["pul-"],
        r"^pul-[0-9a-f]{40}(?-u:\b)",
        varied,
        0.97,
        "A token of Pulumi"
    ),
    secret!(
        "api-key/supabase",
        ApiKey,
        &["sbp_", "sb_secret_"],
        r"^(?:sbp_[0-9a-f]{40}(?-u:\b)|sb_secret_[A-Za-z0-9_-]{20,})",
        varied,
        0.97,
        "A key of Supabase"
    ),
    secret_at!(
        "api-key/azure-secret",
        ApiKey,
        &["Q~*"],
        azure_secret,
        0.95,
        "A client secret of Microsoft Entra"
    ),
];

/// Three letters, a digit and `Q~`, then 31 to 34 letters: nothing before the mark says that it begins.
fn azure_secret(view: &str, mark: &Range<usize>) -> Option<Range<usize>> {
    let text = view.as_bytes();
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_~.-".contains(byte);
    let start = mark.start.checked_sub(4)?;
    let before = &text[start..mark.start];
    let is_begin = before.iter().all(part)
        && before[3].is_ascii_digit()
        && text[mark.clone()] == *b"Q~"
        && !text[..start].last().is_some_and(part);
    let rest = text[mark.end..]
        .iter()
        .take(64)
        .take_while(|byte| part(byte));
    let end = mark.end + rest.count();
    let end = start + view.get(start..end)?.trim_end_matches(['.', '-']).len();
    (is_begin && (31..=34).contains(&(end - mark.end)) && varied(&view[start..end]))
        .then_some(start..end)
}
