//! `safety mask` and `safety restore`: a text goes out without what identifies people and comes back with it,
//! byte for byte.

use std::fs;

use super::Shell;

const LETTER: &str =
    "Dear Mr Jonas Weber,\r\nwe wrote to jonas.weber@example.org — and\tthat is all. 🦀";
const TOKEN: &str = "ghp_016C7Yh8vBq2mT4xKp9ZsLw3RfJd5NcUaE6g";

/// Mask or restore a text with the map of this shell.
fn through(shell: &Shell, command: &str, text: &str) -> String {
    let map = shell.path().join("map.json");
    let (code, printed) = shell.fed(
        &["safety", command, "--map", map.to_str().unwrap()],
        text.as_bytes(),
    );
    assert_eq!(code, 0, "{printed}");
    printed
}

/// The placeholder of the first person in a masked text.
fn person(masked: &str) -> &str {
    let from = masked.find("[PERSON-").unwrap();
    let length = masked[from..].find(']').unwrap();
    &masked[from..=from + length]
}

#[test]
fn a_text_comes_back_byte_for_byte_also_with_more_around_it() {
    let shell = Shell::new();
    let masked = through(&shell, "mask", LETTER);
    assert!(
        !masked.contains("Weber") && !masked.contains('@'),
        "{masked}"
    );
    assert_eq!(through(&shell, "restore", &masked), LETTER);
    let answer = format!("**{}** is right.\n", person(&masked));
    assert_eq!(
        through(&shell, "restore", &answer),
        "**Jonas Weber** is right.\n"
    );
}

#[test]
fn a_second_text_goes_on_with_the_map_of_the_first() {
    let shell = Shell::new();
    let first = through(&shell, "mask", LETTER);
    let text = "Jonas Weber and Mrs Petra Lang, both of them.";
    let second = through(&shell, "mask", text);
    assert!(
        second.contains(person(&first)),
        "he keeps his name: {second}"
    );
    assert!(!second.contains("Lang"), "{second}");
    assert_eq!(through(&shell, "restore", &second), text);
    assert_eq!(through(&shell, "restore", &first), LETTER);
}

#[test]
fn a_secret_is_in_neither_the_masked_text_nor_the_map_nor_what_comes_back() {
    let shell = Shell::new();
    let masked = through(&shell, "mask", &format!("{LETTER} The token is {TOKEN}."));
    let map = fs::read_to_string(shell.path().join("map.json")).unwrap();
    let restored = through(&shell, "restore", &masked);
    for text in [&masked, &map, &restored] {
        assert!(!text.contains(TOKEN), "{text}");
    }
    let rest = restored.strip_prefix(LETTER).unwrap();
    assert!(rest.starts_with(" The token is [removed: "), "{rest}");
}

#[test]
fn without_its_map_a_text_is_not_restored_and_none_is_made() {
    let shell = Shell::new();
    let map = shell.path().join("map.json");
    let arguments = ["safety", "restore", "--map", map.to_str().unwrap()];
    let (code, words) = shell.fed(&arguments, b"[PERSON-1-wbcq] is back.");
    assert!(code != 0 && words.contains("map.json"), "{code} {words}");
    assert!(!map.exists());
}
