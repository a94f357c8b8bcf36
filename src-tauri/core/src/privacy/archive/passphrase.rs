//! Archives that are locked with a passphrase, by age: any program that knows the format opens them.

use std::{
    fmt,
    io::{Read, Write},
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

    /// A reader of what was locked.
    pub(super) fn open<R: Read>(&self, input: R) -> Result<StreamReader<R>, ArchiveError> {
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
