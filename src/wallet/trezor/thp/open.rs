//! Sessions over THP: opens a channel, pairs if necessary, then begins a session with its passphrase.

use trezor_client::protos::{
    Features, GetFeatures, Success, ThpCreateNewSession, ThpEndRequest, ThpEndResponse,
};
use trezor_thp::channel::PairingState;
use zeroize::Zeroize as _;

use super::channel::Thp;
use crate::{
    device::{DeviceError, PassphraseUse, State},
    interact::{Attention, Interact},
    transport::Wait,
    trezor::{
        channel::ChannelError,
        failure, features,
        secrets::{self, Wiped},
        session::{Probe, Session, is},
        wire::Wire,
    },
};

/// More messages than can precede the answer to GetFeatures.
const MAX_STALE: usize = 16;

/// What the device's user must do before this computer can connect.
enum Access {
    /// Nothing: the connection is already open, or the user has chosen not to be asked.
    Free,
    /// Confirm the connection.
    Confirm,
    /// Pair this computer.
    Pair,
    /// Enter the PIN.
    Unlock,
}

impl Session {
    /// Asks the device about itself, without involving its user.
    pub(in crate::trezor) fn probe_over_thp(&mut self) -> Result<Probe, DeviceError> {
        let state = match self.open_channel()? {
            Access::Free => {
                let features = self.finish_connecting(&mut NoUser)?;
                return Ok(Probe::Features(Box::new(features)));
            }
            Access::Confirm => State::Ready,
            Access::Pair => State::Unpaired,
            Access::Unlock => State::Locked,
        };
        let internal_model = self.thp()?.properties.internal_model().to_owned();
        self.name = features::hidden_identity(&internal_model, false).name();
        Ok(Probe::Hidden { internal_model, state })
    }

    /// Connects, asking the device's user as needed.
    pub(in crate::trezor) fn connect_over_thp(
        &mut self,
        user: &mut dyn Interact,
    ) -> Result<Features, DeviceError> {
        let mut access = self.open_channel()?;
        for why in std::mem::take(&mut self.thp()?.unread) {
            user.note(&format!("an earlier pairing cannot be read: {why}"));
        }
        if matches!(access, Access::Unlock) {
            user.look_at_device(&self.name, Attention::Pin);
            let cancelled = || user.cancelled();
            access = self.open_new_channel(true, Wait::new(self.timeouts.user, &cancelled))?;
        }
        match access {
            Access::Free | Access::Confirm => {}
            Access::Pair => self.pair(user)?,
            Access::Unlock => return Err(DeviceError::Locked(self.name.clone())),
        }
        self.finish_connecting(user)
    }

    /// Opens a channel, unless one is open. Returns what the user must do before it can be used.
    fn open_channel(&mut self) -> Result<Access, DeviceError> {
        self.switch_to_thp()?;
        if self.thp()?.is_open() {
            return Ok(self.access());
        }
        let wait = Wait::uncancelled(self.timeouts.reply);
        self.open_new_channel(false, wait)
    }

    fn open_new_channel(&mut self, unlock: bool, wait: Wait<'_>) -> Result<Access, DeviceError> {
        let name = self.name.clone();
        let thp = self.thp()?;
        match thp.connect(unlock, wait) {
            Ok(()) => Ok(self.access()),
            Err(ChannelError::Locked) => Ok(Access::Unlock),
            Err(error) => {
                thp.close();
                Err(error.into_device_error(&name))
            }
        }
    }

    fn access(&mut self) -> Access {
        match self.thp().ok().and_then(|thp| thp.paired()) {
            None | Some(PairingState::PairedAutoconnect) => Access::Free,
            Some(PairingState::Paired) => Access::Confirm,
            Some(PairingState::Unpaired) => Access::Pair,
        }
    }

    /// Ends pairing and asks for the device's features.
    fn finish_connecting(&mut self, user: &mut dyn Interact) -> Result<Features, DeviceError> {
        if self.thp()?.paired().is_some() {
            let _: ThpEndResponse =
                self.exchange(&ThpEndRequest::new(), Some(Attention::Pairing), user)?;
            self.thp()?.end_pairing();
        }
        self.features_over_thp()
    }

