//! What the wallet layer asks of the user.

use std::sync::atomic::Ordering;

use stockade::{
    interact::{Attention, Interact, Passphrase},
    secret::SecretText,
};

use super::{TRIES, Terminal};

/// The longest text that every wallet shows in full before its user can approve it.
const ONE_PAGE: usize = 134;

/// How to see the end of a longer text.
const PAGE_THROUGH: &str = ". Page through all of it first; on a touch screen, tap More";

/// The end of a question that is answered yes or no.
const YES_OR_NO: &str = "(yes or no)";

impl Interact for Terminal {
    fn look_at_device(&mut self, device: &str, attention: Attention<'_>) {
        let prompt = prompt(device, attention);
        // Wallets differ in how many screens they show: the user is told once.
        if prompt != self.last_prompt {
            let number = self.approvals.next(&attention);
            self.say(&self::prompt(&format!("{device}{number}"), attention));
            self.last_prompt = prompt;
        }
    }

    fn enter_pin_matrix(&mut self, device: &str) -> Option<SecretText> {
        if self.attended {
            self.say(&format!(
                "The {device} shows the digits 1 to 9 in random order. For each digit of your PIN, type \
                 the digit that has its position here:\n  7 8 9\n  4 5 6\n  1 2 3"
            ));
        }
        self.password("PIN positions")
    }

    fn enter_passphrase(&mut self, device: &str, on_device: bool) -> Option<Passphrase> {
        if !self.attended {
            return None;
        }
        if on_device {
            let question =
                format!("{device}: enter the passphrase on the wallet itself? {YES_OR_NO}");
            if self.hidden_yes(&question)? {
                return Some(Passphrase::OnDevice);
            }
        }
        let entered = self.password(&format!("{device}: passphrase (empty for none)"))?;
        Some(Passphrase::Typed(entered))
    }

    fn ask(&mut self, question: &str) -> Option<String> {
        if !self.attended || self.gave_up() {
            return None;
        }
        let mut answer = self.read_line(question)?;
        // A typing error must not cost the user the approvals before this question.
        for _ in 1..TRIES {
            if !question.ends_with(YES_OR_NO) || yes_or_no(&answer).is_some() {
                break;
            }
            self.say("Please type yes or no.");
            answer = self.read_line(question)?;
        }
        Some(answer)
    }

    fn expect_approvals(&mut self, count: usize) {
        self.approvals.expect(count);
    }

    fn enter_secret(&mut self, question: &str) -> Option<SecretText> {
        self.password(question)
    }

    fn note(&mut self, text: &str) {
        self.say(text);
        self.last_prompt.clear();
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// What to do on the wallet, and what happens then.
fn prompt(device: &str, attention: Attention<'_>) -> String {
    match attention {
        Attention::Address => {
            format!("On the {device}, compare the address and approve it if it is the same")
        }
        Attention::PublicKey => {
            format!("On the {device}, compare the public key and approve it if it is the same")
        }
        Attention::Message(text) => {
            let page = if text.len() > ONE_PAGE { PAGE_THROUGH } else { "" };
            format!("On the {device}, approve signing this text{page}\n  {text}")
        }
        Attention::Transaction(_) => format!(
            "On the {device}, compare the transaction and approve signing it if it is the same"
        ),
        Attention::SigningRoot { index, root } => {
            let root = hex::encode(root);
            format!(
                "On the {device}, compare index {index} and root 0x{root}, and approve signing if they \
                 are the same"
            )
        }
        Attention::OpenApp(app) => format!("On the {device}, approve opening the {app} app"),
        Attention::Pairing => {
            format!("On the {device}, approve that this computer connects to it")
        }
        Attention::Pin => format!("On the {device}, enter the PIN"),
        Attention::Passphrase => format!("On the {device}, enter or confirm the passphrase"),
        _ => format!("On the {device}, read the screen and approve"),
    }
}

/// The answer in a line: the whole word, because a single letter is typed too easily.
pub fn yes_or_no(line: &str) -> Option<bool> {
    let line = line.trim();
    let is = |word: &str| line.eq_ignore_ascii_case(word);
    (is("yes") || is("no")).then(|| is("yes"))
}
