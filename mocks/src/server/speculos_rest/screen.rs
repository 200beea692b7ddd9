//! The screen, and its input: the two buttons of a Nano, a finger, or rules.

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use super::{
    automation::{Action, Automation},
    touch::{Glass, Meant, Text, Touch, words},
};
use crate::{Decision, User, ledger::Model};

/// More events than a client reads before it clears them.
const MOST_EVENTS: usize = 10_000;

/// More presses than one review needs; stops rules that would press forever.
const MOST_PRESSES: usize = 1000;

const READY: &str = "Application is ready";

/// The screen and its buttons or touch input. Clones share the same screen.
#[derive(Clone, Default)]
pub struct Buttons(Arc<(Mutex<Screen>, Condvar)>);

/// The pages of a review. The last two confirm and reject; on a touch screen the last one confirms.
#[derive(Default)]
struct Screen {
    pages: Vec<String>,
    at: usize,
    /// The touch screen, on models without buttons.
    glass: Option<Glass>,
    /// On a touch screen: the text that rejects, on every page.
    no: String,
    /// Whether another user decides.
    is_watched: bool,
    decision: Option<Decision>,
    /// How many times the screen has changed.
    turned: u64,
    /// All texts that were shown, and how many of them a client has cleared.
    events: Vec<Text>,
    cleared: usize,
    automation: Automation,
}

impl Screen {
    fn text(&self) -> &str {
        self.pages.get(self.at).map_or(READY, String::as_str)
    }

    fn turn_to(&mut self, page: usize) {
        self.at = page;
        self.turned += 1;
        let texts = self.texts();
        if self.events.len() < MOST_EVENTS {
            self.events.extend(texts);
        }
    }

    /// The texts on the screen.
    fn texts(&self) -> Vec<Text> {
        match self.glass {
            Some(glass) if !self.pages.is_empty() => glass.texts(&self.pages, self.at, &self.no),
            _ => vec![Text::line(self.text())],
        }
    }

    fn show(&mut self, shown: &str) {
        let last = last_pages(shown);
        self.pages = shown.lines().map(str::to_owned).collect();
        match self.glass {
            None => self.pages.extend(last),
            Some(_) => {
                let [yes, no] = words(last);
                self.pages.push(yes);
                self.no = no;
            }
        }
        self.decision = None;
        self.turn_to(0);
    }

    fn touch(&mut self, touch: Touch) {
        let Some(glass) = self.glass.filter(|_| !self.pages.is_empty()) else { return };
        let last = self.pages.len().saturating_sub(1);
        let yes = (self.at == last).then(|| self.text().to_owned());
        match glass.meant(touch, yes.as_deref()) {
            Meant::Next if self.at < last => self.turn_to(self.at + 1),
            Meant::Back if self.at > 0 => self.turn_to(self.at - 1),
            Meant::Yes if !self.is_watched => self.decision = Some(Decision::Approve),
            Meant::No if !self.is_watched => self.decision = Some(Decision::Reject),
            _ => {}
        }
    }

    fn press(&mut self, button: Button) {
        let last = self.pages.len().saturating_sub(1);
        match button {
            // A touch screen has no buttons.
            _ if self.glass.is_some() => {}
            Button::Left if self.at > 0 => self.turn_to(self.at - 1),
            Button::Right if self.at < last => self.turn_to(self.at + 1),
            // The last page rejects, the one before it confirms.
            Button::Both if self.pages.len() > 1 && !self.is_watched => {
                if self.at == last {
                    self.decision = Some(Decision::Reject);
                } else if self.at + 1 == last {
                    self.decision = Some(Decision::Approve);
                }
            }
            _ => {}
        }
    }

    /// Applies the rules to the current page, and to each page to which they lead.
    fn automate(&mut self) {
        for _ in 0..MOST_PRESSES {
            if self.pages.is_empty() || self.decision.is_some() {
                return;
            }
            let text = self.text().to_owned();
            let actions = self.automation.actions(&text);
            if actions.is_empty() {
                return;
            }
            let page = self.at;
            for action in actions {
                match action {
                    Action::Press(button) => self.press(button),
                }
            }
            if self.at == page {
                return;
            }
        }
    }
}

/// A button, pressed and released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Button {
    Left,
    Right,
    Both,
}

