//! The commands that this crate sends, one per file.
//!
//! The commands are exhaustive: the app's specification fixes their fields. Replies may grow.

mod app_configuration;
mod app_name_and_version;
#[cfg(feature = "bls")]
mod btec;
mod get_address;
#[cfg(feature = "bls")]
mod get_eth2_public_key;
mod open_app;
mod os_version;
mod personal_sign;
mod quit_app;
mod sign_transaction;

pub use app_configuration::{AppConfiguration, GetAppConfiguration};
pub use app_name_and_version::{AppNameAndVersion, GetAppNameAndVersion};
#[cfg(feature = "bls")]
pub use btec::{GetWithdrawalPublicKey, SignRoot};

pub use get_address::GetAddress;
#[cfg(feature = "bls")]
pub use get_eth2_public_key::GetEth2PublicKey;
pub use open_app::OpenApp;
pub use os_version::{GetOsVersion, OsVersion};
pub use personal_sign::PersonalSign;
pub use quit_app::QuitApp;
pub use sign_transaction::SignTransaction;
