//! The public form of a sharing polynomial: the public keys of its coefficients. The first is the
//! key that was split; the value at x is the public key of the share at x.

use blst::MultiPoint as _;

use super::{PublicKey, scalar::Scalar};

const SCALAR_BITS: usize = 255;

/// The public key of the share at `x`. `None` if there are no coefficients, or the value is not a
/// key.
pub fn public_share(coefficients: &[PublicKey], x: u64) -> Option<PublicKey> {
    let points: Option<Vec<_>> = coefficients.iter().map(PublicKey::point).collect();
    let points = points.filter(|points| !points.is_empty())?;
    let mut at = [0; 16];
    at.iter_mut().zip(x.to_le_bytes()).for_each(|(to, from)| *to = from);
    let (at, mut power) = (Scalar::from_le_bytes(at), Scalar::small(1));
    let mut powers = Vec::with_capacity(32 * points.len());
    for _ in &points {
        powers.extend(power.to_le_bytes());
        power = power.times(&at);
    }
    let value = points.as_slice().mult(&powers, SCALAR_BITS).to_public_key();
    PublicKey::from_bytes(value.compress()).ok()
}
