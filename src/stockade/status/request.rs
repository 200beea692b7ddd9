//! What a status is asked for, and what is passed on while it is read.

use std::collections::BTreeSet;

use crate::{
    backup::{SetId, origin::Pins},
    device_secret::CustodianId,
    profile::{Ages, Located, Records},
};
use stockade_base::timestamp::Timestamp;

/// What a status is asked for.
#[derive(Debug)]
#[non_exhaustive]
pub struct StatusRequest<'a> {
    /// The copies.
    pub located: Located,
    /// The owner's addresses. Sets and attestations of others do not count.
    pub pins: &'a Pins,
    /// How old the results of checks may be.
    pub ages: Ages,
    /// The custodians that every set should have; empty if that is not to be checked.
    pub custodians: &'a [CustodianId],
    /// The threshold that every set should have.
    pub threshold: Option<u8>,
    /// What this computer remembers.
    pub records: &'a Records,
    /// The time.
    pub now: Timestamp,
}

impl<'a> StatusRequest<'a> {
    /// Asks for the status of these copies.
    pub fn new(located: Located, pins: &'a Pins, records: &'a Records, now: Timestamp) -> Self {
        let (ages, custodians, threshold) = (Ages::default(), &[][..], None);
        Self { located, pins, ages, custodians, threshold, records, now }
    }
}

/// Sets in copies that are known to have held them, and do not.
pub(super) type Gone = BTreeSet<(SetId, String)>;
