//! A stand-in for S3, in memory, written from its API's documentation: it checks no signature. It keeps
//! conditions as S3 does; what else real services do to a request is a [`Rule`] that a test adds.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use stockade::timestamp::Timestamp;

/// A service with one bucket, `keys`.
#[derive(Clone)]
pub(crate) struct S3 {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, (String, Vec<u8>)>,
    versions: u64,
    rules: Vec<Rule>,
    log: Vec<String>,
    /// The requests that wait for others, and the most that did.
    waiting: usize,
    most_waiting: usize,
}

/// What happens to some requests.
pub(crate) struct Rule {
    /// Which: the beginning of `GET validators/stockade/..`; a listing is `LIST`.
    request: &'static str,
    /// And what that must contain.
    about: String,
    /// How many of them are left.
    times: usize,
    until: Option<Instant>,
    what: What,
}

/// What happens.
#[derive(Clone)]
pub(crate) enum What {
    /// The answer is this status and code.
    Refuse(u16, &'static str),
    /// It is done, and the connection ends before the answer.
    LoseAnswer,
    /// The connection ends before anything is done.
    Cut,
    /// The answer ends in its middle.
    Half,
    /// Conditions are ignored.
    NoConditions,
    /// The answer has no end.
    Endless,
    /// Another place would answer.
    Redirect(String),
    /// The answer has one more header.
    Header(&'static str, String),
    /// A listing has the same page for ever, each time with a new token.
    RepeatPages,
    /// A listing has pages without a name for ever.
    EmptyPages,
    /// The answer comes when so many requests wait for theirs, and a moment later, so that one more
    /// would be seen. A request that is alone for 5 seconds is answered.
    Together(usize),
}

struct Request {
    /// `GET validators/..`
    line: String,
    key: String,
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

pub(crate) fn s3() -> S3 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = S3 { url, state: Arc::default() };
    let state = Arc::clone(&served.state);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, state) = (stream.unwrap(), Arc::clone(&state));
            thread::spawn(move || answer(&stream, &state));
        }
    });
    served
}

/// An address at which nothing is.
pub(crate) fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

impl S3 {
    /// From now on `what` happens to all requests that begin with `request` and contain `about`.
    pub(crate) fn always(&self, request: &'static str, about: &str, what: What) {
        self.rule(request, about, usize::MAX, None, what);
    }

    /// The same, once.
    pub(crate) fn once(&self, request: &'static str, about: &str, what: What) {
        self.rule(request, about, 1, None, what);
    }

    /// The same, for so long.
    pub(crate) fn during(&self, time: Duration, what: What) {
        self.rule("", "", usize::MAX, Some(Instant::now() + time), what);
    }

    fn rule(
        &self,
        request: &'static str,
        about: &str,
        times: usize,
        until: Option<Instant>,
        what: What,
    ) {
        let rule = Rule { request, about: about.to_owned(), times, until, what };
        self.state.lock().unwrap().rules.push(rule);
    }

    /// From now on it does as S3 does.
    pub(crate) fn behave(&self) {
        self.state.lock().unwrap().rules.clear();
    }

    pub(crate) fn put(&self, key: &str, bytes: impl Into<Vec<u8>>) {
        self.state.lock().unwrap().put(key, bytes.into());
    }

    pub(crate) fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.state.lock().unwrap().objects.get(key).map(|(_, bytes)| bytes.clone())
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.state.lock().unwrap().objects.keys().cloned().collect()
    }

    /// The most requests that waited together, of those that were told to.
    pub(crate) fn most_together(&self) -> usize {
        self.state.lock().unwrap().most_waiting
    }

    /// The requests so far, and forgets them.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().log)
    }
}

impl State {
    fn put(&mut self, key: &str, bytes: Vec<u8>) -> String {
        self.versions += 1;
        let tag = format!("\"{:032x}\"", self.versions);
        self.objects.insert(key.to_owned(), (tag.clone(), bytes));
        tag
    }

    fn rule_for(&mut self, line: &str) -> Option<What> {
        let now = Instant::now();
        let rule = self.rules.iter_mut().find(|rule| {
            line.starts_with(rule.request)
                && line.contains(&rule.about)
                && rule.times > 0
                && rule.until.is_none_or(|until| now < until)
        })?;
        rule.times -= 1;
        Some(rule.what.clone())
    }

    /// Status, headers and body.
    fn act(
        &mut self,
        request: &Request,
        conditions: bool,
    ) -> (u16, Vec<(String, String)>, Vec<u8>) {
        let error = |status: u16, code: &str| (status, Vec::new(), refused(code));
        let found = self.objects.get(&request.key).cloned();
        let tag = |tag: &str| ("ETag".to_owned(), tag.to_owned());
        match request.line.split(' ').next().unwrap() {
            "LIST" => (200, Vec::new(), self.list(request).into_bytes()),
            "GET" | "HEAD" => match found {
                Some((etag, bytes)) => (200, vec![tag(&etag)], bytes),
                None => error(404, "NoSuchKey"),
            },
            "PUT" => {
                let none = request.headers.contains_key("if-none-match");
                let same = request.headers.get("if-match");
                match (none, same, found) {
                    (true, _, Some(_)) if conditions => error(412, "PreconditionFailed"),
                    (_, Some(_), None) if conditions => error(404, "NoSuchKey"),
                    (_, Some(wanted), Some((etag, _))) if conditions && *wanted != etag => {
                        error(412, "PreconditionFailed")
                    }
                    _ => {
                        let etag = self.put(&request.key, request.body.clone());
                        (200, vec![tag(&etag)], Vec::new())
                    }
                }
            }
            "DELETE" => {
                self.objects.remove(&request.key);
                (204, Vec::new(), Vec::new())
            }
            _ => error(501, "NotImplemented"),
        }
    }