    /// Asks for the device's features, which need no session. Messages before the answer are stale.
    fn features_over_thp(&mut self) -> Result<Features, DeviceError> {
        self.send(&GetFeatures::new())?;
        let wait = Wait::uncancelled(self.timeouts.reply);
        for _ in 0..MAX_STALE {
            let message = match self.wire.receive(wait) {
                Ok(message) => message,
                Err(error) => return Err(error.into_device_error(&self.name)),
            };
            if is::<Features>(&message) {
                let features = self.parse(&message)?;
                self.remember(&features);
                self.in_step = true;
                return Ok(features);
            }
        }
        Err(DeviceError::protocol(&self.name, "it does not report its features"))
    }

    /// Begins a session for this wallet, with its passphrase. Returns the features after that.
    pub(in crate::trezor) fn open_wallet_over_thp(
        &mut self,
        features: &Features,
        user: &mut dyn Interact,
    ) -> Result<Features, DeviceError> {
        self.create_session(features.passphrase_protection != Some(false), user)?;
        self.features_over_thp()
    }

    fn create_session(
        &mut self,
        asks_passphrase: bool,
        user: &mut dyn Interact,
    ) -> Result<(), DeviceError> {
        let thp = self.thp()?;
        // The previous session is no longer used, even if this one cannot be created.
        thp.begin_session();
        thp.has_passphrase = asks_passphrase;
        self.seed_derived = false;
        let mut request =
            Wiped::new(ThpCreateNewSession::new(), |request| request.passphrase.zeroize());
        request.edit(|request| request.passphrase = Some(String::new()));
        if asks_passphrase {
            let mut ack = secrets::passphrase(&self.name, true, user)?;
            ack.edit(|ack| {
                request.edit(|request| {
                    request.passphrase = ack.passphrase.take();
                    request.on_device = ack.on_device;
                });
            });
        }
        self.send(&*request)?;
        let message = self.converse(Some(Attention::Passphrase), user)?;
        let _: Success = self.parse(&message)?;
        self.in_step = true;
        Ok(())
    }

    /// Ends the session and the use of its passphrase, and begins a new one.
    pub(in crate::trezor) fn renew_over_thp(
        &mut self,
        user: &mut dyn Interact,
    ) -> Result<(), DeviceError> {
        // The old session is no longer used, so it need not be the same after a reconnection.
        self.thp()?.has_passphrase = false;
        if !self.in_step {
            self.resume_over_thp(user)?;
        }
        let features = self.features_over_thp()?;
        let identity = features::identity(&features, false);
        self.create_session(identity.passphrase != PassphraseUse::Off, user)
    }

    /// Makes the device wait for a request, on this channel or on a new one.
    pub(in crate::trezor) fn resume_over_thp(
        &mut self,
        user: &mut dyn Interact,
    ) -> Result<(), DeviceError> {
        if self.thp()?.is_open() {
            self.cancel();
            if self.features_over_thp().is_ok() {
                return Ok(());
            }
            self.thp()?.close();
        }
        // The user might enter another passphrase this time.
        if self.thp()?.has_passphrase {
            return Err(failure::session_ended(&self.name));
        }
        let features = self.connect_over_thp(user)?;
        if features::identity(&features, false).passphrase != PassphraseUse::Off {
            return Err(failure::session_ended(&self.name));
        }
        self.create_session(false, user)
    }

    /// Switches the link from codec v1 to THP.
    fn switch_to_thp(&mut self) -> Result<(), DeviceError> {
        if matches!(self.wire, Wire::CodecV1(_))
            && let Wire::CodecV1(channel) = std::mem::replace(&mut self.wire, Wire::None)
        {
            let link = channel.into_link();
            let thp = Thp::new(link, self.pairings.clone(), self.timeouts.reply);
            self.wire = Wire::Thp(Box::new(thp));
        }
        self.thp().map(drop)
    }

    pub(super) fn thp(&mut self) -> Result<&mut Thp, DeviceError> {
        match &mut self.wire {
            Wire::Thp(thp) => Ok(thp),
            _ => Err(DeviceError::protocol(&self.name, "it does not speak THP")),
        }
    }
}

/// A user who must not be asked anything.
struct NoUser;

impl Interact for NoUser {
    fn look_at_device(&mut self, _device: &str, _attention: Attention<'_>) {}

    fn enter_pin_matrix(&mut self, _device: &str) -> Option<stockade_base::secret::SecretText> {
        None
    }

    fn enter_passphrase(
        &mut self,
        _device: &str,
        _on_device: bool,
    ) -> Option<crate::interact::Passphrase> {
        None
    }

    fn ask(&mut self, _question: &str) -> Option<String> {
        None
    }
}
