//! A server that a test writes the answers of.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use tiny_http::{Header, Response};

/// What came in.
pub struct Request {
    /// GET, POST, ..
    pub method: String,
    /// Path and query.
    pub path: String,
    /// What proves who calls: `Authorization` or `X-Vault-Token`.
    pub token: Option<String>,
    /// The body.
    pub body: serde_json::Value,
}

/// Status and body.
pub type Reply = (u16, String);

/// Serves for as long as the test runs; gives its URL.
pub fn serve(mut handler: impl FnMut(Request) -> Reply + Send + 'static) -> String {
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
            let _ = incoming.respond(Response::from_string(body).with_status_code(status));
        }
    });
    url
}

/// Sends `bytes` to whoever connects, whatever they ask, and closes; `None` never answers.
pub fn serve_raw(bytes: Option<Vec<u8>>) -> String {
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
