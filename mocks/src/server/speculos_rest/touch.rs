//! The touch screen of a Stax, a Flex or a Gen5, as far as touches matter: one page per line, of
//! which the last confirms, and a text at the foot of each page that rejects. The texts are roughly
//! where the app has them.

use serde_json::{Value, json};

use crate::ledger::Model;

/// How long "Hold to sign" must be held, in seconds.
const HOLD: f64 = 1.0;

/// A text, and where it is: x, y, width, height.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: String,
    place: [u32; 4],
}

impl Text {
    /// A line on the screen of a Nano.
    pub(super) fn line(text: &str) -> Self {
        Self { text: text.to_owned(), place: [0, 0, 128, 11] }
    }

    /// Speculos's event for the text.
    pub(super) fn event(&self) -> Value {
        let [x, y, w, h] = self.place;
        json!({"text": self.text, "x": x, "y": y, "w": w, "h": h, "clear": false})
    }
}

/// A touch of the screen, from press to release.
#[derive(Debug, Clone, Copy)]
pub(super) struct Touch {
    pub(super) from: (u32, u32),
    pub(super) to: (u32, u32),
    pub(super) seconds: f64,
}

/// The meaning of a touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    Nothing,
    Next,
    Back,
    Yes,
    No,
}

/// The layout of a model's screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glass {
    width: u32,
    height: u32,
}

impl Glass {
    /// The touch screen of `model`, if it has one.
    pub fn of(model: Model) -> Option<Self> {
        let (width, height) = match model {
            Model::NanoX | Model::NanoSPlus => return None,
            Model::Stax => (400, 672),
            Model::Flex => (480, 600),
            Model::NanoGen5 => (300, 400),
        };
        Some(Self { width, height })
    }

    /// A text across the middle, `tenths` of the way down.
    fn across(self, text: &str, tenths: u32) -> Text {
        let (w, h) = (self.width, self.height / 10);
        Text { text: text.to_owned(), place: [w / 10, h * tenths, w * 8 / 10, h * 9 / 10] }
    }

    /// A text at the foot, on the left or on the right.
    fn foot(self, text: &str, is_left: bool) -> Text {
        let (w, h) = (self.width, self.height / 10);
        let x = if is_left { w / 20 } else { w * 6 / 10 };
        Text { text: text.to_owned(), place: [x, h * 9, w * 35 / 100, h * 9 / 10] }
    }

    /// The texts of page `at` of `pages`, of which the last confirms; `no` rejects.
    pub(super) fn texts(self, pages: &[String], at: usize, no: &str) -> Vec<Text> {
        let Some(text) = pages.get(at) else { return Vec::new() };
        let is_last = at + 1 == pages.len();
        let page = self.across(text, if is_last { 7 } else { 3 });
        let count = format!("{} of {}", at + 1, pages.len());
        vec![page, self.foot(no, true), self.foot(&count, false)]
    }

    /// The meaning of a touch on a page; `yes` is the text of the last page.
    pub(super) fn meant(self, touch: Touch, yes: Option<&str>) -> Meant {
        let ((x, y), (to, _)) = (touch.from, touch.to);
        let swiped = self.width / 4;
        if x > to.saturating_add(swiped) {
            return Meant::Next;
        }
        if to > x.saturating_add(swiped) {
            return Meant::Back;
        }
        match (y * 10 / self.height, yes) {
            (9.., _) if x < self.width / 2 => Meant::No,
            (9.., _) => Meant::Next,
            (7, Some(yes)) if touch.seconds >= HOLD || !yes.starts_with("Hold") => Meant::Yes,
            _ => Meant::Nothing,
        }
    }
}

/// The texts that confirm and reject on a touch screen, instead of these on a Nano.
pub(super) fn words([yes, no]: [String; 2]) -> [String; 2] {
    let signs = yes.starts_with("Sign") || yes.starts_with("Accept");
    let yes = if signs { "Hold to sign" } else { "Confirm" };
    let no = if no == "Cancel" { "Cancel" } else { "Reject" };
    [yes, no].map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finger_turns_pages_holds_and_rejects() {
        let glass = Glass::of(Model::Stax).unwrap();
        let tap = |x, y, seconds| Touch { from: (x, y), to: (x, y), seconds };
        let meant = |touch, yes| glass.meant(touch, yes);
        let swipe = |from, to| Touch { from: (from, 300), to: (to, 300), seconds: 0.2 };
        assert_eq!(meant(swipe(350, 50), None), Meant::Next);
        assert_eq!(meant(swipe(50, 350), None), Meant::Back);
        assert_eq!(meant(tap(350, 640, 0.1), None), Meant::Next);
        assert_eq!(meant(tap(40, 640, 0.1), None), Meant::No);
        assert_eq!(meant(tap(200, 500, 3.0), None), Meant::Nothing);
        assert_eq!(meant(tap(200, 500, 0.2), Some("Hold to sign")), Meant::Nothing);
        assert_eq!(meant(tap(200, 500, 3.0), Some("Hold to sign")), Meant::Yes);
        assert_eq!(meant(tap(200, 500, 0.2), Some("Confirm")), Meant::Yes);
        assert_eq!(Glass::of(Model::NanoX), None);
        // Every text reacts in its middle.
        let pages = ["a".to_owned(), "Hold to sign".to_owned()];
        let texts = glass.texts(&pages, 1, "Reject");
        let middle = |text: &Text| {
            let [x, y, w, h] = text.place;
            tap(x + w / 2, y + h / 2, 3.0)
        };
        let meanings: Vec<_> =
            texts.iter().map(|text| meant(middle(text), Some("Hold to sign"))).collect();
        assert_eq!(meanings, [Meant::Yes, Meant::No, Meant::Next]);
    }
}
