//! Two new validator keys, delivered from their backup to a validator client over the keymanager API,
//! with a simulated wallet and a stand-in for the client: `cargo run -p stockade-services --example
//! deliver`.
#![allow(clippy::print_stdout, reason = "an example shows what it did")]

use std::{
    error::Error,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use stockade::{
    backup::{
        Access, Copy, Sealing, SetId, Trust,
        history::HistoryDecision,
        restore::{LostKeys, Restorable},
        scrub,
        unlockers::Unlockers,
        verdict::Verdict,
        whereabouts::{Location, LocationKind, OtherPlaces, Place, Record},
    },
    bls::PublicKey,
    device::Timeouts,
    discovery::{self, MockSetup},
    secret::SecretText,
    staking::Network,
    validator::{self, Withdrawal},
};
use stockade_services::{
    delivery::{DeliveryRequest, DeliveryUser, NotReady, Options},
    endpoint::Endpoint,
    keymanager::Keymanager,
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "demo-delivery".to_owned());
    for line in run(&[PathBuf::from(folder)])? {
        println!("{line}");
    }
    Ok(())
}

/// Makes two keys in a backup in `folders`, and delivers them from there.
pub fn run(folders: &[PathBuf]) -> Result<Vec<String>, Box<dyn Error>> {
    let (mut user, mut progress) = ((), ());
    let found =
        discovery::find(&"mock-ledger".parse()?, Timeouts::default(), &MockSetup::default())?;
    let mut wallet = found.open(&mut user)?;
    let request = validator::Request::new(Network::Hoodi, 2, Withdrawal::Device);
    let mut copies = Copy::prepare_all(folders)?;
    validator::create(&request, &mut copies, wallet.as_mut(), &mut user, &mut progress)?;
    drop(copies);

    let copies = Copy::open_all(folders)?;
    let scrubbed = scrub::read(&copies, None, &mut progress)?;
    let set = scrubbed.sets.first().ok_or("no set")?;
    let keys = set.public_keys();

    // The client that gets the keys, and its name in the record of where keys may sign.
    let url = client()?;
    let endpoint = Endpoint::new(&url, None, Duration::from_secs(60))?;
    let target = Keymanager::new(endpoint.with_bearer(&SecretText::new("token".to_owned())));
    let to = Location::new(LocationKind::Keymanager, &url);

    // Everything that can be refused is refused before the wallet is asked for anything.
    let request = DeliveryRequest {
        copies: &copies,
        set: &set.id,
        keys: &keys,
        target: &target,
        to: &to,
        from: None,
    };
    let mut decisions = Decisions { copies: &copies, set: &set.id };
    let prepared = request.prepare(&mut decisions, &mut progress)?;

    // The wallet opens the set, in memory.
    let mut unlockers = Unlockers::new();
    unlockers.add_wallet(wallet, &mut user)?;
    let trust = Trust::default();
    let mut access = Access::new(&mut unlockers, &trust, &mut user, &mut progress);
    let opened = Restorable::open(&copies, set, LostKeys::Refuse, &mut access)?;
    let mut said = vec![format!(
        "{} of {} keys to deliver",
        prepared.arrivals(&keys).lacking().len(),
        keys.len()
    )];

    // From here on the copies know where the keys are.
    let options = Options {
        sealing: Sealing::shared()?,
        batch: 20,
        wait: Duration::ZERO,
        take_settings: false,
    };
    let mut tell = |line: &str| said.push(line.to_owned());
    let report = prepared.carry_out(&opened, &options, &mut tell, &mut progress)?;
    let there = report.arrivals.count(Verdict::Proven);
    said.push(format!("{there} of {} keys listed", report.arrivals.keys.len()));
    Ok(said)
}

/// What a person would be asked: these keys are new, and ran nowhere.
struct Decisions<'a> {
    copies: &'a [Copy],
    set: &'a SetId,
}

impl DeliveryUser for Decisions<'_> {
    type Error = Box<dyn Error>;

    fn tell(&mut self, _line: &str) {}

    fn history(&mut self, _keys: &[PublicKey]) -> Result<HistoryDecision, Self::Error> {
        Ok(HistoryDecision::Never)
    }

    fn elsewhere(&mut self, keys: &[PublicKey]) -> Result<OtherPlaces, Self::Error> {
        let record = Record::read(self.copies, self.set, keys).map_err(NotReady::from)?;
        Ok(OtherPlaces { record, off: Vec::new(), shown_are_off: false })
    }

    fn is_off(&self, _location: &Location) -> bool {
        false
    }

    fn is_place_off(&self, _place: &Place) -> bool {
        false
    }
}

/// Starts a stand-in for a validator client, and gives its URL.
fn client() -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        let mut keys = Vec::new();
        for stream in listener.incoming().flatten() {
            // A request that breaks off is the other side's problem.
            let _ = serve(stream, &mut keys);
        }
    });
    Ok(url)
}

/// Answers one request as the keymanager API has it.
fn serve(stream: TcpStream, keys: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line)?;
    let (method, remote) = (line.clone(), line.contains("/remotekeys"));
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        match line.to_ascii_lowercase().split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let texts = |name: &str| {
        let list = body.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let data: Vec<_> = match method.split(' ').next() {
        Some("POST") => {
            let keystores = texts("keystores");
            let read = |text: &String| serde_json::from_str::<Value>(text).ok();
            let pubkey = |keystore: Value| Some(keystore.get("pubkey")?.as_str()?.to_owned());
            keys.extend(keystores.iter().filter_map(read).filter_map(pubkey));
            keystores.iter().map(|_| json!({"status": "imported", "message": ""})).collect()
        }
        Some("DELETE") => {
            texts("pubkeys").iter().map(|_| json!({"status": "not_found", "message": ""})).collect()
        }
        _ if remote => Vec::new(),
        _ => {
            let key =
                |key: &String| json!({"validating_pubkey": format!("0x{key}"), "readonly": false});
            keys.iter().map(key).collect()
        }
    };
    let answer = json!({"data": data, "slashing_protection": "null"}).to_string();
    let head =
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", answer.len());
    reader.get_mut().write_all((head + &answer).as_bytes())?;
    Ok(())
}
