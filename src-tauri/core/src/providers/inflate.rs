//! Answers that are packed although we asked for none: unpacked piece by piece, so that no token
//! waits for the end of a block.

use std::io::Write;

use flate2::write::{GzDecoder, ZlibDecoder};

/// Deflate packs a thousand bytes into one; pieces of this size keep memory small.
const STEP: usize = 4 * 1024;
/// The most that one piece from the network may become.
const MAX_PIECE_BYTES: usize = 64 * 1024 * 1024;

/// How an answer is unpacked.
pub(super) enum Inflate {
    Plain,
    Gzip(Box<GzDecoder<Vec<u8>>>),
    Zlib(Box<ZlibDecoder<Vec<u8>>>),
}

impl Inflate {
    /// By the value of `Content-Encoding`.
    ///
    /// # Errors
    /// What to tell of an encoding that was not asked for and is not known.
    pub(super) fn new(encoding: &[u8]) -> Result<Self, &'static str> {
        match encoding.to_ascii_lowercase().as_slice() {
            b"" | b"identity" => Ok(Self::Plain),
            b"gzip" | b"x-gzip" => Ok(Self::Gzip(Box::new(GzDecoder::new(Vec::new())))),
            b"deflate" => Ok(Self::Zlib(Box::new(ZlibDecoder::new(Vec::new())))),
            _ => Err("the answer is packed in a way that was not asked for"),
        }
    }

    /// All that these bytes hold.
    ///
    /// # Errors
    /// What to tell when they are damaged or hold far too much.
    pub(super) fn unpack(&mut self, bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
        let mut unpacked = Vec::new();
        for step in bytes.chunks(STEP) {
            let piece = match self {
                Self::Plain => return Ok(bytes.to_vec()),
                Self::Gzip(decoder) => {
                    let written = decoder.write_all(step).and_then(|()| decoder.flush());
                    written.map(|()| std::mem::take(decoder.get_mut()))
                }
                Self::Zlib(decoder) => {
                    let written = decoder.write_all(step).and_then(|()| decoder.flush());
                    written.map(|()| std::mem::take(decoder.get_mut()))
                }
            };
            unpacked.extend_from_slice(&piece.map_err(|_| "the packed answer is damaged")?);
            if unpacked.len() > MAX_PIECE_BYTES {
                return Err("the packed answer is far larger than it looks");
            }
        }
        Ok(unpacked)
    }
}
