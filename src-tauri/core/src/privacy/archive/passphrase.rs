//! Archives that are locked with a passphrase, by age: any program that knows the format opens them.

use std::{
    fmt,
    io::{Read, Seek, Write},
    iter,
};

use age::{
    DecryptError, Decryptor, Encryptor, Identity, Recipient, scrypt,
    secrecy::SecretString,
    stream::{StreamReader, StreamWriter},
};
use zeroize::Zeroizing;

use super::ArchiveError;

/// Shorter passphrases are guessed, whatever is done to make guessing slow.
pub(super) const FEWEST_CHARACTERS: usize = 12;
/// scrypt's N is two to the power of this: about a second and 256 MiB, for whoever guesses, too. It is
/// what age's own programs take.
const WORK: u8 = 18;
/// Whoever made a file may have taken more, up to 1 GiB of memory.
const MOST_WORK: u8 = 20;

/// A file that is locked with a passphrase has one recipient, so all that stands before its content is
/// some 150 bytes. What needs more is not read: the header is parsed again for each piece that comes, and
/// nobody vouches for how long it is.
const LONGEST_HEADER: u64 = 1024;
/// How the last line of a header begins.
const LAST_LINE: &[u8] = b"\n--- ";

/// How every file of age begins.
const BEGINNING: &[u8] = b"age-encryption.org/v1\n";

/// What an archive is locked with. It is never shown, logged or kept.
pub struct Passphrase(Zeroizing<String>);

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase")
    }
}

impl Passphrase {
    /// One to open an archive with.
    #[must_use]
    pub fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// One to lock a new archive with.
    ///
    /// # Errors
    /// [`ArchiveError::PassphraseShort`] where it would be guessed.
    pub fn chosen(text: Zeroizing<String>) -> Result<Self, ArchiveError> {
        if text.trim().chars().count() < FEWEST_CHARACTERS {
            return Err(ArchiveError::PassphraseShort);
        }
        Ok(Self(text))
    }

    fn secret(&self) -> SecretString {
        SecretString::from(self.0.as_str())
    }

    /// A writer that locks what it is given. [`StreamWriter::finish`] ends it.
    pub(super) fn lock<W: Write>(&self, out: W) -> Result<StreamWriter<W>, ArchiveError> {
        let mut recipient = scrypt::Recipient::new(self.secret());
        recipient.set_work_factor(WORK);
        let encryptor = Encryptor::with_recipients(iter::once(&recipient as &dyn Recipient))
            .map_err(std::io::Error::other)?;
        Ok(encryptor.wrap_output(out)?)
    }

    /// A reader of what was locked. How long the header is and how much work it asks for are looked at
    /// before any of that work is done.
    pub(super) fn open<R: Read + Seek>(
        &self,
        mut input: R,
    ) -> Result<StreamReader<R>, ArchiveError> {
        has_short_header(&mut input)?;
        let decryptor = Decryptor::new(input).map_err(refused)?;
        if !decryptor.is_scrypt() {
            return Err(ArchiveError::LockedOtherwise);
        }
        let mut identity = scrypt::Identity::new(self.secret());
        identity.set_max_work_factor(MOST_WORK);
        decryptor
            .decrypt(iter::once(&identity as &dyn Identity))
            .map_err(refused)
    }
}

/// Refuse a header that is longer than one of a passphrase can be; the input is read from its beginning
/// after.
fn has_short_header(input: &mut (impl Read + Seek)) -> Result<(), ArchiveError> {
    let mut beginning = Vec::new();
    input
        .by_ref()
        .take(LONGEST_HEADER)
        .read_to_end(&mut beginning)?;
    input.rewind()?;
    let is_whole = memchr::memmem::find(&beginning, LAST_LINE).is_some();
    is_whole.then_some(()).ok_or(ArchiveError::LockedOtherwise)
}

/// Whether a file begins as one that is locked.
pub(super) fn is_locked(beginning: &[u8]) -> bool {
    beginning.starts_with(BEGINNING)
}

/// How many bytes [`is_locked`] looks at.
pub(super) const BEGINNING_BYTES: usize = BEGINNING.len();

