//! The walk along the chain: what must hold between an entry and those before it.

use uuid::Uuid;

use super::{Fault, Notes, as_hash};
use crate::record::{
    action::Action,
    checkpoints::Checkpoint,
    encoding::{Hash, from_hex},
    entries::{BEGINNING, Entry, Head},
};

/// How far the clock may go back unnoticed: time servers correct it by less.
const CLOCK_TOLERANCE_MS: i64 = 60_000;

/// How far the walk has come.
#[derive(Clone)]
pub(in crate::record) struct Chain {
    pub(in crate::record) instance: Uuid,
    pub(in crate::record) end: Head,
    /// The key that signs checkpoints from here on, as the last entry that names one says.
    pub(in crate::record) public_key: Option<[u8; 32]>,
    /// The check value of the key of the proofs from here on.
    pub(in crate::record) mac_key: Option<String>,
    pub(in crate::record) notes: Notes,
}

impl Chain {
    /// Before the first entry.
    pub(in crate::record) fn new(instance: Uuid) -> Self {
        Self::after(
            instance,
            Head {
                count: 0,
                hash: BEGINNING,
                latest_ms: i64::MIN,
            },
        )
    }

    /// After entries that are known to be good.
    pub(in crate::record) fn after(instance: Uuid, end: Head) -> Self {
        Self {
            instance,
            end,
            public_key: None,
            mac_key: None,
            notes: Notes::default(),
        }
    }

    /// Whether the walk has come to just this place, whatever it noted on its way.
    pub(in crate::record) fn stands_as(&self, other: &Self) -> bool {
        (self.instance, self.end) == (other.instance, other.end)
            && (self.public_key, &self.mac_key) == (other.public_key, &other.mac_key)
    }

    /// The next entry, with the hash that stands beside it.
    pub(in crate::record) fn take(&mut self, entry: &Entry, hash: &[u8]) -> Result<Hash, Fault> {
        let place = self.end.count + 1;
        if entry.sequence != place {
            return Err(Fault::Missing(place));
        }
        let real = entry.hash();
        if as_hash(hash) != Some(real) {
            return Err(Fault::Changed(place));
        }
        if entry.previous != self.end.hash {
            return Err(Fault::Unlinked(place));
        }
        if entry.instance != self.instance {
            return Err(Fault::Foreign(place));
        }
        if entry.latest_ms != entry.time_ms.max(self.end.latest_ms) {
            return Err(Fault::Time(place));
        }
        if !entry.is_well_formed() {
            return Err(Fault::Unreadable(place));
        }
        self.note_clock(entry);
        if entry.action == Action::VerificationFailed.name() {
            self.notes.failed += 1;
            self.notes.failed_at = Some(entry.sequence);
        }
        self.note_keys(entry)?;
        self.end = Head {
            count: place,
            hash: real,
            latest_ms: entry.latest_ms,
        };
        Ok(real)
    }

    /// A checkpoint of the entries so far.
    pub(in crate::record) fn check(&self, checkpoint: &Checkpoint) -> Result<(), Fault> {
        let count = checkpoint.count;
        let key_is_known = self
            .public_key
            .is_none_or(|key| key == checkpoint.public_key);
        if !key_is_known || checkpoint.instance != self.instance || !checkpoint.is_signed() {
            return Err(Fault::CheckpointUnsigned(count));
        }
        if (count, checkpoint.head) != (self.end.count, self.end.hash) {
            return Err(Fault::CheckpointDiffers(count));
        }
        Ok(())
    }

    fn note_clock(&mut self, entry: &Entry) {
        if entry.latest_ms.saturating_sub(entry.time_ms) > CLOCK_TOLERANCE_MS {
            self.notes.clock_set_back += 1;
            self.notes.clock_set_back_at.get_or_insert(entry.sequence);
        }
    }

    /// The first entry names the keys of the record, and so does one that replaces them.
    fn note_keys(&mut self, entry: &Entry) -> Result<(), Fault> {
        let begins = entry.action == Action::RecordBegan.name();
        if begins != (entry.sequence == 1) {
            return Err(Fault::Missing(1));
        }
        let replaced = entry.action == Action::KeysReplaced.name();
        if replaced {
            self.notes.keys_replaced += 1;
            self.notes.keys_replaced_at = Some(entry.sequence);
        }
        if begins || replaced {
            let named = entry.facts.text("public_key").and_then(from_hex);
            let key = named.as_deref().and_then(as_hash);
            self.public_key = Some(key.ok_or(Fault::Unreadable(entry.sequence))?);
            self.mac_key = entry.facts.text("mac_key").map(str::to_owned);
        }
        Ok(())
    }
}
