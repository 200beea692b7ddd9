//! Telling a client which remote signer has the keys, from the record of where keys may sign to what
//! the client lists.

use std::path::PathBuf;

use super::{Arrivals, DeliveryError, remote};
use crate::keymanager::Keymanager;
use stockade::backup::{
    Copy, SetId,
    whereabouts::{Record, Release},
};
use stockade_wallet::interact::Progress;

/// Which client is told of which signer.
pub struct RemoteRequest<'a> {
    /// Every copy of the set.
    pub copies: &'a [Copy],
    /// The set.
    pub set: &'a SetId,
    /// The client.
    pub target: &'a Keymanager,
    /// The signer's URL, as the client reaches it.
    pub signer: &'a str,
    /// How many keys go with one request.
    pub batch: usize,
    /// The keys, and what was stated about other places.
    pub release: Release<'a>,
}

/// What came of it.
#[derive(Debug)]
pub struct RemoteReport {
    /// What became of each key.
    pub arrivals: Arrivals,
    /// The copies that do not know where the keys are now, each with the reason.
    pub unrecorded: Vec<(PathBuf, String)>,
}

impl RemoteRequest<'_> {
    /// Writes down where the keys will sign, then registers them.
    pub fn deliver(self, progress: &mut dyn Progress) -> Result<RemoteReport, DeliveryError> {
        let Self { copies, set, target, signer, batch, release } = self;
        let record = Record::read(copies, set, release.keys)?;
        let mut clearance = record.clear(&release, copies, None)?;
        let arrivals =
            remote::register(target, release.keys, signer, batch, &mut clearance, progress)?;
        Ok(RemoteReport { arrivals, unrecorded: clearance.refused().to_vec() })
    }
}
