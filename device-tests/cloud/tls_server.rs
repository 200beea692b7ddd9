//! The same behind TLS, with a certificate that nobody else trusts. The keys in `tls/` guard nothing.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};

use super::server::{Reply, Request};

/// A file of `tls/`.
pub(crate) fn file(name: &str) -> String {
    format!("{}/device-tests/cloud/tls/{name}", concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Serves with the certificate `name`, to clients of which it wants a certificate if `asks`; gives its
/// URL.
pub(crate) fn serve_tls(
    name: &str,
    asks: bool,
    handler: impl FnMut(Request) -> Reply + Send + 'static,
) -> String {
    let config = Arc::new(config(name, asks));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let handler = Arc::new(Mutex::new(handler));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let (stream, handler) =
                (StreamOwned::new(connection, stream.unwrap()), handler.clone());
            thread::spawn(move || converse(stream, &mut *handler.lock().unwrap()));
        }
    });
    url
}

fn config(name: &str, asks: bool) -> ServerConfig {
    let pem = |name: &str| fs::read(file(name)).unwrap();
    let certificates = |name: &str| -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(&pem(name)).map(Result::unwrap).collect()
    };
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone());
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let builder = if asks {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates("ca.pem"));
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
        builder.with_client_cert_verifier(verifier.build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let key = PrivateKeyDer::from_pem_slice(&pem(&format!("{name}.key"))).unwrap();
    builder.with_single_cert(certificates(&format!("{name}.pem")), key).unwrap()
}

/// Answers until the client is gone, or is not let in.
fn converse(
    stream: StreamOwned<ServerConnection, TcpStream>,
    handler: &mut impl FnMut(Request) -> Reply,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end() {
                "" => break,
                line => head.push(line.to_owned()),
            }
        }
        let header = |name: &str| {
            let mut found = head.iter().filter_map(|line| line.split_once(": "));
            found
                .find(|(there, _)| there.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.to_owned())
        };
        let len = header("content-length").map_or(0, |len| len.parse().unwrap());
        let mut body = vec![0; len];
        stream.read_exact(&mut body).ok()?;
        let mut first = head[0].split(' ').map(str::to_owned);
        let (status, body) = handler(Request {
            method: first.next().unwrap(),
            path: first.next().unwrap(),
            token: header("x-vault-token"),
            // What it was called by.
            target: header("host"),
            is_vault_request: header("x-vault-request").is_some(),
            body: serde_json::from_slice(&body).unwrap_or_default(),
        });
        let answer = format!("HTTP/1.1 {status} \r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.get_mut().write_all(answer.as_bytes()).ok()?;
        stream.get_mut().flush().ok()?;
    }
}
