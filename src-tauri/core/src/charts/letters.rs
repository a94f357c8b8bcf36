//! The letters of drawings: the app's own, whatever the computer has installed; for what these lack, those
//! of the computer; and a mark that can be seen for what nobody can draw. Nothing vanishes.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use resvg::usvg::{
    FontResolver,
    fontdb::{Database, FaceInfo, ID, Style},
};
use ttf_parser::Face;

const REGULAR: &[u8] = include_bytes!("fonts/Inter-Regular.ttf");
const SEMI_BOLD: &[u8] = include_bytes!("fonts/Inter-SemiBold.ttf");

/// In the place of a letter that no font has.
const MARK: char = '?';

/// How strong letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Plain,
    Bold,
}

/// The app's own letters.
pub(super) fn own() -> Arc<Database> {
    static OWN: LazyLock<Arc<Database>> = LazyLock::new(|| {
        let mut letters = Database::new();
        for font in [REGULAR, SEMI_BOLD] {
            letters.load_font_data(font.to_vec());
        }
        Arc::new(letters)
    });
    OWN.clone()
}

/// The fonts of the computer, and which of them has a letter: read when a letter is first needed that the
/// app's own lack.
struct OfTheComputer {
    fonts: Database,
    having: HashMap<char, ID>,
}

static OF_THE_COMPUTER: LazyLock<OfTheComputer> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_system_fonts();
    let mut faces: Vec<&FaceInfo> = fonts.faces().collect();
    faces.sort_by_key(|face| (face.style != Style::Normal, face.weight.0.abs_diff(400)));
    let mut having = HashMap::new();
    for id in faces.iter().map(|face| face.id) {
        each_letter(&fonts, id, |letter| {
            having.entry(letter).or_insert(id);
        });
    }
    OfTheComputer { fonts, having }
});

/// Letters come from the app's own fonts; one that they lack from a font of the computer that has it.
pub(super) fn resolver() -> FontResolver<'static> {
    FontResolver {
        select_font: FontResolver::default_font_selector(),
        select_fallback: Box::new(|letter, tried, fonts| {
            let own = FontResolver::default_fallback_selector();
            if let Some(found) = own(letter, tried, fonts) {
                return Some(found);
            }
            let found = OF_THE_COMPUTER.having.get(&letter)?;
            let face = OF_THE_COMPUTER.fonts.face(*found)?.clone();
            Some(Arc::make_mut(fonts).push_face_info(face))
        }),
    }
}

/// Hear of every letter that a font has.
fn each_letter(fonts: &Database, id: ID, mut hear: impl FnMut(char)) {
    fonts.with_face_data(id, |data, nth| {
        let Ok(face) = Face::parse(data, nth) else {
            return;
        };
        let tables = face.tables().cmap.into_iter().flat_map(|map| map.subtables);
        for table in tables.filter(|table| table.is_unicode()) {
            table.codepoints(|number| {
                let has = table.glyph_index(number).is_some_and(|glyph| glyph.0 > 0);
                if let (true, Some(letter)) = (has, char::from_u32(number)) {
                    hear(letter);
                }
            });
        }
    });
}

/// The text of a drawing with a mark in the place of each letter that can't be drawn.
pub(super) fn with_marks(text: &str) -> String {
    let shown = |letter: char| match letter {
        letter
            if letter.is_ascii()
                || is_unseen(letter)
                || advance(letter, Weight::Plain).is_some() =>
        {
            letter
        }
        letter if OF_THE_COMPUTER.having.contains_key(&letter) => letter,
        _ => MARK,
    };
    text.chars().map(shown).collect()
}

/// Letters that only say how others are drawn, and that fonts need not have.
fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// How wide a text is, in the unit of its size: right for the app's own letters, and rather too wide for
/// others.
pub(crate) fn width_of(text: &str, size: f64, weight: Weight) -> f64 {
    let width = |letter| advance(letter, weight).unwrap_or(1.0);
    text.chars().map(width).sum::<f64>() * size
}

/// How wide a letter of the app's own is at a size of 1; `None`: it has none.
fn advance(letter: char, weight: Weight) -> Option<f64> {
    static FACES: LazyLock<Option<[Face<'static>; 2]>> = LazyLock::new(|| {
        let face = |data| Face::parse(data, 0).ok();
        Some([face(REGULAR)?, face(SEMI_BOLD)?])
    });
    let [plain, bold] = FACES.as_ref()?;
    let face = match weight {
        Weight::Plain => plain,
        Weight::Bold => bold,
    };
    let advance = face.glyph_hor_advance(face.glyph_index(letter)?)?;
    Some(f64::from(advance) / f64::from(face.units_per_em()))
}

/// Text that is text in XML, too.
pub(crate) fn escaped(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    clean
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use resvg::usvg::Node;

    use super::*;

    #[test]
    fn what_nobody_can_draw_has_a_mark_and_what_is_known_stays() {
        // Not given to any letter, so no font has it.
        assert_eq!(with_marks("Größe, 1\u{10ffff}2"), "Größe, 1?2");
    }

    #[test]
    fn a_drawing_that_is_printed_has_the_mark_too() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"90\" height=\"20\">\
                   <text x=\"1\" y=\"12\" font-family=\"Inter\">A\u{10ffff}</text></svg>";
        let tree = super::super::tree_of(svg).unwrap();
        let Some(Node::Text(text)) = tree.root().children().first() else {
            panic!("no text")
        };
        let said: String = text.chunks().iter().map(|chunk| chunk.text()).collect();
        assert_eq!(said, "A?");
    }

    #[test]
    fn a_width_is_that_of_the_letters() {
        let width = |text| width_of(text, 10.0, Weight::Plain);
        assert!(width("W") > width("i"));
        assert!((width("ii") - 2.0 * width("i")).abs() < 1e-9);
        assert!(width_of("W", 10.0, Weight::Bold) > width("W"));
        assert!(width("\u{10ffff}") >= 10.0, "never too narrow");
    }
}
