//! USB HID through the system's driver: Ledger.

use std::{ffi::CString, io, time::Duration};

use hidapi::{HidApi, HidDevice, HidError};

use super::{Link, Packet, TransportError};

/// A HID interface that is plugged in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// The system's name for it: `/dev/hidraw3` on Linux.
    pub path: String,
    /// Bus and ports, `1-4.2`: the same after plugging it into the same port again. `None` if the
    /// system does not report it.
    pub port: Option<String>,
    /// The USB product id.
    pub product_id: u16,
    /// The HID usage page; 0 if the system does not report it.
    pub usage_page: u16,
    /// The USB interface's number; negative if the system does not report it.
    pub interface: i32,
}

/// Lists the HID interfaces of the vendor's devices. A machine without USB has none.
pub fn list(vendor_id: u16) -> Result<Vec<Candidate>, TransportError> {
    let api = HidApi::new().map_err(|e| error("listing", "HID devices", e))?;
    let of_vendor = api.device_list().filter(|device| device.vendor_id() == vendor_id);
    Ok(of_vendor
        .map(|device| Candidate {
            path: device.path().to_string_lossy().into_owned(),
            port: device.path().to_str().ok().and_then(port),
            product_id: device.product_id(),
            usage_page: device.usage_page(),
            interface: device.interface_number(),
        })
        .collect())
}

/// An open HID interface. Other programs can open it at the same time.
pub struct Hid {
    device: HidDevice,
    path: String,
}

impl Hid {
    /// Opens the interface at `path`, as [`list`] gives it.
    #[allow(clippy::disallowed_methods, reason = "opens an existing device, never creates a file")]
    pub fn open(path: &str) -> Result<Self, TransportError> {
        // hidapi reports the reason only as text, the system as a number.
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
        // The first byte is the report's number: 0 on devices with a single report.
        let mut report = [0; 65];
        for (to, from) in report.iter_mut().skip(1).zip(packet) {
            *to = *from;
        }
        match self.device.write(&report) {
            Ok(65) => Ok(()),
            Ok(n) => Err(TransportError::packet_length("sending to", &self.path, n)),
            Err(e) => Err(error("sending to", &self.path, e)),
        }
    }

    fn receive(&mut self, wait: Duration) -> Result<Option<Packet>, TransportError> {
        let mut packet = [0; 64];
        let millis = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        match self.device.read_timeout(&mut packet, millis) {
            Ok(0) => Ok(None),
            Ok(64) => Ok(Some(packet)),
            Ok(n) => Err(TransportError::packet_length("reading from", &self.path, n)),
            Err(e) => Err(error("reading from", &self.path, e)),
        }
    }
}

fn error(what: &str, path: &str, error: HidError) -> TransportError {
    match error {
        HidError::IoError { error } if error.raw_os_error().is_some_and(went_away) => {
            TransportError::Disconnected
        }
        HidError::IoError { error } => TransportError::io(what, path, error),
        // A poll that failed because the device was unplugged has only a text, not a number.
        HidError::HidApiError { message } if message.contains("disconnected") => {
            TransportError::Disconnected
        }
        other => TransportError::io(what, path, io::Error::other(other.to_string())),
    }
}

/// EIO, ENXIO, ENODEV, EPROTO and ESHUTDOWN: Linux's errors for a device that was unplugged, between
/// packets or in the middle of one.
fn went_away(code: i32) -> bool {
    cfg!(target_os = "linux") && matches!(code, 5 | 6 | 19 | 71 | 108)
}

/// The bus and ports of the device behind `/dev/hidrawN`, in Linux's notation: `1-4.2`.
fn port(path: &str) -> Option<String> {
    let name = path.strip_prefix("/dev/")?;
    let device = std::fs::canonicalize(format!("/sys/class/hidraw/{name}/device")).ok()?;
    port_in(device.to_str()?)
}

/// The bus and ports in `.../usb1/1-4/1-4.2/1-4.2:1.0/0003:2C97:5011.0007`: the text before the colon
/// of the interface.
fn port_in(device: &str) -> Option<String> {
    let interface = device.rsplit('/').find_map(|name| name.split_once(':').filter(is_interface));
    interface.map(|(port, _)| port.to_owned())
}

fn is_interface((port, interface): &(&str, &str)) -> bool {
    let numbers = |text: &str| text.split('.').all(|number| number.parse::<u8>().is_ok());
    let bus = port.split_once('-');
    bus.is_some_and(|(bus, ports)| bus.parse::<u16>().is_ok() && numbers(ports))
        && numbers(interface)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bus_and_ports_are_read_from_the_systems_name() {
        let pci =
            "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4.2/1-4.2:1.0/0003:2C97:5011.0007";
        assert_eq!(port_in(pci), Some("1-4.2".to_owned()));
        let virtual_one = "/sys/devices/platform/vhci_hcd.0/usb3/3-1/3-1:1.0/0003:2C97:4011.0001";
        assert_eq!(port_in(virtual_one), Some("3-1".to_owned()));
        assert_eq!(port_in("/sys/devices/virtual/misc/uhid/0005:2C97:4011.0001"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_device_unplugged_in_the_middle_of_a_packet_is_disconnected() {
        for code in [5, 6, 19, 71, 108] {
            let source = HidError::IoError { error: io::Error::from_raw_os_error(code) };
            let error = error("reading from", "/dev/hidraw0", source);
            assert!(matches!(error, TransportError::Disconnected), "{code}: {error}");
        }
    }
}
