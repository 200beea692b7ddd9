//! How AWS Secrets Manager is reached. The SDK finds the credentials as every AWS program does.

use stockade_services::aws_secrets::{AwsOptions, SecretsManager};

use crate::error::CommandError;

/// How AWS Secrets Manager is reached.
#[derive(Debug, clap::Args)]
pub struct AwsArgs {
    /// The AWS region [default: as AWS's own tools find it]
    #[arg(long, value_name = "REGION")]
    aws_region: Option<String>,
    /// An endpoint other than the region's: https://.., or http:// on this machine
    #[arg(long, value_name = "URL")]
    aws_endpoint: Option<String>,
}

impl AwsArgs {
    /// The service, verified with the certificates in `ca`, else with the system's.
    pub fn open(&self, ca: Option<&[u8]>) -> Result<SecretsManager, CommandError> {
        let mut options = AwsOptions::default();
        options.region = self.aws_region.as_deref();
        options.endpoint = self.aws_endpoint.as_deref();
        options.ca = ca;
        Ok(SecretsManager::open(&options)?)
    }
}
