//! age plugins: programs `age-plugin-<name>` that support other recipients (a YubiKey, for
//! example). They run on a thread of their own; this one passes their questions to [`Interact`].

use std::{sync::mpsc, thread};

use age::{
    Callbacks, EncryptError,
    plugin::{IdentityPluginV1, Recipient, RecipientPluginV1, ResolveError},
    secrecy::SecretString,
};

use stockade_base::{secret::wiping_stack, shown};
use stockade_wallet::interact::Interact;

/// Receives a plugin's questions.
#[derive(Clone)]
pub(super) struct Questions(mpsc::Sender<Question>);

enum Question {
    Message(String),
    Confirm(String, mpsc::Sender<Option<bool>>),
    Public(String, mpsc::Sender<Option<String>>),
    Secret(String, mpsc::Sender<Option<SecretString>>),
}

/// Does `work` while `user` answers the questions of plugins.
pub(super) fn with_user<T: Send>(
    user: &mut dyn Interact,
    work: impl FnOnce(&Questions) -> T + Send,
) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        let worker = scope.spawn(move || wiping_stack(|| work(&Questions(sender))));
        // Ends when the last plugin is done and dropped its sender.
        receiver.into_iter().for_each(|question| answer(question, user));
        match worker.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Ignores a plugin that has ended in the meantime.
fn answer(question: Question, user: &mut dyn Interact) {
    match question {
        Question::Message(text) => user.note(&shown(&text).to_string()),
        Question::Confirm(text, reply) => {
            let said = user.ask(&format!("{} (yes or no)", shown(&text)));
            let _ = reply.send(said.map(|said| said.trim().eq_ignore_ascii_case("yes")));
        }
        Question::Public(text, reply) => {
            let _ = reply.send(user.ask(&shown(&text).to_string()));
        }
        Question::Secret(text, reply) => {
            let secret = user.enter_secret(&shown(&text).to_string());
            let _ = reply.send(secret.map(|s| SecretString::from(s.expose().to_owned())));
        }
    }
}

impl Questions {
    fn ask<T>(&self, question: impl FnOnce(mpsc::Sender<Option<T>>) -> Question) -> Option<T> {
        let (reply, answer) = mpsc::channel();
        self.0.send(question(reply)).ok()?;
        answer.recv().ok()?
    }
}

impl Callbacks for Questions {
    fn display_message(&self, message: &str) {
        // Sending only fails when the work is over.
        let _ = self.0.send(Question::Message(message.to_owned()));
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        let no = no.map(|no| format!("; no: {no}")).unwrap_or_default();
        self.ask(|reply| Question::Confirm(format!("{message} [yes: {yes}{no}]"), reply))
    }

    fn request_public_string(&self, description: &str) -> Option<String> {
        self.ask(|reply| Question::Public(description.to_owned(), reply))
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        self.ask(|reply| Question::Secret(description.to_owned(), reply))
    }
}

/// The recipient `age1<name>1..`. Its plugin must be installed.
pub(super) fn recipient(
    text: &str,
    questions: &Questions,
) -> Result<RecipientPluginV1<Questions>, EncryptError> {
    let missing = || {
        EncryptError::Io(std::io::Error::other(format!("{text} is not the recipient of a plugin")))
    };
    let recipient: Recipient = text.parse().map_err(|_| missing())?;
    let name = recipient.plugin().to_owned();
    RecipientPluginV1::new(&name, &[recipient], &[], questions.clone())
        .map_err(EncryptError::PluginResolve)
}

/// The identity in a line `AGE-PLUGIN-<NAME>-1..`. Its plugin must be installed.
pub(super) fn identity(
    identity: &age::plugin::Identity,
    questions: &Questions,
) -> Result<IdentityPluginV1<Questions>, ResolveError> {
    let name = identity.plugin();
    IdentityPluginV1::new(name, std::slice::from_ref(identity), questions.clone())
}
