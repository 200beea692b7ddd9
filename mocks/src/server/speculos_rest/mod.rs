//! The part of Speculos's REST interface with which clients send commands, read the screen, and
//! press the buttons of a Nano or touch the screen of other models: `/apdu`, `/events`, `/button/..`,
//! `/finger`, `/automation`. `/ticker` has no effect, and `/screenshot` shows only that the screen has
//! changed.

mod automation;
mod screen;
mod screenshot;
mod touch;

use std::{
    io::{self, Read as _, Write},
    net::{SocketAddr, ToSocketAddrs},
    sync::{
        Arc, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::{Value, json};
use tiny_http::{Header, Method, Request, Response, Server};

use super::speculos::Shared;
use automation::Automation;
use screen::Button;
pub use screen::Buttons;
use touch::Touch;

/// More than any request here has, except rules.
const MOST_BODY: u64 = 256 * 1024;

/// The number of requests read at the same time. None of them waits for a user.
const AT_ONCE: usize = 4;

/// The most commands that wait for a user, and clients that stream events.
const MOST_WAITING: usize = 64;

/// Allows pages of other origins to use this, as Speculos does.
const CORS: [(&str, &str); 3] = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Headers", "*"),
    ("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS"),
];

/// Serves REST at `address` in its own threads, until the process ends. Returns the bound address.
pub fn spawn(
    address: impl ToSocketAddrs,
    ledger: &Shared,
    buttons: &Buttons,
) -> io::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(address)?;
    let server = Arc::new(Server::from_listener(listener, None).map_err(io::Error::other)?);
    let at = server.server_addr().to_ip().ok_or(io::ErrorKind::AddrNotAvailable)?;
    let waiting = Arc::new(AtomicUsize::new(0));
    for _ in 0..AT_ONCE {
        let (server, ledger, buttons) = (server.clone(), ledger.clone(), buttons.clone());
        let waiting = waiting.clone();
        thread::spawn(move || {
            for request in server.incoming_requests() {
                serve(request, &ledger, &buttons, &waiting);
            }
        });
    }
    Ok(at)
}

fn serve(mut request: Request, ledger: &Shared, buttons: &Buttons, waiting: &Arc<AtomicUsize>) {
    let url = request.url().to_owned();
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    let is_stream = path == "/events" && *request.method() == Method::Get && is_on(query, "stream");
    let (status, body) = match (request.method().clone(), path) {
        (Method::Post, "/apdu") => match body(&mut request).as_ref().and_then(apdu) {
            Some(command) => {
                let ledger = ledger.clone();
                let answers = move |mut writer: Box<dyn Write + Send>| {
                    let answer = exchange(&command, &ledger).to_string();
                    write!(writer, "{:x}\r\n{answer}\r\n0\r\n\r\n", answer.len())?;
                    writer.flush()
                };
                return in_thread(request, waiting, "application/json", answers);
            }
            None => (400, json!({"error": "no command in `data`, in hex"})),
        },
        (Method::Get, "/events") if is_stream => {
            let buttons = buttons.clone();
            let streams = move |writer| buttons.stream(Box::new(Chunks(writer)));
            return in_thread(request, waiting, "text/event-stream", streams);
        }
        (Method::Get, "/events") => {
            (200, json!({"events": buttons.events(is_on(query, "currentscreenonly"))}))
        }
        (Method::Delete, "/events") => {
            buttons.clear_events();
            (200, json!({}))
        }
        (Method::Get, "/screenshot") => {
            let picture = Response::from_data(screenshot::png(buttons.turned()));
            return respond(request, with_headers(picture, "image/png"));
        }
        (Method::Post, "/ticker") => (200, json!({})),
        (Method::Post, "/automation") => match body(&mut request).map(|b| Automation::parse(&b)) {
            Some(Ok(automation)) => {
                buttons.automate(automation);
                (200, json!({}))
            }
            Some(Err(error)) => (400, json!({"error": error})),
            None => (400, json!({"error": "not JSON"})),
        },
        (Method::Post, "/finger") => match body(&mut request).as_ref().map(finger) {
            // A touch counts when the finger is lifted; a press alone never ends.
            Some(Some(touch)) if buttons.touch(touch) => (200, json!({})),
            Some(Some(_)) => (400, json!({"error": "this model has buttons, and no touch screen"})),
            _ => (400, json!({"error": "no press-and-release, or no x and y"})),
        },
        (Method::Post, path) => match path.strip_prefix("/button/") {
            Some(name) => press(&mut request, name, buttons),
            None => (404, json!({"error": "not here"})),
        },
        (Method::Options, _) => (200, json!({})),
        _ => (404, json!({"error": "not here"})),
    };
    let response = Response::from_string(body.to_string()).with_status_code(status);
    respond(request, with_headers(response, "application/json"));
}

