//! Why a file cannot be used as a model, in words a person can act on.

use std::io;

use crate::words;

/// Why a file cannot be used as a model. The message says what was found; [`GgufError::hint`] what to do.
#[derive(Debug, thiserror::Error)]
pub enum GgufError {
    /// Nothing is there.
    #[error("There is no file at this place.")]
    NotFound,
    /// A folder was chosen.
    #[error("This is a folder, not a model file.")]
    Folder,
    /// A pipe, a socket or a device.
    #[error("This is not a file that holds data.")]
    NotAFile,
    /// The operating system refuses to open it.
    #[error("This computer does not let Gatehouse read the file.")]
    NotAllowed,
    /// The disk or the network drive failed.
    #[error("The file could not be read: {0}.")]
    Unreadable(#[source] io::Error),
    /// No bytes at all.
    #[error("The file is empty.")]
    Empty,
    /// Only zeros: space that a download reserved and did not fill.
    #[error("The file holds only zeros: a download set it aside and never filled it.")]
    OnlyZeros,
    /// An HTML page saved under the model's name.
    #[error("This file starts with “{starts}”: it is a web page, not a model.")]
    WebPage {
        /// Its first characters.
        starts: String,
    },
    /// A git-lfs pointer.
    #[error("This is a pointer to the model, not the model itself.")]
    LfsPointer,
    /// Some other text.
    #[error("This file starts with “{starts}”: it is a text file, not a model.")]
    Text {
        /// Its first characters.
        starts: String,
    },
    /// A known format that is not GGUF.
    #[error("This file is {0}, not a GGUF model.")]
    OtherFormat(&'static str),
    /// Bytes of no format that we know.
    #[error("This is not a GGUF model: its first four bytes are not “GGUF”.")]
    NotGguf,
    /// Written for a processor of the other byte order.
    #[error("This GGUF file is written for big-endian computers.")]
    BigEndian,
    /// GGUF 1, of August 2023.
    #[error("This file is GGUF version 1, which nothing reads any more.")]
    OldVersion,
    /// A version that does not exist yet.
    #[error("This file says it is GGUF version {0}; Gatehouse reads 2 and 3.")]
    UnknownVersion(u32),
    /// The file ends before its contents do.
    #[error("{}", truncated(*.actual_bytes, *.expected_bytes))]
    Truncated {
        /// Size of the file.
        actual_bytes: u64,
        /// The size that its own description asks for; `None` when it ends inside the description.
        expected_bytes: Option<u64>,
    },
    /// A count or length that no model has.
    #[error("The file is damaged or made to mislead: it claims {0}.")]
    Absurd(String),
    /// A structure that breaks the format's rules.
    #[error("The file is damaged: {0}.")]
    Malformed(String),
    /// Weights in an encoding that this version does not know.
    #[error(
        "The weights are stored in an encoding (number {0}) that this version of Gatehouse does not know."
    )]
    UnknownTensorType(u32),
    /// A vocabulary without weights.
    #[error("This file holds only a vocabulary: the model's weights are not in it.")]
    VocabOnly,
    /// A GGUF that is part of something else.
    #[error("This file is {0}; it cannot chat or embed on its own.")]
    NotAModel(&'static str),
    /// A later part of a model in several files was chosen.
    #[error("This is part {part} of {parts} of a model that is split into several files.")]
    NotFirstPart {
        /// The part that was chosen, from 1.
        part: u64,
        /// How many there are.
        parts: u64,
    },
    /// Parts of a model in several files are not there.
    #[error("This model is split into {parts} files, and “{missing}” is not beside this one.")]
    PartMissing {
        /// Name of the first file that is missing.
        missing: String,
        /// How many there are.
        parts: u64,
    },
}

fn truncated(actual: u64, expected: Option<u64>) -> String {
    match expected {
        Some(expected) if words::size(expected) == words::size(actual) => {
            format!(
                "The file lacks its last {}: the download stopped early.",
                words::size(expected - actual)
            )
        }
        Some(expected) => format!(
            "The file is {} long but should be {}: the download stopped early.",
            words::size(actual),
            words::size(expected)
        ),
        None => format!(
            "The file ends after {}, in the middle of its own description: the download stopped early.",
            words::size(actual)
        ),
    }
}

impl GgufError {
    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotFound => {
                "Check whether it was moved or renamed, and whether its drive is connected."
            }
            Self::Folder => "Open the folder and choose the file that ends in .gguf.",
            Self::NotAFile => "Choose a file that ends in .gguf.",
            Self::NotAllowed => {
                "Change the file's permissions, or copy it to a folder of your own."
            }
            Self::Unreadable(_) => "Check the drive, then try again.",
            Self::WebPage { .. } => {
                "The download fetched a page in place of the file. Download again with the page's own download button."
            }
            Self::LfsPointer => {
                "Run “git lfs pull” where you cloned it, or download the file itself."
            }
            Self::Empty
            | Self::OnlyZeros
            | Self::Truncated { .. }
            | Self::Absurd(_)
            | Self::Malformed(_) => {
                "Download it again, and compare its SHA-256 with the publisher's."
            }
            Self::Text { .. } => {
                "Choose the model's own file: it ends in .gguf and is no text that an editor shows."
            }
            Self::NotGguf => {
                "If a page offered it as a GGUF model, download it again; if not, choose the file that ends in .gguf."
            }
            Self::OtherFormat(_) | Self::OldVersion | Self::BigEndian => {
                "Look for a current GGUF version of this model."
            }
            Self::UnknownVersion(_) | Self::UnknownTensorType(_) => {
                "Update Gatehouse, or look for another version of this model."
            }
            Self::VocabOnly | Self::NotAModel(_) => "Choose the file with the model's weights.",
            Self::NotFirstPart { .. } => {
                "Choose the file whose name contains “-00001-of-”, with all parts beside it."
            }
            Self::PartMissing { .. } => {
                "Put all parts into one folder, then choose the first again."
            }
        }
    }
}

impl From<io::Error> for GgufError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NotFound,
            io::ErrorKind::IsADirectory => Self::Folder,
            io::ErrorKind::PermissionDenied => Self::NotAllowed,
            _ => Self::Unreadable(error),
        }
    }
}
