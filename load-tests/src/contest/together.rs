//! Requests over several connections at once, each connection one after the other: in about the order in which they stand.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Failure;
use crate::http::plain_client::PlainClient;
use crate::http::request::Requests;

/// An answer, with the place of its request.
pub(crate) struct Told {
    pub(crate) request: usize,
    pub(crate) status: u16,
    pub(crate) body: Box<[u8]>,
}

/// Sends all of them. Answers come in the order of their requests.
pub(crate) fn ask_all(
    address: SocketAddr,
    connections: usize,
    requests: &Requests,
) -> Result<Vec<Told>, Failure> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<Told>, Failure> {
        let mut client = PlainClient::connect(address)?;
        let mut told = Vec::new();
        loop {
            // ORDERING: Relaxed, each number is taken once, and nothing else is shared.
            let request = next.fetch_add(1, Ordering::Relaxed);
            if request >= requests.len() {
                return Ok(told);
            }
            let answer = client.ask_encoded(requests.get(request))?;
            told.push(Told { request, status: answer.status, body: answer.body.into() });
        }
    };
    let connections = connections.min(requests.len()).max(1);
    let mut all = std::thread::scope(|scope| -> Result<Vec<Told>, Failure> {
        let workers: Vec<_> = (0..connections).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::with_capacity(requests.len());
        for worker in workers {
            all.extend(worker.join().map_err(|_| "a connection's thread has panicked")??);
        }
        Ok(all)
    })?;
    all.sort_by_key(|told| told.request);
    Ok(all)
}
