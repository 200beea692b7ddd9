//! How AWS Secrets Manager is reached. Who calls, the SDK finds as every program of AWS does.

use stockade_services::cloud::aws_secrets::{AwsOptions, SecretsManager};

use crate::error::CommandError;

/// How AWS Secrets Manager is reached.
#[derive(Debug, clap::Args)]
pub struct AwsArgs {
    /// The region of AWS [default: as AWS's own tools find it]
    #[arg(long, value_name = "REGION")]
    aws_region: Option<String>,
    /// Another endpoint than the region's: https://.., or http:// on this machine
    #[arg(long, value_name = "URL")]
    aws_endpoint: Option<String>,
}

impl AwsArgs {
    /// The service, trusted by the certificates in `ca`, else by the system's.
    pub fn open(&self, ca: Option<&[u8]>) -> Result<SecretsManager, CommandError> {
        let mut options = AwsOptions::default();
        options.region = self.aws_region.as_deref();
        options.endpoint = self.aws_endpoint.as_deref();
        options.ca = ca;
        Ok(SecretsManager::open(&options)?)
    }
}
