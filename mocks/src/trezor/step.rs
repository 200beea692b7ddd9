//! The checks, questions and screens before an answer.

use super::{
    Reply,
    commands::Command,
    failure::{CANCELLED, Failure, INVALID_SESSION, NOT_INITIALIZED},
    kind,
    model::Model,
    passphrase, path,
    protobuf::{Message, Writer},
    screen::{No, Screen, code},
    state::{STRICT, State},
};
use crate::Seed;

const FORBIDDEN_PATH: Failure =
    Failure::new(3, "Forbidden key path", "Forbidden key path").at("fsm_msg_ethereum.h:28");
const PIN_CANCELLED: Failure =
    Failure::new(6, "PIN cancelled", "PIN entry cancelled").at("protect.c:226");
const PIN_INVALID: Failure = Failure::new(7, "PIN invalid", "PIN invalid").at("protect.c:233");
/// PinMatrixRequestType_Current.
const CURRENT_PIN: u64 = 1;

/// A step before the answer.
pub(super) enum Step {
    /// Fails if there is no seed.
    Initialized(Failure),
    /// Always fails.
    Fail(Failure),
    /// Asks for the PIN if the device is locked.
    Unlock,
    /// Opens the session's seed, asking for the passphrase.
    OpenSeed,
    /// Asks the user to type the passphrase on the device.
    TypePassphrase,
    /// Opens the session's seed with this passphrase.
    UsePassphrase(String),
    /// Refuses a path that is not Ethereum's, or warns about it.
    CheckPath(Vec<u32>),
    /// Shows the screens of the command.
    Show,
    /// Shows a screen.
    Press(Screen),
    /// Asks the host for a message of this kind.
    Ask(u16, Reply),
}

/// The event for which the device waits.
pub(super) enum Waiting {
    Button(Screen),
    PinMatrix,
    PinOnDevice,
    Passphrase,
    PassphraseOnDevice,
    /// A message from the host.
    Host(u16),
}

/// The result of a step.
pub(super) enum Progress {
    /// Continue with the next step.
    Next,
    /// Insert these steps before the next one.
    First(Vec<Step>),
    /// Send this request, then wait.
    Wait(Waiting, Reply),
}

impl Waiting {
    /// The text on the screen, if the user is asked.
    pub(super) fn shown(&self) -> Option<&str> {
        match self {
            Self::Button(screen) => Some(&screen.shown),
            Self::PinOnDevice => Some("Enter PIN"),
            Self::PassphraseOnDevice => Some("Enter passphrase"),
            Self::PinMatrix | Self::Passphrase | Self::Host(_) => None,
        }
    }

    /// The type of the message that answers it.
    pub(super) fn answered_by(&self) -> u16 {
        match self {
            Self::Button(_) | Self::PinOnDevice | Self::PassphraseOnDevice => kind::BUTTON_ACK,
            Self::PinMatrix => kind::PIN_MATRIX_ACK,
            Self::Passphrase => kind::PASSPHRASE_ACK,
            Self::Host(kind) => *kind,
        }
    }

    /// The One's failure when the host cancels.
    pub(super) fn cancelled(&self) -> Failure {
        match self {
            // On an address screen, "no" does not fail, but Cancel does.
            Self::Button(screen) => screen.refused,
            Self::PinMatrix => PIN_CANCELLED,
            _ => CANCELLED.at("protect.c:408"),
        }
    }
}

/// Takes one step of `command`.
pub(super) fn take(
    state: &mut State,
    step: Step,
    command: &dyn Command,
) -> Result<Progress, Failure> {
    match step {
        Step::Initialized(failure) if state.mnemonic.is_none() => Err(failure),
        Step::Initialized(_) => Ok(Progress::Next),
        Step::Fail(failure) => Err(failure),
        Step::Unlock => Ok(unlock(state)),
        Step::OpenSeed => open_seed(state),
        Step::TypePassphrase => {
            let screen = Screen::new(code::PASSPHRASE_ENTRY, "passphrase_device", "");
            Ok(Progress::Wait(Waiting::PassphraseOnDevice, screen.request(state.model)))
        }
        Step::UsePassphrase(passphrase) => use_passphrase(state, &passphrase),
        Step::CheckPath(path) => check_path(state, &path),
        Step::Show => {
            Ok(Progress::First(command.screens(state)?.into_iter().map(Step::Press).collect()))
        }
        Step::Press(screen) => {
            let request = screen.request(state.model);
            Ok(Progress::Wait(Waiting::Button(screen), request))
        }
        Step::Ask(kind, request) => Ok(Progress::Wait(Waiting::Host(kind), request)),
    }
}

