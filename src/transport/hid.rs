//! USB HID, by way of the system's own driver: Ledger.

use std::{ffi::CString, io, time::Duration};

use hidapi::{HidApi, HidDevice, HidError};

use super::{Link, Packet, TransportError};

/// A HID interface that is plugged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Where the system keeps it: `/dev/hidraw3` on Linux.
    pub path: String,
    /// The USB product id.
    pub product_id: u16,
    /// The HID usage page; 0 where the system does not tell.
    pub usage_page: u16,
    /// The USB interface's number; negative where the system does not tell.
    pub interface: i32,
}

/// All HID interfaces of devices of `vendor_id`. A machine without USB has none.
pub fn list(vendor_id: u16) -> Result<Vec<Candidate>, TransportError> {
    let api = HidApi::new().map_err(|e| error("listing", "HID devices", e))?;
    let of_vendor = api.device_list().filter(|device| device.vendor_id() == vendor_id);
    Ok(of_vendor
        .map(|device| Candidate {
            path: device.path().to_string_lossy().into_owned(),
            product_id: device.product_id(),
            usage_page: device.usage_page(),
            interface: device.interface_number(),
        })
        .collect())
}

/// An open HID interface. Other programs can have it open at the same time.
pub struct Hid {
    device: HidDevice,
    path: String,
}

impl Hid {
    /// Opens the interface at `path`, as [`list`] names it.
    #[allow(clippy::disallowed_methods, reason = "a device: opened where it is, never created")]
    pub fn open(path: &str) -> Result<Self, TransportError> {
        // hidapi gives the reason as text; the system gives it as a number.
        #[cfg(target_os = "linux")]
        std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|e| TransportError::io("opening", path, e))?;
        let not_found = || TransportError::NotFound(path.to_owned());
        let name = CString::new(path).map_err(|_| not_found())?;
        let api = HidApi::new().map_err(|e| error("opening", path, e))?;
        let device = api.open_path(&name).map_err(|e| error("opening", path, e))?;
        Ok(Self { device, path: path.to_owned() })
    }
}

impl Link for Hid {
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError> {
        // The first byte is the report's number, 0 where a device has but one report.
        let mut report = [0; 65];
        for (to, from) in report.iter_mut().skip(1).zip(packet) {
            *to = *from;
        }
        match self.device.write(&report) {
            Ok(65) => Ok(()),
            Ok(n) => Err(short("sending to", &self.path, n)),
            Err(e) => Err(error("sending to", &self.path, e)),
        }
    }

    fn receive(&mut self, wait: Duration) -> Result<Option<Packet>, TransportError> {
        let mut packet = [0; 64];
        let millis = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        match self.device.read_timeout(&mut packet, millis) {
            Ok(0) => Ok(None),
            Ok(64) => Ok(Some(packet)),
            Ok(n) => Err(short("reading from", &self.path, n)),
            Err(e) => Err(error("reading from", &self.path, e)),
        }
    }
}

fn short(what: &str, path: &str, n: usize) -> TransportError {
    let source = io::Error::new(io::ErrorKind::InvalidData, format!("{n} bytes instead of 64"));
    TransportError::io(what, path, source)
}

fn error(what: &str, path: &str, error: HidError) -> TransportError {
    match error {
        HidError::IoError { error } if error.raw_os_error().is_some_and(went_away) => {
            TransportError::Disconnected
        }
        HidError::IoError { error } => TransportError::io(what, path, error),
        // Its text tells a poll that failed because the device was unplugged; there is no number.
        HidError::HidApiError { message } if message.contains("disconnected") => {
            TransportError::Disconnected
        }
        other => TransportError::io(what, path, io::Error::other(other.to_string())),
    }
}

/// EIO, ENXIO, ENODEV, EPROTO and ESHUTDOWN: what Linux says of a device that was unplugged.
fn went_away(code: i32) -> bool {
    cfg!(target_os = "linux") && matches!(code, 5 | 6 | 19 | 71 | 108)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_was_unplugged_within_a_packet_is_disconnected() {
        let said = |code| {
            let source = HidError::IoError { error: io::Error::from_raw_os_error(code) };
            error("reading from", "/dev/hidraw0", source)
        };
        for code in [5, 6, 19, 71, 108] {
            assert!(matches!(said(code), TransportError::Disconnected), "{code}");
        }
        assert!(matches!(said(22), TransportError::Io { .. }));
    }
}
