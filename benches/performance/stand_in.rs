//! A client with the keymanager API that takes whatever it is sent, and remembers the bytes.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// What it was sent.
#[derive(Clone, Default)]
pub struct StandIn {
    /// Its URL without `http://`.
    pub address: String,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Default)]
struct Inside {
    keys: Vec<String>,
    bodies: Vec<String>,
}

impl StandIn {
    /// Serves until the process ends.
    pub fn new() -> Self {
        let server = tiny_http::Server::http("127.0.0.1:0").unwrap();
        let address = server.server_addr().to_ip().unwrap().to_string();
        let inside = Arc::<Mutex<Inside>>::default();
        let served = inside.clone();
        std::thread::spawn(move || {
            for mut request in server.incoming_requests() {
                let mut body = String::new();
                request.as_reader().read_to_string(&mut body).unwrap();
                let answer = served.lock().unwrap().answer(request.url(), body);
                request.respond(tiny_http::Response::from_string(answer.to_string())).unwrap();
            }
        });
        Self { address, inside }
    }

    /// How long it takes to push all that it was sent once more through the same loopback.
    pub fn push_again(&self) -> Duration {
        let bodies = std::mem::take(&mut self.inside.lock().unwrap().bodies);
        let started = Instant::now();
        for body in &bodies {
            let mut stream = TcpStream::connect(&self.address).unwrap();
            let head = "POST /eth/v1/keystores HTTP/1.1\r\nHost: here\r\nConnection: close\r\n";
            write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
            stream.read_to_end(&mut Vec::new()).unwrap();
        }
        started.elapsed()
    }
}

impl Inside {
    fn answer(&mut self, path: &str, body: String) -> Value {
        let sent: Value = serde_json::from_str(&body).unwrap_or_default();
        let Some(keystores) = sent.get("keystores").and_then(Value::as_array) else {
            let rows = self.keys.iter().map(|key| json!({ "validating_pubkey": key }));
            let rows = if path.ends_with("keystores") { rows.collect() } else { Vec::new() };
            return json!({ "data": rows });
        };
        for keystore in keystores {
            let keystore: Value = serde_json::from_str(keystore.as_str().unwrap()).unwrap();
            self.keys
                .push(format!("0x{}", keystore.get("pubkey").and_then(Value::as_str).unwrap()));
        }
        let statuses = vec![json!({ "status": "imported" }); keystores.len()];
        self.bodies.push(body);
        json!({ "data": statuses })
    }
}
