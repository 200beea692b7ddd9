//! Files of backups as QR codes and on paper, and back from pictures and typing.
//!
//! Only what is sealed or public is shown: see [`content::recognise`]. A [`Payload`] holds named files.
//! It is shown as QR codes, whose texts are the parts of a UR ([`parts`]), or typed from paper as
//! [`lines`] with check characters. `docs/formats/paper.md` describes both.
//!
//! ```
//! use stockade_paper::{Frames, Parts, Payload, lines};
//!
//! let payload = Payload::file("custodian.json", b"{}".to_vec())?;
//! let packed = payload.pack()?;
//!
//! let mut parts = Parts::default();
//! for part in Frames::new(&packed, 20)?.take(9) {
//!     parts.receive(&part)?;
//! }
//! assert_eq!(Payload::unpack(&parts.message()?.unwrap_or_default())?, payload);
//!
//! let typed = lines::write(&packed)?.join("\n").to_lowercase();
//! assert_eq!(lines::read(&typed)?, packed);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(missing_docs)]

pub mod content;
pub mod gather;
pub mod intake;
pub mod lines;
pub mod parts;
pub mod payload;
pub mod picture;
pub mod qr_code;
pub mod set_files;
pub mod sheet;
pub mod take;

pub use intake::Intake;
pub use parts::{Frames, Parts};
pub use payload::{Payload, PayloadFile};

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod shown_or_refused;
