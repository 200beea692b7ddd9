//! The commands that Stockade sends, one a file.

mod app_configuration;
mod app_name_and_version;
mod get_address;
mod get_eth2_public_key;
mod personal_sign;

pub use app_configuration::{AppConfiguration, GetAppConfiguration};
pub use app_name_and_version::{AppNameAndVersion, GetAppNameAndVersion};
pub use get_address::GetAddress;
pub use get_eth2_public_key::GetEth2PublicKey;
pub use personal_sign::PersonalSign;
