//! The world's number plan: calling codes of ITU-T E.164 with the shortest and longest national number,
//! without the trunk prefix. Lengths are those of land lines, mobile and free numbers, as Google's
//! libphonenumber (Apache-2.0) has them in version 9.0.43; below five digits and beyond the fifteen
//! of E.164 nothing is taken.

/// The plan, in the order of the codes as texts: code, fewest digits, most digits.
const PLAN: &[(u16, u8, u8)] = &[
    (1, 10, 10),
    (20, 8, 10),
    (211, 9, 9),
    (212, 9, 9),
    (213, 8, 9),
    (216, 8, 8),
    (218, 9, 9),
    (220, 7, 9),
    (221, 9, 9),
    (222, 8, 8),
    (223, 8, 8),
    (224, 8, 9),
    (225, 10, 10),
    (226, 8, 8),
    (227, 8, 8),
    (228, 8, 8),
    (229, 10, 10),
    (230, 7, 10),
    (231, 7, 9),
    (232, 8, 8),
    (233, 8, 9),
    (234, 10, 12),
    (235, 8, 8),
    (236, 8, 8),
    (237, 8, 9),
    (238, 7, 7),
    (239, 7, 7),
    (240, 9, 9),
    (241, 7, 8),
    (242, 9, 9),
    (243, 7, 10),
    (244, 9, 9),
    (245, 7, 9),
    (246, 7, 7),
    (247, 5, 6),
    (248, 7, 7),
    (249, 9, 9),
    (250, 8, 9),
    (251, 9, 9),
    (252, 6, 9),
    (253, 8, 8),
    (254, 7, 10),
    (255, 9, 9),
    (256, 9, 9),
    (257, 8, 8),
    (258, 8, 9),
    (260, 9, 9),
    (261, 9, 9),
    (262, 9, 9),
    (263, 7, 10),
    (264, 8, 9),
    (265, 7, 9),
    (266, 8, 8),
    (267, 7, 10),
    (268, 8, 8),
    (269, 7, 7),
    (27, 5, 10),
    (290, 5, 5),
    (291, 7, 7),
    (297, 7, 7),
    (298, 6, 6),
    (299, 6, 6),
    (30, 10, 12),
    (31, 5, 11),
    (32, 8, 9),
    (33, 9, 9),
    (34, 9, 9),
    (350, 8, 8),
    (351, 9, 9),
    (352, 5, 11),
    (353, 7, 10),
    (354, 7, 9),
    (355, 6, 9),
    (356, 8, 8),
    (357, 8, 8),
    (358, 5, 12),
    (359, 6, 12),
    (36, 8, 9),
    (370, 8, 8),
    (371, 8, 8),
    (372, 7, 10),
    (373, 8, 8),
    (374, 8, 8),
    (375, 6, 11),
    (376, 6, 9),
    (377, 8, 9),
    (378, 8, 10),
    (380, 9, 10),
    (381, 6, 12),
    (382, 8, 9),
    (383, 8, 12),
    (385, 7, 9),
    (386, 6, 8),
    (387, 8, 9),
    (389, 8, 8),
    (39, 6, 12),
    (40, 6, 9),
    (41, 9, 9),
    (420, 9, 9),
    (421, 6, 9),
    (423, 7, 9),
    (43, 5, 13),
    (44, 7, 10),
    (45, 8, 8),
    (46, 6, 9),
    (47, 5, 8),
    (48, 7, 10),
    (49, 5, 13),
    (500, 5, 5),
    (501, 7, 11),
    (502, 8, 11),
    (503, 7, 11),
    (504, 8, 11),
    (505, 8, 8),
    (506, 8, 10),
    (507, 7, 11),
    (508, 6, 9),
    (509, 8, 8),
    (51, 8, 9),
    (52, 10, 10),
    (53, 6, 10),
    (54, 10, 11),
    (55, 8, 11),
    (56, 9, 11),
    (57, 8, 11),
    (58, 10, 10),
    (590, 9, 9),
    (591, 8, 9),
    (592, 7, 7),
    (593, 8, 11),
    (594, 9, 9),
    (595, 6, 11),
    (596, 9, 9),
    (597, 6, 7),
    (598, 5, 12),
    (599, 7, 8),
    (60, 8, 10),
    (61, 6, 12),
    (62, 7, 13),
    (63, 6, 13),
    (64, 5, 10),
    (65, 8, 11),
    (66, 8, 13),
    (670, 7, 8),
    (672, 6, 6),
    (673, 7, 7),
    (674, 7, 7),
    (675, 7, 8),
    (676, 5, 7),
    (677, 5, 7),
    (678, 5, 7),
    (679, 7, 11),
    (680, 7, 7),
    (681, 6, 9),
    (682, 5, 5),
    (683, 7, 7),
    (685, 5, 10),
    (686, 5, 8),
    (687, 6, 6),
    (688, 5, 7),
    (689, 6, 9),
    (690, 5, 7),
    (691, 7, 7),
    (692, 7, 7),
    (7, 10, 14),
    (800, 8, 8),
    (808, 8, 8),
    (81, 8, 13),
    (82, 5, 13),
    (84, 7, 10),
    (850, 8, 10),
    (852, 8, 9),
    (853, 7, 8),
    (855, 8, 10),
    (856, 8, 10),
    (86, 7, 12),
    (870, 9, 12),
    (878, 12, 12),
    (880, 6, 10),
    (881, 9, 10),
    (882, 7, 12),
    (883, 8, 12),
    (886, 8, 11),
    (888, 11, 11),
    (90, 7, 13),
    (91, 8, 13),
    (92, 8, 12),
    (93, 9, 9),
    (94, 9, 9),
    (95, 6, 10),
    (960, 7, 10),
    (961, 7, 8),
    (962, 8, 9),
    (963, 8, 9),
    (964, 8, 10),
    (965, 7, 8),
    (966, 9, 10),
    (967, 7, 9),
    (968, 7, 9),
    (970, 8, 10),
    (971, 5, 12),
    (972, 7, 12),
    (973, 8, 8),
    (974, 7, 11),
    (975, 7, 8),
    (976, 8, 10),
    (977, 8, 11),
    (98, 5, 10),
    (992, 9, 9),
    (993, 8, 8),
    (994, 9, 9),
    (995, 9, 9),
    (996, 9, 10),
    (998, 9, 9),
];

