//! Why a picture is not taken, or not shown, in a person's words.

use super::{MOST_BYTES, MOST_IN_A_MESSAGE};
use crate::{
    problem::{Problem, ProblemCode},
    store::StoreError,
};

/// Why a picture is not taken, or not shown.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// There is nothing in the file.
    #[error("the file is empty")]
    Empty,
    /// It is longer than is taken.
    #[error("the picture has more than {} MB", MOST_BYTES >> 20)]
    TooLong,
    /// It is none of the formats.
    #[error("this is no PNG, JPEG, WebP or GIF, whatever its name says")]
    NoPicture,
    /// It is an SVG: a text with instructions, which can load other things.
    #[error("this is an SVG: a drawing in the form of a program, which is not shown and not sent")]
    Drawing,
    /// It has too many pixels.
    #[error("the picture has {width} × {height} pixels, and at most 50 million are taken")]
    TooManyPixels {
        /// From left to right.
        width: u32,
        /// From top to bottom.
        height: u32,
    },
    /// It takes too much memory.
    #[error("the picture would take too much memory")]
    TooLarge,
    /// It cannot be unpacked.
    #[error("the picture is damaged: {0}")]
    Damaged(String),
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// A message has no room for more.
    #[error("a message takes at most {MOST_IN_A_MESSAGE} pictures")]
    TooMany,
    /// It was removed, or erased.
    #[error("this picture is not there any more")]
    NotThere,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for PictureError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<PictureError> for Problem {
    fn from(error: PictureError) -> Self {
        use ProblemCode::{InvalidInput, NotFound};
        match error {
            PictureError::Store(store) => store.into(),
            PictureError::NotThere => Problem::new(NotFound, error),
            PictureError::Drawing | PictureError::NoPicture => Problem::new(InvalidInput, error)
                .hint("Save it as a PNG or JPEG, or take a screenshot of it."),
            PictureError::TooLong | PictureError::TooManyPixels { .. } | PictureError::TooLarge => {
                Problem::new(InvalidInput, error).hint("Make it smaller, then add it again.")
            }
            other => Problem::new(InvalidInput, other),
        }
    }
}
