//! Credentials for S3, found by AWS's own SDK as AWS's tools find them.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use aws_config::{BehaviorVersion, SdkConfig, timeout::TimeoutConfig};
use aws_sdk_secretsmanager::config::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_types::service_config::ServiceConfigKey;
use object_store::{CredentialProvider, aws::AwsCredential};

use super::http::{CONNECT, TIMEOUT};

/// How long before their end credentials are requested again.
const EARLY: Duration = Duration::from_secs(5 * 60);

/// The settings in the environment and in AWS's files.
pub(super) async fn load() -> SdkConfig {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts =
        TimeoutConfig::builder().operation_timeout(TIMEOUT).connect_timeout(CONNECT).build();
    let loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts);
    loader.http_client(crate::store::bounded_client(http)).load().await
}

/// A setting of S3, as the SDK finds it: in the variable `env` (with and without the service's
/// name), in the `services` section of the profile, or in the profile itself.
pub(super) fn setting(config: &SdkConfig, env: &str, profile: &str) -> Option<String> {
    let key =
        ServiceConfigKey::builder().service_id("S3").env(env).profile(profile).build().ok()?;
    config.service_config()?.load_config(key).filter(|value| !value.is_empty())
}

/// The SDK's chain of credential providers. Asked once, and again before the credentials end.
pub(super) struct Chain {
    chain: SharedCredentialsProvider,
    last: Mutex<Option<(Arc<AwsCredential>, Option<SystemTime>)>>,
}

impl Chain {
    pub(super) fn new(chain: SharedCredentialsProvider) -> Self {
        Self { chain, last: Mutex::new(None) }
    }

    fn known(&self) -> Option<Arc<AwsCredential>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (credential, until) = last.as_ref()?;
        let valid = until.is_none_or(|until| SystemTime::now() + EARLY < until);
        valid.then(|| Arc::clone(credential))
    }
}

#[async_trait]
impl CredentialProvider for Chain {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let given = self.chain.provide_credentials().await.map_err(|error| {
            object_store::Error::Unauthenticated { path: String::new(), source: error.into() }
        })?;
        let credential = Arc::new(AwsCredential {
            key_id: given.access_key_id().to_owned(),
            secret_key: given.secret_access_key().to_owned(),
            token: given.session_token().map(str::to_owned),
        });
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some((Arc::clone(&credential), given.expiry()));
        Ok(credential)
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chain")
    }
}
