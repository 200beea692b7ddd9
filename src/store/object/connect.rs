//! From an address to the service: who calls, where it is, and by which certificates it is trusted,
//! as the environment says to every program of that service.

use std::{env, path::PathBuf, sync::Arc, time::Duration};

use object_store::{
    BackoffConfig, Certificate, ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, Checksum},
    azure::{AzureConfigKey, MicrosoftAzureBuilder},
    gcp::{GoogleCloudStorageBuilder, GoogleConfigKey},
};
use tokio::runtime::Runtime;

use super::{
    aws,
    error::store_error,
    http::{CONNECT, Connector, TIMEOUT},
};
use crate::store::{BucketAddress, StoreError, address::Service, private_file};

/// A request that a service had no time for is made again so often, within so long.
const RETRIES: usize = 4;
const RETRY: Duration = Duration::from_secs(60);
const EMULATOR: &str = "http://127.0.0.1:10000";
const MAX_CERTIFICATES: u64 = 4 * 1024 * 1024;

pub(super) fn connect(
    address: &BucketAddress,
    runtime: &Runtime,
) -> Result<Box<dyn ObjectStore>, StoreError> {
    // Whoever asked first chose the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match address.service {
        Service::S3 => s3(address, runtime),
        Service::Gcs => gcs(address),
        Service::Azure => azure(address),
    }
}

fn s3(address: &BucketAddress, runtime: &Runtime) -> Result<Box<dyn ObjectStore>, StoreError> {
    let config = runtime.block_on(aws::load());
    let own = env::var("AWS_ENDPOINT_URL_S3").ok().filter(|url| !url.is_empty());
    let endpoint = own.or_else(|| config.endpoint_url().map(str::to_owned));
    let region = config.region().map(ToString::to_string);
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&address.bucket)
        .with_region(region.as_deref().unwrap_or("us-east-1"))
        .with_client_options(options(address, endpoint.as_deref())?)
        .with_retry(retries())
        .with_checksum_algorithm(Checksum::SHA256)
        .with_http_connector(Connector { content_md5: true });
    if let Some(endpoint) = &endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(is_here(endpoint));
    }
    if let Some(chain) = config.credentials_provider() {
        builder = builder.with_credentials(Arc::new(aws::Chain::new(chain)));
    }
    let built = builder.build().map_err(|error| failed(address, &error))?;
    Ok(Box::new(built))
}

fn gcs(address: &BucketAddress) -> Result<Box<dyn ObjectStore>, StoreError> {
    let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(&address.bucket);
    let endpoint = builder.get_config_value(&GoogleConfigKey::BaseUrl);
    let built = builder
        .with_http_connector(Connector { content_md5: false })
        .with_client_options(options(address, endpoint.as_deref())?)
        .with_retry(retries())
        .build()
        .map_err(|error| failed(address, &error))?;
    Ok(Box::new(built))
}

fn azure(address: &BucketAddress) -> Result<Box<dyn ObjectStore>, StoreError> {
    let builder = MicrosoftAzureBuilder::from_env().with_container_name(&address.bucket);
    let emulated = builder.get_config_value(&AzureConfigKey::UseEmulator);
    let endpoint = match emulated.as_deref() {
        // Where object_store looks then, and what it takes where that says nothing.
        Some("true") => Some(env::var("AZURITE_BLOB_STORAGE_URL").unwrap_or(EMULATOR.to_owned())),
        _ => builder.get_config_value(&AzureConfigKey::Endpoint),
    };
    let here = endpoint.as_deref().is_some_and(is_here);
    let built = builder
        .with_http_connector(Connector { content_md5: false })
        .with_client_options(options(address, endpoint.as_deref())?.with_allow_http(here))
        .with_allow_http(here)
        .with_retry(retries())
        .build()
        .map_err(|error| failed(address, &error))?;
    Ok(Box::new(built))
}

/// TLS by the system's certificates, or by those that AWS_CA_BUNDLE names, as in all tools of AWS.
fn options(address: &BucketAddress, endpoint: Option<&str>) -> Result<ClientOptions, StoreError> {
    let here = endpoint.is_some_and(is_here);
    if let Some(endpoint) = endpoint
        && !endpoint.starts_with("https://")
        && !here
    {
        let why = "its endpoint is https://.., or http:// on this machine: who calls must not \
                   travel in clear";
        return Err(StoreError::Address { path: address.to_string().into(), why });
    }
    let mut options = ClientOptions::new()
        .with_timeout(TIMEOUT)
        .with_connect_timeout(CONNECT)
        .with_allow_http(here);
    let bundle = env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty());
    if let (Service::S3, Some(path)) = (address.service, bundle) {
        let path = PathBuf::from(path);
        let pem = private_file::read(&path, MAX_CERTIFICATES)?;
        // These in the place of the system's, as in AWS's tools.
        options = options.with_no_system_certificates(true);
        let certificates = Certificate::from_pem_bundle(&pem);
        for certificate in certificates.map_err(|error| store_error(path, &error))? {
            options = options.with_root_certificate(certificate);
        }
    }
    Ok(options)
}

/// Whether a request in clear stays on this machine.
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
    RetryConfig { backoff: BackoffConfig::default(), max_retries: RETRIES, retry_timeout: RETRY }
}

fn failed(address: &BucketAddress, error: &object_store::Error) -> StoreError {
    store_error(address.to_string().into(), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_clear_only_to_this_machine() {
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
