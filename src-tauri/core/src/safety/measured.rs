//! How well texts are inspected, measured on the labelled texts of the repository.
//!
//! The figures are made by a test (`tests/safety.rs`), which also fails when they are no longer true.
//! They say how this build did on those texts, which is not how it will do on a person's own.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use specta::Type;

/// What was measured, when, and on how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    /// The day, as `2026-11-27`.
    pub date: String,
    /// Texts that were inspected, with something to find or without.
    pub texts: u32,
    /// Places in them that a person or the script that made them labelled.
    pub spans: u32,
    /// All kinds together.
    pub overall: Figures,
    /// Each kind, in the order of [`Kind::ALL`](super::Kind::ALL).
    pub kinds: Vec<KindFigures>,
}

/// One kind of data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct KindFigures {
    /// As in JSON output: `EMAIL_ADDRESS`.
    pub name: String,
    /// For people: "E-mail address".
    pub label: String,
    /// How it did.
    pub figures: Figures,
}

/// How often the scanner was right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Of what is there, how much was found, under its own type and to its ends.
    pub recall: Share,
    /// Of what was found under this type, how much is there.
    pub precision: Share,
    /// Of what is there, how much would be hidden whole, under whatever type it was found.
    pub hidden: Share,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// Those that were right.
    pub hits: u32,
    /// All of them.
    pub total: u32,
}

/// The figures of this build, with every country on, names looked for, and the usual least score.
pub fn measured() -> &'static Measured {
    static MEASURED: LazyLock<Measured> = LazyLock::new(|| {
        serde_json::from_str(include_str!("measured.json"))
            .expect("the figures are compiled in, and a test reads them")
    });
    &MEASURED
}
