//! Derives decryption keys from passwords: scrypt and PBKDF2, with a limit on their cost.

use std::fmt;

use sha2::Sha256;

use super::Password;
use stockade_base::secret::{SecretBytes, wiping_stack};
use stockade_scrypt::{Job, Params, ScryptError, Worker};

/// The limit on scrypt's cost, 128·n·r·p bytes: four times EIP-2335's full cost, about three seconds.
/// It also limits memory.
const MAX_SCRYPT_COST: u64 = 1 << 30;
const MAX_SCRYPT_R: u32 = 64;
const MAX_SCRYPT_P: u32 = 16;

/// 64 times EIP-2335's full cost.
const MAX_PBKDF2_ROUNDS: u32 = 1 << 24;

const MAX_SALT: usize = 128;

/// A key derivation function and its cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KdfFunction {
    /// scrypt (RFC 7914).
    Scrypt {
        /// The cost, a power of two.
        n: u64,
        /// The block size.
        r: u32,
        /// The parallelism.
        p: u32,
    },
    /// PBKDF2 with HMAC-SHA256.
    Pbkdf2 {
        /// The number of rounds.
        c: u32,
    },
}

impl fmt::Display for KdfFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scrypt { n, r, p } => write!(f, "scrypt n={n} r={r} p={p}"),
            Self::Pbkdf2 { c } => write!(f, "PBKDF2, {c} rounds"),
        }
    }
}

/// A key derivation whose cost was checked: a value of this type is always affordable.
///
/// Keystores with the same `Kdf` and password share one decryption key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Kdf {
    function: KdfFunction,
    salt: Vec<u8>,
}

/// Why a key derivation is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KdfError {
    /// The function does not allow these parameters.
    #[error("invalid key derivation: {0}")]
    Invalid(KdfFunction),
    /// It would take minutes or more, or too much memory.
    #[error("the key derivation would cost too much time or memory: {0}")]
    TooCostly(KdfFunction),
    /// The salt is longer than any tool makes it.
    #[error("the salt is {0} bytes long: at most {MAX_SALT} are accepted")]
    Salt(usize),
    /// The system does not give the memory that it needs.
    #[error("the system does not give the memory for the key derivation: {0}")]
    Memory(KdfFunction),
}

impl Kdf {
    /// Checks that `function` is valid and its cost is within the limits.
    pub fn new(function: KdfFunction, salt: Vec<u8>) -> Result<Self, KdfError> {
        if salt.len() > MAX_SALT {
            return Err(KdfError::Salt(salt.len()));
        }
        match function {
            KdfFunction::Scrypt { .. } => {
                scrypt_params(function)?;
            }
            KdfFunction::Pbkdf2 { c: 0 } => return Err(KdfError::Invalid(function)),
            KdfFunction::Pbkdf2 { c } if c > MAX_PBKDF2_ROUNDS => {
                return Err(KdfError::TooCostly(function));
            }
            KdfFunction::Pbkdf2 { .. } => {}
        }
        Ok(Self { function, salt })
    }

    /// scrypt at EIP-2335's full cost: the one setting that every client accepts.
    pub fn full_cost(salt: [u8; 32]) -> Self {
        let function = KdfFunction::Scrypt { n: 1 << 18, r: 8, p: 1 };
        Self { function, salt: salt.to_vec() }
    }

    /// The function and its cost.
    pub fn function(&self) -> KdfFunction {
        self.function
    }

    /// The salt.
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }
}

/// The 32 bytes that encrypt and authenticate keystores under one password and one [`Kdf`].
#[derive(Debug)]
pub struct DecryptionKey {
    bytes: SecretBytes<32>,
    kdf: Kdf,
}

impl DecryptionKey {
    /// Runs the key derivation. At full cost this takes half a second.
    pub fn derive(password: &Password, kdf: &Kdf) -> Result<Self, KdfError> {
        Self::derive_with(&mut Worker::new(), password, kdf)
    }

    /// Like [`Self::derive`], with work memory that serves again.
    pub(super) fn derive_with(
        worker: &mut Worker,
        password: &Password,
        kdf: &Kdf,
    ) -> Result<Self, KdfError> {
        let derive = |out: &mut [u8; 32]| match kdf.function {
            KdfFunction::Scrypt { .. } => {
                let derived = job(password, kdf, out).and_then(|job| worker.one(job));
                derived.map_err(|error| failure(error, kdf.function))
            }
            KdfFunction::Pbkdf2 { c } => {
                pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), &kdf.salt, c, out);
                Ok(())
            }
        };
        let bytes = wiping_stack(|| SecretBytes::try_new(derive))?;
        Ok(Self { bytes, kdf: kdf.clone() })
    }

    /// Several derivations with scrypt at once on one core, which takes less time than one after
    /// another. An error is that of all of them.
    pub(super) fn derive_many(
        worker: &mut Worker,
        inputs: &[(&Password, &Kdf)],
    ) -> Vec<Result<Self, KdfError>> {
        let derived = wiping_stack(|| fill(worker, inputs, Vec::new()));
        let key = |bytes, kdf: &Kdf| Self { bytes, kdf: kdf.clone() };
        match derived {
            Ok(all) => all.into_iter().zip(inputs).map(|(bytes, i)| Ok(key(bytes, i.1))).collect(),
            Err(error) => inputs.iter().map(|i| Err(failure(error, i.1.function))).collect(),
        }
    }

    /// The key derivation that it comes from.
    pub fn kdf(&self) -> &Kdf {
        &self.kdf
    }

    pub(super) fn bytes(&self) -> &SecretBytes<32> {
        &self.bytes
    }
}

