//! What in a program or a query stands where a value would: names, types, members, calls.

/// A name, a type, a call or a member of a program, or what stands for a value in a query or a file.
pub(super) fn is_of_code(secret: &str) -> bool {
    const BEGINS: &[&str] = &[
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
        "import.meta.",
        "vault:",
        "env:",
        "file:",
        "ssm:",
        "arn:",
        "enc[",
        "enc(",
        "{cipher}",
        "[removed:",
        "!!",
        "%(",
        "__",
        ")",
        "&[",
        "&mut",
        "&'",
    ];
    let lower = secret.to_lowercase();
    BEGINS.iter().any(|begin| lower.starts_with(begin))
        || lower.contains("()")
        || secret.contains("://")
        || is_reference(secret)
        || is_member(secret)
        || is_call(secret)
        || is_type(secret)
        || is_constant(secret)
        || is_code_name(secret)
}

/// `:password`, `@new_password`, `&str`, `*pw`, `$1`, `!vault`: a mark and the name of a password in small
/// letters; after a colon or `&` any such name. `$ummer2` and `@Welcome1` are passwords.
fn is_reference(secret: &str) -> bool {
    let tags = [
        "!vault",
        "!secret",
        "!ref",
        "!sub",
        "!getatt",
        "!env",
        "!env_var",
        "!encrypted",
    ];
    let name = secret.strip_prefix([':', '@', '&', '*', '$', '%', '#', '?']);
    let name = name.map(|name| {
        name.trim_start_matches(['\'', '&', '{', '$'])
            .trim_end_matches(['}', '?', '!'])
    });
    // `$pass:tt`, as macros name what they take.
    let taken = secret
        .strip_prefix('$')
        .is_some_and(|name| name.split(':').all(is_identifier));
    let taken = taken && secret.contains(':');
    let named = name.is_some_and(|name| {
        let plain = secret.starts_with([':', '&'])
            && name
                .chars()
                .all(|letter| letter.is_lowercase() || letter == '_');
        is_identifier(name) && (plain || is_type(name) || is_named_so(name))
    });
    let numbered = secret.len() == 2 && secret.starts_with('$');
    taken || named || numbered || tags.contains(&secret.to_ascii_lowercase().as_str())
}

/// Whether a name in small letters ends in a word for a password.
fn is_named_so(name: &str) -> bool {
    let letters = name.trim_end_matches(|last: char| last.is_ascii_digit());
    let ends = [
        "pass", "passw", "passwd", "password", "passwort", "kennwort", "pw", "pwd", "secret",
        "token", "key",
    ];
    !name.contains(char::is_uppercase) && ends.iter().any(|end| letters.ends_with(end))
}

/// Letters and `_`, with one digit at the end at most.
pub(super) fn is_identifier(name: &str) -> bool {
    let letters = name
        .strip_suffix(|last: char| last.is_ascii_digit())
        .unwrap_or(name);
    !name.is_empty()
        && letters
            .chars()
            .all(|letter| letter.is_alphabetic() || matches!(letter, '_' | '.'))
}

/// `user.password`, `$user->password`, `Option<String>`, `argv[1]`.
fn is_member(secret: &str) -> bool {
    let joined = secret.contains(['.', '<']) || secret.contains("->") || secret.contains("::");
    let plain = |letter: char| letter.is_alphabetic() || "._<>:-$?&".contains(letter);
    let index = secret.split_once('[').is_some_and(|(name, inside)| {
        let small = name.starts_with(|first: char| first.is_lowercase() || "$@_&*".contains(first));
        let name = name.trim_start_matches(['$', '@', '&', '*']);
        small
            && is_identifier(name)
            && (inside.is_empty() || inside.starts_with(['\'', '"']) || inside.ends_with(']'))
    });
    joined && secret.chars().all(plain) || index
}

/// `hash(password)`, `crypt($1`: a name in small letters, and what it is called with.
fn is_call(secret: &str) -> bool {
    let Some((name, inside)) = secret.split_once('(') else {
        return false;
    };
    let path =
        |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | ':' | '$' | '@');
    let begins = |letter: char| letter.is_alphabetic() || "_&*$:)'@".contains(letter);
    let called = inside.is_empty() || inside.starts_with(begins) || inside.ends_with(')');
    let small = name.starts_with(|first: char| first.is_lowercase() || first == '_')
        || ["Some", "Ok", "Err", "Box", "Arc", "String"].contains(&name);
    let sql = name.chars().all(char::is_uppercase) || name.contains(['.', ':']);
    let cut = inside.is_empty() && name.chars().all(char::is_alphabetic);
    !name.is_empty() && name.chars().all(path) && (small || sql || cut) && called
}

/// `new_password`, `hashedPassword`, `SecretString`: words run together, as programs name passwords. Without
/// a word for one, as `BlueHorse`, they may be one.
fn is_code_name(secret: &str) -> bool {
    let letters = secret
        .chars()
        .all(|letter| letter.is_alphabetic() || letter == '_');
    let lower = secret.to_lowercase();
    let speaks = ["passw", "pwd", "secret", "kennwort", "credential"]
        .iter()
        .any(|part| lower.contains(part));
    let snake = secret.contains('_') && (lower == secret || secret.to_uppercase() == secret);
    letters && speaks && (snake || is_camel(secret))
}

/// Words of three letters or more, each with a capital but for the first.
pub(super) fn is_camel(secret: &str) -> bool {
    let mut words = 0;
    let mut length = 3;
    for letter in secret.chars() {
        if letter.is_uppercase() {
            if length < 3 {
                return false;
            }
            words += 1;
            length = 0;
        } else if words == 0 {
            words = 1;
            length = 0;
        }
        length += 1;
    }
    words >= 2 && length >= 3
}

/// `/run/secrets/db`, `./pw.txt`, `~/.pgpass`.
pub(super) fn is_path(secret: &str) -> bool {
    let begins = secret.starts_with("./") || secret.starts_with("~/") || secret.starts_with("../");
    let plain = |letter: char| letter.is_alphanumeric() || "/._-~".contains(letter);
    let inside = secret
        .strip_prefix('/')
        .is_some_and(|rest| rest.contains('/'));
    (begins || inside) && secret.chars().all(plain)
}

/// `u32`, `[u16`, `[libc::c_char`: a number or an array.
fn is_type(secret: &str) -> bool {
    let array = secret.strip_prefix('[').is_some_and(|inside| {
        let path = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | ':' | ';');
        inside.starts_with(char::is_alphabetic) && inside.chars().all(path)
    });
    let size = secret.strip_prefix(['u', 'i', 'f']);
    array || size.is_some_and(|size| ["8", "16", "32", "64", "128", "size"].contains(&size))
}

/// `D3D_ESCAPE_OPERATION`: capitals and `_`, with a word among them.
fn is_constant(secret: &str) -> bool {
    let part =
        |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    let word = |part: &str| {
        part.len() >= 5
            && part.bytes().all(|byte| byte.is_ascii_uppercase())
            && part.contains(['A', 'E', 'I', 'O', 'U'])
    };
    secret.contains('_') && secret.chars().all(part) && secret.split('_').any(word)
}