/// The next steps, after the host's message and the user's decision.
pub(super) fn outcome(
    state: &mut State,
    command: &mut dyn Command,
    waiting: Waiting,
    ack: &Message<'_>,
    approved: bool,
) -> Result<Vec<Step>, Failure> {
    match waiting {
        Waiting::Button(_) if approved => Ok(Vec::new()),
        Waiting::Button(screen) => match screen.no.clone() {
            No::Fails => Err(screen.refused),
            No::AsksAgain => Ok(vec![Step::Press(screen)]),
            No::GoesBack(before) => Ok(vec![Step::Press(*before), Step::Press(screen)]),
        },
        Waiting::PinOnDevice if approved => Ok(pin_typed(state)),
        Waiting::PinOnDevice => Err(PIN_CANCELLED),
        Waiting::PinMatrix => {
            let places = ack.text(1).unwrap_or_default();
            let pin = state.pin_matrix.take(&places).ok_or(PIN_CANCELLED)?;
            state.unlocked = Some(pin) == state.pin;
            if state.unlocked { Ok(Vec::new()) } else { Err(PIN_INVALID) }
        }
        Waiting::Passphrase => passphrase::sent(state.model, ack),
        Waiting::Host(_) => command.heard(ack),
        Waiting::PassphraseOnDevice if approved => {
            Ok(vec![Step::UsePassphrase(state.typed_passphrase.clone())])
        }
        Waiting::PassphraseOnDevice => Err(passphrase::ENTRY_CANCELLED),
    }
}

fn unlock(state: &mut State) -> Progress {
    if state.unlocked || state.pin.is_none() {
        state.unlocked = true;
        return Progress::Next;
    }
    if state.model == Model::One {
        state.pin_matrix.show();
        let request = Writer::default().number(1, CURRENT_PIN).finish();
        return Progress::Wait(Waiting::PinMatrix, (kind::PIN_MATRIX_REQUEST, request));
    }
    let request = Screen::new(code::PIN_ENTRY, "pin_device", "").request(state.model);
    Progress::Wait(Waiting::PinOnDevice, request)
}

/// Checks the typed PIN. If it is wrong, the device asks again.
fn pin_typed(state: &mut State) -> Vec<Step> {
    let typed = state.typed_pins.pop_front().or_else(|| state.pin.clone());
    state.unlocked = typed == state.pin;
    if state.unlocked { Vec::new() } else { vec![Step::Unlock] }
}

fn open_seed(state: &mut State) -> Result<Progress, Failure> {
    if !state.sessions.is_active() {
        return Err(INVALID_SESSION);
    }
    if state.mnemonic.is_none() {
        return Err(NOT_INITIALIZED);
    }
    if state.sessions.seed().is_some() {
        return Ok(Progress::Next);
    }
    if state.passphrase_protection {
        let request = (kind::PASSPHRASE_REQUEST, Vec::new());
        return Ok(Progress::Wait(Waiting::Passphrase, request));
    }
    use_passphrase(state, "")
}

fn use_passphrase(state: &mut State, passphrase: &str) -> Result<Progress, Failure> {
    passphrase::check(passphrase)?;
    let mnemonic = state.mnemonic.as_deref().ok_or(NOT_INITIALIZED)?;
    state.sessions.open(Seed::from_mnemonic(mnemonic, passphrase));
    Ok(Progress::Next)
}

fn check_path(state: &State, path: &[u32]) -> Result<Progress, Failure> {
    if path::is_ethereum(path) {
        return Ok(Progress::Next);
    }
    if state.safety_checks == STRICT {
        return Err(FORBIDDEN_PATH);
    }
    let shown = format!("Wrong derivation path {}", path::text(path));
    let warning = Screen::new(code::UNKNOWN_PATH, "path_warning", shown).at("fsm.c:472");
    Ok(Progress::First(vec![Step::Press(warning)]))
}
