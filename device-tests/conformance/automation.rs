//! A user in Speculos: rules that its REST interface takes, by which it presses the buttons of a
//! Nano. The texts are those of the recorded screens.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};

use super::{subject::Role, touch::Finger};

const YES: &str = "^(Approve|Confirm|Sign message|Sign transaction)$";
const NO: &str = "^(Cancel|Reject|Reject message|Reject transaction)$";
/// A page that has another behind it. Only a page's first line may match, or it is turned twice.
const PAGE: &str = concat!(
    r"^(Review |Verify |(Address|Message|Public Key|From|To|Amount|Network|Max fees|Validator|",
    r"Source|Target|Interaction with|Withdraw(al)? .*|Selector|Tx hash)( \(\d+/\d+\))?$)"
);

/// Speculos's REST interface.
pub(super) struct Automation {
    /// `HOST:PORT`.
    pub(super) address: String,
    /// The user of a touch screen, whom rules cannot play.
    pub(super) finger: Option<Finger>,
}

impl Automation {
    /// Has the user do as `role` says from now on.
    pub(super) fn play(&self, role: Role) {
        if let Some(finger) = &self.finger {
            return finger.play(role);
        }
        let (right, both) = ([2].as_slice(), [1, 2].as_slice());
        let rules = match role {
            Role::Idle | Role::Away => vec![],
            Role::Approves => vec![rule(YES, both), rule(PAGE, right)],
            Role::Rejects => vec![rule(NO, both), rule(YES, right), rule(PAGE, right)],
        };
        let rules = json!({"version": 1, "rules": rules});
        request(&self.address, "POST", "/automation", &rules.to_string());
    }
}

/// Asks Speculos at `address`, and gives the body of its answer.
pub(crate) fn request(address: &str, method: &str, path: &str, body: &str) -> String {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).unwrap();
    // A finger may be held down for seconds.
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.take(1 << 20).read_to_string(&mut answer).unwrap();
    assert_eq!(answer.split(' ').nth(1), Some("200"), "{path}: {answer}");
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

/// On a text that matches, these buttons pressed together: 1 left, 2 right.
fn rule(regexp: &str, buttons: &[u8]) -> Value {
    let press = |down: bool| buttons.iter().map(move |button| json!(["button", button, down]));
    json!({"regexp": regexp, "actions": press(true).chain(press(false)).collect::<Vec<_>>()})
}
