//! The credential that the device issues to a paired computer: names, and a MAC that proves that the
//! device issued it to the owner of this key.

use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};

use crate::{
    seed::hmac_sha256,
    trezor::{
        protobuf::{Message, Writer},
        random,
    },
};

/// The keys of a device.
#[derive(Clone)]
pub(super) struct DeviceKeys {
    pub(super) private_key: [u8; 32],
    mac_key: [u8; 32],
}

/// The paired computer and program, as the device shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) app: String,
    /// Whether it connects without asking the user.
    pub(super) autoconnect: bool,
}

/// The data with which a paired computer connects again.
#[derive(Debug, Clone)]
pub struct HostCredential {
    /// The device's X25519 public key.
    pub device_public_key: [u8; 32],
    /// The computer's X25519 private key.
    pub host_private_key: [u8; 32],
    /// The credential that the device issued.
    pub credential: Vec<u8>,
}

impl DeviceKeys {
    pub(super) fn random() -> Self {
        Self { private_key: random(), mac_key: random() }
    }

    pub(super) fn public_key(&self) -> [u8; 32] {
        x25519(self.private_key, X25519_BASEPOINT_BYTES)
    }

    /// Issues a credential to the owner of `host_key`.
    pub(super) fn issue(&self, host_key: &[u8], host: &Host) -> Vec<u8> {
        let metadata = host.metadata();
        let mac = self.mac(host_key, &metadata);
        Writer::default().bytes(1, &metadata).bytes(2, &mac).finish()
    }

    /// The holder of `credential`, if this device issued it to the owner of `host_key`.
    pub(super) fn verify(&self, host_key: &[u8], credential: &[u8]) -> Option<Host> {
        let (credential, None) = Message::read(credential) else { return None };
        let metadata = credential.bytes(1)?;
        if credential.bytes(2)? != self.mac(host_key, metadata) {
            return None;
        }
        Some(Host::read(metadata))
    }

    /// Pairs a computer without the protocol.
    pub(super) fn pair(&self, host: &Host) -> HostCredential {
        let host_private_key = random();
        let host_key = x25519(host_private_key, X25519_BASEPOINT_BYTES);
        HostCredential {
            device_public_key: self.public_key(),
            host_private_key,
            credential: self.issue(&host_key, host),
        }
    }

    fn mac(&self, host_key: &[u8], metadata: &[u8]) -> [u8; 32] {
        let data = Writer::default().bytes(1, host_key).bytes(2, metadata).finish();
        hmac_sha256(&self.mac_key, &[&data])
    }
}

impl Host {
    fn metadata(&self) -> Vec<u8> {
        Writer::default().text(1, &self.name).flag(2, self.autoconnect).text(3, &self.app).finish()
    }

    fn read(metadata: &[u8]) -> Self {
        let (metadata, _) = Message::read(metadata);
        Self {
            name: metadata.text(1).unwrap_or_default(),
            app: metadata.text(3).unwrap_or_default(),
            autoconnect: metadata.flag(2).unwrap_or_default(),
        }
    }
}
