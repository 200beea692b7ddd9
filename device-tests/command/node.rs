//! An Ethereum node that answers what a test tells it to: its JSON-RPC over HTTP.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

/// How a node answers a method.
#[derive(Clone)]
pub(crate) enum Reply {
    /// With this result.
    Result(Value),
    /// With this error.
    Error(i64, &'static str),
    /// With these bytes in the place of JSON.
    Body(Vec<u8>),
    /// With this status, and a header line.
    Status(u16, &'static str),
    /// Not at all.
    Silence,
    /// By hanging up.
    HangUp,
}

/// A node on a port of this machine.
pub(crate) struct Node {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Value>>>,
}

/// A node on hoodi that is well, but for what `answers` says otherwise.
pub(crate) fn node(answers: &[(&'static str, Reply)]) -> Node {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/key-in-the-url", listener.local_addr().unwrap());
    let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
    let (log, answers) = (asked.clone(), answers.to_vec());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (log, answers) = (log.clone(), answers.clone());
            thread::spawn(move || serve(stream.unwrap(), &log, &answers));
        }
    });
    Node { url, asked }
}

impl Node {
    /// What it was asked, in order.
    pub(crate) fn methods(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|request| request["method"].as_str().unwrap().to_owned()).collect()
    }

    /// The parameters of the last request of `method`.
    pub(crate) fn params(&self, method: &str) -> Value {
        let asked = self.asked.lock().unwrap();
        asked.iter().rfind(|request| request["method"] == method).unwrap()["params"].clone()
    }
}

fn serve(mut stream: TcpStream, log: &Mutex<Vec<Value>>, answers: &[(&'static str, Reply)]) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(request) = read(&mut reader) {
        let method = request["method"].as_str().unwrap().to_owned();
        log.lock().unwrap().push(request.clone());
        let told = answers.iter().find(|(name, _)| *name == method);
        let reply = told.map_or_else(|| usual(&request), |(_, reply)| reply.clone());
        let (status, header, body) = match reply {
            Reply::Result(result) => {
                (200, "", json!({"jsonrpc": "2.0", "id": 1, "result": result}).to_string().into())
            }
            Reply::Error(code, message) => {
                let error = json!({"code": code, "message": message});
                (200, "", json!({"jsonrpc": "2.0", "id": 1, "error": error}).to_string().into())
            }
            Reply::Body(body) => (200, "", body),
            Reply::Status(status, header) => (status, header, Vec::new()),
            Reply::Silence => return thread::sleep(Duration::from_secs(60)),
            Reply::HangUp => return,
        };
        let length = body.len();
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n{header}\r\n");
        // Whoever asked may have heard enough.
        if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim().to_ascii_lowercase();
        match line.strip_prefix("content-length:") {
            Some(text) => length = text.trim().parse().unwrap(),
            None if line.is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn usual(request: &Value) -> Reply {
    use sha3::{Digest, Keccak256};

    Reply::Result(match request["method"].as_str().unwrap() {
        "eth_chainId" => json!("0x88bb0"),
        "eth_getTransactionCount" => json!("0x7"),
        "eth_call" => json!(format!("0x{:064x}", 3)),
        "eth_maxPriorityFeePerGas" => json!("0x3b9aca00"),
        "eth_feeHistory" => json!({"baseFeePerGas": ["0x1", "0x77359400"], "oldestBlock": "0x1"}),
        "eth_estimateGas" => json!("0x13880"),
        "eth_sendRawTransaction" => {
            let raw = request["params"][0].as_str().unwrap().strip_prefix("0x").unwrap();
            json!(format!("0x{}", hex::encode(Keccak256::digest(hex::decode(raw).unwrap()))))
        }
        other => panic!("{other}"),
    })
}
