//! A connection, with at most one request under way.

use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::time::Instant;

use mio::net::TcpStream;
use mio::{Interest, Poll, Token};

use crate::Failure;

pub(super) struct Connection<R> {
    pub(super) stream: TcpStream,
    pub(super) under_way: Option<UnderWay<R>>,
    /// The answer's beginning, when it didn't come in one piece.
    pub(super) received: Vec<u8>,
}

pub(super) struct UnderWay<R> {
    pub(super) request: R,
    /// From when on its answer is waited for.
    pub(super) due: Instant,
    /// How much of it the socket has taken.
    pub(super) sent_bytes: usize,
}

impl<R> Connection<R> {
    pub(super) fn open(address: SocketAddr, poll: &Poll, token: Token) -> Result<Self, Failure> {
        let stream = std::net::TcpStream::connect(address)
            .map_err(|error| format!("connect to {address}: {error}"))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { stream, under_way: None, received: Vec::new() })
    }

    /// Sends what is left of the request. The socket nearly always takes all of it at once.
    pub(super) fn send_rest(&mut self, request: &[u8]) -> std::io::Result<()> {
        let Some(under_way) = &mut self.under_way else { return Ok(()) };
        while under_way.sent_bytes < request.len() {
            match self.stream.write(&request[under_way.sent_bytes..]) {
                Ok(written) => under_way.sent_bytes += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
