//! Sizes and counts as a person reads them.

/// A number of bytes in decimal units: `98 MB`, `1.2 GB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"];
    let mut unit = 0;
    let mut value = bytes as f64;
    // Below 999.5 the value still shows with three digits at most.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let small = unit > 0 && value < 9.95;
    if small {
        format!("{value:.1} {}", UNITS[unit])
    } else {
        format!("{value:.0} {}", UNITS[unit])
    }
}

/// A whole number with its thousands set apart: `8,192`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of weights as model names write it: `135M`, `7.6B`.
pub fn parameters(number: u64) -> String {
    let (value, unit) = match number {
        0..1_000_000 => return count(number),
        1_000_000..999_500_000 => (number as f64 / 1e6, "M"),
        _ => (number as f64 / 1e9, "B"),
    };
    if value >= 99.5 || unit == "M" && value >= 9.95 {
        return format!("{value:.0}{unit}");
    }
    let text = format!("{value:.1}");
    format!("{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
}

/// One line of text from a file that nobody vouches for: no control or direction characters, not endless.
pub fn clean(text: &str, most_chars: usize) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
    };
    let visible: String = text
        .chars()
        .map(|c| if hidden(c) { ' ' } else { c })
        .collect();
    let mut line = String::new();
    for word in visible.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(most_chars) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_write_them() {
        let seen: Vec<_> = [
            0,
            999,
            1_500,
            98_362_432,
            999_600_000,
            1_240_000_000,
            11_400_000_000,
            u64::MAX,
        ]
        .into_iter()
        .map(size)
        .collect();
        assert_eq!(
            seen,
            [
                "0 bytes",
                "999 bytes",
                "1.5 kB",
                "98 MB",
                "1.0 GB",
                "1.2 GB",
                "11 GB",
                "18 EB"
            ]
        );
    }

    #[test]
    fn parameter_counts_read_as_model_names_write_them() {
        let seen: Vec<_> = [
            12,
            1_500_000,
            134_515_008,
            7_620_000_000,
            8_030_000_000,
            405_000_000_000,
        ]
        .into_iter()
        .map(parameters)
        .collect();
        assert_eq!(seen, ["12", "1.5M", "135M", "7.6B", "8B", "405B"]);
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [7, 999, 1_000, 8_192, 1_234_567].map(count),
            ["7", "999", "1,000", "8,192", "1,234,567"]
        );
    }

    #[test]
    fn text_of_a_stranger_is_one_short_line_without_hidden_characters() {
        assert_eq!(clean("a\nb\u{202E}c\u{0} \t d", 20), "a b c d");
        assert_eq!(clean("ééééé", 3), "ééé…");
    }
}
