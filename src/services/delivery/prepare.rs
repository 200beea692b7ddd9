//! Everything that is checked before keys go to a validator client. Nothing is removed or sent here,
//! and no wallet is asked for anything: an answer that is missing costs nobody a button press.

use std::collections::BTreeSet;

use super::{
    super::keymanager::{Keymanager, Listed, RemoteKey},
    Arrivals, Handover, NotReady, Running, require_network,
    settings::KeySettings,
};
use stockade::backup::{
    Copy, SetId,
    history::{self, HistoryDecision, WAIT_EPOCHS},
    whereabouts::{Location, OtherPlaces, Place, Record},
};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::{bls::PublicKey, staking::Network};
use stockade_wallet::interact::Progress;

/// What is delivered, and where the keys run now.
#[derive(Clone, Copy)]
pub struct DeliveryRequest<'a> {
    /// Every copy of the set.
    pub copies: &'a [Copy],
    /// The set.
    pub set: &'a SetId,
    /// The set's keys.
    pub keys: &'a [PublicKey],
    /// The client that gets the keys.
    pub target: &'a Keymanager,
    /// The same client, as the record of where keys may sign names it.
    pub to: &'a Location,
    /// The client that runs the keys now, and removes them first; `None` if no machine runs them.
    pub from: Option<(&'a Keymanager, &'a Location)>,
}

/// Makes the decisions that only a person can make.
pub trait DeliveryUser {
    /// Why a decision was not made.
    type Error: From<NotReady>;

    /// Shows a warning, on one line.
    fn tell(&mut self, line: &str);

    /// Decides on the slashing history of `keys`, which no client gives up.
    fn history(&mut self, keys: &[PublicKey]) -> Result<HistoryDecision, Self::Error>;

    /// Reads the record of where `keys` may sign, and has the user state that they sign nowhere else.
    fn elsewhere(&mut self, keys: &[PublicKey]) -> Result<OtherPlaces, Self::Error>;

    /// Whether the user stated that no key signs at `location`.
    fn is_off(&self, location: &Location) -> bool;

    /// Whether the user stated that no key signs at `place` of the record.
    fn is_place_off(&self, place: &Place) -> bool;
}

/// What became of the keys before the delivery.
pub enum Past<'a> {
    /// No machine runs them, and this is their history.
    Decided(HistoryDecision),
    /// This client runs them, and gives them up.
    From(Handover<'a>),
}

/// A delivery that nothing stands in the way of.
pub struct Prepared<'a> {
    /// What was asked for.
    pub request: DeliveryRequest<'a>,
    /// What became of the keys before.
    pub past: Past<'a>,
    /// What is known, and was stated, about other places where the keys can sign.
    pub elsewhere: OtherPlaces,
    /// What the client that gives keys up runs.
    pub running: Running,
    /// What that client does for the keys besides signing.
    pub settings: KeySettings,
    /// Whether the target itself said that it is on the set's network.
    pub tells_network: bool,
    listed: Vec<Listed>,
    remote: Vec<RemoteKey>,
}

impl Prepared<'_> {
    /// What has arrived before anything is sent: the keys that the target has already.
    pub fn arrivals(&self, keys: &[PublicKey]) -> Arrivals {
        Arrivals::new(keys, &self.listed).without_remote(&self.remote)
    }

    /// The location of the client that gives keys up.
    pub fn from(&self) -> Option<&Location> {
        self.request.from.map(|(_, at)| at)
    }
}

