//! TLS by certificate files: what is enciphered is answered as https, a renewed certificate is shown without a restart, and who speaks
//! something else gets nothing.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};

use crate::city::{Ground, empty_dir};
use crate::client::{Connection, Request};
use crate::server::{PATIENCE, Server, kaichang, poll, serve};

const FIRST: &str = "first";
const RENEWED: &str = "renewed";

fn pem(name: &str, what: &str) -> Vec<u8> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls");
    fs::read(dir.join(format!("{name}.{what}.pem"))).expect("a certificate for tests")
}

/// Puts a certificate where the server looks for it.
fn install(dir: &Path, name: &str) {
    for what in ["certificate", "key"] {
        fs::write(dir.join(what), pem(name, what)).expect("written");
    }
}

fn serve_by_tls(ground: &Ground, files: &Path) -> Command {
    let mut command = serve(kaichang(), ground.path());
    command.arg("--tls-certificate").arg(files.join("certificate"));
    command.arg("--tls-key").arg(files.join("key"));
    command
}

/// One request over a connection of its own by somebody who trusts one certificate and no other.
///
/// # Errors
/// What came in the way.
fn ask(
    address: SocketAddr,
    trusted: &str,
    version: &'static SupportedProtocolVersion,
    path: &str,
) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(&pem(trusted, "certificate")).expect("a certificate");
    roots.add(certificate).expect("a certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .expect("a version")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let session = ClientConnection::new(Arc::new(config), name).expect("a session");
    let socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut stream = StreamOwned::new(session, socket);
    let request = Request::get(path).header("connection", "close").encode();
    stream.write_all(&request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[test]
fn a_city_is_served_by_tls_and_a_renewed_certificate_is_shown_without_a_restart() {
    let (ground, files) = (Ground::demo(), empty_dir());
    install(files.path(), FIRST);
    let server = Server::start(serve_by_tls(&ground, files.path()), ground.path()).expect("it opens");
    assert!(server.said().contains("the city is open at https://"), "{}", server.said());
    for version in [&TLS12, &TLS13] {
        let answer = ask(server.address(), FIRST, version, "/v1/time").expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("strict-transport-security: max-age="), "browsers stay with https: {answer}");
    }
    ask(server.address(), RENEWED, &TLS13, "/v1/time").expect_err("a certificate that nobody shows");

    // As a renewal may leave them for a moment: the certificate is another's than the key.
    fs::write(files.path().join("certificate"), pem(RENEWED, "certificate")).expect("written");
    let told = poll(PATIENCE, || server.said().contains("can't be used").then_some(()));
    assert!(told.is_some(), "{}", server.said());
    ask(server.address(), FIRST, &TLS13, "/v1/time").expect("the former goes on");
    fs::write(files.path().join("key"), pem(RENEWED, "key")).expect("written");
    let shown = poll(PATIENCE, || ask(server.address(), RENEWED, &TLS13, "/v1/time").ok());
    assert!(shown.is_some(), "{}", server.said());
    ask(server.address(), FIRST, &TLS13, "/v1/time").expect_err("the former is gone");
}

#[test]
fn who_speaks_no_tls_gets_nothing_and_hinders_nobody() {
    let (ground, files) = (Ground::demo(), empty_dir());
    install(files.path(), FIRST);
    let server = Server::start(serve_by_tls(&ground, files.path()), ground.path()).expect("it opens");
    let mut plain = Connection::open(server.address()).expect("a connection");
    let silent: Vec<_> = (0..50).map(|_| Connection::open(server.address()).expect("a connection")).collect();
    plain.write(&Request::get("/v1/time").encode());
    let mut first = [0];
    assert!(plain.read_raw(&mut first) == 0 || first != *b"H", "no HTTP is spoken");
    ask(server.address(), FIRST, &TLS13, "/v1/time").expect("an answer beside them");
    drop(silent);
    assert!(!server.said().contains("panicked"), "{}", server.said());
}

#[test]
fn files_that_are_no_certificate_are_refused_and_named() {
    let (ground, files) = (Ground::demo(), empty_dir());
    let refused = |says: &[&str]| {
        let ended = ground.refuses_to_open(serve_by_tls(&ground, files.path()));
        assert_eq!(ended.code, Some(2), "{}", ended.said);
        for part in says {
            assert!(ended.said.contains(part), "{part:?}: {}", ended.said);
        }
        assert!(!ended.said.contains("panicked"), "{}", ended.said);
    };
    refused(&["certificate", "No such file"]);
    install(files.path(), FIRST);
    fs::write(files.path().join("certificate"), "no PEM").expect("written");
    refused(&["holds no certificate in PEM"]);
    install(files.path(), FIRST);
    fs::write(files.path().join("key"), pem(RENEWED, "key")).expect("written");
    refused(&["don't go together"]);
    fs::write(files.path().join("key"), pem(RENEWED, "certificate")).expect("written");
    refused(&["the key can't be read"]);

    let mut command = serve(kaichang(), ground.path());
    command.arg("--tls-certificate").arg(files.path().join("certificate"));
    let ended = ground.refuses_to_open(command);
    assert_eq!(ended.code, Some(2));
    assert!(ended.said.contains("needs --tls-key"), "{}", ended.said);
}
