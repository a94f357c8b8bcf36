//! How many tokens a picture is billed as, where the provider says how it counts.
//!
//! Anthropic's guide has one token for 750 pixels, after making large pictures smaller for most models;
//! here it is counted as it leaves, so rather too high. OpenAI's guide has two ways, by model: tiles of 512
//! pixels after scaling, or patches of 32 pixels times a factor. A model that it does not name there is
//! not guessed.

use super::super::route::CloudModel;
use crate::{accounts::ProviderKind, chat::Picture};

/// How OpenAI counts for one model.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    /// A base, and so many for each tile.
    Tiles { base: u64, each: u64 },
    /// Patches times so many hundredths.
    Patches { hundredths: u64 },
}

const TILES_4O: Way = Way::Tiles {
    base: 85,
    each: 170,
};

/// The models that OpenAI's guide to pictures names, without the dates of their versions.
const OPENAI: &[(&str, Way)] = &[
    ("gpt-4o", TILES_4O),
    ("gpt-4.1", TILES_4O),
    ("gpt-4.5-preview", TILES_4O),
    (
        "gpt-4o-mini",
        Way::Tiles {
            base: 2833,
            each: 5667,
        },
    ),
    (
        "gpt-5",
        Way::Tiles {
            base: 70,
            each: 140,
        },
    ),
    (
        "gpt-5-chat-latest",
        Way::Tiles {
            base: 70,
            each: 140,
        },
    ),
    (
        "o1",
        Way::Tiles {
            base: 75,
            each: 150,
        },
    ),
    (
        "o1-pro",
        Way::Tiles {
            base: 75,
            each: 150,
        },
    ),
    (
        "o3",
        Way::Tiles {
            base: 75,
            each: 150,
        },
    ),
    ("gpt-5-mini", Way::Patches { hundredths: 162 }),
    ("gpt-5-nano", Way::Patches { hundredths: 246 }),
    ("gpt-4.1-mini", Way::Patches { hundredths: 162 }),
    ("gpt-4.1-nano", Way::Patches { hundredths: 246 }),
    ("o4-mini", Way::Patches { hundredths: 172 }),
];

/// The most patches that are counted.
const MOST_PATCHES: u64 = 1536;

/// Tokens of a picture for a model; `None`: nobody says how it counts.
pub(super) fn tokens(cloud: &CloudModel, picture: &Picture) -> Option<u64> {
    let (width, height) = (u64::from(picture.width), u64::from(picture.height));
    match cloud.account.kind {
        ProviderKind::Anthropic => Some((width * height).div_ceil(750)),
        ProviderKind::OpenAi => of_openai(&cloud.model).map(|way| way.tokens(width, height)),
        ProviderKind::Compatible | ProviderKind::Ollama => None,
    }
}

fn of_openai(model: &str) -> Option<Way> {
    let known = OPENAI.iter().find(|(name, _)| {
        model.strip_prefix(name).is_some_and(|rest| {
            // A version of it, as `-2024-08-06`.
            rest.is_empty()
                || rest.len() == 11
                    && rest.starts_with("-20")
                    && rest
                        .bytes()
                        .all(|byte| byte == b'-' || byte.is_ascii_digit())
        })
    });
    known.map(|(_, way)| *way)
}

impl Way {
    fn tokens(self, width: u64, height: u64) -> u64 {
        match self {
            Self::Tiles { base, each } => {
                // Into a square of 2048, then the shorter side to 768; pictures are never made larger.
                let (width, height) = within(width, height, width.max(height), 2048);
                let (width, height) = within(width, height, width.min(height), 768);
                base + each * width.div_ceil(512) * height.div_ceil(512)
            }
            Self::Patches { hundredths } => {
                let patches = width.div_ceil(32) * height.div_ceil(32);
                (patches.min(MOST_PATCHES) * hundredths).div_ceil(100)
            }
        }
    }
}

/// Both sides, made smaller until the one that is measured has the most that it may have.
fn within(width: u64, height: u64, measured: u64, most: u64) -> (u64, u64) {
    if measured <= most {
        return (width, height);
    }
    (
        (width * most).div_ceil(measured),
        (height * most).div_ceil(measured),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counted(model: &str, width: u64, height: u64) -> Option<u64> {
        of_openai(model).map(|way| way.tokens(width, height))
    }

    #[test]
    fn the_examples_of_openais_guide_come_out() {
        assert_eq!(counted("gpt-4o", 1024, 1024), Some(765));
        assert_eq!(counted("gpt-4o-2024-08-06", 2048, 4096), Some(1105));
        assert_eq!(counted("gpt-5-mini", 1024, 1024), Some(1659), "1024 × 1.62");
        assert_eq!(
            counted("gpt-4.1-mini", 4000, 1474),
            Some(2489),
            "1536 × 1.62"
        );
    }

    #[test]
    fn a_model_that_the_guide_does_not_name_is_not_guessed() {
        for model in ["gpt-6-luna", "gpt-5.2", "gpt-4o-audio-preview", "gpt-4"] {
            assert_eq!(of_openai(model), None, "{model}");
        }
    }

    proptest! {
        #[test]
        fn a_picture_has_some_tokens_and_never_more_than_a_known_most(width in 1u64..=4000, height in 1u64..=4000) {
            for (model, way) in OPENAI {
                let tokens = way.tokens(width, height);
                let most = match way {
                    // 768 by 2048.
                    Way::Tiles { base, each } => base + each * 2 * 4,
                    Way::Patches { hundredths } => (MOST_PATCHES * hundredths).div_ceil(100),
                };
                prop_assert!(tokens > 0 && tokens <= most, "{model}: {tokens}");
            }
        }
    }
}
