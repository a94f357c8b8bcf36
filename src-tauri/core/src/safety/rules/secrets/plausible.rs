//! Whether a text could be a secret, and not a name for one, a word or an example.

/// Bits of surprise in each character, by how often each comes in the text itself.
fn entropy(text: &str) -> f32 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = text.len() as f32;
    let shares = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|&count| count as f32 / length);
    -shares.map(|share| share * share.log2()).sum::<f32>()
}

/// Not one letter over and over, as in documentation.
pub(super) fn varied(secret: &str) -> bool {
    entropy(secret) > 2.0
}

/// Letters and digits as random as a generated key, not words.
pub(super) fn random(secret: &str) -> bool {
    mixed(secret) && entropy(secret) >= 3.0
}

pub(super) fn very_random(secret: &str) -> bool {
    let lower = secret.bytes().any(|byte| byte.is_ascii_lowercase());
    let upper = secret.bytes().any(|byte| byte.is_ascii_uppercase());
    let hexadecimal = secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    let needed = if hexadecimal { 3.2 } else { 4.0 };
    mixed(secret) && (hexadecimal || lower && upper) && entropy(secret) >= needed
}

pub(super) fn mixed(secret: &str) -> bool {
    let digits = secret.bytes().filter(u8::is_ascii_digit).count();
    let letters = secret.bytes().filter(u8::is_ascii_alphabetic).count();
    digits > 0 && letters > 0 && !is_placeholder(secret)
}

/// A value, not a name for one: `${DB_PASSWORD}`, `<password>`, `os.environ`, `null`.
pub(super) fn password(secret: &str) -> bool {
    let lower = secret.to_lowercase();
    let words = [
        "null",
        "none",
        "true",
        "false",
        "undefined",
        "string",
        "str",
        "password",
        "passwd",
        "required",
        "optional",
        "text",
        "hidden",
        "input",
    ];
    let code = [
        "process.env",
        "os.environ",
        "getenv",
        "self.",
        "this.",
        "env.",
        "config.",
        "args.",
        "props.",
        "request.",
        "req.",
    ];
    let path = secret.contains("://") || secret.ends_with("()");
    let member = secret.contains('.')
        && secret
            .chars()
            .all(|letter| letter.is_alphabetic() || matches!(letter, '.' | '_'));
    let named =
        words.contains(&lower.as_str()) || code.iter().any(|begin| lower.starts_with(begin));
    !(is_placeholder(secret) || named || path || member)
}

/// In a sentence, an ordinary word is no password: a digit, a mark or a capital inside makes one.
pub(super) fn password_said(secret: &str) -> bool {
    let unusual = |letter: char| letter.is_ascii_digit() || letter.is_ascii_punctuation();
    let capital_inside =
        secret.chars().skip(1).any(char::is_uppercase) && secret.chars().any(char::is_lowercase);
    password(secret) && (secret.chars().any(unusual) || capital_inside)
}

pub(super) fn not_a_template(secret: &str) -> bool {
    let credentials = secret.split('@').next().unwrap_or_default();
    !credentials.contains(['{', '$', '<', '*'])
        && !credentials.ends_with(":password")
        && !credentials.ends_with(":pass")
}

fn is_placeholder(secret: &str) -> bool {
    let marks = secret.starts_with(['$', '<', '{', '%'])
        && secret.len() < 64
        && secret.ends_with(['}', '>', '%', '$'])
        || secret.starts_with("${")
        || secret.starts_with("{{")
        || secret.starts_with("$(");
    let lower = secret.to_ascii_lowercase();
    let same = secret
        .chars()
        .all(|letter| matches!(letter, '*' | 'x' | 'X' | '.' | '-' | '•' | '_'));
    marks
        || same
        || [
            "your_",
            "your-",
            "example",
            "placeholder",
            "redacted",
            "changeme",
            "xxxx",
        ]
        .iter()
        .any(|word| lower.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_tells_random_from_words() {
        assert_eq!(entropy("aaaa"), 0.0);
        assert_eq!(entropy("abcd"), 2.0);
        assert_eq!(entropy(&"ab".repeat(70_000)), 1.0, "however long it is");
        assert!(
            very_random("q8Zr1LmX0vT7pK3sWb9YcN4h") && !very_random("get_the_name_of_the_user1")
        );
    }
}
