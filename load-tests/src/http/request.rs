//! Requests encoded beforehand, one behind the other in a single buffer: what is sent while it counts is bytes that lie ready.

use std::io::Write;

/// Requests in the order in which they are sent.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    bytes: Vec<u8>,
    /// Where each one ends.
    ends: Vec<usize>,
}

impl Requests {
    pub(crate) fn with_capacity(count: usize, bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ends: Vec::with_capacity(count) }
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start..self.ends[index]]
    }

    pub(crate) fn push(&mut self, request: &Request<'_>) {
        request.encode(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }
}

/// What the harness sends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) token: Option<&'a str>,
    pub(crate) idempotency_key: Option<&'a str>,
    /// JSON.
    pub(crate) body: Option<&'a str>,
}

impl<'a> Request<'a> {
    pub(crate) const fn get(path: &'a str) -> Self {
        Self { method: "GET", path, token: None, idempotency_key: None, body: None }
    }

    pub(crate) fn encode(&self, into: &mut Vec<u8>) {
        let Self { method, path, .. } = self;
        // A buffer takes all that is written to it.
        let _ = write!(into, "{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
        if let Some(token) = self.token {
            let _ = write!(into, "authorization: Bearer {token}\r\n");
        }
        if let Some(key) = self.idempotency_key {
            let _ = write!(into, "idempotency-key: {key}\r\n");
        }
        if let Some(body) = self.body {
            let length = body.len();
            let _ = write!(into, "content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}");
        } else {
            into.extend_from_slice(b"\r\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_lie_one_behind_the_other_and_come_out_as_they_went_in() {
        let mut requests = Requests::default();
        requests.push(&Request::get("/readyz"));
        requests.push(&Request {
            method: "POST",
            path: "/v1/bookings",
            token: Some("t"),
            idempotency_key: Some("k-1"),
            body: Some("{\"a\":1}"),
        });
        assert_eq!(requests.len(), 2);
        assert_eq!(requests.get(0), b"GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n");
        let expected = "POST /v1/bookings HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer t\r\nidempotency-key: k-1\r\n\
                        content-type: application/json\r\ncontent-length: 7\r\n\r\n{\"a\":1}";
        assert_eq!(String::from_utf8_lossy(requests.get(1)), expected);
    }
}
