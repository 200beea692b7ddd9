//! From whatever is open on a Ledger to the app that is needed.

use std::thread::sleep;

use super::{
    Exchange, ExchangeError,
    commands::{AppNameAndVersion, GetAppNameAndVersion, OpenApp, QuitApp},
    found::shown,
    talker::Talker,
};
use crate::{
    device::DeviceError,
    interact::Interact,
    transport::{Stopped, Wait},
};

/// Finds the device again after it left USB and came back.
pub type Reconnect = Box<dyn FnMut() -> Result<Box<dyn Exchange>, DeviceError> + Send>;

/// How many times the usual wait a device may take to come back.
const RESTART: u32 = 5;

/// The status word of a dashboard that has no such app.
const NO_SUCH_APP: &str = "6807";

/// Sees to it that the app `wanted` is open, where `open` is now.
///
/// From the dashboard it is opened, which its user must approve on the device. Another app is
/// closed only when its user says so here: somebody may be in the midst of something there.
pub(super) fn switch(
    talker: &mut Talker,
    reconnect: &mut Option<Reconnect>,
    open: AppNameAndVersion,
    wanted: &str,
    user: &mut dyn Interact,
) -> Result<AppNameAndVersion, DeviceError> {
    if open.name == wanted {
        return Ok(open);
    }
    if !open.is_dashboard() {
        let said = shown(open.clone());
        require_yes(talker, open, wanted, user)?;
        let device = talker.name.clone();
        match talker.ask(&QuitApp, &|| user.cancelled()) {
            // It may be gone before its answer was read.
            Ok(()) | Err(DeviceError::Disconnected(_)) => {}
            Err(error) if is_unknown(&error) => {
                let (open, wanted) = (said, wanted.to_owned());
                return Err(DeviceError::WrongApp { device, open, wanted });
            }
            Err(error) => return Err(error),
        }
        until(talker, reconnect, user, AppNameAndVersion::is_dashboard)?;
    }
    match talker.ask_user(&OpenApp { name: wanted }, user) {
        // It may be gone before its answer was read.
        Ok(()) | Err(DeviceError::Disconnected(_)) => {}
        Err(DeviceError::Refused { device, code, .. }) if code == NO_SUCH_APP => {
            let what = format!("open the {wanted} app: it is not installed");
            return Err(DeviceError::Unsupported { device, what });
        }
        // A dashboard that cannot open apps leaves it to its user.
        Err(error) if is_unknown(&error) => {
            let (device, open) = (talker.name.clone(), "the dashboard".to_owned());
            return Err(DeviceError::WrongApp { device, open, wanted: wanted.to_owned() });
        }
        Err(error) => return Err(error),
    }
    until(talker, reconnect, user, |app| app.name == wanted)
}

/// Whether whatever is open does not know the command.
fn is_unknown(error: &DeviceError) -> bool {
    matches!(error, DeviceError::AppTooOld { .. } | DeviceError::WrongApp { .. })
}

fn require_yes(
    talker: &Talker,
    open: AppNameAndVersion,
    wanted: &str,
    user: &mut dyn Interact,
) -> Result<(), DeviceError> {
    let device = talker.name.clone();
    let open = shown(open);
    let question =
        format!("{device}: `{open}` is open. Close it and open the {wanted} app? (yes or no)");
    match user.ask(&question) {
        Some(answer) if answer.trim().eq_ignore_ascii_case("yes") => Ok(()),
        _ => Err(DeviceError::WrongApp { device, open, wanted: wanted.to_owned() }),
    }
}

/// Waits for a device that restarts until `is` holds of what is open.
fn until(
    talker: &mut Talker,
    reconnect: &mut Option<Reconnect>,
    user: &mut dyn Interact,
    is: impl Fn(&AppNameAndVersion) -> bool,
) -> Result<AppNameAndVersion, DeviceError> {
    let cancelled = || user.cancelled();
    let wait = Wait::new(talker.timeouts.reply * RESTART, &cancelled);
    let mut is_there = true;
    loop {
        // What is on its way out may still answer; what is on its way in may not answer yet.
        if let Ok(app) = talker.ask(&GetAppNameAndVersion, &cancelled)
            && is(&app)
        {
            return Ok(app);
        }
        let slice = wait.slice().map_err(|stopped| match stopped {
            Stopped::TimedOut(_) if !is_there => DeviceError::Disconnected(talker.name.clone()),
            stopped => ExchangeError::from(stopped).into_device_error(&talker.name),
        })?;
        sleep(slice);
        match reconnect.as_mut().map(|reconnect| reconnect()) {
            Some(Ok(exchange)) => (talker.exchange, is_there) = (exchange, true),
            Some(Err(_)) => is_there = false,
            None => {}
        }
    }
}
