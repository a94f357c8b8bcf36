//! The arithmetic of check digits, each by the standard that defines it.
//!
//! Every function takes ASCII digits (letters where it says so) and answers false, never panics,
//! for anything else.

/// The value of an ASCII digit.
pub(crate) fn digit(byte: u8) -> Option<u32> {
    byte.is_ascii_digit().then(|| u32::from(byte - b'0'))
}

/// A number of at most 18 ASCII digits; `None` for anything else.
pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0, |sum, &byte| {
        digit(byte).map(|value| sum * 10 + u64::from(value))
    })
}

/// The sum of the digits, each times its weight; as many as there are weights.
pub(crate) fn weighted(digits: &[u8], weights: &[u32]) -> Option<u32> {
    if digits.len() < weights.len() {
        return None;
    }
    let pairs = digits.iter().zip(weights);
    pairs
        .map(|(&byte, weight)| Some(digit(byte)? * weight))
        .sum()
}

/// Luhn's formula, ISO/IEC 7812-1 annex B: the last digit is the check digit.
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let mut sum = 0;
    for (nth, &byte) in digits.iter().rev().enumerate() {
        let Some(value) = digit(byte) else {
            return false;
        };
        let doubled = if nth % 2 == 1 { value * 2 } else { value };
        sum += doubled / 10 + doubled % 10;
    }
    digits.len() > 1 && sum % 10 == 0
}

/// The remainder by 97 of digits and letters (A is 10 … Z is 35), as in ISO/IEC 7064 MOD 97-10.
pub(crate) fn mod_97(letters: impl Iterator<Item = u8>) -> Option<u32> {
    letters.map(alphanumeric).try_fold(0, |rest, value| {
        let value = value?;
        let shift = if value < 10 { 10 } else { 100 };
        Some((rest * shift + value) % 97)
    })
}

/// 0 to 9, and A is 10 … Z is 35.
pub(crate) fn alphanumeric(byte: u8) -> Option<u32> {
    match byte {
        b'A'..=b'Z' => Some(u32::from(byte - b'A') + 10),
        _ => digit(byte),
    }
}

/// ISO/IEC 7064 MOD 11,10: the last digit is the check digit.
pub(crate) fn mod_11_10(digits: &[u8]) -> bool {
    let Some((&last, rest)) = digits.split_last() else {
        return false;
    };
    let mut product = 10;
    for &byte in rest {
        let Some(value) = digit(byte) else {
            return false;
        };
        let sum = (product + value) % 10;
        product = (if sum == 0 { 10 } else { sum }) * 2 % 11;
    }
    digit(last) == Some((11 - product) % 10)
}

/// Verhoeff's check over the dihedral group of order ten: the last digit is the check digit.
pub(crate) fn verhoeff(digits: &[u8]) -> bool {
    const PERMUTATION: [u32; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let mut check = 0;
    for (nth, &byte) in digits.iter().rev().enumerate() {
        let Some(mut value) = digit(byte) else {
            return false;
        };
        for _ in 0..nth % 8 {
            value = PERMUTATION[value as usize];
        }
        check = dihedral(check, value);
    }
    digits.len() > 1 && check == 0
}

/// The product of two symmetries of a regular pentagon: 0 to 4 turn it, 5 to 9 turn it over.
fn dihedral(a: u32, b: u32) -> u32 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b) % 5 + 5,
        (false, true) => (a + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

/// The sum with the weights 7, 3, 1 by 10 that ICAO Doc 9303 uses for travel documents.
pub(crate) fn icao_731(letters: &[u8]) -> Option<u32> {
    let weights = [7, 3, 1].iter().cycle();
    let values = letters.iter().zip(weights);
    let sum: Option<u32> = values
        .map(|(&byte, weight)| Some(alphanumeric(byte)? * weight))
        .sum();
    sum.map(|sum| sum % 10)
}

/// Whether that day exists; `year` is the whole year, or its last two digits where leap days are
/// given the benefit of the doubt.
pub(crate) fn is_date(year: u32, month: u32, day: u32) -> bool {
    let century = year >= 100 && year.is_multiple_of(100);
    let leap = year.is_multiple_of(4) && (!century || year.is_multiple_of(400));
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=longest).contains(&day)
}

/// A part of a number as an integer of at most nine digits.
pub(crate) fn part(digits: &[u8], from: usize, length: usize) -> Option<u32> {
    let value = number(digits.get(from..from + length)?)?;
    u32::try_from(value).ok()
}

/// Whether six digits are a day, month and year of two digits each.
pub(crate) fn is_ddmmyy(digits: &[u8]) -> bool {
    match (part(digits, 0, 2), part(digits, 2, 2), part(digits, 4, 2)) {
        (Some(day), Some(month), Some(year)) => is_date(year, month, day),
        _ => false,
    }
}

/// Whether six digits are a year, month and day of two digits each.
pub(crate) fn is_yymmdd(digits: &[u8]) -> bool {
    match (part(digits, 0, 2), part(digits, 2, 2), part(digits, 4, 2)) {
        (Some(year), Some(month), Some(day)) => is_date(year, month, day),
        _ => false,
    }
}

/// Whether it is one digit over and over, which many formulas accept and no office gives out.
pub(crate) fn all_same(digits: &[u8]) -> bool {
    digits.windows(2).all(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_the_standards_hold() {
        assert!(luhn(b"79927398713"), "the usual example of Luhn's formula");
        assert!(mod_11_10(b"07945"), "ISO/IEC 7064, MOD 11,10: 0794 takes 5");
        assert!(verhoeff(b"2363"), "Verhoeff: 236 takes 3");
        assert_eq!(
            mod_97(b"79444".iter().copied()),
            Some(1),
            "ISO/IEC 7064, MOD 97-10: 794 takes 44"
        );
        assert_eq!(
            icao_731(b"L898902C3"),
            Some(6),
            "ICAO Doc 9303, the specimen passport"
        );
        assert!(is_date(2000, 2, 29) && !is_date(1900, 2, 29) && !is_date(2023, 2, 29));
    }

    /// The multiplication table of the dihedral group as it is usually printed, for comparison.
    #[test]
    fn the_group_is_not_commutative_and_has_inverses() {
        assert_eq!((dihedral(5, 1), dihedral(1, 5)), (9, 6));
        for a in 0..10 {
            assert_eq!((0..10).filter(|&b| dihedral(a, b) == 0).count(), 1, "{a}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_digit_never_passes(digits in "[0-9]{4,18}", at in 0usize..18, add in 1u8..10) {
            let at = at % digits.len();
            let mut wrong = digits.clone().into_bytes();
            wrong[at] = b'0' + (wrong[at] - b'0' + add) % 10;
            for check in [luhn, mod_11_10, verhoeff] {
                prop_assert!(!(check(digits.as_bytes()) && check(&wrong)));
            }
        }

        #[test]
        fn one_of_ten_check_digits_is_right(digits in "[0-9]{3,17}") {
            for check in [luhn, mod_11_10, verhoeff] {
                let right = (0..10).filter(|last| check(format!("{digits}{last}").as_bytes())).count();
                prop_assert_eq!(right, 1);
            }
        }

        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..30)) {
            luhn(&bytes); mod_11_10(&bytes); verhoeff(&bytes); icao_731(&bytes); number(&bytes);
            is_ddmmyy(&bytes); is_yymmdd(&bytes); all_same(&bytes); mod_97(bytes.iter().copied());
            weighted(&bytes, &[1, 2, 3]);
        }
    }
}
