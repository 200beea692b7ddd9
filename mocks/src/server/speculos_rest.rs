//! Of Speculos's REST interface what its clients need to send commands, to read the screen of a Nano
//! and to press its buttons: `/apdu`, `/events`, `/button/..`.

use std::{
    io::{self, Read as _, Write},
    net::{SocketAddr, ToSocketAddrs},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use serde_json::{Value, json};
use tiny_http::{Method, Request, Response, Server};

use super::speculos::Shared;
use crate::{Decision, User};

/// More than any request here has.
const MOST_BODY: u64 = 4096;

/// More than a client reads before it clears them.
const MOST_EVENTS: usize = 10_000;

/// Requests that wait at the same time: a command that is on the screen, and those about it.
const AT_ONCE: usize = 4;

const APPROVE: &str = "Approve";
const REJECT: &str = "Reject";
const READY: &str = "Application is ready";

/// The screen and both buttons of a Nano. Clones are of the same.
#[derive(Clone, Default)]
pub struct Buttons(Arc<(Mutex<Screen>, Condvar)>);

/// Pages, of which the last two say yes and no.
#[derive(Default)]
struct Screen {
    pages: Vec<String>,
    at: usize,
    decision: Option<Decision>,
    /// All that was shown, and how much of it a client cleared.
    events: Vec<String>,
    cleared: usize,
}

impl Screen {
    fn text(&self) -> &str {
        self.pages.get(self.at).map_or(READY, String::as_str)
    }

    fn turn_to(&mut self, page: usize) {
        self.at = page;
        let text = self.text().to_owned();
        if self.events.len() < MOST_EVENTS {
            self.events.push(text);
        }
    }
}

impl Buttons {
    /// A user who decides by these buttons.
    pub fn user(&self) -> User {
        let buttons = self.clone();
        User::asking(move |shown| buttons.decide(shown))
    }

    fn decide(&self, shown: &str) -> Decision {
        let mut screen = self.screen();
        screen.pages = shown.lines().chain([APPROVE, REJECT]).map(str::to_owned).collect();
        screen.decision = None;
        screen.turn_to(0);
        self.0.1.notify_all();
        let decided = |screen: &mut Screen| screen.decision.is_none();
        let waited = self.0.1.wait_while(screen, decided);
        let mut screen = waited.unwrap_or_else(PoisonError::into_inner);
        screen.pages.clear();
        screen.turn_to(0);
        screen.decision.take().unwrap_or(Decision::Reject)
    }

    /// Tells of everything that is shown from now on, until nobody listens.
    fn stream(&self, mut writer: Box<dyn Write + Send>) -> io::Result<()> {
        writer.write_all(b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")?;
        writer.flush()?;
        let mut told = self.screen().events.len();
        loop {
            let nothing_new = |screen: &mut Screen| screen.events.len() <= told;
            let screen = self.0.1.wait_while(self.screen(), nothing_new);
            let screen = screen.unwrap_or_else(PoisonError::into_inner);
            let events: Vec<_> = screen.events.iter().skip(told).map(|text| event(text)).collect();
            drop(screen);
            told += events.len();
            for event in events {
                writer.write_all(format!("data: {event}\n\n").as_bytes())?;
            }
            writer.flush()?;
        }
    }

    /// Presses `left`, `right` or `both`; whether there is such a button.
    fn press(&self, button: &str) -> bool {
        let mut screen = self.screen();
        let last = screen.pages.len().saturating_sub(1);
        match button {
            "left" if screen.at > 0 => {
                let page = screen.at - 1;
                screen.turn_to(page);
            }
            "right" if screen.at < last => {
                let page = screen.at + 1;
                screen.turn_to(page);
            }
            "both" if screen.text() == APPROVE => screen.decision = Some(Decision::Approve),
            "both" if screen.text() == REJECT => screen.decision = Some(Decision::Reject),
            "left" | "right" | "both" => {}
            _ => return false,
        }
        self.0.1.notify_all();
        true
    }

    fn screen(&self) -> MutexGuard<'_, Screen> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves REST at `address` in threads of its own, until the process ends. Gives where it listens.
pub fn spawn(
    address: impl ToSocketAddrs,
    ledger: &Shared,
    buttons: &Buttons,
) -> io::Result<SocketAddr> {
    let server = Arc::new(Server::http(address).map_err(io::Error::other)?);
    let at = server.server_addr().to_ip().ok_or(io::ErrorKind::AddrNotAvailable)?;
    for _ in 0..AT_ONCE {
        let (server, ledger, buttons) = (server.clone(), ledger.clone(), buttons.clone());
        thread::spawn(move || {
            for mut request in server.incoming_requests() {
                if request.url().starts_with("/events?stream=true") {
                    let (writer, buttons) = (request.into_writer(), buttons.clone());
                    // Its client reads until it has enough.
                    thread::spawn(move || buttons.stream(writer));
                    continue;
                }
                let (status, body) = answer(&mut request, &ledger, &buttons);
                let response = Response::from_string(body.to_string()).with_status_code(status);
                // A client that broke off reads no answer.
                let _gone = request.respond(response);
            }
        });
    }
    Ok(at)
}

fn answer(request: &mut Request, ledger: &Shared, buttons: &Buttons) -> (u16, Value) {
    let url = request.url().to_owned();
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    match (request.method().clone(), path) {
        (Method::Post, "/apdu") => match body(request).as_ref().and_then(|body| apdu(body, ledger))
        {
            Some(reply) => (200, json!({"data": reply})),
            None => (400, json!({"error": "no APDU, or one that is not answered"})),
        },
        (Method::Get, "/events") => {
            let screen = buttons.screen();
            let events: Vec<Value> = match query.contains("currentscreenonly=true") {
                true => vec![event(screen.text())],
                false => {
                    screen.events.iter().skip(screen.cleared).map(|text| event(text)).collect()
                }
            };
            (200, json!({"events": events}))
        }
        (Method::Delete, "/events") => {
            let mut screen = buttons.screen();
            screen.cleared = screen.events.len();
            (200, json!({}))
        }
        (Method::Post, path) => match (path.strip_prefix("/button/"), action(request)) {
            // A press counts when the button is let go.
            (Some("left" | "right" | "both"), Some(false)) => (200, json!({})),
            (Some(button), Some(true)) if buttons.press(button) => (200, json!({})),
            (Some(_), _) => (400, json!({"error": "no such button or action"})),
            (None, _) => (404, json!({"error": "not here"})),
        },
        _ => (404, json!({"error": "not here"})),
    }
}

/// Whether the button is let go at the end.
fn action(request: &mut Request) -> Option<bool> {
    match body(request)?.get("action")?.as_str()? {
        "press" => Some(false),
        "release" | "press-and-release" => Some(true),
        _ => None,
    }
}

fn body(request: &mut Request) -> Option<Value> {
    let mut text = String::new();
    request.as_reader().take(MOST_BODY).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn apdu(body: &Value, ledger: &Shared) -> Option<String> {
    let text = body.get("data")?.as_str()?;
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let apdu: Vec<u8> = digits?
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
        .collect();
    let reply = ledger.lock().unwrap_or_else(PoisonError::into_inner).exchange(&apdu);
    let reply: String = reply.iter().map(|byte| format!("{byte:02x}")).collect();
    (!reply.is_empty()).then_some(reply)
}

/// A line of text, as Speculos tells of it.
fn event(text: &str) -> Value {
    json!({"text": text, "x": 0, "y": 0, "w": 128, "h": 11, "clear": false})
}
