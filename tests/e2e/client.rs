//! A client as plain as can be: one connection, one request at a time, every byte under the test's control.
//!
//! It knows three outcomes: an answer, no connection, and no answer. The last one says nothing of what the server did with
//! the request, and no test may take it for a refusal.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Nothing that a sound server does takes so long, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request, built up step by step.
#[derive(Clone)]
pub(crate) struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        let head = format!("{method} {path} HTTP/1.1\r\nhost: city\r\n");
        Self { head, body: Vec::new() }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn delete(path: &str) -> Self {
        Self::new("DELETE", path)
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self::new("POST", path).json(body)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.bytes("application/json", body.to_string().into_bytes())
    }

    pub(crate) fn bytes(self, media_type: &str, body: Vec<u8>) -> Self {
        let mut request = self.header("content-type", media_type);
        request.body = body;
        request
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.head.clone().into_bytes();
        if !self.body.is_empty() {
            bytes.extend_from_slice(format!("content-length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The request line, for messages.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("not JSON: {} {}", self.head, self.text()))
    }

    /// The answer, when it has this status; what was asked stands in the message otherwise.
    #[track_caller]
    pub(crate) fn expect(self, status: u16, asked: &str) -> Self {
        assert_eq!(self.status, status, "{asked}: {}{}", self.head, self.text());
        self
    }
}

/// What became of a request, as far as its sender can know.
#[derive(Debug)]
pub(crate) enum Outcome {
    Answered(Answer),
    /// It can't have reached the server.
    NotSent,
    /// It may have been done, or not.
    Unknown,
}

/// One connection, made anew when the server has closed it.
pub(crate) struct Client {
    address: SocketAddr,
    connection: Option<Connection>,
}

impl Client {
    pub(crate) const fn new(address: SocketAddr) -> Self {
        Self { address, connection: None }
    }

    pub(crate) fn send(&mut self, request: &Request) -> Outcome {
        if self.connection.as_mut().is_none_or(|connection| connection.is_closed()) {
            self.connection = Connection::open(self.address);
        }
        let Some(connection) = &mut self.connection else { return Outcome::NotSent };
        match connection.exchange(&request.encode()) {
            Some(answer) => {
                if answer.header("connection") == Some("close") {
                    self.connection = None;
                }
                Outcome::Answered(answer)
            }
            None => {
                self.connection = None;
                Outcome::Unknown
            }
        }
    }

    /// The answer of a server that lives.
    #[track_caller]
    pub(crate) fn ask(&mut self, request: &Request) -> Answer {
        match self.send(request) {
            Outcome::Answered(answer) => answer,
            Outcome::NotSent | Outcome::Unknown => panic!("{}: no answer", request.line()),
        }
    }
}

/// A connection, and what was read from it and not used yet.
pub(crate) struct Connection {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_nodelay(true).expect("an option of the socket");
        stream.set_read_timeout(Some(PATIENCE)).expect("an option of the socket");
        stream.set_write_timeout(Some(PATIENCE)).expect("an option of the socket");
        Some(Self { stream, rest: Vec::new() })
    }

    /// Whether the other side hung up between two requests.
    fn is_closed(&mut self) -> bool {
        self.stream.set_nonblocking(true).expect("an option of the socket");
        let peeked = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false).expect("an option of the socket");
        !matches!(peeked, Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    /// Sends without waiting for an answer. A server may answer and hang up before all is sent.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Whatever comes, unread by anybody before: how many bytes.
    pub(crate) fn read_raw(&mut self, bytes: &mut [u8]) -> usize {
        self.stream.read(bytes).unwrap_or(0)
    }

    fn exchange(&mut self, bytes: &[u8]) -> Option<Answer> {
        self.write(bytes);
        self.answer()
    }

    /// The next answer, or nothing when the connection ends before it is whole.
    pub(crate) fn answer(&mut self) -> Option<Answer> {
        let head_end = loop {
            if let Some(at) = self.rest.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.read_more()?;
        };
        let head = String::from_utf8(self.rest[..head_end].to_vec()).expect("a head of text");
        let status = head.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
        let mut answer = Answer { status, head, body: Vec::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().expect("a length"));
        while self.rest.len() < head_end + length {
            self.read_more()?;
        }
        answer.body = self.rest[head_end..head_end + length].to_vec();
        self.rest.drain(..head_end + length);
        Some(answer)
    }

    /// The next answer's head alone, for what has no body.
    pub(crate) fn head(&mut self) -> Option<String> {
        while !self.rest.windows(4).any(|four| four == b"\r\n\r\n") {
            self.read_more()?;
        }
        Some(String::from_utf8_lossy(&self.rest).into_owned())
    }

    fn read_more(&mut self) -> Option<()> {
        let mut chunk = [0; 16 * 1024];
        match self.stream.read(&mut chunk) {
            Ok(0) => None,
            Ok(read) => {
                self.rest.extend_from_slice(&chunk[..read]);
                Some(())
            }
            Err(error) => {
                let too_slow = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                assert!(!too_slow, "the server has not answered for {PATIENCE:?}");
                None
            }
        }
    }
}
