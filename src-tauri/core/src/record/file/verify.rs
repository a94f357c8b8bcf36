//! An exported file, verified line by line: each must be written in its one form.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    io::{self, BufRead},
};

use serde::{Serialize, de::DeserializeOwned};

use super::{EntryLine, FirstLine, LONGEST_LINE, Line, write_line};
use crate::record::{
    Compared, Fault, Verdict, VerifyError, Witness, checkpoints::Checkpoint, entries::Entry,
    verify::Chain,
};

/// Verify a file that [`crate::record::Record::export`] wrote, and compare it with a witness, and with the key that
/// it must be signed with, if there are any. It needs no database, no keychain and little memory.
///
/// # Errors
/// [`VerifyError`] when the file cannot be read.
pub fn verify_file(
    file: &mut impl BufRead,
    witness: Option<&Witness>,
    public_key: Option<&[u8; 32]>,
) -> Result<Verdict, VerifyError> {
    let mut reader = Lines { file, number: 0 };
    let first: FirstLine = match reader.next()? {
        Next::Line(first) => first,
        Next::Bad | Next::End => return Ok(Verdict::failed(Fault::Line(1), 1)),
    };
    let last = match (first.format, first.checkpoint.read()) {
        (1, Some(last)) if last.is_signed() => last,
        (1, Some(last)) => {
            return Ok(Verdict::failed(Fault::CheckpointUnsigned(last.count), 1));
        }
        _ => return Ok(Verdict::failed(Fault::Line(1), 1)),
    };
    let mut chain = Chain::new(last.instance);
    let mut checkpoint_before = 0;
    let mut witnessed = witness.map(Witnessed::new);
    let fault = loop {
        let taken = match reader.next::<Line>()? {
            Next::End => break end(&chain, &last, witnessed.as_ref(), public_key),
            Next::Bad => Err(Fault::Line(reader.number)),
            Next::Line(Line::Checkpoint(written)) => match written.read() {
                Some(checkpoint) if checkpoint.count > checkpoint_before => {
                    checkpoint_before = checkpoint.count;
                    match chain.public_key {
                        Some(_) => chain.check(&checkpoint),
                        // Before the first entry nobody's key is that of the record.
                        None => Err(Fault::CheckpointUnsigned(checkpoint.count)),
                    }
                }
                _ => Err(Fault::Line(reader.number)),
            },
            Next::Line(Line::Entry(line)) => {
                take(&mut chain, line, reader.number).and_then(|entry| {
                    witnessed
                        .as_mut()
                        .map_or(Ok(()), |of| of.meet(&chain, entry))
                })
            }
        };
        if let Err(fault) = taken {
            break Some(fault);
        }
    };
    Ok(Verdict {
        from: 1,
        count: chain.end.count,
        head: chain.end.hash,
        compared: witnessed.map(|witnessed| witnessed.compared(fault.as_ref())),
        fault,
        public_key: chain.public_key,
        notes: chain.notes,
    })
}

fn take(chain: &mut Chain, line: EntryLine, number: u64) -> Result<Entry, Fault> {
    let (entry, hash, payload) = line.read().ok_or(Fault::Line(number))?;
    chain.take(&entry, &hash)?;
    match payload {
        Some(salted) if salted.commitment() != *entry.commitment => {
            Err(Fault::PayloadChanged(entry.sequence))
        }
        _ => Ok(entry),
    }
}

/// A witness on the way along the file.
struct Witnessed<'a> {
    witness: &'a Witness,
    /// Whether the entries that it speaks of are the ones in the file.
    agrees: bool,
    /// What came after, and how often.
    since: BTreeMap<String, i64>,
}

impl<'a> Witnessed<'a> {
    fn new(witness: &'a Witness) -> Self {
        Self {
            witness,
            agrees: false,
            since: BTreeMap::new(),
        }
    }

    /// The chain has come to an entry.
    fn meet(&mut self, chain: &Chain, entry: Entry) -> Result<(), Fault> {
        let count = self.witness.count();
        if entry.sequence > count {
            *self.since.entry(entry.action).or_default() += 1;
        } else if entry.sequence == count {
            if !self.witness.speaks_of(chain.instance, &chain.end.hash) {
                return Err(Fault::CheckpointDiffers(count));
            }
            self.agrees = true;
        }
        Ok(())
    }

    /// What the comparison says, where the file has this fault.
    fn compared(self, fault: Option<&Fault>) -> Compared {
        let mut since: Vec<_> = self.since.into_iter().collect();
        since.sort_by_key(|(_, count)| Reverse(*count));
        Compared {
            count: self.witness.count(),
            fault: fault.filter(|_| !self.agrees).cloned(),
            since,
        }
    }
}

/// The file must end where its first line says, and have come by the witness.
fn end(
    chain: &Chain,
    last: &Checkpoint,
    witnessed: Option<&Witnessed<'_>>,
    public_key: Option<&[u8; 32]>,
) -> Option<Fault> {
    if (chain.end.count, chain.end.hash) != (last.count, last.head) {
        return Some(Fault::Incomplete);
    }
    if last.count == 0 {
        return Some(Fault::Missing(1));
    }
    if let Err(fault) = chain.check(last) {
        return Some(fault);
    }
    if public_key.is_some_and(|key| *key != last.public_key) {
        return Some(Fault::OtherKey);
    }
    match witnessed {
        Some(witnessed) if !witnessed.agrees => Some(Fault::CutOff {
            expected: witnessed.witness.count(),
            found: chain.end.count,
        }),
        _ => None,
    }
}

struct Lines<'a, R> {
    file: &'a mut R,
    number: u64,
}

enum Next<T> {
    Line(T),
    /// It is not exactly as Gatehouse writes it.
    Bad,
    End,
}

impl<R: BufRead> Lines<'_, R> {
    fn next<T: Serialize + DeserializeOwned>(&mut self) -> io::Result<Next<T>> {
        self.number += 1;
        let mut line = Vec::new();
        io::Read::take(&mut *self.file, LONGEST_LINE).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(Next::End);
        }
        let Ok(read) = serde_json::from_slice::<T>(&line) else {
            return Ok(Next::Bad);
        };
        let mut again = Vec::with_capacity(line.len());
        write_line(&mut again, &read)?;
        Ok(if again == line {
            Next::Line(read)
        } else {
            Next::Bad
        })
    }
}