    fn list(&self, request: &Request) -> String {
        let text = |name: &str| request.query.get(name).cloned().unwrap_or_default();
        let (prefix, after) = (text("prefix"), text("continuation-token"));
        let now = Timestamp::now().rfc3339();
        let mut names =
            self.objects.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after);
        let page: Vec<_> = names.by_ref().take(1000).collect();
        let objects = page.iter().map(|(key, (etag, bytes))| {
            format!(
                "<Contents><Key>{}</Key><LastModified>{now}</LastModified><ETag>{}</ETag><Size>{}\
                 </Size><StorageClass>STANDARD</StorageClass></Contents>",
                escaped(key),
                escaped(etag),
                bytes.len()
            )
        });
        let objects: String = objects.collect();
        let next = names.next().and(page.last()).map(|(key, _)| {
            format!("<NextContinuationToken>{}</NextContinuationToken>", escaped(key))
        });
        listing(&objects, &next.unwrap_or_default())
    }
}

fn listing(objects: &str, next: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><ListBucketResult><Name>keys</Name><IsTruncated>{}</IsTruncated>{next}\
         {objects}</ListBucketResult>",
        !next.is_empty()
    )
}

fn refused(code: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>It says &#39;{code}&#39;.\
         </Message></Error>\n"
    )
    .into_bytes()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn answer(stream: &TcpStream, state: &Mutex<State>) {
    let Some(request) = read(stream) else { return };
    let mut guard = state.lock().unwrap();
    guard.log.push(request.line.clone());
    let what = guard.rule_for(&request.line);
    let tokens = guard.log.len();
    if let Some(What::Together(count)) = what {
        drop(guard);
        wait_for_others(state, count);
        guard = state.lock().unwrap();
    }
    let conditions = !matches!(what, Some(What::NoConditions));
    let (status, mut headers, body) = match &what {
        Some(What::Refuse(status, code)) => (*status, Vec::new(), refused(code)),
        Some(What::Redirect(to)) => {
            (307, vec![("Location".to_owned(), to.clone())], refused("TemporaryRedirect"))
        }
        Some(What::Cut) => return,
        Some(What::EmptyPages) => {
            let next = format!("<NextContinuationToken>{tokens}</NextContinuationToken>");
            (200, Vec::new(), listing("", &next).into_bytes())
        }
        Some(What::RepeatPages) => {
            let page = String::from_utf8(guard.act(&request, true).2).unwrap();
            let next = format!(
                "<NextContinuationToken>!{tokens}</NextContinuationToken></ListBucketResult>"
            );
            (200, Vec::new(), page.replace("</ListBucketResult>", &next).into_bytes())
        }
        Some(What::Endless) => (200, Vec::new(), Vec::new()),
        _ => guard.act(&request, conditions),
    };
    drop(guard);
    match &what {
        Some(What::LoseAnswer) => return,
        Some(What::Endless) => return pour(stream),
        Some(What::Header(name, value)) => headers.push(((*name).to_owned(), value.clone())),
        _ => {}
    }
    let mut head = format!("HTTP/1.1 {status} \r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Last-Modified: {}\r\nConnection: close\r\n\r\n", http_date());
    let half = if matches!(what, Some(What::Half)) { body.len() / 2 } else { body.len() };
    let mut stream = stream;
    let _ = stream.write_all(head.as_bytes());
    if !request.line.starts_with("HEAD") {
        let _ = stream.write_all(&body[..half]);
    }
}

fn wait_for_others(state: &Mutex<State>, count: usize) {
    let change = |by: isize| {
        let mut state = state.lock().unwrap();
        state.waiting = state.waiting.checked_add_signed(by).unwrap();
        state.most_waiting = state.most_waiting.max(state.waiting);
    };
    change(1);
    let until = Instant::now() + Duration::from_secs(5);
    while state.lock().unwrap().most_waiting < count && Instant::now() < until {
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(200));
    change(-1);
}

/// An answer without a length and without an end.
fn pour(mut stream: &TcpStream) {
    let head = "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\nLast-Modified: Wed, 02 Dec 2026 \
                00:00:00 GMT\r\n\r\n";
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let mut poured = stream.write_all(head.as_bytes());
    while poured.is_ok() {
        poured = stream.write_all(chunk.as_bytes());
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    stream.read_line(&mut first).ok()?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.to_owned()),
            None => break,
        };
    }
    let len = headers.get("content-length").and_then(|len| len.parse().ok()).unwrap_or(0);
    let mut body = vec![0; len];
    stream.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let key = plain(path.strip_prefix("/keys").unwrap_or(path).trim_start_matches('/'));
    let query: BTreeMap<_, _> = query
        .split('&')
        .filter_map(|part| part.split_once('='))
        .map(|(name, value)| (name.to_owned(), plain(value)))
        .collect();
    let line = if query.contains_key("list-type") {
        format!("LIST {}", query.get("prefix").map_or("", String::as_str))
    } else {
        format!("{method} {key}")
    };
    Some(Request { line, key, query, headers, body })
}

/// Without percent-encoding.
fn plain(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn http_date() -> String {
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    time::OffsetDateTime::now_utc().format(format).unwrap()
}
