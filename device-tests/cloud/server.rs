//! A server that a test writes the answers of.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::Arc,
    thread,
    time::Duration,
};

use serde_json::Value;
use tiny_http::{Header, Response};

/// What came in.
pub(crate) struct Request {
    /// GET, POST, ..
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    /// What proves who calls: `Authorization` or `X-Vault-Token`.
    pub(crate) token: Option<String>,
    /// What AWS's services are asked for: `X-Amz-Target`.
    pub(crate) target: Option<String>,
    /// Whether it says that it is a program's own request: `X-Vault-Request`.
    pub(crate) is_vault_request: bool,
    /// The body.
    pub(crate) body: Value,
}

/// Status and body. A status of 0 is none: the server is gone.
pub(crate) type Reply = (u16, String);

/// Serves for as long as the test runs; gives its URL.
pub(crate) fn serve(handler: impl FnMut(Request) -> Reply + Send + 'static) -> String {
    serve_with(Arc::new(tiny_http::Server::http("127.0.0.1:0").unwrap()), handler)
}

/// A server that ends when this is dropped: for tests that start hundreds.
pub(crate) struct Serving {
    pub(crate) url: String,
    server: Arc<tiny_http::Server>,
}

impl Serving {
    pub(crate) fn new(handler: impl FnMut(Request) -> Reply + Send + 'static) -> Self {
        let server = Arc::new(tiny_http::Server::http("127.0.0.1:0").unwrap());
        Self { url: serve_with(server.clone(), handler), server }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

/// The same at the URL of a server that is gone.
pub(crate) fn serve_again(
    url: &str,
    handler: impl FnMut(Request) -> Reply + Send + 'static,
) -> String {
    let address = url.strip_prefix("http://").unwrap();
    // What served there may not be all gone yet.
    for _ in 0..500 {
        match tiny_http::Server::http(address) {
            Ok(server) => return serve_with(Arc::new(server), handler),
            Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    }
    panic!("{address} stays taken");
}

fn serve_with(
    server: Arc<tiny_http::Server>,
    mut handler: impl FnMut(Request) -> Reply + Send + 'static,
) -> String {
    let url = format!("http://{}", server.server_addr().to_ip().unwrap());
    thread::spawn(move || {
        for mut incoming in server.incoming_requests() {
            let mut body = String::new();
            incoming.as_reader().read_to_string(&mut body).unwrap();
            let is_token = |header: &&Header| {
                header.field.equiv("Authorization") || header.field.equiv("X-Vault-Token")
            };
            let token = incoming.headers().iter().find(is_token);
            let target = incoming.headers().iter().find(|h| h.field.equiv("X-Amz-Target"));
            let marked = |h: &Header| h.field.equiv("X-Vault-Request") && h.value == "true";
            let (status, body) = handler(Request {
                is_vault_request: incoming.headers().iter().any(marked),
                target: target.map(|header| header.value.to_string()),
                method: incoming.method().to_string(),
                path: incoming.url().to_owned(),
                token: token.map(|header| header.value.to_string()),
                body: serde_json::from_str(&body).unwrap_or_default(),
            });
            if status == 0 {
                return;
            }
            let mut response = Response::from_string(body).with_status_code(status);
            if status == 429 {
                // A test need not be patient.
                response.add_header(Header::from_bytes("Retry-After", "0").unwrap());
            }
            let _ = incoming.respond(response);
        }
    });
    url
}

/// Answers `count` requests without a body, one connection after another, and then dies.
pub(crate) fn serve_and_die(
    count: usize,
    mut handler: impl FnMut(Request) -> Reply + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for _ in 0..count {
            let mut stream = BufReader::new(listener.accept().unwrap().0);
            let mut lines = Vec::new();
            for line in stream.by_ref().lines().map(|line| line.unwrap()) {
                if line.is_empty() { break } else { lines.push(line) }
            }
            let mut first = lines[0].split(' ').map(str::to_owned);
            let token = lines.iter().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("x-vault-token").then(|| value.to_owned())
            });
            let (method, path) = (first.next().unwrap(), first.next().unwrap());
            let (status, body) = handler(Request {
                method,
                path,
                token,
                target: None,
                is_vault_request: false,
                body: Value::Null,
            });
            let len = body.len();
            let head = format!("HTTP/1.1 {status} \r\nContent-Length: {len}\r\n");
            let answer = format!("{head}Connection: close\r\n\r\n{body}");
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    url
}

/// Sends `bytes` to whoever connects, whatever they ask, and closes; `None` never answers.
pub(crate) fn serve_raw(bytes: Option<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            match &bytes {
                Some(bytes) => {
                    let _ = stream.read(&mut [0; 4096]);
                    let _ = stream.write_all(bytes);
                }
                None => kept.push(stream),
            }
        }
    });
    url
}
