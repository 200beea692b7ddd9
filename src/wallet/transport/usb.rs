//! USB interrupt endpoints, without a system driver: Trezor (WebUSB).

use std::{io, time::Duration};

use rusb::{Context, Device, DeviceHandle, UsbContext};

use super::{Link, Packet, TransportError};

/// The vendor-specific interface that carries packets, and its endpoints.
const INTERFACE: u8 = 0;
const VENDOR_SPECIFIC: u8 = 0xff;
const ENDPOINT_OUT: u8 = 0x01;
const ENDPOINT_IN: u8 = 0x81;

const SEND_TIMEOUT: Duration = Duration::from_secs(2);

/// A USB device that is plugged in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// Bus and ports, `1-4.2`: the same after plugging it into the same port again.
    pub path: String,
    /// The USB product id.
    pub product_id: u16,
    /// Whether it has the vendor-specific interface that [`Usb`] uses.
    pub has_webusb: bool,
}

/// Lists the vendor's USB devices.
pub fn list(vendor_id: u16) -> Result<Vec<Candidate>, TransportError> {
    let context = Context::new().map_err(|e| error("listing", "USB devices", e))?;
    let devices = context.devices().map_err(|e| error("listing", "USB devices", e))?;
    Ok(devices.iter().filter_map(|device| candidate(&device, vendor_id)).collect())
}

fn candidate(device: &Device<Context>, vendor_id: u16) -> Option<Candidate> {
    // A device that is being unplugged has no descriptor.
    let descriptor = device.device_descriptor().ok()?;
    (descriptor.vendor_id() == vendor_id).then(|| Candidate {
        path: path(device),
        product_id: descriptor.product_id(),
        has_webusb: has_interface(device),
    })
}

fn path(device: &Device<Context>) -> String {
    let ports: Vec<String> =
        device.port_numbers().unwrap_or_default().iter().map(u8::to_string).collect();
    format!("{}-{}", device.bus_number(), ports.join("."))
}

fn has_interface(device: &Device<Context>) -> bool {
    device.active_config_descriptor().is_ok_and(|config| {
        config.interfaces().flat_map(|interface| interface.descriptors()).any(|interface| {
            interface.interface_number() == INTERFACE && interface.class_code() == VENDOR_SPECIFIC
        })
    })
}

/// An open USB device. No other program can use it at the same time.
pub struct Usb {
    handle: DeviceHandle<Context>,
    path: String,
}

impl Usb {
    /// Opens the vendor's device at path `at`, as [`list`] gives it.
    pub fn open(vendor_id: u16, at: &str) -> Result<Self, TransportError> {
        let context = Context::new().map_err(|e| error("opening", at, e))?;
        let devices = context.devices().map_err(|e| error("opening", at, e))?;
        let device = devices
            .iter()
            .find(|device| {
                path(device) == at
                    && device.device_descriptor().is_ok_and(|d| d.vendor_id() == vendor_id)
            })
            .ok_or_else(|| TransportError::NotFound(at.to_owned()))?;
        let handle = device.open().map_err(|e| error("opening", at, e))?;
        handle.claim_interface(INTERFACE).map_err(|e| error("opening", at, e))?;
        Ok(Self { handle, path: at.to_owned() })
    }
}

impl Link for Usb {
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError> {
        match self.handle.write_interrupt(ENDPOINT_OUT, packet, SEND_TIMEOUT) {
            Ok(64) => Ok(()),
            Ok(n) => Err(TransportError::packet_length("sending to", &self.path, n)),
            Err(e) => Err(error("sending to", &self.path, e)),
        }
    }

    fn receive(&mut self, wait: Duration) -> Result<Option<Packet>, TransportError> {
        let mut packet = [0; 64];
        // libusb counts milliseconds; zero means forever.
        let wait = wait.max(Duration::from_millis(1));
        let read = self.handle.read_interrupt(ENDPOINT_IN, &mut packet, wait);
        received(read, packet, &self.path)
    }
}

/// What was received, if reading into a `packet` of zeros ended so. A packet that arrives while its transfer times out is
/// in `packet`, although rusb says only that the time is over. No packet of a Trezor is all zeros.
fn received(
    read: rusb::Result<usize>,
    packet: Packet,
    path: &str,
) -> Result<Option<Packet>, TransportError> {
    match read {
        Ok(64) => Ok(Some(packet)),
        Ok(0) | Err(rusb::Error::Timeout | rusb::Error::Interrupted) => {
            Ok((packet != [0; 64]).then_some(packet))
        }
        Ok(n) => Err(TransportError::packet_length("reading from", path, n)),
        Err(e) => Err(error("reading from", path, e)),
    }
}

fn error(what: &str, path: &str, error: rusb::Error) -> TransportError {
    match error {
        rusb::Error::NoDevice | rusb::Error::Io | rusb::Error::Pipe => TransportError::Disconnected,
        rusb::Error::NotFound => TransportError::NotFound(path.to_owned()),
        rusb::Error::Busy => TransportError::Busy(path.to_owned()),
        rusb::Error::Access => TransportError::Permission(path.to_owned()),
        other => TransportError::io(what, path, io::Error::other(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_that_arrives_as_the_time_is_over_is_not_lost() {
        let mut packet = [0; 64];
        packet[0] = b'?';
        for late in [rusb::Error::Timeout, rusb::Error::Interrupted] {
            assert_eq!(received(Err(late), packet, "1-1").unwrap(), Some(packet));
            assert_eq!(received(Err(late), [0; 64], "1-1").unwrap(), None);
        }
        assert_eq!(received(Ok(64), packet, "1-1").unwrap(), Some(packet));
        assert!(received(Ok(9), packet, "1-1").is_err());
        assert!(received(Err(rusb::Error::NoDevice), packet, "1-1").is_err());
    }
}
