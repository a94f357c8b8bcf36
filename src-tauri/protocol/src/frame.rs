//! One frame on the wire: a little-endian length and that many bytes of JSON.

use std::io::{self, Read, Write};

use serde::{Serialize, de::DeserializeOwned};

/// The longest frame that is accepted, in bytes. A conversation of a million tokens fits.
pub const MAX_FRAME_BYTES: usize = 64 * 1024 * 1024;

/// Why a frame could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The pipe failed, or ended inside a frame.
    #[error("the pipe to the other process failed: {0}")]
    Io(#[from] io::Error),
    /// The length is over [`MAX_FRAME_BYTES`].
    #[error("a frame of {0} bytes is longer than any that this protocol has")]
    TooLong(usize),
    /// The bytes are not a frame of this protocol.
    #[error("a frame could not be understood: {0}")]
    Json(#[from] serde_json::Error),
}

/// Write one frame and flush it.
///
/// # Errors
/// [`FrameError::TooLong`] before anything is written; [`FrameError::Io`] when the pipe fails.
pub fn write_frame<T: Serialize>(out: &mut impl Write, frame: &T) -> Result<(), FrameError> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, frame)?;
    let length = bytes.len() - 4;
    let prefix = u32::try_from(length)
        .ok()
        .filter(|_| length <= MAX_FRAME_BYTES)
        .ok_or(FrameError::TooLong(length))?;
    bytes[..4].copy_from_slice(&prefix.to_le_bytes());
    out.write_all(&bytes)?;
    out.flush()?;
    Ok(())
}

/// Read one frame; `None` when the pipe ended between frames.
///
/// # Errors
/// [`FrameError`] when the pipe fails or ends inside a frame, or the frame is too long or not understood.
pub fn read_frame<T: DeserializeOwned>(input: &mut impl Read) -> Result<Option<T>, FrameError> {
    let mut prefix = [0; 4];
    let first = loop {
        match input.read(&mut prefix) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    if first == 0 {
        return Ok(None);
    }
    input.read_exact(&mut prefix[first..])?;
    let length = u32::from_le_bytes(prefix) as usize;
    if length > MAX_FRAME_BYTES {
        return Err(FrameError::TooLong(length));
    }
    // Grown as bytes arrive: a length alone must not make us allocate.
    let mut bytes = Vec::new();
    input.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(Some(serde_json::from_slice(&bytes)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Request;

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in(ids in proptest::collection::vec(any::<u64>(), 0..20), text in ".*") {
            let frames: Vec<Request> = ids
                .iter()
                .map(|&id| Request::CountTokens { id, texts: vec![text.clone()] })
                .collect();
            let mut wire = Vec::new();
            for frame in &frames {
                write_frame(&mut wire, frame).expect("a vector takes every write");
            }
            let mut rest = wire.as_slice();
            let mut seen = Vec::new();
            while let Some(frame) = read_frame::<Request>(&mut rest).expect("what was written is well formed") {
                seen.push(frame);
            }
            prop_assert_eq!(seen, frames);
        }

        #[test]
        fn any_bytes_end_in_a_frame_an_end_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_frame::<Request>(&mut bytes.as_slice());
        }
    }

    #[test]
    fn a_pipe_that_ends_inside_a_frame_is_an_error() {
        let mut wire = Vec::new();
        write_frame(&mut wire, &Request::Shutdown).expect("a vector takes every write");
        wire.pop();
        let read = read_frame::<Request>(&mut wire.as_slice());
        assert!(
            matches!(read, Err(FrameError::Io(_))),
            "half a frame must not pass as the end"
        );
    }

    #[test]
    fn an_absurd_length_is_refused_without_allocating_it() {
        let wire = u32::MAX.to_le_bytes();
        let read = read_frame::<Request>(&mut wire.as_slice());
        assert!(matches!(read, Err(FrameError::TooLong(_))));
    }
}
