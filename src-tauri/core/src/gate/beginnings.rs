//! What calls begin with: instructions that are long enough for a provider to keep them, so that advice can
//! find those that were read anew again and again without reading any text.

use std::hash::{BuildHasher, RandomState};

use gatehouse_protocol::Role;
use rusqlite::Connection;

use super::{elsewhere::Ready, price};
use crate::costs::{self, vendors};

/// Marks of instructions, as this process makes them: the same where the instructions are. They hang on
/// random numbers that end with the process, as nobody is to find out by one what was erased.
#[derive(Default)]
pub(super) struct Beginnings(RandomState);

/// What a call begins with.
pub(super) struct Beginning {
    mark: i64,
    /// Its tokens by our own count.
    tokens: u64,
    /// Those of the whole prompt, counted in the same way; `None`: it has pictures, which providers count each in
    /// their own way.
    of_prompt: Option<u64>,
}

impl Beginnings {
    /// What a request begins with; `None`: no provider would keep that. The mark is of the texts as they were
    /// before masking, which differs from chat to chat, and the tokens are of what leaves.
    pub(super) fn of(&self, ready: &Ready) -> Option<Beginning> {
        let least = vendors::least_kept(ready.cloud.account.billed_as());
        let said = || {
            let texts = ready.decided.texts.iter();
            texts.filter(|text| text.role == Role::System)
        };
        // No token has less than a byte: most requests need not be counted.
        let bytes: usize = said().map(|text| text.leaving.len()).sum();
        if u64::try_from(bytes).is_ok_and(|bytes| bytes < least) {
            return None;
        }
        let tokens = said().map(|text| price::own_count(&ready.cloud, &text.leaving));
        let tokens: u64 = tokens.sum();
        let originals = || said().map(|text| text.original.as_str());
        (tokens >= least).then(|| Beginning {
            mark: self
                .0
                .hash_one(originals().collect::<Vec<_>>())
                .cast_signed(),
            tokens,
            of_prompt: (ready.decided.of_pictures.is_none()).then_some(ready.pricing.prompt_tokens),
        })
    }
}

impl Beginning {
    /// Keep it with its call.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when the database fails.
    pub(super) fn keep(&self, tx: &Connection, call: i64) -> rusqlite::Result<()> {
        costs::note_beginning(tx, call, self.mark, self.tokens, self.of_prompt)
    }
}