impl Button {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "left" => Self::Left,
            "right" => Self::Right,
            "both" => Self::Both,
            _ => return None,
        })
    }
}

/// The texts of the app's last two pages after `shown`.
fn last_pages(shown: &str) -> [String; 2] {
    let blind = shown.starts_with("Blind signing ahead");
    let title = shown.lines().nth(usize::from(blind)).unwrap_or_default();
    let what = match title.strip_prefix("Review ") {
        Some(what) if what.contains("message") => "message",
        Some(_) => "transaction",
        None if title.starts_with("Verify ") => return ["Confirm", "Cancel"].map(str::to_owned),
        None => return ["Approve", "Reject"].map(str::to_owned),
    };
    let yes = if blind { "Accept risk and sign" } else { "Sign" };
    [format!("{yes} {what}"), format!("Reject {what}")]
}

impl Buttons {
    /// The buttons or the touch screen of a model.
    pub fn of(model: Model) -> Self {
        let buttons = Self::default();
        buttons.screen().glass = Glass::of(model);
        buttons
    }

    /// A user who decides with these buttons.
    pub fn user(&self) -> User {
        let buttons = self.clone();
        User::asking(move |shown| buttons.decide(shown))
    }

    /// Shows the screens that `user` decides about. The buttons only turn pages.
    pub fn watching(&self, user: User) -> User {
        let buttons = self.clone();
        self.screen().is_watched = true;
        user.shown_to(move |shown| {
            let mut screen = buttons.screen();
            screen.show(shown);
            screen.pages.clear();
            screen.turn_to(0);
            buttons.0.1.notify_all();
        })
    }

    fn decide(&self, shown: &str) -> Decision {
        let mut screen = self.screen();
        screen.show(shown);
        screen.automate();
        self.0.1.notify_all();
        let undecided = |screen: &mut Screen| screen.decision.is_none();
        let waited = self.0.1.wait_while(screen, undecided);
        let mut screen = waited.unwrap_or_else(PoisonError::into_inner);
        screen.pages.clear();
        screen.turn_to(0);
        self.0.1.notify_all();
        screen.decision.take().unwrap_or(Decision::Reject)
    }

    /// Writes all texts shown from now on, until the client disconnects.
    pub(super) fn stream(&self, mut writer: Box<dyn Write + Send>) -> io::Result<()> {
        let mut told = self.screen().events.len();
        loop {
            let nothing_new = |screen: &mut Screen| screen.events.len() <= told;
            let screen = self.0.1.wait_while(self.screen(), nothing_new);
            let screen = screen.unwrap_or_else(PoisonError::into_inner);
            let events: Vec<_> = screen.events.iter().skip(told).map(Text::event).collect();
            drop(screen);
            told += events.len();
            for event in events {
                writer.write_all(format!("data: {event}\n\n").as_bytes())?;
            }
            writer.flush()?;
        }
    }

    /// Touches the screen. Returns false if the model has no touch screen.
    pub(super) fn touch(&self, touch: Touch) -> bool {
        let mut screen = self.screen();
        screen.touch(touch);
        self.0.1.notify_all();
        screen.glass.is_some()
    }

    pub(super) fn press(&self, button: Button) {
        let mut screen = self.screen();
        screen.press(button);
        screen.automate();
        self.0.1.notify_all();
    }

    /// Lets these rules press the buttons from now on.
    pub(super) fn automate(&self, automation: Automation) {
        let mut screen = self.screen();
        screen.automation = automation;
        screen.automate();
        self.0.1.notify_all();
    }

    /// The texts on the screen, or all texts shown since a client cleared them.
    pub(super) fn events(&self, current_only: bool) -> Vec<Value> {
        let screen = self.screen();
        if current_only {
            screen.texts().iter().map(Text::event).collect()
        } else {
            screen.events.iter().skip(screen.cleared).map(Text::event).collect()
        }
    }

    /// How many times the screen has changed.
    pub(super) fn turned(&self) -> u64 {
        self.screen().turned
    }

    pub(super) fn clear_events(&self) {
        let mut screen = self.screen();
        screen.cleared = screen.events.len();
    }

    fn screen(&self) -> MutexGuard<'_, Screen> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
