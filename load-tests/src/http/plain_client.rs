//! One connection, one question after the other: for what is asked before and after a run, and where latency alone counts.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::answer::{Head, read_head};
use super::request::Request;
use crate::Failure;

/// No answer takes longer; a server that is silent so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);
const READ_BYTES: usize = 64 * 1024;

pub(crate) struct PlainClient {
    stream: TcpStream,
    sent: Vec<u8>,
    received: Vec<u8>,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl PlainClient {
    pub(crate) fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)
            .map_err(|error| format!("connect to {address}: {error}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, sent: Vec::new(), received: Vec::new() })
    }

    pub(crate) fn ask(&mut self, request: &Request<'_>) -> Result<Answer<'_>, Failure> {
        let mut sent = std::mem::take(&mut self.sent);
        sent.clear();
        request.encode(&mut sent);
        self.sent = sent;
        self.stream.write_all(&self.sent)?;
        self.receive()
    }

    /// Sends what was encoded beforehand.
    pub(crate) fn ask_encoded(&mut self, request: &[u8]) -> Result<Answer<'_>, Failure> {
        self.stream.write_all(request)?;
        self.receive()
    }

    fn receive(&mut self) -> Result<Answer<'_>, Failure> {
        self.received.clear();
        let mut head: Option<Head> = None;
        loop {
            let had = self.received.len();
            self.received.resize(had + READ_BYTES, 0);
            let read = self.stream.read(&mut self.received[had..])?;
            self.received.truncate(had + read);
            if read == 0 {
                return Err("the server closed the connection before it had answered".into());
            }
            if head.is_none() {
                head = read_head(&self.received)?;
            }
            match head {
                Some(head) if self.received.len() > head.whole_bytes() => {
                    return Err("the server answered more than it was asked".into());
                }
                Some(head) if self.received.len() == head.whole_bytes() => {
                    return Ok(Answer { status: head.status, body: &self.received[head.head_bytes..] });
                }
                Some(_) | None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn an_answer_in_pieces_is_put_together_and_the_next_one_is_its_own() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut asked = [0; 1024];
            for pieces in [
                &["HTTP/1.1 200 OK\r\ncont", "ent-length: 5\r\n\r\nab", "cde"][..],
                &["HTTP/1.1 204 x\r\n\r\n"],
            ] {
                let _ = stream.read(&mut asked).expect("a question");
                for piece in pieces {
                    stream.write_all(piece.as_bytes()).expect("written");
                }
            }
        });
        let mut client = PlainClient::connect(address).expect("connected");
        let answer = client.ask(&Request::get("/a")).expect("an answer");
        assert_eq!((answer.status, answer.body), (200, &b"abcde"[..]));
        let answer = client.ask(&Request::get("/b")).expect("an answer");
        assert_eq!((answer.status, answer.body), (204, &b""[..]));
        server.join().expect("the server was content");
        client.ask(&Request::get("/c")).expect_err("nobody is there any more");
    }
}
