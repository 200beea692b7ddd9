//! What the device gives to a computer that was paired, to be shown it again: names, and a MAC by
//! which the device knows that it gave it to the owner of this key.

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

/// Who was paired: what the device shows of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) app: String,
    /// It connects without its user being asked.
    pub(super) autoconnect: bool,
}

/// What a computer needs to connect again to a device that it was paired with.
#[derive(Debug, Clone)]
pub struct HostCredential {
    /// The device's X25519 public key.
    pub device_public_key: [u8; 32],
    /// The computer's X25519 private key.
    pub host_private_key: [u8; 32],
    /// What the device gave.
    pub credential: Vec<u8>,
}

impl DeviceKeys {
    pub(super) fn random() -> Self {
        Self { private_key: random(), mac_key: random() }
    }

    pub(super) fn public_key(&self) -> [u8; 32] {
        x25519(self.private_key, X25519_BASEPOINT_BYTES)
    }

    /// A credential for the owner of `host_key`.
    pub(super) fn issue(&self, host_key: &[u8], host: &Host) -> Vec<u8> {
        let metadata = host.metadata();
        let mac = self.mac(host_key, &metadata);
        Writer::default().bytes(1, &metadata).bytes(2, &mac).finish()
    }

    /// Whom `credential` was given to, if this device gave it to the owner of `host_key`.
    pub(super) fn verify(&self, host_key: &[u8], credential: &[u8]) -> Option<Host> {
        let (credential, None) = Message::read(credential) else { return None };
        let metadata = credential.bytes(1)?;
        if credential.bytes(2)? != self.mac(host_key, metadata) {
            return None;
        }
        Some(Host::read(metadata))
    }

    /// A computer that was paired before.
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
