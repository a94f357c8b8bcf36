//! A body in parts: the long runs of base64 in it, which pictures are, apart from the rest. A picture leaves
//! with each request that follows in its conversation, and is kept once.

use std::ops::Range;

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// From this many letters on a run is worth a block of its own.
const LEAST: usize = 512;

const LITERAL: u8 = 0;
const BLOCK: u8 = 1;

/// What names a block.
pub(super) type Mark = [u8; 32];

/// The body with a mark in place of each block; `mark` keeps a block and names it.
///
/// # Errors
/// What `mark` says.
pub(super) fn apart<E>(
    body: &[u8],
    mut mark: impl FnMut(&[u8]) -> Result<Mark, E>,
) -> Result<Vec<u8>, E> {
    let (mut parts, mut at) = (Vec::new(), 0);
    for run in runs(body) {
        // Only canonical base64 is decoded, so it is encoded to the same letters again.
        let Ok(block) = STANDARD.decode(&body[run.clone()]) else {
            continue;
        };
        literal(&mut parts, &body[at..run.start]);
        parts.push(BLOCK);
        parts.extend_from_slice(&mark(&block)?);
        at = run.end;
    }
    literal(&mut parts, &body[at..]);
    Ok(parts)
}

/// The body again; `block` brings what a mark names. `None`: these are no parts of one.
///
/// # Errors
/// What `block` says.
pub(super) fn together<E>(
    mut parts: &[u8],
    mut block: impl FnMut(&Mark) -> Result<Vec<u8>, E>,
) -> Result<Option<Vec<u8>>, E> {
    let mut body = Vec::new();
    while let Some((&kind, rest)) = parts.split_first() {
        parts = match kind {
            LITERAL => {
                let Some((length, rest)) = rest.split_first_chunk() else {
                    return Ok(None);
                };
                let length = usize::try_from(u64::from_be_bytes(*length)).unwrap_or(usize::MAX);
                let Some((bytes, rest)) = rest.split_at_checked(length) else {
                    return Ok(None);
                };
                body.extend_from_slice(bytes);
                rest
            }
            BLOCK => {
                let Some((mark, rest)) = rest.split_first_chunk() else {
                    return Ok(None);
                };
                body.extend_from_slice(STANDARD.encode(block(mark)?).as_bytes());
                rest
            }
            _ => return Ok(None),
        };
    }
    Ok(Some(body))
}

fn literal(parts: &mut Vec<u8>, bytes: &[u8]) {
    if !bytes.is_empty() {
        parts.push(LITERAL);
        parts.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        parts.extend_from_slice(bytes);
    }
}

/// Long runs of the letters of base64, with what fills them up at the end.
fn runs(body: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < body.len() {
            let start = at + body[at..].iter().take_while(|b| !is_letter(b)).count();
            let letters = body[start..].iter().take_while(|b| is_letter(b)).count();
            let fill = body[start + letters..].iter().take(2);
            at = start + letters + fill.take_while(|b| **b == b'=').count();
            if letters >= LEAST {
                return Some(start..at);
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, convert::Infallible};

    use proptest::prelude::*;

    use super::*;

    fn parted(body: &[u8]) -> (Vec<u8>, HashMap<Mark, Vec<u8>>) {
        let mut kept = HashMap::new();
        let parts = apart(body, |block| {
            let mut mark = [0; 32];
            mark[..8].copy_from_slice(&(kept.len() as u64).to_be_bytes());
            kept.insert(mark, block.to_vec());
            Ok::<_, Infallible>(mark)
        });
        (parts.unwrap(), kept)
    }

    proptest! {
        #[test]
        fn a_body_comes_together_byte_for_byte(
            pieces in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..40), 0usize..3_000, any::<bool>()), 0..5)
        ) {
            let mut body = Vec::new();
            for (between, length, is_base64) in pieces {
                body.extend_from_slice(&between);
                let bytes: Vec<u8> = (0..length).map(|nth| (nth * 7 % 251) as u8).collect();
                match is_base64 {
                    true => body.extend_from_slice(STANDARD.encode(&bytes).as_bytes()),
                    false => body.extend(std::iter::repeat_n(b'x', length)),
                }
            }
            let (parts, kept) = parted(&body);
            let again = together(&parts, |mark| Ok::<_, Infallible>(kept[mark].clone())).unwrap();
            prop_assert_eq!(again.unwrap(), body);
        }

        #[test]
        fn bytes_that_are_no_parts_are_refused_without_a_panic(parts: Vec<u8>) {
            let _ = together(&parts, |_| Ok::<_, Infallible>(Vec::new())).unwrap();
        }
    }

    #[test]
    fn a_picture_is_a_block_and_words_are_none() {
        let picture = vec![7; 5_000];
        let body = format!(
            r#"{{"text":"{}","url":"data:image/png;base64,{}"}}"#,
            "word ".repeat(600),
            STANDARD.encode(&picture)
        );
        let (parts, kept) = parted(body.as_bytes());
        assert_eq!(kept.into_values().collect::<Vec<_>>(), [picture]);
        assert!(parts.len() < 3_300, "{}", parts.len());
    }
}
