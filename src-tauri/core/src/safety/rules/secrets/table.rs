//! What secrets look like, as data: marks, patterns and what must hold.

use std::sync::OnceLock;

use regex::Regex;

use super::plausible::{
    mixed, not_a_template, password, password_said, random, varied, very_random,
};
use crate::safety::Kind;

/// What a secret looks like.
pub(in crate::safety::rules) struct SecretRule {
    pub(super) name: &'static str,
    pub(super) kind: fn() -> Kind,
    /// Where it begins; found in any case.
    pub(in crate::safety::rules) marks: &'static [&'static str],
    /// From the mark on; the group `s`, or else the whole, is the secret.
    pub(super) pattern: &'static str,
    /// What must hold for the secret.
    pub(super) holds: fn(&str) -> bool,
    pub(super) score: f32,
    pub(super) reason: &'static str,
    compiled: OnceLock<Regex>,
}

impl SecretRule {
    /// The pattern, compiled when it is first needed.
    pub(super) fn compiled(&self) -> &Regex {
        let compile =
            || Regex::new(self.pattern).expect("the pattern is fixed, and a test compiles it");
        self.compiled.get_or_init(compile)
    }
}

macro_rules! secret {
    ($name:literal, $kind:ident, $marks:expr, $pattern:expr, $holds:expr, $score:literal, $reason:literal) => {
        SecretRule {
            name: $name,
            kind: || Kind::$kind,
            marks: $marks,
            pattern: $pattern,
            holds: $holds,
            score: $score,
            reason: $reason,
            compiled: OnceLock::new(),
        }
    };
}

/// What may stand between a name and its value: quotes, a colon, an equals sign, an arrow.
macro_rules! assigned {
    () => {
        r#"["'`\]]{0,2}[ \t]{0,4}(?::=|=>|->|[:=])[ \t]{0,4}(?:[bru]?["'`]{1,3})?"#
    };
}

