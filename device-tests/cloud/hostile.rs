//! Servers that want credentials, memory or time: each client ends within its time-out, has read a bounded
//! number of bytes, and has told nobody else anything.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use stockade::secret::SecretText;
use stockade_services::{
    keymanager::Keymanager,
    rpc::Node,
    vault::{Engine, KvVersion, Login, Vault},
};

use super::endpoint;

const TOKEN: &str = "hvs.a-token-of-a-test";

/// What a server sends, whatever it is asked: first this, then that for ever, with a pause between.
#[derive(Debug, Clone)]
struct Trick {
    begin: Vec<u8>,
    then: Vec<u8>,
    pause: Duration,
}

impl Trick {
    fn once(begin: &[u8]) -> Self {
        Self { begin: begin.to_vec(), then: Vec::new(), pause: Duration::ZERO }
    }

    fn forever(begin: &str, then: impl Into<Vec<u8>>) -> Self {
        Self { then: then.into(), ..Self::once(begin.as_bytes()) }
    }

    fn drip(begin: &str, then: &str) -> Self {
        Self { pause: Duration::from_millis(50), ..Self::forever(begin, then) }
    }
}

/// What reached a server, and how much of its answers somebody took.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    sent: AtomicUsize,
    asked: Mutex<Vec<u8>>,
}

fn serve(trick: Trick) -> (String, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Seen::default());
    let ours = Arc::clone(&seen);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, trick, seen) = (stream.unwrap(), trick.clone(), Arc::clone(&ours));
            thread::spawn(move || answer(stream, &trick, &seen));
        }
    });
    (url, seen)
}

fn answer(mut stream: TcpStream, trick: &Trick, seen: &Seen) {
    seen.connections.fetch_add(1, Ordering::SeqCst);
    let mut asked = [0; 4096];
    let length = stream.read(&mut asked).unwrap_or_default();
    seen.asked.lock().unwrap().extend(&asked[..length]);
    let mut next = &trick.begin;
    while stream.write_all(next).is_ok() && !trick.then.is_empty() {
        seen.sent.fetch_add(next.len(), Ordering::SeqCst);
        next = &trick.then;
        thread::sleep(trick.pause);
    }
}

type Ask = fn(&str) -> Result<String, String>;

/// Every client that has a time-out of one second here, and what it asks. AWS's is below.
fn clients() -> Vec<(&'static str, Ask)> {
    fn said<T: std::fmt::Debug, E: std::error::Error>(got: Result<T, E>) -> Result<String, String> {
        got.map(|got| format!("{got:?}")).map_err(|error| error.to_string())
    }
    fn keymanager(url: &str) -> Result<String, String> {
        let token = SecretText::new(TOKEN.to_owned());
        said(Keymanager::new(endpoint(url).with_bearer(&token)).list())
    }
    fn vault(url: &str) -> Result<String, String> {
        let token = SecretText::new(TOKEN.to_owned());
        let engine = Engine { mount: "kv".to_owned(), version: KvVersion::V2 };
        said(
            Vault::login(endpoint(url), Login::Token(token))
                .and_then(|vault| vault.list(&engine, "keys")),
        )
    }
    fn node(url: &str) -> Result<String, String> {
        said(Node::new(url, Duration::from_secs(1)).unwrap().chain_id())
    }
    vec![("keymanager", keymanager), ("vault", vault), ("node", node)]
}

const OK: &str = "HTTP/1.1 200 OK\r\n";
const CHUNKED: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