/// The calling code at the beginning of these digits, and the lengths of its national numbers.
pub(super) fn plan_of(digits: &[u8]) -> Option<(u16, usize, usize)> {
    let mut code = 0;
    for &byte in digits.iter().take(3) {
        code = code * 10 + u16::from(byte.wrapping_sub(b'0'));
        let found = PLAN.iter().find(|(listed, ..)| *listed == code);
        if let Some(&(code, least, most)) = found {
            return Some((code, least.into(), most.into()));
        }
    }
    None
}

/// The national number behind a calling code, without the zero that people leave there from calls at home.
/// Some countries' numbers begin with one.
pub(super) fn national_of(code: u16, digits: &[u8]) -> &[u8] {
    match (code, digits) {
        (1 | 7 | 39 | 225 | 229 | 241 | 242 | 378, all) => all,
        (_, [b'0', rest @ ..]) => rest,
        (_, all) => all,
    }
}

/// Whether a national number of this calling code can begin so. Where the plan is not known for certain it
/// is known to have no zero there.
pub(super) fn can_begin(code: u16, national: &[u8]) -> bool {
    let Some(first) = national.first() else {
        return false;
    };
    let never: &[u8] = match code {
        1 => b"01",
        7 => b"0125",
        34 => b"01234",
        // Land lines have their zero, or took one that belongs to the number.
        39 => b"269",
        41 | 45 | 47 => b"01",
        44 => b"046",
        225 | 229 | 241 | 242 | 378 => b"",
        _ => b"0",
    };
    // Of North America, the exchange too.
    let exchange = code != 1 || national.get(3).is_some_and(|digit| *digit > b'1');
    exchange && !never.contains(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_is_the_beginning_of_another() {
        for (code, least, most) in PLAN {
            assert!(
                least <= most && usize::from(*most) + code.to_string().len() <= 15,
                "{code}"
            );
            let shorter = PLAN.iter().filter(|(other, ..)| {
                other != code && code.to_string().starts_with(&other.to_string())
            });
            assert_eq!(shorter.count(), 0, "{code}");
        }
        assert_eq!(plan_of(b"4930123456"), Some((49, 5, 13)));
        assert_eq!(plan_of(b"999"), None, "no country has it");
    }

    #[test]
    fn no_number_begins_as_its_plan_never_does() {
        for (code, national) in [
            (1, "2125550134"),
            (44, "2079460958"),
            (44, "02079460958"),
            (49, "30123456"),
            (39, "0223456789"),
            (34, "612345678"),
            (225, "0123456789"),
            (41, "441234567"),
        ] {
            let national = national_of(code, national.as_bytes());
            assert!(can_begin(code, national), "+{code} {national:?}");
        }
        for (code, national) in [
            (1, "0000000000"),
            (1, "1125550134"),
            (1, "2121550134"),
            (44, "0000000000"),
            (44, "4079460958"),
            (49, "00123456"),
            (34, "123456789"),
        ] {
            let national = national_of(code, national.as_bytes());
            assert!(!can_begin(code, national), "+{code} {national:?}");
        }
    }
}
