//! Closes the open app on a Ledger and opens another.

use std::thread::sleep;

use super::{
    Exchange,
    app_client::AppClient,
    commands::{AppNameAndVersion, GetAppNameAndVersion, OpenApp, QuitApp},
};
use crate::{
    device::DeviceError,
    interact::Interact,
    transport::{Stopped, Wait},
};

/// Connects to the device again after it has left USB and come back.
pub type Reconnect = Box<dyn FnMut() -> Result<Box<dyn Exchange>, DeviceError> + Send>;

/// A device may take this many times the usual wait to come back.
const RESTART: u32 = 5;

/// The dashboard's status word if the app is not installed.
const NO_SUCH_APP: &str = "6807";

/// Switches from the app `open` to the app `wanted`.
///
/// The user must approve opening the app on the device. Another app is closed only if the user agrees
/// on this computer, because it may be in use.
pub(super) fn switch_app(
    client: &mut AppClient,
    reconnect: &mut Option<Reconnect>,
    open: AppNameAndVersion,
    wanted: &str,
    user: &mut dyn Interact,
) -> Result<AppNameAndVersion, DeviceError> {
    if open.name == wanted {
        return Ok(open);
    }
    if !open.is_dashboard() {
        let open = open.display_name();
        let wrong_app = |device: &str| DeviceError::WrongApp {
            device: device.to_owned(),
            open: open.clone(),
            wanted: wanted.to_owned(),
        };
        let device = &client.name;
        let question =
            format!("{device}: `{open}` is open. Close it and open the {wanted} app? (yes or no)");
        let answer = user.ask(&question).unwrap_or_default();
        if !answer.trim().eq_ignore_ascii_case("yes") {
            return Err(wrong_app(device));
        }
        match client.call(&QuitApp, &|| user.cancelled()) {
            // The device may leave USB before its reply is read.
            Ok(()) | Err(DeviceError::Disconnected(_)) => {}
            Err(error) if is_unknown(&error) => return Err(wrong_app(&client.name)),
            Err(error) => return Err(error),
        }
        wait_for_app(client, reconnect, user, AppNameAndVersion::is_dashboard)?;
    }
    match client.call_attended(&OpenApp { name: wanted }, user) {
        // The device may leave USB before its reply is read.
        Ok(()) | Err(DeviceError::Disconnected(_)) => {}
        Err(DeviceError::Refused { device, code, .. }) if code == NO_SUCH_APP => {
            let what = format!("open the {wanted} app: it is not installed");
            return Err(DeviceError::Unsupported { device, what });
        }
        // This dashboard cannot open apps; the user must.
        Err(error) if is_unknown(&error) => {
            let (device, open) = (client.name.clone(), "the dashboard".to_owned());
            return Err(DeviceError::WrongApp { device, open, wanted: wanted.to_owned() });
        }
        Err(error) => return Err(error),
    }
    wait_for_app(client, reconnect, user, |app| app.name == wanted)
}

/// Whether the open app does not know the command.
fn is_unknown(error: &DeviceError) -> bool {
    matches!(error, DeviceError::AppTooOld { .. } | DeviceError::WrongApp { .. })
}

/// Waits until a restarting device is back and has an app open for which `is` returns true.
fn wait_for_app(
    client: &mut AppClient,
    reconnect: &mut Option<Reconnect>,
    user: &mut dyn Interact,
    is: impl Fn(&AppNameAndVersion) -> bool,
) -> Result<AppNameAndVersion, DeviceError> {
    let cancelled = || user.cancelled();
    let wait = Wait::new(client.timeouts.reply * RESTART, &cancelled);
    let mut is_connected = true;
    loop {
        // The old app may still answer, and the new one may not answer yet.
        if let Ok(app) = client.call(&GetAppNameAndVersion, &cancelled)
            && is(&app)
        {
            return Ok(app);
        }
        let slice = wait.slice().map_err(|stopped| match stopped {
            Stopped::TimedOut(_) if !is_connected => DeviceError::Disconnected(client.name.clone()),
            stopped => DeviceError::stopped(&client.name, stopped),
        })?;
        sleep(slice);
        match reconnect.as_mut().map(|reconnect| reconnect()) {
            Some(Ok(exchange)) => (client.exchange, is_connected) = (exchange, true),
            Some(Err(_)) => is_connected = false,
            None => {}
        }
    }
}