fn refused(error: DecryptError) -> ArchiveError {
    match error {
        DecryptError::Io(error) => ArchiveError::reading("its beginning", error),
        DecryptError::ExcessiveWork { .. } => ArchiveError::TooMuchWork,
        DecryptError::InvalidHeader | DecryptError::UnknownFormat => ArchiveError::LockedOtherwise,
        _ => ArchiveError::PassphraseWrong,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    const WORDS: &str = "correct horse battery";

    fn passphrase(words: &str) -> Passphrase {
        Passphrase::new(Zeroizing::new(words.to_owned()))
    }

    /// Locked with so little work that a test can open it many times.
    fn locked(work: u8) -> Vec<u8> {
        let mut recipient = scrypt::Recipient::new(passphrase(WORDS).secret());
        recipient.set_work_factor(work);
        let encryptor =
            Encryptor::with_recipients(iter::once(&recipient as &dyn Recipient)).unwrap();
        let mut file = Vec::new();
        let mut out = encryptor.wrap_output(&mut file).unwrap();
        out.write_all(&[7; 66_000]).unwrap();
        out.finish().unwrap();
        file
    }

    /// What comes of opening and reading a file.
    fn opened(file: &[u8], words: &str) -> Result<Vec<u8>, ArchiveError> {
        let mut reader = passphrase(words).open(Cursor::new(file))?;
        let mut text = Vec::new();
        reader.read_to_end(&mut text)?;
        Ok(text)
    }

    /// A header that asks for `work` and has `stanzas` recipients of a passphrase.
    fn header(work: &str, stanzas: usize) -> Vec<u8> {
        let salt = "A".repeat(22);
        let stanza = format!("-> scrypt {salt} {work}\n{}\n", "A".repeat(43));
        let all = stanza.repeat(stanzas);
        let mac = "A".repeat(43);
        format!("age-encryption.org/v1\n{all}--- {mac}\n{mac}").into_bytes()
    }

    #[test]
    fn it_opens_with_its_passphrase_and_with_no_other() {
        let file = locked(2);
        assert_eq!(opened(&file, WORDS).unwrap(), [7; 66_000]);
        for other in ["", "correct horse batterz", "CORRECT HORSE BATTERY"] {
            assert!(matches!(
                opened(&file, other),
                Err(ArchiveError::PassphraseWrong)
            ));
        }
    }

    #[test]
    fn a_header_that_is_long_is_not_read_whatever_is_in_it() {
        let mut endless = b"age-encryption.org/v1\n-> scrypt ".to_vec();
        endless.resize(8 << 20, b'A');
        let mut lines = b"age-encryption.org/v1\n-> x\n".to_vec();
        lines.extend("A".repeat(64).bytes().chain([b'\n']).cycle().take(8 << 20));
        let mut late = endless.clone();
        late.extend(b"\n--- ");
        for file in [endless, lines, late, header("2", 10_000)] {
            let mut input = Counted {
                file: Cursor::new(file),
                read: 0,
            };
            let refused = passphrase(WORDS).open(&mut input);
            assert!(matches!(refused, Err(ArchiveError::LockedOtherwise)));
            assert!(
                input.read <= LONGEST_HEADER as usize,
                "{} bytes were read",
                input.read
            );
        }
    }

    struct Counted {
        file: Cursor<Vec<u8>>,
        read: usize,
    }

    impl Read for Counted {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let read = self.file.read(into)?;
            self.read += read;
            Ok(read)
        }
    }

    impl Seek for Counted {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            self.file.seek(to)
        }
    }

    #[test]
    fn more_than_one_recipient_and_other_recipients_are_refused() {
        for stanzas in [0, 2, 5] {
            assert!(opened(&header("2", stanzas), WORDS).is_err(), "{stanzas}");
        }
        let mac = "A".repeat(43);
        let other = format!("age-encryption.org/v1\n-> X25519 abc\nabc\n--- {mac}\n{mac}");
        assert!(matches!(
            opened(other.as_bytes(), WORDS),
            Err(ArchiveError::LockedOtherwise)
        ));
    }

    #[test]
    fn too_much_work_is_refused_before_any_of_it_is_done() {
        for work in ["21", "30", "63"] {
            let refused = opened(&header(work, 1), WORDS);
            assert!(
                matches!(refused, Err(ArchiveError::TooMuchWork)),
                "{work}: {refused:?}"
            );
        }
        for work in [
            "",
            "-1",
            "+2",
            "02",
            "64",
            "255",
            "256",
            "99999999999999999999",
            "1e9",
        ] {
            assert!(opened(&header(work, 1), WORDS).is_err(), "{work}");
        }
    }

    #[test]
    fn cut_off_at_any_length_it_is_refused() {
        let file = locked(1);
        let end = file.len() - 40..file.len();
        for length in (0..260).chain(end).chain([65_536, 65_700, 65_900]) {
            assert!(opened(&file[..length], WORDS).is_err(), "{length}");
        }
    }

    #[test]
    fn what_is_not_of_age_is_refused() {
        for file in [
            &b""[..],
            b"PK\x03\x04",
            b"age-encryption.org/v2\n",
            b"age-encryption.org/v1\n",
        ] {
            assert!(opened(file, WORDS).is_err());
        }
    }

    #[test]
    fn a_flipped_bit_opens_nothing() {
        let whole = locked(1);
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(300));
        let held = runner.run(&(any::<prop::sample::Index>(), 0..8u8), |(at, bit)| {
            let mut file = whole.clone();
            // Most of the harm can be done in the header.
            let within = if bit < 6 { 200 } else { file.len() };
            let at = at.index(within);
            file[at] ^= 1 << bit;
            prop_assert!(opened(&file, WORDS).is_err(), "byte {}", at);
            Ok(())
        });
        held.unwrap();
    }
}