fn respond<R: io::Read>(request: Request, response: Response<R>) {
    // A client that has disconnected does not read the answer.
    let _gone = request.respond(response);
}

fn with_headers<R: io::Read>(response: Response<R>, content: &str) -> Response<R> {
    let all = CORS.into_iter().chain([("Content-Type", content)]);
    all.filter_map(|(name, value)| Header::from_bytes(name, value).ok())
        .fold(response, Response::with_header)
}

/// Sends the headers at once, as Speculos does, because a client may wait for them before it presses
/// buttons. Then sends the output of `write` in chunks, in a separate thread.
fn in_thread(
    request: Request,
    waiting: &Arc<AtomicUsize>,
    content: &str,
    write: impl FnOnce(Box<dyn Write + Send>) -> io::Result<()> + Send + 'static,
) {
    if waiting.fetch_add(1, Ordering::Relaxed) >= MOST_WAITING {
        waiting.fetch_sub(1, Ordering::Relaxed);
        return respond(request, Response::from_string("{}").with_status_code(503));
    }
    let mut head = format!("HTTP/1.1 200 OK\r\nContent-Type: {content}\r\n");
    for (name, value) in CORS {
        head += &format!("{name}: {value}\r\n");
    }
    head += "Transfer-Encoding: chunked\r\n\r\n";
    let (mut writer, waiting) = (request.into_writer(), waiting.clone());
    thread::spawn(move || {
        let sent = writer.write_all(head.as_bytes()).and_then(|()| writer.flush());
        // The client stops reading when it has enough.
        let _ended = sent.and_then(|()| write(writer));
        waiting.fetch_sub(1, Ordering::Relaxed);
    });
}

/// Writes each piece as a chunk.
struct Chunks(Box<dyn Write + Send>);

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !bytes.is_empty() {
            write!(self.0, "{:x}\r\n", bytes.len())?;
            self.0.write_all(bytes)?;
            self.0.write_all(b"\r\n")?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Whether `name` is true in a query.
fn is_on(query: &str, name: &str) -> bool {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .any(|(key, value)| key == name && (value == "1" || value.eq_ignore_ascii_case("true")))
}

fn press(request: &mut Request, name: &str, buttons: &Buttons) -> (u16, Value) {
    match (Button::from_name(name), action(request)) {
        // A press counts when the button is released.
        (Some(_), Some(false)) => (200, json!({})),
        (Some(button), Some(true)) => {
            buttons.press(button);
            (200, json!({}))
        }
        _ => (400, json!({"error": "no such button or action"})),
    }
}

/// The touch in a body. It lasts `delay` seconds.
fn finger(body: &Value) -> Option<Touch> {
    let number = |name| body.get(name)?.as_u64()?.try_into().ok();
    if body.get("action")?.as_str()? != "press-and-release" {
        return None;
    }
    let from = (number("x")?, number("y")?);
    let to = (number("x2").unwrap_or(from.0), number("y2").unwrap_or(from.1));
    let seconds = body.get("delay").and_then(Value::as_f64).unwrap_or_default();
    Some(Touch { from, to, seconds })
}

/// Whether the action releases the button.
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

/// The command in a body, in hex.
fn apdu(body: &Value) -> Option<Vec<u8>> {
    let text = body.get("data")?.as_str()?;
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| !digits.is_empty() && digits.len().is_multiple_of(2))?;
    Some(
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect(),
    )
}

fn exchange(command: &[u8], ledger: &Shared) -> Value {
    let reply = ledger.lock().unwrap_or_else(PoisonError::into_inner).exchange(command);
    if reply.is_empty() {
        json!({"error": "the command is not answered"})
    } else {
        let hex: String = reply.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({"data": hex})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_queries_are_read_as_speculos_reads_them() {
        assert_eq!(apdu(&json!({"data": "B001"})), Some(vec![0xb0, 1]));
        for bad in [json!({"data": "b00"}), json!({"data": ""}), json!({"data": "xx"}), json!({})] {
            assert_eq!(apdu(&bad), None);
        }
        assert!(is_on("x=1&stream=True", "stream") && is_on("stream=1", "stream"));
        assert!(!is_on("stream=false", "stream") && !is_on("", "stream"));
    }
}