fn job<'a>(
    password: &'a Password,
    kdf: &'a Kdf,
    out: &'a mut [u8; 32],
) -> Result<Job<'a>, ScryptError> {
    let params = scrypt_params(kdf.function).map_err(|_| ScryptError::Params)?;
    Ok(Job { password: password.as_bytes(), salt: &kdf.salt, params, out })
}

/// Runs `jobs` and those of `inputs`, and gives the keys of `inputs`, each where it was derived.
fn fill(
    worker: &mut Worker,
    inputs: &[(&Password, &Kdf)],
    jobs: Vec<Job<'_>>,
) -> Result<Vec<SecretBytes<32>>, ScryptError> {
    let Some(((password, kdf), rest)) = inputs.split_first() else {
        return worker.many(jobs).map(|()| Vec::new());
    };
    let mut others = Vec::new();
    let own = SecretBytes::try_new(|out| {
        // Those before, as long as this one.
        let mut jobs = jobs;
        jobs.push(job(password, kdf, out)?);
        others = fill(worker, rest, jobs)?;
        Ok(())
    })?;
    others.insert(0, own);
    Ok(others)
}

fn failure(error: ScryptError, function: KdfFunction) -> KdfError {
    match error {
        ScryptError::Memory(_) => KdfError::Memory(function),
        _ => KdfError::Invalid(function),
    }
}

/// Checks the parameters before any memory is taken.
fn scrypt_params(function: KdfFunction) -> Result<Params, KdfError> {
    let KdfFunction::Scrypt { n, r, p } = function else {
        return Err(KdfError::Invalid(function));
    };
    if n < 2 || !n.is_power_of_two() || r == 0 || p == 0 {
        return Err(KdfError::Invalid(function));
    }
    let cost = [u64::from(r), u64::from(p), 128].into_iter().try_fold(n, u64::checked_mul);
    let affordable = cost.is_some_and(|cost| cost <= MAX_SCRYPT_COST);
    if !affordable || r > MAX_SCRYPT_R || p > MAX_SCRYPT_P {
        return Err(KdfError::TooCostly(function));
    }
    Params::new(n, r, p).map_err(|_| KdfError::Invalid(function))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(function: KdfFunction) -> Result<Kdf, KdfError> {
        Kdf::new(function, vec![0; 32])
    }

    #[test]
    fn derivations_that_cost_too_much_are_refused_before_they_run() {
        for (n, r, p) in [
            (1 << 40, 8, 1),
            (1 << 63, 8, 1),
            (1 << 21, 8, 1),
            (1 << 18, 8, 16),
            (1 << 18, u32::MAX, 1),
            (2, 8, u32::MAX),
            (2, 1 << 20, 1),
        ] {
            let function = KdfFunction::Scrypt { n, r, p };
            assert_eq!(checked(function), Err(KdfError::TooCostly(function)));
        }
        let function = KdfFunction::Pbkdf2 { c: u32::MAX };
        assert_eq!(checked(function), Err(KdfError::TooCostly(function)));
    }

    #[test]
    fn invalid_derivations_are_refused() {
        for (n, r, p) in [(0, 8, 1), (1, 8, 1), (262_143, 8, 1), (16, 0, 1), (16, 8, 0)] {
            let function = KdfFunction::Scrypt { n, r, p };
            assert_eq!(checked(function), Err(KdfError::Invalid(function)));
        }
        let function = KdfFunction::Pbkdf2 { c: 0 };
        assert_eq!(checked(function), Err(KdfError::Invalid(function)));
        assert_eq!(Kdf::new(KdfFunction::Pbkdf2 { c: 1 }, vec![0; 129]), Err(KdfError::Salt(129)));
    }

    #[test]
    fn the_full_cost_and_twice_as_much_are_within_the_limits() {
        for n in [1 << 18, 1 << 19, 1 << 20] {
            checked(KdfFunction::Scrypt { n, r: 8, p: 1 }).unwrap();
        }
        checked(KdfFunction::Pbkdf2 { c: 1 << 20 }).unwrap();
        checked(Kdf::full_cost([0; 32]).function()).unwrap();
    }
}
