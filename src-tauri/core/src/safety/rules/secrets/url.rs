//! Addresses with a password in them: `scheme://user:password@host`, whatever the scheme is.

use std::ops::Range;

use super::plausible::{is_template, is_unusual};

/// The longest name, and the longest password.
const NAME: usize = 200;
const PASSWORD: usize = 300;
const SCHEME: usize = 30;

/// Schemes of the web, of files and of mail; any other one is a connection's.
const WEB: &[&str] = &[
    "http", "https", "ftp", "ftps", "sftp", "scp", "ssh", "git", "svn", "socks", "socks4",
    "socks5", "socks5h", "smb", "afp", "rtsp", "rtmp", "rtmps", "imap", "imaps", "pop3", "pop3s",
    "smtp", "smtps", "ws", "wss", "dav", "davs", "webdav", "vnc", "telnet", "rdp", "sip", "sips",
];

/// The address at `//`, if it is one of the web.
pub(super) fn web(view: &str, slashes: &Range<usize>) -> Option<Range<usize>> {
    credentials(view, slashes, is_web)
}

/// The address at `//`, if it is one of a database, a queue or the like.
pub(super) fn connection(view: &str, slashes: &Range<usize>) -> Option<Range<usize>> {
    credentials(view, slashes, |scheme| !is_web(scheme))
}

fn is_web(scheme: &str) -> bool {
    let lower = scheme.to_ascii_lowercase();
    let base = lower.split('+').next_back().unwrap_or(&lower);
    scheme.is_empty() || WEB.contains(&base) || lower.starts_with("git+")
}

/// The whole address, if it is of such a scheme and has a password.
fn credentials(
    view: &str,
    slashes: &Range<usize>,
    is_of: fn(&str) -> bool,
) -> Option<Range<usize>> {
    let (scheme, start) = scheme_before(view, slashes.start)?;
    if !is_of(scheme) {
        return None;
    }
    let authority = &view[slashes.end..];
    let name = authority.char_indices().find(|(at, letter)| {
        *at > NAME || *letter == ':' || !is_inside(*letter) || "@/?#[".contains(*letter)
    });
    let colon = name.filter(|(_, letter)| *letter == ':')?.0;
    let after = &authority[colon + 1..];
    let at = after
        .char_indices()
        .find(|(at, letter)| *at > PASSWORD || *letter == '@' || !is_inside(*letter));
    let password = &after[..at.filter(|(_, letter)| *letter == '@')?.0];
    // `host:8080/path@2`: a port, and a path.
    let port = password.bytes().take_while(u8::is_ascii_digit).count();
    let is_port = is_web(scheme) && (1..=5).contains(&port) && password[port..].starts_with('/');
    // Without a scheme it could be anything that has a colon and an @.
    let is_any = scheme.is_empty() && !is_unusual(password);
    if password.is_empty() || is_port || is_any || is_template(password) {
        return None;
    }
    let host = &after[password.len() + 1..];
    let length = host.find(|letter| !is_inside(letter)).unwrap_or(host.len());
    let host = host[..length].trim_end_matches(['.', ',', ';', ':', ')']);
    if host.is_empty() {
        return None;
    }
    let end = slashes.end + colon + 1 + password.len() + 1 + host.len();
    Some(start..end)
}

/// The scheme before `//` and where it begins. `None`: the slashes begin no address.
fn scheme_before(view: &str, slashes: usize) -> Option<(&str, usize)> {
    let text = view.as_bytes();
    let Some(colon) = slashes.checked_sub(1).filter(|at| text[*at] == b':') else {
        let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
        return (!text[..slashes].last().is_some_and(inside)).then_some(("", slashes));
    };
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+.-".contains(byte);
    let length = text[..colon]
        .iter()
        .rev()
        .take(SCHEME)
        .take_while(|byte| part(byte))
        .count();
    let written = &view[colon - length..colon];
    let scheme = written.trim_start_matches(|letter: char| !letter.is_ascii_alphabetic());
    (scheme.len() >= 2).then_some((scheme, colon - scheme.len()))
}

fn is_inside(letter: char) -> bool {
    !letter.is_whitespace() && !"\"'<>`".contains(letter)
}
