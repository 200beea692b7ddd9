//! Pairing: the user allows it on the device and types the six digits that it shows; then the device
//! issues a credential, which is stored for the next connection.

use trezor_client::protos::{
    ThpCodeEntryChallenge, ThpCodeEntryCommitment, ThpCodeEntryCpaceHostTag,
    ThpCodeEntryCpaceTrezor, ThpCodeEntrySecret, ThpCredentialRequest, ThpCredentialResponse,
    ThpPairingMethod, ThpPairingRequest, ThpPairingRequestApproved, ThpSelectMethod,
};
use zeroize::{Zeroize as _, Zeroizing};

use super::{code_entry, messages::PairingMessage, pairing::Pairing};
use crate::{
    device::DeviceError,
    interact::{Attention, Interact},
    trezor::{codec_v1::Message, session::Session},
};
use stockade_base::secret::SecretBytes;

/// This program's name, which the device shows to its user.
const APP: &str = "Stockade";

/// The longest name of a computer that devices show, in bytes.
const MAX_NAME: usize = 32;

const CHALLENGE: usize = 16;

impl Session {
    /// Pairs this computer.
    pub(super) fn pair(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        let paired = self.request_pairing(user).and_then(|()| self.enter_code(user));
        if paired.is_err() {
            // The device shows its code until it is cancelled, and allows one attempt per channel.
            self.cancel();
            self.thp()?.close();
        }
        paired?;
        self.keep_pairing(user)
    }

    fn request_pairing(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        let methods = &self.thp()?.properties.pairing_methods;
        let offers_code =
            methods.iter().any(|method| method.enum_value() == Ok(ThpPairingMethod::CodeEntry));
        if !offers_code {
            return Err(DeviceError::unsupported(
                &self.name,
                "be paired with a code on its screen",
            ));
        }
        let mut request = ThpPairingRequest::new();
        request.set_host_name(short(&self.pairings.host_name()));
        request.set_app_name(APP.to_owned());
        let _: ThpPairingRequestApproved =
            self.exchange(&request, Some(Attention::Pairing), user)?;
        Ok(())
    }

    fn enter_code(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        let mut method = ThpSelectMethod::new();
        method.set_selected_pairing_method(ThpPairingMethod::CodeEntry);
        let commitment: ThpCodeEntryCommitment = self.exchange(&method, None, user)?;

        let challenge = self.random::<CHALLENGE>()?;
        let mut request = ThpCodeEntryChallenge::new();
        request.set_challenge(challenge.expose().to_vec());
        let theirs: ThpCodeEntryCpaceTrezor = self.exchange(&request, None, user)?;

        let code = self.ask_for_code(user)?;
        let hash = self.thp()?.handshake_hash().map_err(|e| e.into_device_error(&self.name))?;
        let private_key = self.random()?;
        let public_key = theirs.cpace_trezor_public_key().try_into().ok();
        let proof = public_key
            .and_then(|key| code_entry::prove(&code, &hash, key, &private_key))
            .ok_or_else(|| self.protocol("its CPace key is invalid"))?;
        let mut request = ThpCodeEntryCpaceHostTag::new();
        request.set_cpace_host_public_key(proof.public_key.to_vec());
        request.set_tag(proof.tag.to_vec());
        let answer = self.exchange::<_, ThpCodeEntrySecret>(&request, None, user);
        let secret = answer.map_err(|error| self.wrong_code(error))?;

        let (commitment, challenge) = (commitment.commitment(), challenge.expose());
        if code_entry::is_commitment_kept(&code, &hash, commitment, challenge, secret.secret()) {
            Ok(())
        } else {
            Err(self.protocol("the code does not match its commitment: somebody may be in between"))
        }
    }

    /// Asks the user for the six digits.
    fn ask_for_code(&mut self, user: &mut dyn Interact) -> Result<Zeroizing<String>, DeviceError> {
        let declined = |why: &str| DeviceError::Declined(why.to_owned());
        let typed = user.enter_pairing_code(&self.name).map(Zeroizing::new);
        let typed = typed.ok_or_else(|| declined("cancelled: no pairing code was entered"))?;
        let mut code = Zeroizing::new(String::with_capacity(typed.len()));
        code.extend(typed.chars().filter(|c| !c.is_whitespace()));
        if code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()) {
            Ok(code)
        } else {
            Err(declined("not a pairing code: type the six digits on the screen"))
        }
    }

    /// In this place a device reports DataError only for a wrong code.
    fn wrong_code(&self, error: DeviceError) -> DeviceError {
        match error {
            DeviceError::Refused { device, code, .. } if code.starts_with("3 ") => {
                let message = "the typed code is not the one on its screen".to_owned();
                DeviceError::Refused { device, code, message }
            }
            other => other,
        }
    }

    /// Asks the device for a credential, and stores the pairing.
    fn keep_pairing(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        let keys = self.thp()?.keys.clone();
        let keys = keys.ok_or_else(|| self.protocol("there was no handshake"))?;
        let mut request = ThpCredentialRequest::new();
        request.set_host_static_public_key(keys.public_key().to_vec());
        request.set_autoconnect(false);
        let mut answer: ThpCredentialResponse = self.exchange(&request, None, user)?;
        let credential = Zeroizing::new(answer.credential().to_vec());
        answer.credential.zeroize();
        let device_public_key = answer.trezor_static_public_key().try_into();
        let device_public_key =
            device_public_key.map_err(|_| self.protocol("its public key is invalid"))?;
        if !keys.was_handshake_with(&device_public_key) {
            return Err(self.protocol("its public key is not the one in the handshake"));
        }
        let host_private_key = SecretBytes::new(|key| key.copy_from_slice(keys.private_key()));
        let pairing = Pairing { device_public_key, host_private_key, credential };
        if let Err(error) = self.pairings.keep(&pairing) {
            // It is still valid for this connection.
            user.note(&format!(
                "the pairing could not be stored, so the next connection must pair again: {error}"
            ));
        }
        Ok(())
    }

    /// Sends a pairing message and returns its answer.
    pub(super) fn exchange<Q: PairingMessage, A: PairingMessage>(
        &mut self,
        request: &Q,
        attention: Option<Attention<'_>>,
        user: &mut dyn Interact,
    ) -> Result<A, DeviceError> {
        let payload =
            request.write_to_bytes().map_err(|_| self.protocol("the request cannot be encoded"))?;
        self.send_message(&Message { kind: Q::KIND, payload: payload.into() })?;
        let answer = self.converse(attention, user)?;
        if answer.kind != A::KIND {
            return Err(self.unexpected(&answer));
        }
        A::parse_from_bytes(&answer.payload)
            .map_err(|_| self.protocol("a message is not valid protobuf"))
    }

    fn random<const N: usize>(&self) -> Result<SecretBytes<N>, DeviceError> {
        SecretBytes::random().map_err(|error| self.protocol(&error.to_string()))
    }

    fn protocol(&self, what: &str) -> DeviceError {
        DeviceError::protocol(&self.name, what)
    }
}

/// The part of a name that the device shows, never empty.
fn short(name: &str) -> String {
    let mut short = String::new();
    for c in name.chars().filter(|c| !c.is_control()) {
        if short.len() + c.len_utf8() > MAX_NAME {
            break;
        }
        short.push(c);
    }
    if short.is_empty() { "computer".to_owned() } else { short }
}
