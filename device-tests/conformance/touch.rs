//! A user of a Ledger with a touch screen in Speculos. Its rules for buttons know no finger that is held
//! down, so this user reads the screen and touches what stands on it.
//!
//! The texts of messages and public keys are those of recorded screens of a Stax; those of
//! transactions are what the app's own review shows in the same places. It was not run in CI.

use std::{
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde::Deserialize;
use serde_json::json;

use super::{automation::request, subject::Role};

/// A user with a finger.
pub(super) struct Finger {
    role: Arc<Mutex<Role>>,
}

/// A text on the screen, and where it is.
#[derive(Debug, Clone, Deserialize)]
struct Text {
    text: String,
    x: u32,
    y: u32,
    #[serde(default)]
    w: u32,
    #[serde(default)]
    h: u32,
}

#[derive(Deserialize)]
struct Screen {
    events: Vec<Text>,
}

/// Down at `from`, up at `to` after so many seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Touch {
    from: (u32, u32),
    to: (u32, u32),
    seconds: f32,
}

/// To the left, on the smallest of the screens (Gen5: 300 by 400).
const SWIPE: Touch = Touch { from: (250, 200), to: (40, 200), seconds: 0.2 };

/// Longer than "Hold to sign" asks for.
const HOLD: f32 = 4.0;

impl Finger {
    /// The user of the Speculos whose REST interface is at `address`, for as long as the tests run.
    pub(super) fn new(address: String) -> Self {
        let role = Arc::new(Mutex::new(Role::Idle));
        let now = Arc::clone(&role);
        thread::spawn(move || {
            loop {
                let role = *now.lock().unwrap();
                if let Some(touch) = touch(role, &screen(&address)) {
                    let ((x, y), (x2, y2)) = (touch.from, touch.to);
                    let body = json!({
                        "action": "press-and-release", "x": x, "y": y, "x2": x2, "y2": y2,
                        "delay": touch.seconds,
                    });
                    request(&address, "POST", "/finger", &body.to_string());
                }
                thread::sleep(Duration::from_millis(300));
            }
        });
        Self { role }
    }

    /// Has the user do as `role` says from now on.
    pub(super) fn play(&self, role: Role) {
        *self.role.lock().unwrap() = role;
    }
}

fn screen(address: &str) -> Vec<Text> {
    let answer = request(address, "GET", "/events?currentscreenonly=true", "");
    serde_json::from_str::<Screen>(&answer).unwrap().events
}

/// What a user does who sees these texts.
fn touch(role: Role, texts: &[Text]) -> Option<Touch> {
    let find = |wanted: &[&str]| {
        wanted.iter().find_map(|wanted| texts.iter().find(|text| text.text.starts_with(wanted)))
    };
    let on = |text: &Text, seconds| {
        let middle = (text.x + text.w / 2, text.y + text.h / 2);
        Touch { from: middle, to: middle, seconds }
    };
    let tap = |wanted: &[&str]| find(wanted).map(|text| on(text, 0.1));
    match role {
        Role::Idle | Role::Away => None,
        Role::Approves => find(&["Hold to "])
            .map(|text| on(text, HOLD))
            .or_else(|| tap(&["Confirm", "Approve"]))
            .or_else(|| {
                (find(&["Swipe to ", "Tap to "]).is_some() || has_next(texts)).then_some(SWIPE)
            }),
        Role::Rejects => tap(&["Yes, reject", "Reject", "Cancel"]),
    }
}

/// Whether the footer counts pages of which more follow: "2 of 3".
fn has_next(texts: &[Text]) -> bool {
    texts.iter().any(|text| {
        let counts = text.text.split_once(" of ");
        counts.is_some_and(|(page, pages)| match (page.parse::<u32>(), pages.parse::<u32>()) {
            (Ok(page), Ok(pages)) => page < pages,
            _ => false,
        })
    })
}

#[test]
fn a_finger_pages_holds_and_rejects_where_the_screen_says() {
    let screen = |texts: &[&str]| -> Vec<Text> {
        let at = |(n, text): (usize, &&str)| Text {
            text: (*text).to_owned(),
            x: 100,
            y: 40 * u32::try_from(n).unwrap(),
            w: 50,
            h: 20,
        };
        texts.iter().enumerate().map(at).collect()
    };
    // The recorded screens of a Stax.
    let first = screen(&["Review message", "Swipe to review", "Reject", "1 of 3"]);
    let second = screen(&["Message", "hello", "Reject", "2 of 3"]);
    let last = screen(&["Sign message?", "Reject", "3 of 3", "Hold to sign"]);
    let key = screen(&["Address", "0x8EBE599559CBF3A", "Cancel", "2 of 2", "Confirm"]);
    for page in [&first, &second] {
        assert_eq!(touch(Role::Approves, page), Some(SWIPE));
    }
    let held = touch(Role::Approves, &last).unwrap();
    assert_eq!((held.from, held.to, held.seconds), ((125, 130), (125, 130), HOLD));
    assert_eq!(touch(Role::Approves, &key).unwrap().from, (125, 170));
    assert_eq!(touch(Role::Rejects, &second).unwrap().from, (125, 90));
    let sure = screen(&["Reject message?", "Yes, reject", "Go back to message"]);
    assert_eq!(touch(Role::Rejects, &sure).unwrap().from, (125, 50));
    for role in [Role::Idle, Role::Away] {
        assert_eq!(touch(role, &last), None);
    }
}
