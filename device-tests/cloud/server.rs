//! A server that a test writes the answers of.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use tiny_http::{Header, Response};

/// What came in.
pub(crate) struct Request {
    /// GET, POST, ..
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    /// What proves who calls: `Authorization` or `X-Vault-Token`.
    pub(crate) token: Option<String>,
    /// The body.
    pub(crate) body: serde_json::Value,
}

/// Status and body. A status of 0 is none: the server is gone.
pub(crate) type Reply = (u16, String);

/// Serves for as long as the test runs; gives its URL.
pub(crate) fn serve(mut handler: impl FnMut(Request) -> Reply + Send + 'static) -> String {
    let server = tiny_http::Server::http("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.server_addr().to_ip().unwrap());
    thread::spawn(move || {
        for mut incoming in server.incoming_requests() {
            let mut body = String::new();
            incoming.as_reader().read_to_string(&mut body).unwrap();
            let is_token = |header: &&Header| {
                header.field.equiv("Authorization") || header.field.equiv("X-Vault-Token")
            };
            let token = incoming.headers().iter().find(is_token);
            let (status, body) = handler(Request {
                method: incoming.method().to_string(),
                path: incoming.url().to_owned(),
                token: token.map(|header| header.value.to_string()),
                body: serde_json::from_str(&body).unwrap_or_default(),
            });
            if status == 0 {
                return;
            }
            let _ = incoming.respond(Response::from_string(body).with_status_code(status));
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
