//! USB interrupt endpoints, without a system driver: Trezor (WebUSB).

use std::{io, time::Duration};

use nusb::{
    DeviceInfo, Endpoint, ErrorKind, MaybeFuture as _,
    transfer::{Buffer, Completion, In, Interrupt, Out, TransferError},
};

use super::{Link, Packet, TransportError};

/// The vendor-specific interface that carries packets, and its endpoints.
const INTERFACE: u8 = 0;
const VENDOR_SPECIFIC: u8 = 0xff;
const ENDPOINT_OUT: u8 = 0x01;
const ENDPOINT_IN: u8 = 0x81;

const PACKET: usize = 64;

const SEND_TIMEOUT: Duration = Duration::from_secs(2);

/// How long the system may take to give back a transfer that is no longer wanted.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(1);

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
    Ok(devices(vendor_id, "listing", "USB devices")?.map(|device| candidate(&device)).collect())
}

fn devices(
    vendor_id: u16,
    what: &str,
    at: &str,
) -> Result<impl Iterator<Item = DeviceInfo>, TransportError> {
    let devices = nusb::list_devices().wait().map_err(|e| error(what, at, e))?;
    Ok(devices.filter(move |device| device.vendor_id() == vendor_id))
}

fn candidate(device: &DeviceInfo) -> Candidate {
    let has_webusb = device.interfaces().any(|interface| {
        interface.interface_number() == INTERFACE && interface.class() == VENDOR_SPECIFIC
    });
    Candidate { path: path(device), product_id: device.product_id(), has_webusb }
}

fn path(device: &DeviceInfo) -> String {
    let ports: Vec<String> = device.port_chain().iter().map(u8::to_string).collect();
    // Linux writes a bus as `001` in some places and as `1` in the names of its ports.
    let bus = device.bus_id().trim_start_matches('0');
    format!("{bus}-{}", ports.join("."))
}

/// An open USB device. No other program can use it at the same time.
pub struct Usb {
    input: Endpoint<Interrupt, In>,
    output: Endpoint<Interrupt, Out>,
    path: String,
}

impl Usb {
    /// Opens the vendor's device at path `at`, as [`list`] gives it.
    pub fn open(vendor_id: u16, at: &str) -> Result<Self, TransportError> {
        let failed = |e| error("opening", at, e);
        let device = devices(vendor_id, "opening", at)?.find(|device| path(device) == at);
        let device = device.ok_or_else(|| TransportError::NotFound(at.to_owned()))?;
        let interface = device.open().wait().map_err(failed)?;
        let interface = interface.claim_interface(INTERFACE).wait().map_err(failed)?;
        Ok(Self {
            input: interface.endpoint(ENDPOINT_IN).map_err(failed)?,
            output: interface.endpoint(ENDPOINT_OUT).map_err(failed)?,
            path: at.to_owned(),
        })
    }
}

impl Link for Usb {
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError> {
        let what = "sending to";
        if self.output.pending() > 0 {
            // The system has not given back a transfer that was cancelled long ago.
            return Err(TransportError::Disconnected);
        }
        self.output.submit(packet.to_vec().into());
        let sent = self.output.wait_next_complete(SEND_TIMEOUT).or_else(|| {
            self.output.cancel_all();
            self.output.wait_next_complete(CANCEL_TIMEOUT)
        });
        let Some(sent) = sent else { return Err(TransportError::Disconnected) };
        match (sent.status, sent.actual_len) {
            // Also if it was cancelled just when it was done.
            (_, PACKET) => Ok(()),
            (Ok(()), n) => Err(TransportError::packet_length(what, &self.path, n)),
            (Err(e), _) => Err(transfer_error(what, &self.path, e)),
        }
    }

    /// A transfer that waits is never taken back between two calls: a packet that arrived at that
    /// moment would be lost.
    fn receive(&mut self, wait: Duration) -> Result<Option<Packet>, TransportError> {
        if self.input.pending() == 0 {
            self.input.submit(Buffer::new(PACKET));
        }
        match self.input.wait_next_complete(wait) {
            None => Ok(None),
            Some(received) => self.packet(received),
        }
    }
}

impl Usb {
    fn packet(&self, received: Completion) -> Result<Option<Packet>, TransportError> {
        let what = "reading from";
        let bytes = received.buffer.get(..received.actual_len).unwrap_or_default();
        match (received.status, Packet::try_from(bytes)) {
            (_, Ok(packet)) => Ok(Some(packet)),
            (Ok(()) | Err(TransferError::Cancelled), _) if bytes.is_empty() => Ok(None),
            (Ok(()), Err(_)) => {
                Err(TransportError::packet_length(what, &self.path, received.actual_len))
            }
            (Err(e), Err(_)) => Err(transfer_error(what, &self.path, e)),
        }
    }
}

/// The interface is free for the next one who opens it when this returns.
impl Drop for Usb {
    fn drop(&mut self) {
        self.input.cancel_all();
        while self.input.pending() > 0 && self.input.wait_next_complete(CANCEL_TIMEOUT).is_some() {}
    }
}

fn error(what: &str, path: &str, error: nusb::Error) -> TransportError {
    match error.kind() {
        ErrorKind::Disconnected => TransportError::Disconnected,
        ErrorKind::NotFound => TransportError::NotFound(path.to_owned()),
        ErrorKind::Busy => TransportError::Busy(path.to_owned()),
        ErrorKind::PermissionDenied => TransportError::Permission(path.to_owned()),
        _ => TransportError::io(what, path, io::Error::other(error)),
    }
}

fn transfer_error(what: &str, path: &str, error: TransferError) -> TransportError {
    match error {
        TransferError::Disconnected | TransferError::Stall | TransferError::Fault => {
            TransportError::Disconnected
        }
        other => TransportError::io(what, path, io::Error::other(other)),
    }
}