impl<'a> DeliveryRequest<'a> {
    /// Asks both clients what they have, has the user decide what only a person can, and checks that
    /// no key would sign in two places.
    pub fn prepare<U: DeliveryUser>(
        self,
        user: &mut U,
        progress: &mut dyn Progress,
    ) -> Result<Prepared<'a>, U::Error> {
        let Self { copies, set, keys, target, to, from } = self;
        let (listed, remote) = (target.list().map_err(NotReady::from)?, remote_keys(target, user)?);
        let lacking = Arrivals::new(keys, &listed).without_remote(&remote).lacking();
        // About keys that are there already the user has to say nothing.
        let asked = if lacking.is_empty() { keys } else { &lacking };
        let past = match from {
            Some((client, at)) => {
                require_readable(copies, set, asked)?;
                Past::From(Handover { client, at, copies, set })
            }
            None => Past::Decided(user.history(asked)?),
        };
        self.require_off(to, &listed, user)?;
        let elsewhere = user.elsewhere(&lacking)?;
        if let Past::Decided(HistoryDecision::Lost(_)) = past {
            require_waited(&elsewhere.record, &lacking, set.network())?;
        }
        let tells_network = require_network(target, set).map_err(NotReady::from)?;
        let (mut running, mut settings) = (Running::default(), KeySettings::default());
        if let (Past::From(handover), Some((client, at))) = (&past, from) {
            self.require_one_place(client, at, (&listed, &remote), user)?;
            running = handover
                .ask(&lacking, &elsewhere.record, to, user.is_off(at))
                .map_err(NotReady::from)?;
            target.require_import().map_err(NotReady::from)?;
            settings = KeySettings::read(client, &running.listed, progress);
        }
        Ok(Prepared {
            request: self,
            past,
            elsewhere,
            running,
            settings,
            tells_network,
            listed,
            remote,
        })
    }

    /// A client that lists all keys is not off.
    fn require_off<U: DeliveryUser>(
        &self,
        at: &Location,
        listed: &[Listed],
        user: &U,
    ) -> Result<(), NotReady> {
        let there = having(listed, &[]);
        if !user.is_off(at) || !self.keys.iter().all(|key| there.contains(key)) {
            return Ok(());
        }
        // Behind the same address may be, or have been, another client: one with another token.
        let record = Record::read(self.copies, self.set, self.keys)?;
        let others = record.places(self.keys).into_iter();
        let mut others = others.filter(|place| user.is_place_off(place));
        if others.any(|place| place.location.is_none_or(|other| !other.is(at))) {
            return Ok(());
        }
        Err(NotReady::NotOff { label: at.label().to_owned() })
    }

    /// A key that is at both clients is one that two machines sign with: nothing here makes that
    /// right.
    fn require_one_place<U: DeliveryUser>(
        &self,
        client: &Keymanager,
        at: &Location,
        (listed, remote): (&[Listed], &[RemoteKey]),
        user: &mut U,
    ) -> Result<(), NotReady> {
        let there = having(listed, remote);
        let from = client.list()?;
        self.require_off(at, &from, user)?;
        let from = having(&from, &remote_keys(client, user)?);
        let both = || self.keys.iter().filter(|key| there.contains(key) && from.contains(key));
        match both().next() {
            None => Ok(()),
            Some(first) => Err(NotReady::TwoClients {
                keys: both().count(),
                first: Box::new(*first),
                from: client.url().to_owned(),
                to: self.target.url().to_owned(),
            }),
        }
    }
}

/// The keys that a client signs with a remote signer; none where it does not say, which is told.
fn remote_keys<U: DeliveryUser>(
    client: &Keymanager,
    user: &mut U,
) -> Result<Vec<RemoteKey>, NotReady> {
    let listed = client.list_remote_if_any()?;
    if listed.is_none() {
        user.tell(&format!(
            "warning: {} does not say which keys it signs with a remote signer",
            client.url()
        ));
    }
    Ok(listed.unwrap_or_default())
}

/// The keys that a client signs for, itself or with a remote signer.
fn having(listed: &[Listed], remote: &[RemoteKey]) -> BTreeSet<PublicKey> {
    let listed = listed.iter().map(|key| key.pubkey);
    listed.chain(remote.iter().map(|key| key.pubkey)).collect()
}

/// A history that cannot be read may say that the keys signed later than all others say.
fn require_readable(copies: &[Copy], set: &SetId, keys: &[PublicKey]) -> Result<(), NotReady> {
    let unread = history::kept(copies, set, keys)?.unread;
    if unread.is_empty() { Ok(()) } else { Err(NotReady::Unreadable(unread.join("; "))) }
}

/// After a history is lost, keys must stay off until nothing that they may have signed is in the
/// future.
fn require_waited(record: &Record, keys: &[PublicKey], network: Network) -> Result<(), NotReady> {
    let Some(last) = record.last_time(keys) else { return Ok(()) };
    let seconds = WAIT_EPOCHS * network.epoch_seconds();
    let wait = i64::try_from(seconds).unwrap_or(i64::MAX);
    let left = last.unix().saturating_add(wait) - Timestamp::now().unix();
    match u64::try_from(left) {
        Ok(left @ 1..) => {
            Err(NotReady::TooEarly { minutes: seconds.div_ceil(60), left: left.div_ceil(60) })
        }
        _ => Ok(()),
    }
}