pub(in crate::safety::rules) static RULES: [SecretRule; 35] = [
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
            "glpat-", "gldt-", "glrt-", "glptt-", "glft-", "glimt-", "glagent-", "gloas-"
        ],
        r"^gl(?:pat|dt|rt|ptt|ft|imt|agent|oas)-[A-Za-z0-9_.-]{20,}",
        varied,
        0.98,
        "A token of GitLab"
    ),
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
        "api-key/hugging-face",
        ApiKey,
        &["hf_"],
        r"^hf_[A-Za-z0-9]{30,60}(?-u:\b)",
        varied,
        0.95,
        "A token of Hugging Face"
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
        "api-key/digitalocean",
        ApiKey,
        &["dop_v1_", "doo_v1_", "dor_v1_"],
        r"^do[opr]_v1_[0-9a-f]{64}(?-u:\b)",
        varied,
        0.98,
        "A token of DigitalOcean"
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
    secret!(
        "api-key/telegram",
        ApiKey,
        &[":AA*"],
        r"^:AA[A-Za-z0-9_-]{32,33}(?:[^A-Za-z0-9_-]|$)",
        varied,
        0.9,
        "A token of a Telegram bot"
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
        "jwt",
        Jwt,
        &["eyJ*"],
        r"^eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{0,}",
        varied,
        0.97,
        "Three parts of a JSON Web Token"
    ),
    secret!(
        "bearer",
        ApiKey,
        &["bearer", "authorization", "x-api-key"],
        r#"(?i)^(?:authorization["']?[ \t]*[:=][ \t]*["']?)?(?:(?:bearer|token|basic|x-api-key)["']?[ \t]*[:=]?[ \t]*["']?)(?P<s>[A-Za-z0-9._~+/=-]{16,})"#,
        mixed,
        0.9,
        "A credential in a header"
    ),
    secret!(
        "connection-string/url",
        ConnectionString,
        &[
            "postgres://",
            "postgresql://",
            "mysql://",
            "mariadb://",
            "mongodb://",
            "mongodb+srv://",
            "redis://",
            "rediss://",
            "amqp://",
            "amqps://",
            "mssql://",
            "sqlserver://",
            "oracle://",
            "clickhouse://",
            "cockroachdb://",
            "nats://",
            "ldap://",
            "ldaps://",
            "postgresql+psycopg2://",
            "mysql+pymysql://",
            "postgresql+asyncpg://"
        ],
        r#"(?i)^[a-z0-9+]{4,24}://[^\s:@/"'<>]{0,200}:[^\s@"'<>]{1,300}@[^\s"'<>`]+"#,
        not_a_template,
        0.97,
        "A connection string with a user and a password"
    ),
    secret!(
        "connection-string/pairs",
        ConnectionString,
        &[
            "server=",
            "data source=",
            "host=",
            "AccountName=",
            "Endpoint=sb://",
            "DefaultEndpointsProtocol="
        ],
        r#"(?i)^[a-z ]{4,26}=[^\n"']{1,400}?(?:password|pwd|SharedAccessKey|AccountKey)=[^;\s"']{3,}(?:;[a-z ]{2,40}=[^;\s"']*){0,12}"#,
        not_a_template,
        0.95,
        "A connection string with a password"
    ),
    secret!(
        "url/credentials",
        Url,
        &[
            "http://",
            "https://",
            "ftp://",
            "ftps://",
            "sftp://",
            "ssh://",
            "git://",
            "git+https://",
            "socks5://",
            "smb://",
            "rtsp://",
            "imap://",
            "imaps://",
            "smtp://",
            "smtps://",
            "ws://",
            "wss://"
        ],
        r#"(?i)^[a-z0-9+]{2,10}://[^\s:@/"'<>?#]{0,200}:[^\s@/"'<>]{1,200}@[^\s"'<>`]+"#,
        not_a_template,
        0.95,
        "A web address with a user and a password in it"
    ),
    secret!(
        "password/assigned",
        Password,
        &[
            "*password",
            "*passwd",
            "*pwd",
            "*passphrase",
            "*passwort",
            "*kennwort",
            "mot de passe",
            "mdp",
            "contrasena",
            "clave",
            "parola d'ordine",
            "senha",
            "palavra-passe",
            "wachtwoord",
            "haslo",
            "heslo",
            "losenord",
            "adgangskode",
            "passord",
            "salasana",
            "jelszo",
            "parola",
            "lozinka",
            "geslo",
            "parool",
            "slaptazodis",
            "парола",
            "κωδικοσ",
            "パスワード",
            "passcode",
            "pass"
        ],
        concat!(
            r#"(?i)^(?:mot de passe|parola d'ordine|palavra-passe|\p{L}{3,18})(?:[_-]?(?:\d|value|root|admin|user|db))?"#,
            assigned!(),
            r#"(?P<s>[^\s"'`,;<>(){}\[\]]{4,128})(?:[\s"'`,;>)}\]]|$)"#
        ),
        password,
        0.85,
        "What is assigned to a password"
    ),
    secret!(
        "password/said",
        Password,
        &[
            "password is",
            "password was",
            "passwort ist",
            "passwort lautet",
            "kennwort ist",
            "mot de passe est",
            "contrasena es",
            "password e",
            "senha e",
            "passcode is",
            "pin is",
            "passphrase is",
            "wachtwoord is",
            "haslo to"
        ],
        r#"(?i)^[\p{L} ]{2,20}? (?:is|was|ist|lautet|est|es|e|to):? ?["'`“„«]?(?P<s>[^\s"'`”“»]{4,128})"#,
        password_said,
        0.7,
        "What a sentence says the password is"
    ),
    secret!(
        "api-key/assigned",
        ApiKey,
        &[
            "*api_key",
            "*apikey",
            "*api-key",
            "api key",
            "*secret_key",
            "*secretkey",
            "*secret",
            "*access_token",
            "*accesstoken",
            "*auth_token",
            "*authtoken",
            "*token",
            "*client_secret",
            "*clientsecret",
            "*private_key",
            "*privatekey",
            "*signing_key",
            "*encryption_key",
            "*access_key",
            "*accesskey",
            "*credential",
            "*credentials",
            "*_key"
        ],
        concat!(
            r#"(?i)^(?:api key|[\p{L}_-]{3,18}?)(?:[_-]?(?:base|id|value|v\d))?"#,
            assigned!(),
            r#"(?P<s>[a-z0-9_./+=~-]{12,300})(?:[\s"'`,;>)}\]]|$)"#
        ),
        random,
        0.85,
        "A random value assigned to a key or token"
    ),
    secret!(
        "high-entropy",
        HighEntropy,
        &[
            "key",
            "keys",
            "secret",
            "secrets",
            "token",
            "tokens",
            "credential*",
            "schlussel",
            "cle",
            "clave",
            "chiave",
            "chave",
            "sleutel",
            "klucz",
            "hmac",
            "salt",
            "nonce",
            "seed"
        ],
        r#"(?i)^\p{L}{3,14}[ \t:=>"'`*_\p{L}-]{0,24}?[ \t:="'`](?P<s>[a-z0-9_+/=-]{24,200})(?:[\s"'`,;.)]|$)"#,
        very_random,
        0.6,
        "A random string after a word for a key"
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_begins_at_its_mark() {
        for rule in &RULES {
            Regex::new(rule.pattern).unwrap_or_else(|error| panic!("{}: {error}", rule.name));
            assert!(
                rule.pattern.trim_start_matches("(?i)").starts_with('^'),
                "{}: it would look beyond its mark",
                rule.name
            );
        }
    }
}
