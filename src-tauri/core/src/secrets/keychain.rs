//! The keychain of this system. Keychains wait for a person to unlock them, so they are asked on a thread
//! of their own with a time limit.

use std::{
    collections::HashMap,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use keyring_core::CredentialStore;
use thiserror::Error;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{DatabaseKey, KeyError, KeyHome, SERVICE};

pub(super) fn from_keychain(id: Uuid, limit: Duration) -> Result<DatabaseKey, KeyError> {
    let place = format!("this computer's keychain (entry \"{SERVICE}\", account {id})");
    let answer = ask(limit, move |keychain| {
        Ok(Zeroizing::new(
            keychain
                .build(SERVICE, &id.to_string(), None)?
                .get_password()?,
        ))
    });
    match answer {
        Ok(text) => DatabaseKey::from_hex(text.as_bytes()).ok_or(KeyError::KeyUnreadable {
            place,
            detail: "it is not a key".into(),
        }),
        Err(Refusal::Absent(detail)) => Err(KeyError::KeychainMissing { detail }),
        Err(Refusal::Error(keyring_core::Error::NoEntry)) => Err(KeyError::KeyMissing { place }),
        Err(refusal) => Err(KeyError::KeychainLocked {
            detail: refusal.to_string(),
        }),
    }
}

/// Whether a keychain answers and has the key of this folder. `instance.json` can be written by whoever
/// can write the folder, so it alone does not decide that the keychain is not looked at.
pub(super) fn is_in_keychain(id: Uuid, limit: Duration) -> bool {
    let answer = ask(limit, move |keychain| {
        // A search finds an entry without asking for what is in it.
        #[cfg(all(unix, not(target_os = "macos")))]
        let found = {
            let account = id.to_string();
            let wanted = HashMap::from([("service", SERVICE), ("username", account.as_str())]);
            !keychain.search(&wanted)?.is_empty()
        };
        #[cfg(not(all(unix, not(target_os = "macos"))))]
        let found = {
            let entry = keychain.build(SERVICE, &id.to_string(), None)?;
            let found = entry.get_password().map(Zeroizing::new);
            !matches!(found, Err(keyring_core::Error::NoEntry))
        };
        Ok(found)
    });
    match answer {
        Ok(found) => found,
        // Where there is none, the keys are where they should be.
        Err(Refusal::Absent(_) | Refusal::Error(_)) => false,
        Err(refusal) => {
            tracing::warn!(%refusal, "the keychain could not be asked whether it has the keys");
            false
        }
    }
}

/// Store a new key. Where Linux has no keychain that works, the key goes into a file.
pub(super) fn put_in_keychain(
    id: Uuid,
    key: &DatabaseKey,
    limit: Duration,
) -> Result<KeyHome, KeyError> {
    let text = key.to_hex();
    let answer = ask(limit, move |keychain| {
        let entry = keychain.build(SERVICE, &id.to_string(), None)?;
        entry.set_password(&text)?;
        // Some keychains accept and forget; the key must be there before data depends on it.
        Ok(*Zeroizing::new(entry.get_password()?) == *text)
    });
    let refusal = match answer {
        Ok(true) => return Ok(KeyHome::Keychain),
        Ok(false) => Refusal::Forgetful,
        Err(refusal) => refusal,
    };
    let absent = matches!(refusal, Refusal::Absent(_));
    if cfg!(target_os = "linux") && (absent || !someone_can_be_asked()) {
        tracing::warn!(%refusal, "no keychain; the key of the database goes into a file");
        return Ok(KeyHome::File);
    }
    Err(match refusal {
        Refusal::Absent(detail) => KeyError::KeychainMissing { detail },
        other => KeyError::KeychainLocked {
            detail: other.to_string(),
        },
    })
}

/// On a server without a screen, a locked keychain of Linux can show its prompt to nobody.
fn someone_can_be_asked() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some())
}

/// How a keychain did not give what was asked for.
#[derive(Debug, Error)]
pub(super) enum Refusal {
    #[error("there is none: {0}")]
    Absent(String),
    #[error("{0}")]
    Error(keyring_core::Error),
    #[error("it did not answer in time")]
    Silent,
    #[error("it did not keep the key")]
    Forgetful,
}

pub(super) fn ask<T: Send + 'static>(
    limit: Duration,
    question: impl FnOnce(&CredentialStore) -> keyring_core::Result<T> + Send + 'static,
) -> Result<T, Refusal> {
    within_limit(limit, move || {
        let keychain = keychain().map_err(|error| Refusal::Absent(error.to_string()))?;
        question(&*keychain).map_err(Refusal::Error)
    })
}

/// Do it on a thread of its own. After the limit the thread is left to wait alone: most likely a
/// prompt is on the screen, and answering it lets the next try succeed.
pub(super) fn within_limit<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let (answer, answered) = mpsc::sync_channel(1);
    // Nobody listens any more when the limit has passed.
    let work = move || answer.send(work()).unwrap_or_default();
    match thread::Builder::new().name("keychain".into()).spawn(work) {
        Ok(_) => answered.recv_timeout(limit).unwrap_or(Err(Refusal::Silent)),
        Err(error) => Err(Refusal::Absent(error.to_string())),
    }
}

/// The keychain of this system, connected anew for each question: one that was locked or absent
/// a moment ago may be there now.
pub(super) fn keychain() -> keyring_core::Result<Arc<CredentialStore>> {
    #[cfg(target_os = "macos")]
    return Ok(apple_native_keyring_store::keychain::Store::new()?);
    #[cfg(windows)]
    return Ok(windows_native_keyring_store::Store::new()?);
    #[cfg(all(unix, not(target_os = "macos")))]
    return Ok(zbus_secret_service_keyring_store::Store::new()?);
}
