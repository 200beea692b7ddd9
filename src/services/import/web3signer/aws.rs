//! Reads keys from AWS Secrets Manager as Web3signer does.

use stockade_base::json::clip;

use super::{Failed, KeyConfig, Reader, need};
use crate::aws_secrets::{AwsOptions, SecretsManager};

/// The services that were opened, each once.
pub(super) type Services = Vec<(AwsAccount, SecretsManager)>;

/// A service and its credentials: region, endpoint, access key.
pub(super) type AwsAccount = (Option<String>, Option<String>, Option<String>);

impl Reader<'_> {
    pub(super) fn take_from_aws(&mut self, place: &str, config: &KeyConfig) -> Result<(), Failed> {
        let name = need(&config.secret_name, "secretName")?;
        let read = self.service(config)?.read(name).map_err(|error| {
            if error.is_about_one_secret() {
                Failed::Unread(error.to_string())
            } else {
                error.into()
            }
        })?;
        let text =
            read.ok_or_else(|| Failed::Unread(format!("there is no secret {}", clip(name, 200))))?;
        self.take_text(place, &text)
    }

    fn service(&mut self, config: &KeyConfig) -> Result<&SecretsManager, Failed> {
        let key = if config.authentication_mode.as_deref() == Some("ENVIRONMENT") {
            None
        } else {
            let secret = need(&config.secret_access_key, "secretAccessKey")?;
            Some((need(&config.access_key_id, "accessKeyId")?.as_str(), secret))
        };
        let account = (
            config.region.clone(),
            config.endpoint_override.clone(),
            key.map(|(id, _)| id.to_owned()),
        );
        let known = self.services.iter().position(|(known, _)| *known == account);
        let at = match known {
            Some(at) => at,
            None => {
                let options = AwsOptions {
                    region: config.region.as_deref(),
                    endpoint: config.endpoint_override.as_deref(),
                    ca: self.ca,
                    key,
                };
                let opened = SecretsManager::open(&options);
                self.services.push((account, opened.map_err(|e| Failed::Unread(e.to_string()))?));
                self.services.len() - 1
            }
        };
        match self.services.get(at) {
            Some((_, service)) => Ok(service),
            None => Err(Failed::Bad("its service is not known".to_owned())),
        }
    }
}
