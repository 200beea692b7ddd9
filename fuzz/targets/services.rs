//! What services answer, and the files of theirs that are read.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Mutex, MutexGuard, OnceLock},
    thread,
    time::Duration,
};

use stockade::{backup::intake::Intake, bls::PublicKey, eth::Address, secret::SecretText};
#[cfg(feature = "aws")]
use stockade_services::aws_secrets::{AwsOptions, SecretsManager};
use stockade_services::{
    endpoint::Endpoint,
    import::{self, Purpose, Reads},
    keymanager::{Import, Keymanager},
    rpc::Node,
    vault::{KvVersion, Login, Vault},
};

use super::{Pieces, places::in_folder};

const TIMEOUT: Duration = Duration::from_secs(5);

/// A service on this machine that gives the input's answers, one after another, and the last one again.
struct Service {
    url: String,
    answers: Mutex<Vec<Vec<u8>>>,
    /// Held while one input is tried.
    turn: Mutex<()>,
}

fn service() -> &'static Service {
    static SERVICE: OnceLock<Service> = OnceLock::new();
    SERVICE.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0");
        let listener = listener.unwrap_or_else(|error| panic!("no server here: {error}"));
        let port = listener.local_addr().map_or(0, |address| address.port());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = answer(stream);
            }
        });
        let url = format!("http://127.0.0.1:{port}");
        Service { url, answers: Mutex::default(), turn: Mutex::default() }
    })
}

/// Reads one request to its end, and gives the next answer.
fn answer(stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(TIMEOUT))?;
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line)? > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
    let answer = service().answers.lock().ok().and_then(|mut answers| match answers.len() {
        0 => None,
        1 => answers.first().cloned(),
        _ => Some(answers.remove(0)),
    });
    reader.get_mut().write_all(&answer.unwrap_or_default())
}

