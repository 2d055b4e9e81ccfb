//! Has the system send what is written to Postgres at once, instead of waiting for more to go with it.
//!
//! Rows and their end are two messages without an answer between them, which is what the waiting is worst for: the second waits for the
//! first to be acknowledged, and Postgres, which waits for the second, acknowledges after 40 ms. The library's sockets don't have
//! the option set and can't be reached through it, so that they are found among all of this process's.

use std::fs;
use std::io;
use std::path::Path;

use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use socket2::SockRef;

const OWN_FILES: &str = "/proc/self/fd";

/// Sets it on every connection of this process to such a port: no other is harmed by it. How many there are.
///
/// # Errors
/// What the system says; some containers don't allow it. The connection works as before then.
pub(super) fn send_at_once(port: u16) -> io::Result<usize> {
    let own = pidfd_open(getpid(), PidfdFlags::empty())?;
    let mut found = 0;
    for entry in fs::read_dir(OWN_FILES)? {
        let name = entry?.file_name();
        let Some(number) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // What is closed meanwhile is nobody's connection any more.
        if !fs::read_link(Path::new(OWN_FILES).join(name))
            .is_ok_and(|to| to.to_string_lossy().starts_with("socket:"))
        {
            continue;
        }
        let socket = match pidfd_getfd(&own, number, PidfdGetfdFlags::empty()) {
            Ok(socket) => socket,
            Err(rustix::io::Errno::BADF) => continue,
            Err(error) => return Err(error.into()),
        };
        let socket = SockRef::from(&socket);
        let peer = socket.peer_addr().ok().and_then(|peer| peer.as_socket());
        if peer.is_some_and(|peer| peer.port() == port) {
            socket.set_tcp_nodelay(true)?;
            found += 1;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_option_is_set_on_connections_to_the_port_and_on_no_other() {
        let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
        let [one, other] = listeners.each_ref().map(|listener| listener.local_addr().expect("an address"));
        let (to_one, to_other) =
            (TcpStream::connect(one).expect("connected"), TcpStream::connect(other).expect("connected"));
        assert!(!to_one.nodelay().expect("an option"), "it is not so by itself");
        assert_eq!(send_at_once(one.port()).expect("allowed"), 1);
        assert!(to_one.nodelay().expect("an option"));
        assert!(!to_other.nodelay().expect("an option"));
    }
}
