//! Secrets that a word gives away: fields, headers, addresses, commands.

use super::{
    assigned::{likely_password, near_a_word, random_key, said, sure_password},
    plausible::{credential, oracle, pairs, password_quoted, password_said},
    rule::{Find, Pattern, SecretRule, secret, secret_at},
    url,
    words::{KEY, PASSWORD, PERHAPS},
};
use crate::safety::Kind;

pub(super) static RULES: [SecretRule; 15] = [
    secret!(
        "bearer",
        ApiKey,
        &["bearer", "authorization", "x-api-key"],
        r#"(?i)^(?:authorization["']?[ \t]*[:=][ \t]*["']?)?(?:(?:bearer|token|basic|x-api-key)(?:["']?[ \t]*[:=][ \t]*|[ \t]+)["']?)(?P<s>[A-Za-z0-9._~+/=-]{16,})"#,
        credential,
        0.9,
        "A credential in a header"
    ),
    secret_at!(
        "connection-string/url",
        ConnectionString,
        &["//"],
        url::connection,
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
        pairs,
        0.95,
        "A connection string with a password"
    ),
    secret!(
        "connection-string/oracle",
        ConnectionString,
        &["jdbc:oracle:"],
        r#"(?i)^jdbc:oracle:[a-z0-9]{2,8}:[^\s/@:"'<>]{1,60}/[^\s@"'<>]{1,120}@[^\s"'<>`]+"#,
        oracle,
        0.97,
        "A connection string with a user and a password"
    ),
    secret_at!(
        "url/credentials",
        Url,
        &["//"],
        url::web,
        0.95,
        "A web address with a user and a password in it"
    ),
    secret_at!(
        "password/assigned",
        Password,
        PASSWORD,
        sure_password,
        0.85,
        "What is assigned to a password"
    ),
    secret_at!(
        "password/likely",
        Password,
        PERHAPS,
        likely_password,
        0.75,
        "What looks like a password after a word that may mean one"
    ),
    secret_at!(
        "password/said",
        Password,
        PASSWORD,
        said,
        0.7,
        "What a sentence says the password is"
    ),
    secret_at!(
        "password/said-pin",
        Password,
        &["pin"],
        said,
        0.7,
        "What a sentence says the PIN is"
    ),
    secret!(
        "password/sql",
        Password,
        &["identified by", "identified with"],
        r#"(?i)^identified (?:with ['"`]?[\w.]{1,40}['"`]? )?by (?:password )?['"](?P<s>[^'"\n]{4,128})['"]"#,
        password_quoted,
        0.85,
        "The password of a user of a database"
    ),
    secret!(
        "password/curl",
        Password,
        &["curl", "wget"],
        r#"(?i)^(?:curl|wget)\b[^\n]{0,300}?[ ](?:-u|--user|--proxy-user)[ =]?["']?[^\s:"']{1,64}:(?P<s>[^\s"']{4,128})"#,
        password_said,
        0.85,
        "A password in a command"
    ),
    secret!(
        "password/mysql",
        Password,
        &["mysql*", "mariadb*"],
        r#"(?i)^(?:mysql|mariadb)[a-z-]{0,12}\b[^\n|;]{0,200}? -p["']?(?P<s>[^\s"'-][^\s"']{3,127})"#,
        password_said,
        0.85,
        "A password in a command"
    ),
    secret!(
        "password/command",
        Password,
        &["sshpass", "redis-cli", "docker login", "podman login"],
        r#"(?i)^(?:sshpass|redis-cli|(?:docker|podman) login)\b[^\n|;]{0,200}? -[pa] ?["']?(?P<s>[^\s"'-][^\s"']{3,127})"#,
        password_said,
        0.85,
        "A password in a command"
    ),
    secret_at!(
        "api-key/assigned",
        ApiKey,
        KEY,
        random_key,
        0.85,
        "A random value assigned to a key or token"
    ),
    secret_at!(
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
        near_a_word,
        0.6,
        "A random string after a word for a key"
    ),
];
