//! Reading an answer: its status and where its body lies, nothing else.
//!
//! Only answers with a Content-Length are read. Kaichang gives one to each of its JSON answers, and an answer of another kind
//! is reported rather than guessed at.

use memchr::memchr;

/// A head longer than this is not a head.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// A body longer than this is nothing that the harness asked for.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The head of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// With the blank line.
    pub(crate) head_bytes: usize,
    pub(crate) body_bytes: usize,
}

impl Head {
    pub(crate) const fn whole_bytes(self) -> usize {
        self.head_bytes + self.body_bytes
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadAnswer {
    #[error("the answer does not begin as HTTP/1.1 does")]
    StatusLine,
    #[error("the answer has no content-length that can be read")]
    ContentLength,
    #[error("the answer's head or body is too long")]
    TooLong,
}

/// The head at the beginning of these bytes, or nothing while some of it is missing.
pub(crate) fn read_head(bytes: &[u8]) -> Result<Option<Head>, BadAnswer> {
    let Some((line, mut at)) = next_line(bytes, 0) else {
        return if bytes.len() > HEAD_BYTES_MAX { Err(BadAnswer::TooLong) } else { Ok(None) };
    };
    let status = status_in(line).ok_or(BadAnswer::StatusLine)?;
    let mut body_bytes = None;
    loop {
        if at > HEAD_BYTES_MAX {
            return Err(BadAnswer::TooLong);
        }
        let Some((line, behind)) = next_line(bytes, at) else {
            return if bytes.len() - at > HEAD_BYTES_MAX { Err(BadAnswer::TooLong) } else { Ok(None) };
        };
        at = behind;
        if line.is_empty() {
            let body_bytes = match body_bytes {
                Some(length) => length,
                // These never have a body.
                None if status == 204 || status == 304 => 0,
                None => return Err(BadAnswer::ContentLength),
            };
            return Ok(Some(Head { status, head_bytes: at, body_bytes }));
        }
        if let Some(value) = value_of(line, b"content-length") {
            let length = number_in(value).ok_or(BadAnswer::ContentLength)?;
            if length > BODY_BYTES_MAX {
                return Err(BadAnswer::TooLong);
            }
            body_bytes = Some(length);
        }
    }
}

/// A line without its end, and where the next one begins.
fn next_line(bytes: &[u8], from: usize) -> Option<(&[u8], usize)> {
    let rest = bytes.get(from..)?;
    let length = memchr(b'\n', rest)?;
    let line = &rest[..length];
    Some((line.strip_suffix(b"\r").unwrap_or(line), from + length + 1))
}

fn status_in(line: &[u8]) -> Option<u16> {
    let rest = line.strip_prefix(b"HTTP/1.1 ").or_else(|| line.strip_prefix(b"HTTP/1.0 "))?;
    let (digits, behind) = rest.split_at_checked(3)?;
    if behind.first().is_some_and(|byte| *byte != b' ') {
        return None;
    }
    let status = u16::try_from(number_in(digits)?).ok()?;
    (100..1000).contains(&status).then_some(status)
}

fn value_of<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (field, rest) = line.split_at_checked(name.len())?;
    if !field.eq_ignore_ascii_case(name) {
        return None;
    }
    rest.strip_prefix(b":").map(<[u8]>::trim_ascii)
}

fn number_in(digits: &[u8]) -> Option<usize> {
    // `parse` would take a sign, too.
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOKED: &[u8] =
        b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 4\r\nx-request-id: a\r\n\r\n{..}";

    #[test]
    fn a_head_is_read_once_it_is_whole_and_not_before() {
        let head_bytes = BOOKED.len() - 4;
        for cut in 0..=BOOKED.len() {
            let expected = (cut >= head_bytes).then_some(Head { status: 201, head_bytes, body_bytes: 4 });
            assert_eq!(read_head(&BOOKED[..cut]), Ok(expected), "cut at {cut}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_reported_and_not_guessed_at() {
        for (answer, expected) in [
            (&b"HTTP/2 200\r\n\r\n"[..], BadAnswer::StatusLine),
            (b"HTTP/1.1 2x0 OK\r\n\r\n", BadAnswer::StatusLine),
            (b"HTTP/1.1 2000\r\n\r\n", BadAnswer::StatusLine),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", BadAnswer::ContentLength),
            (b"HTTP/1.1 200 OK\r\ncontent-length: +4\r\n\r\n", BadAnswer::ContentLength),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n", BadAnswer::ContentLength),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n", BadAnswer::TooLong),
        ] {
            assert_eq!(read_head(answer), Err(expected), "{}", String::from_utf8_lossy(answer));
        }
        assert_eq!(read_head(&[b'x'; HEAD_BYTES_MAX + 1]), Err(BadAnswer::TooLong));
        let mut endless = b"HTTP/1.1 200 OK\r\nname: ".to_vec();
        endless.extend([b'x'; HEAD_BYTES_MAX + 1]);
        assert_eq!(read_head(&endless), Err(BadAnswer::TooLong));
    }

    #[test]
    fn an_answer_that_never_has_a_body_needs_no_length() {
        let head = read_head(b"HTTP/1.1 204 No Content\r\n\r\n").expect("a head").expect("all of it");
        assert_eq!((head.status, head.body_bytes, head.whole_bytes()), (204, 0, 27));
    }
}