/// Answers: how, length, body. One of a few statuses, or bytes that need not be HTTP.
fn answers(data: &[u8]) -> Vec<Vec<u8>> {
    let (mut pieces, mut answers) = (Pieces(data), Vec::new());
    while let (Some(how), Some(length)) = (pieces.byte(), pieces.u16()) {
        let body = pieces.bytes(length.into());
        let status = match how % 8 {
            0..=3 => 200,
            4 => 400,
            5 => 403,
            6 => 404,
            _ => {
                answers.push(body.to_vec());
                continue;
            }
        };
        let head = format!(
            "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        answers.push([head.as_bytes(), body].concat());
    }
    answers
}

/// Makes the service give these answers, from the first one.
fn set(answers: &[Vec<u8>]) {
    if let Ok(mut current) = service().answers.lock() {
        *current = answers.to_vec();
    }
}

/// Asks twice, and both times hears the same.
fn ask(data: &[u8], mut ask: impl FnMut(&str) -> String) {
    let answers = answers(data);
    // A server that is busy is asked again, after a pause.
    let busy = |answer: &Vec<u8>| {
        answer.windows(4).any(|w| w == b" 429" || w == b" 503") || answer.is_empty()
    };
    if answers.is_empty() || answers.iter().any(busy) {
        return;
    }
    let _turn: Result<MutexGuard<'_, ()>, _> = service().turn.lock();
    set(&answers);
    let first = ask(&service().url);
    set(&answers);
    let _ = first.contains("Ok(").then(super::understood);
    let second = ask(&service().url);
    // An answer that is not HTTP may end as a connection that is reset, or not.
    let broken = |said: &str| said.contains("Unreachable") || said.contains("Timeout");
    if !broken(&first) && !broken(&second) {
        super::same(second, first);
    }
}

fn endpoint(url: &str) -> Endpoint {
    let endpoint = Endpoint::new(url, None, TIMEOUT);
    endpoint.unwrap_or_else(|error| panic!("{url}: {error}"))
}

fn a_key() -> PublicKey {
    let text = "9612d7a727c9d0a22e185a1c768478dfe919cada9266988cb32359c11f2b7b27f4ae4040902382ae2910c15e2b420d07";
    text.parse().unwrap_or_else(|_| panic!("the example of EIP-2335"))
}

/// A validator client's keymanager API.
pub(super) fn keymanager_answers(data: &[u8]) {
    ask(data, |url| {
        let client = Keymanager::new(endpoint(url));
        let listed = client.list();
        let remote = client.list_remote_if_any();
        let import = Import::default();
        format!(
            "{listed:?} {remote:?} {:?} {:?} {:?}",
            client.import(&import),
            client.settings(&a_key()),
            client.genesis_root()
        )
    });
}

/// HashiCorp Vault.
pub(super) fn vault_answers(data: &[u8]) {
    ask(data, |url| {
        let token = Login::Token(SecretText::new("a-token".to_owned()));
        let vault = match Vault::login(endpoint(url), token) {
            Ok(vault) => vault,
            Err(error) => return format!("{error:?}"),
        };
        let found = vault.engine_of("secret/validators");
        let version = vault.version_of("secret");
        let texts = vault.texts_at("/v1/secret/data/validators/a");
        let texts = texts.map(|texts| texts.map(|(_, expires)| expires));
        let mut said = format!("{found:?} {version:?} {texts:?}");
        for version in [KvVersion::V1, KvVersion::V2] {
            let engine = stockade_services::vault::Engine { mount: "secret".to_owned(), version };
            let purpose = Purpose::Import(&[]);
            let read = import::vault(&vault, &engine, "validators", purpose, &mut ());
            said += &format!("{:?}", read.map(|_| ()));
        }
        said
    });
}

/// AWS Secrets Manager.
#[cfg(feature = "aws")]
pub(super) fn aws_answers(data: &[u8]) {
    static CLIENT: OnceLock<Mutex<SecretsManager>> = OnceLock::new();
    // The SDK asks again after these.
    let again = |window: &[u8]| window.eq_ignore_ascii_case(b"thrott") || window == b"SlowDo";
    if data.windows(6).any(again) {
        return;
    }
    ask(data, |url| {
        let client = CLIENT.get_or_init(|| {
            let secret = SecretText::new("of-a-test".to_owned());
            let mut options = AwsOptions::default();
            options.region = Some("eu-west-1");
            options.endpoint = Some(url);
            options.key = Some(("AKIDEXAMPLE", &secret));
            let opened = SecretsManager::open(&options);
            Mutex::new(opened.unwrap_or_else(|error| panic!("{error}")))
        });
        let Ok(client) = client.lock() else { return String::new() };
        let read = client.read("a").map(|text| text.is_some());
        format!("{read:?} {:?}", client.list("validators"))
    });
}

/// An Ethereum node.
pub(super) fn node_answers(data: &[u8]) {
    ask(data, |url| {
        let node = Node::new(url, TIMEOUT).unwrap_or_else(|error| panic!("{error}"));
        let address = Address::from_bytes([7; 20]);
        format!(
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            node.chain_id(),
            node.next_nonce(&address),
            node.request_fee(&address),
            node.fee(),
            node.estimate_gas(&address, &super::ledger::transaction()),
            node.send(&[1])
        )
    });
}

/// Web3signer's configuration. Configurations that name a server are left out: their hosts would be
/// the input's.
pub(super) fn web3signer_yaml(data: &[u8]) {
    let has = |word: &[u8]| data.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word));
    if has(b"hashicorp") || has(b"aws") || has(b"\\") || has(b"%") {
        return;
    }
    let keystore = std::fs::read(super::memory::repository().join(
        "device-tests/vectors/deposits/hoodi-0x01/keystore-m_12381_3600_0_0_0-1795220361.json",
    ));
    let keystore = keystore.unwrap_or_default();
    in_folder(
        &[("key.yaml", data), ("keystore.json", &keystore), ("password.txt", b"a")],
        |folder| {
            for reads in [Reads::Whatever, Reads::AsWeb3signer] {
                let mut intake = Intake::default();
                let read = import::web3signer(folder, reads, None, TIMEOUT, &mut intake, &mut ());
                let _ = (!intake.is_empty()).then(super::understood);
                // A file in which nothing was found is said to be bad.
                let nothing = intake.is_empty() && intake.bad().is_empty();
                let skipped = intake.skipped().iter().any(|place| place.contains("key.yaml"));
                assert!(read.is_err() || !nothing || skipped || data.trim_ascii().is_empty());
            }
        },
    );
}

/// A request to the keymanager API that somebody kept.
pub(super) fn keymanager_file(data: &[u8]) {
    in_folder(&[("keymanager.json", data)], |folder| {
        let mut intake = Intake::default();
        let read = import::keymanager_file(&folder.join("keymanager.json"), &mut intake);
        let _ = read.is_ok().then(super::understood);
    });
}
