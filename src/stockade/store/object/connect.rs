//! Connects to the service of an address: the credentials, the endpoint and the trusted
//! certificates, as the environment configures them for every program of that service.

use std::{env, path::PathBuf, sync::Arc, time::Duration};

use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey, Checksum},
    azure::{AzureConfigKey, MicrosoftAzureBuilder},
    gcp::{GoogleCloudStorageBuilder, GoogleConfigKey},
};
use reqwest::Certificate;
use tokio::runtime::Runtime;

use super::{
    aws,
    error::store_error,
    http::{CONNECT, Connector, Seen, TIMEOUT},
    patience::PATIENCE,
};
use crate::store::{BucketAddress, StoreError, address::Service, private_file};

/// The proxy for requests to buckets. The usual variables (HTTPS_PROXY..) are ignored.
const PROXY: &str = "STOCKADE_PROXY";
const EMULATOR: &str = "http://127.0.0.1:10000";
const MAX_CERTIFICATES: u64 = 4 * 1024 * 1024;

pub(super) fn connect(
    address: &BucketAddress,
    runtime: &Runtime,
    seen: Arc<Seen>,
) -> Result<Box<dyn ObjectStore>, StoreError> {
    // Another thread that came first installed the same provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let proxy = env::var(PROXY).ok().filter(|proxy| !proxy.is_empty());
    let connector = Connector { content_md5: false, roots: None, proxy, seen };
    match address.service {
        Service::S3 => s3(address, runtime, connector),
        Service::Gcs => gcs(address, connector),
        Service::Azure => azure(address, connector),
    }
}

fn s3(
    address: &BucketAddress,
    runtime: &Runtime,
    connector: Connector,
) -> Result<Box<dyn ObjectStore>, StoreError> {
    let config = runtime.block_on(aws::load());
    let endpoint = aws::setting(&config, "AWS_ENDPOINT_URL", "endpoint_url");
    let endpoint = endpoint.or_else(|| config.endpoint_url().map(str::to_owned));
    let bundle = aws::setting(&config, "AWS_CA_BUNDLE", "ca_bundle").map(PathBuf::from);
    let roots = bundle.map(certificates).transpose()?;
    let region = config.region().map(ToString::to_string);
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&address.bucket)
        .with_region(region.as_deref().unwrap_or("us-east-1"))
        .with_client_options(options(address, endpoint.as_deref())?)
        .with_retry(retries())
        .with_checksum_algorithm(Checksum::SHA256)
        // One request per object: every service supports it, and its answer is about that object
        // only.
        .with_config(AmazonS3ConfigKey::DisableBulkDelete, "true")
        .with_http_connector(Connector { content_md5: true, roots, ..connector });
    if let Some(endpoint) = &endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(is_here(endpoint));
    }
    if let Some(chain) = config.credentials_provider() {
        builder = builder.with_credentials(Arc::new(aws::Chain::new(chain)));
    }
    let built = builder.build().map_err(|error| failed(address, &error))?;
    Ok(Box::new(built))
}

fn gcs(address: &BucketAddress, connector: Connector) -> Result<Box<dyn ObjectStore>, StoreError> {
    let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(&address.bucket);
    let endpoint = builder.get_config_value(&GoogleConfigKey::BaseUrl);
    // Google's own tools use this variable. If it were ignored, the copy would go to Google itself.
    if endpoint.is_none() && env::var_os("STORAGE_EMULATOR_HOST").is_some_and(|it| !it.is_empty()) {
        let why = "STORAGE_EMULATOR_HOST is not used: name an emulator with GOOGLE_BASE_URL and \
                   GOOGLE_SKIP_SIGNATURE=true, or unset it";
        return Err(StoreError::Address { path: address.to_string().into(), why });
    }
    let built = builder
        .with_http_connector(connector)
        .with_client_options(options(address, endpoint.as_deref())?)
        .with_retry(retries())
        .build()
        .map_err(|error| failed(address, &error))?;
    Ok(Box::new(built))
}

fn azure(
    address: &BucketAddress,
    connector: Connector,
) -> Result<Box<dyn ObjectStore>, StoreError> {
    let builder = MicrosoftAzureBuilder::from_env().with_container_name(&address.bucket);
    let emulated = builder.get_config_value(&AzureConfigKey::UseEmulator);
    let endpoint = match emulated.as_deref() {
        // The same variable and default as in object_store.
        Some("true") => Some(env::var("AZURITE_BLOB_STORAGE_URL").unwrap_or(EMULATOR.to_owned())),
        _ => builder.get_config_value(&AzureConfigKey::Endpoint),
    };
    let here = endpoint.as_deref().is_some_and(is_here);
    let built = builder
        .with_http_connector(connector)
        .with_client_options(options(address, endpoint.as_deref())?.with_allow_http(here))
        .with_allow_http(here)
        .with_retry(retries())
        .build()
        .map_err(|error| failed(address, &error))?;
    Ok(Box::new(built))
}

/// The options for every service. Unencrypted requests must stay on this machine.
fn options(address: &BucketAddress, endpoint: Option<&str>) -> Result<ClientOptions, StoreError> {
    let here = endpoint.is_some_and(is_here);
    if let Some(endpoint) = endpoint
        && !endpoint.starts_with("https://")
        && !here
    {
        let why = "its endpoint must be https://.., or http:// on this machine: credentials must not \
                   be sent unencrypted";
        return Err(StoreError::Address { path: address.to_string().into(), why });
    }
    Ok(ClientOptions::new()
        .with_timeout(TIMEOUT)
        .with_connect_timeout(CONNECT)
        .with_allow_http(here))
}

/// The certificates in a file, trusted instead of the system's, as in AWS's tools.
fn certificates(path: PathBuf) -> Result<Vec<Certificate>, StoreError> {
    let pem = private_file::read(&path, MAX_CERTIFICATES)?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => {
            let why = "it does not contain a certificate: AWS_CA_BUNDLE must name a PEM file";
            Err(StoreError::Address { path, why })
        }
    }
}

/// Whether an unencrypted request stays on this machine.
fn is_here(endpoint: &str) -> bool {
    let Some(rest) = endpoint.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

fn retries() -> RetryConfig {
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(200),
        max_backoff: Duration::from_secs(10),
        // object_store draws each wait between the first one and this factor times the last: it
        // doubles on average.
        base: 4.0,
    };
    // Limited by time alone: how long a service takes to recover does not depend on the number of
    // requests.
    RetryConfig { backoff, max_retries: usize::MAX, retry_timeout: PATIENCE }
}

fn failed(address: &BucketAddress, error: &object_store::Error) -> StoreError {
    store_error(address.to_string().into(), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unencrypted_requests_stay_on_this_machine() {
        for here in ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:1/x"] {
            assert!(is_here(here), "{here}");
        }
        for away in
            ["http://127.0.0.1.evil.net", "http://a@127.0.0.1:1@evil.net", "http://10.0.0.1"]
        {
            assert!(!is_here(away), "{away}");
        }
    }
}
