//! What is kept, and how it goes: taken along, found by person, erased, kept for so long, backed up.
//!
//! Like the gate, it sees every domain, and no domain sees it: what is kept of a person lies in all
//! of them.

pub mod anonymise;
pub mod archive;
pub mod backup;
mod columns;
mod copies;
mod erase;
mod find;
mod identifiers;
mod page;
mod places;
mod requests;
pub mod retention;
mod storage;
mod texts;

pub use copies::Copies;
pub use erase::{
    ByteSearch, EraseError, Erased, Erasure, ErasurePreview, ErasureStep, Extent, FoundBytes, Goes,
    Remains, Stays,
};
pub use find::FindError;
pub use identifiers::{IdentifierError, IdentifierKind, Identifiers};
pub use page::FileForm;
pub use places::{FoundIdentifier, FoundPerson, Place, PlaceKind};
pub use requests::{NewRequest, RequestError, RequestKind, RequestState, SubjectRequest};
pub use storage::{PartKind, StoredPart};

use crate::store::Migration;

pub(crate) const MIGRATIONS: &[&[Migration]] = &[
    &[
        requests::MIGRATION,
        erase::MIGRATION,
        requests::FORGET_NOTES,
    ],
    backup::MIGRATIONS,
    retention::MIGRATIONS,
    anonymise::MIGRATIONS,
];