fn tricks() -> Vec<(&'static str, Trick)> {
    let chunk = |bytes: Vec<u8>| {
        [format!("{:x}\r\n", bytes.len()).into_bytes(), bytes, b"\r\n".to_vec()].concat()
    };
    let list = r#"{"validating_pubkey":"0x00"},"#.repeat(4096).into_bytes();
    let open_list = format!("{CHUNKED}9\r\n{{\"data\":[\r\n");
    vec![
        ("a list without an end", Trick::forever(&open_list, chunk(list))),
        ("brackets without an end", Trick::forever(CHUNKED, chunk(vec![b'['; 65536]))),
        ("a body that drips", Trick::drip(&open_list, "1\r\n \r\n")),
        (
            "a length that nobody has",
            Trick::forever(
                &format!("{OK}Content-Length: 18446744073709551615\r\n\r\n["),
                vec![b' '; 65536],
            ),
        ),
        ("a body without a length", Trick::forever(&format!("{OK}\r\n["), vec![b' '; 65536])),
        (
            "a chunk's line without an end",
            Trick::forever(&format!("{CHUNKED}1;"), vec![b'x'; 65536]),
        ),
        (
            "a chunk of an absurd length",
            Trick::once(format!("{CHUNKED}{}\r\n", "f".repeat(64)).as_bytes()),
        ),
        ("headers without an end", Trick::forever(OK, "X-A: b\r\n".repeat(4096))),
        ("a header without an end", Trick::forever(&format!("{OK}X-A: "), vec![b'x'; 65536])),
        ("headers that drip", Trick::drip(OK, "X-A: b\r\n")),
        ("a status line without an end", Trick::forever("HTTP/1.1 200 ", vec![b'x'; 65536])),
        (
            "interim answers without an end",
            Trick::forever("", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n".repeat(512)),
        ),
        ("interim answers that drip", Trick::drip("", "HTTP/1.1 102 Processing\r\n\r\n")),
        (
            "trailers without an end",
            Trick::forever(&format!("{CHUNKED}2\r\n[]\r\n0\r\n"), "X-A: b\r\n".repeat(4096)),
        ),
        ("nothing but empty chunks", Trick::drip(CHUNKED, "0")),
    ]
}

/// All at once: what takes time is waiting.
#[test]
fn no_server_takes_all_memory_or_all_time() {
    let cases = tricks().into_iter().flat_map(|(name, trick)| {
        clients().into_iter().map(move |client| (name, trick.clone(), client))
    });
    let running: Vec<_> = cases
        .map(|(name, trick, (client, ask))| {
            thread::spawn(move || {
                let (url, seen) = serve(trick);
                let begun = Instant::now();
                let got = ask(&url);
                let (took, sent) = (begun.elapsed(), seen.sent.load(Ordering::SeqCst));
                (format!("{client}: {name}: {got:.200?}, {sent} bytes, {took:?}"), got, took, sent)
            })
        })
        .collect();
    for running in running {
        let (what, got, took, sent) = running.join().unwrap();
        println!("{what}");
        assert!(got.is_err(), "{what}");
        // One second for each request, and a busy machine.
        assert!(took < Duration::from_secs(10), "{what}");
        // The longest answer, and what is under way.
        assert!(sent < (64 + 16) << 20, "{what}");
    }
}

/// AWS's SDK has a time-out of half a minute, which a test need not wait for; but these end at once, and none
/// is said to be a matter of trust.
#[cfg(feature = "aws")]
#[test]
fn nor_does_one_in_the_place_of_aws() {
    use stockade_services::aws_secrets::{AwsError, AwsOptions, SecretsManager};

    let secret = SecretText::new("of-a-test".to_owned());
    let named = ["a chunk's line", "a chunk of", "headers without", "a header without", "trailers"];
    let is_quick = |name: &&str| named.iter().any(|begin| name.starts_with(begin));
    for (name, trick) in tricks().into_iter().filter(|(name, _)| is_quick(name)) {
        let (url, seen) = serve(trick);
        let mut options = AwsOptions::default();
        options.region = Some("eu-west-1");
        options.endpoint = Some(&url);
        options.key = Some(("AKIDEXAMPLE", &secret));
        let error = SecretsManager::open(&options).unwrap().read("a").unwrap_err();
        let sent = seen.sent.load(Ordering::SeqCst);
        println!("{name}: {error}, {sent} bytes");
        assert!(!matches!(error, AwsError::Untrusted { .. }), "{name}: {error}");
        assert!(sent < 64 << 20, "{name}: {sent}");
    }
}

#[test]
fn credentials_follow_no_redirect_and_nothing_is_decompressed() {
    let (elsewhere, other) = serve(Trick::once(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"));
    for (client, ask) in clients() {
        for status in [300, 301, 302, 303, 307, 308] {
            // A standby of Vault says so until it knows its leader, and is asked for a while.
            if (client, status) == ("vault", 307) {
                continue;
            }
            let answer = format!(
                "HTTP/1.1 {status} x\r\nLocation: {elsewhere}/x\r\nConnection: close\r\n\
                 Content-Length: 0\r\n\r\n"
            );
            let (url, seen) = serve(Trick::once(answer.as_bytes()));
            let refused = ask(&url).unwrap_err();
            assert!(refused.contains(&status.to_string()), "{client}: {refused}");
            let asked = String::from_utf8_lossy(&seen.asked.lock().unwrap()).to_lowercase();
            assert!(!asked.contains("accept-encoding"), "{client}: {asked}");
        }
        // Whoever unpacks a small answer unpacks a bomb.
        for encoding in ["gzip", "deflate", "br"] {
            let head = format!(
                "{OK}Content-Type: application/json\r\nContent-Encoding: {encoding}\r\n\
                 Connection: close\r\nContent-Length: {}\r\n\r\n",
                PACKED.len()
            );
            let (url, _) = serve(Trick::once(&[head.as_bytes(), PACKED].concat()));
            let refused = ask(&url).unwrap_err();
            assert!(refused.contains("line 1"), "{client}, {encoding}: {refused}");
        }
    }
    assert_eq!(other.connections.load(Ordering::SeqCst), 0, "somebody followed a redirect");
}

/// `{"data":[],"result":"0x1"}`, by gzip.
const PACKED: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 74, 73, 44, 73, 84, 178, 138, 142, 213, 81, 42, 74,
    45, 46, 205, 41, 81, 178, 82, 50, 168, 48, 84, 170, 5, 0, 23, 33, 133, 106, 26, 0, 0, 0,
];
