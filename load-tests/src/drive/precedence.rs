//! The open loop's thread goes before the server's where it may: it has to send when a request is due, and to see an answer when it is there,
//! though all processors are the server's. What is measured beside each other is measured so alike.

use rustix::process::{getpriority_process, setpriority_process};

/// Above everything usual, below what the system needs.
const NICE: i32 = -10;

/// Precedence of this thread until it is dropped.
pub(super) struct Precedence {
    nice_before: i32,
}

impl Precedence {
    /// Nothing where it is not allowed: then the loop's lateness tells what that costs.
    pub(super) fn take() -> Option<Self> {
        let nice_before = getpriority_process(None).ok()?;
        setpriority_process(None, NICE).ok()?;
        Some(Self { nice_before })
    }
}

impl Drop for Precedence {
    fn drop(&mut self) {
        // Who could take it can give it back.
        let _ = setpriority_process(None, self.nice_before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precedence_is_given_back() {
        let before = getpriority_process(None).expect("one's own");
        let taken = Precedence::take();
        let meanwhile = getpriority_process(None).expect("one's own");
        assert_eq!(meanwhile, if taken.is_some() { NICE } else { before });
        drop(taken);
        assert_eq!(getpriority_process(None).expect("one's own"), before);
    }
}
