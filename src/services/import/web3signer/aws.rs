//! Keys that Web3signer reads from AWS Secrets Manager.

use stockade_base::json::clip;

use super::{Failed, KeyConfig, Reader, need};
use crate::aws_secrets::{AwsOptions, SecretsManager};

/// The services that were connected to, each once.
pub(super) type Services = Vec<(AwsAccount, SecretsManager)>;

/// Where a service of AWS is, and who calls: region, endpoint, access key.
pub(super) type AwsAccount = (Option<String>, Option<String>, Option<String>);

impl Reader<'_> {
    pub(super) fn take_from_aws(&mut self, place: &str, config: &KeyConfig) -> Result<(), Failed> {
        let name = need(&config.secret_name, "secretName")?;
        let read = self.service(config)?.read(name).map_err(|error| {
            match error.is_about_one_secret() {
                true => Failed::Unread(error.to_string()),
                false => error.into(),
            }
        })?;
        let text =
            read.ok_or_else(|| Failed::Unread(format!("there is no secret {}", clip(name, 200))))?;
        self.take_text(place, &text)
    }

    fn service(&mut self, config: &KeyConfig) -> Result<&SecretsManager, Failed> {
        let specified = config.authentication_mode.as_deref() != Some("ENVIRONMENT");
        let key = match specified {
            true => {
                let secret = need(&config.secret_access_key, "secretAccessKey")?;
                Some((need(&config.access_key_id, "accessKeyId")?.as_str(), secret))
            }
            false => None,
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
