//! Keystores to a client in batches. What it has already is left as it is; what fails ends the
//! delivery there, and the next one goes on from it.

use super::{Arrival, Arrivals, DeliveryError};
use crate::{
    backup::{Sealing, restore::Restorable},
    bls::PublicKey,
    cloud::keymanager::{self, Keymanager},
    interact::Progress,
    staking::Interchange,
};

/// What is sent, and where.
pub struct Import<'a> {
    /// The client.
    pub target: &'a Keymanager,
    /// The opened set.
    pub keys: &'a Restorable,
    /// How the keystores are sealed.
    pub sealing: &'a Sealing,
    /// What the keys signed before.
    pub history: &'a Interchange,
    /// How many go with one request.
    pub batch: usize,
}

impl Import<'_> {
    /// Sends every key that `arrivals` says was not sent, except those that `held` back.
    pub fn send(
        &self,
        arrivals: &mut Arrivals,
        held: &dyn Fn(&PublicKey) -> Option<String>,
        progress: &mut dyn Progress,
    ) -> Result<(), DeliveryError> {
        let mut lacking = Vec::new();
        for (key, arrival) in &mut arrivals.keys {
            match (*arrival == Arrival::NotSent, held(key)) {
                (true, Some(why)) => *arrival = Arrival::Error(why),
                (true, None) => lacking.push(*key),
                (false, _) => {}
            }
        }
        for (done, batch) in lacking.chunks(self.batch.max(1)).enumerate() {
            progress.step("delivering", done * self.batch, lacking.len());
            if let Err(stopped) = self.target.go_on(progress) {
                arrivals.failure = Some(stopped);
                break;
            }
            match self.send_batch(batch)? {
                Ok(statuses) => {
                    let statuses = statuses.into_iter().map(Arrival::from);
                    arrivals.set(batch.iter().copied().zip(statuses).collect());
                }
                Err(failure) => {
                    let unknown = Arrival::Unknown(failure.to_string());
                    arrivals.set(batch.iter().map(|key| (*key, unknown.clone())).collect());
                    arrivals.failure = Some(failure);
                    break;
                }
            }
        }
        progress.step("delivering", lacking.len(), lacking.len());
        Ok(())
    }

    /// The history goes with each batch, for what is in the batch: a client takes it before it
    /// signs with the first of them.
    fn send_batch(&self, keys: &[PublicKey]) -> Result<BatchResult, DeliveryError> {
        let sealed = self.keys.seal(keys, self.sealing)?;
        let history = self.history.only(&keys.iter().copied().collect()).to_json()?;
        let import = keymanager::Import {
            keystores: sealed.iter().map(|key| key.keystore.as_str()).collect(),
            passwords: sealed.iter().map(|key| key.password.expose()).collect(),
            slashing_protection: Some(&history),
        };
        Ok(self.target.import(&import))
    }
}

type BatchResult = Result<Vec<keymanager::KeyStatus>, keymanager::KeymanagerError>;
