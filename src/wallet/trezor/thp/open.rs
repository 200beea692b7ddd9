//! Sessions over THP: a channel, by a pairing or with one; then a session with its passphrase.

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
        session::{Session, Sight, is},
        wire::Wire,
    },
};

/// More messages than come before the answer to GetFeatures.
const MAX_STALE: usize = 16;

/// How the device's user lets this computer connect.
enum Entry {
    /// Not asked: it is the same connection as before, or the user waived being asked.
    Free,
    /// Asked to confirm it.
    Confirm,
    /// Asked to pair it.
    Pair,
    /// Its PIN comes first.
    Unlock,
}

impl Session {
    /// What the device shows of itself without asking its user.
    pub(in crate::trezor) fn look_over_thp(&mut self) -> Result<Sight, DeviceError> {
        let state = match self.knock()? {
            Entry::Free => {
                // Nobody is asked, so that nobody has to be there.
                let features = self.go_in(&mut Nobody)?;
                return Ok(Sight::Features(Box::new(features)));
            }
            Entry::Confirm => State::Ready,
            Entry::Pair => State::Unpaired,
            Entry::Unlock => State::Locked,
        };
        let internal_model = self.thp()?.properties.internal_model().to_owned();
        self.name = features::hidden_identity(&internal_model, false).name();
        Ok(Sight::Hidden { internal_model, state })
    }

    /// Connects, asking the device's user whatever that takes.
    pub(in crate::trezor) fn enter_over_thp(
        &mut self,
        user: &mut dyn Interact,
    ) -> Result<Features, DeviceError> {
        let mut entry = self.knock()?;
        for why in std::mem::take(&mut self.thp()?.unread) {
            user.note(&format!("an earlier pairing cannot be read: {why}"));
        }
        if matches!(entry, Entry::Unlock) {
            user.look_at_device(&self.name, Attention::Pin);
            let cancelled = || user.cancelled();
            entry = self.connect(true, Wait::new(self.timeouts.user, &cancelled))?;
        }
        match entry {
            Entry::Free | Entry::Confirm => {}
            Entry::Pair => self.pair(user)?,
            Entry::Unlock => return Err(DeviceError::Locked(self.name.clone())),
        }
        self.go_in(user)
    }

    /// A channel, and what its user must be asked before it is of use. One that is there is taken.
    fn knock(&mut self) -> Result<Entry, DeviceError> {
        self.speak_thp()?;
        if self.thp()?.is_open() {
            return Ok(self.entry());
        }
        let wait = Wait::uncancelled(self.timeouts.reply);
        self.connect(false, wait)
    }

    fn connect(&mut self, unlock: bool, wait: Wait<'_>) -> Result<Entry, DeviceError> {
        let name = self.name.clone();
        let thp = self.thp()?;
        match thp.connect(unlock, wait) {
            Ok(()) => Ok(self.entry()),
            Err(ChannelError::Locked) => Ok(Entry::Unlock),
            Err(error) => {
                thp.close();
                Err(error.into_device_error(&name))
            }
        }
    }

    fn entry(&mut self) -> Entry {
        match self.thp().ok().and_then(|thp| thp.paired()) {
            None | Some(PairingState::PairedAutoconnect) => Entry::Free,
            Some(PairingState::Paired) => Entry::Confirm,
            Some(PairingState::Unpaired) => Entry::Pair,
        }
    }

    /// Ends what comes before the application's messages, and asks for the first of them.
    fn go_in(&mut self, user: &mut dyn Interact) -> Result<Features, DeviceError> {
        if self.thp()?.paired().is_some() {
            let _: ThpEndResponse =
                self.exchange(&ThpEndRequest::new(), Some(Attention::Pairing), user)?;
            self.thp()?.end_pairing();
        }
        self.features_over_thp()
    }

    /// The device's features, which need no session. Whatever comes before them answers something
    /// else.
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
                self.know(&features);
                self.in_step = true;
                return Ok(features);
            }
        }
        Err(DeviceError::protocol(&self.name, "it does not tell its features"))
    }

    /// A session of its own for this wallet, with its passphrase; and the features after that.
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
        // The session of before is not used any more, whatever becomes of this one.
        thp.begin_session();
        thp.has_passphrase = asks_passphrase;
        self.seed_at_hand = false;
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

    /// Forgets the session and its passphrase, and begins another.
    pub(in crate::trezor) fn renew_over_thp(
        &mut self,
        user: &mut dyn Interact,
    ) -> Result<(), DeviceError> {
        // Nothing of the old session is used any more, so that it may be made anew.
        self.thp()?.has_passphrase = false;
        if !self.in_step {
            self.resume_over_thp(user)?;
        }
        let features = self.features_over_thp()?;
        let identity = features::identity(&features, false);
        self.create_session(identity.passphrase != PassphraseUse::Off, user)
    }

    /// Has the device wait for a request, on this channel or on a new one.
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
        // Another passphrase may be entered the second time.
        if self.thp()?.has_passphrase {
            return Err(failure::session_ended(&self.name));
        }
        let features = self.enter_over_thp(user)?;
        if features::identity(&features, false).passphrase != PassphraseUse::Off {
            return Err(failure::session_ended(&self.name));
        }
        self.create_session(false, user)
    }

    /// From now on THP is spoken over the link.
    fn speak_thp(&mut self) -> Result<(), DeviceError> {
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

/// Stands where nobody is asked.
struct Nobody;

impl Interact for Nobody {
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
