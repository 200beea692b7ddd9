//! AWS Secrets Manager, through its official SDK. The SDK is asynchronous, but this module's interface
//! is not.

mod guard;

use std::{
    error::Error,
    fmt,
    future::Future,
    io,
    time::{Duration, Instant},
};

use aws_config::{BehaviorVersion, Region, SdkConfig, timeout::TimeoutConfig};
use aws_sdk_secretsmanager::{
    Client,
    config::{self, Credentials},
    error::{ProvideErrorMetadata, SdkError},
    types::{Filter, FilterNameStringType, Tag},
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use tokio::runtime::Runtime;

use crate::{
    endpoint::{HttpError, certificates, require_safe, without_keys},
    http::is_of_tls,
    secret_store::{PutError, SecretStore, Written, same_secret},
};
use guard::Guard;
use stockade::{
    backup::verdict::Reason,
    store::{AnswerTooLong, bounded_client},
};
use stockade_base::{json::clip, secret::SecretText};

/// The time limit for one request, including retries.
const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(10);
const MAX_MESSAGE: usize = 300;
/// Limits a listing, so that it cannot fill the memory.
const MAX_SECRETS: usize = 200_000;
/// Pages of a listing may be empty, but this many in a row mean that it does not end.
const MAX_EMPTY_PAGES: usize = 100;
/// The longest that a listing may take, however many pages it has.
const MAX_TIME: Duration = Duration::from_secs(10 * 60);

/// How to reach Secrets Manager, and with which credentials. What is `None`, the SDK finds like AWS's
/// own tools: in the environment, in profiles, or from the machine.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct AwsOptions<'a> {
    /// The region.
    pub region: Option<&'a str>,
    /// The URL of the service, if it is not AWS's.
    pub endpoint: Option<&'a str>,
    /// The trusted certificate authorities (PEM), in place of the system's.
    pub ca: Option<&'a [u8]>,
    /// The id of an access key and its secret.
    pub key: Option<(&'a str, &'a SecretText)>,
}

/// AWS Secrets Manager in one region.
pub struct SecretsManager {
    runtime: Runtime,
    client: Client,
    place: String,
    guard: Guard,
}

/// Creates secrets with the same KMS key and tags.
#[derive(Debug)]
pub struct AwsFolder<'a> {
    /// The service that holds the secrets.
    pub service: &'a SecretsManager,
    /// The KMS key that encrypts the secrets; `None` for the account's own.
    pub kms_key: Option<String>,
    /// The tags of each secret.
    pub tags: Vec<(String, String)>,
}

/// Why a request to Secrets Manager failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AwsError {
    /// The endpoint's URL or certificates are invalid, or it gave an invalid answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The asynchronous runtime could not be started.
    #[error("the asynchronous runtime could not be started: {0}")]
    Runtime(#[from] io::Error),
    /// TLS could not be set up.
    #[error("TLS could not be set up: {0}")]
    Tls(String),
    /// No region is known.
    #[error("the AWS region is not known")]
    NoRegion,
    /// The name is not valid for a secret.
    #[error("`{0}`: not the name of a secret: it may have letters, digits and /_+=.@-")]
    Name(String),
    /// The service answered with an error.
    #[error("{place} answered {code}: {message}")]
    Service {
        /// The service.
        place: String,
        /// The error's name in the API.
        code: String,
        /// The service's message.
        message: String,
    },
    /// The service was not reached, or no credentials were found.
    #[error("cannot reach {place}: {why}")]
    Unreachable {
        /// The service.
        place: String,
        /// The SDK's message.
        why: String,
    },
    /// TLS failed, most often because the certificate is not trusted.
    #[error("{place} is not trusted: {why}")]
    Untrusted {
        /// The service.
        place: String,
        /// The TLS library's message.
        why: String,
    },
    /// The secret has another value, which is not overwritten.
    #[error("{name} already holds another value, which is not overwritten")]
    Occupied {
        /// The secret's name.
        name: String,
    },
    /// The value that was read back differs from the one that was written.
    #[error("{name} does not hold what was just written")]
    ReadBack {
        /// The secret's name.
        name: String,
    },
    /// The value could not be read back, so it is not known whether it is right.
    #[error("{name} was written or was there already, but cannot be read back: {source}")]
    Unread {
        /// The secret's name.
        name: String,
        /// Why it cannot be read.
        source: Box<AwsError>,
    },
    /// The listing consists of ever more empty pages.
    #[error("{place} gives a list that does not end")]
    Endless {
        /// The service.
        place: String,
    },
    /// The listing is too long.
    #[error("{place} lists more than {MAX_SECRETS} secrets")]
    TooMany {
        /// The service.
        place: String,
    },
}

impl AwsError {
    /// Whether the error concerns a single secret, so that others can still be read or written.
    pub(super) fn is_about_one_secret(&self) -> bool {
        match self {
            Self::Service { code, .. } => matches!(
                code.as_str(),
                "AccessDeniedException"
                    | "ResourceNotFoundException"
                    | "InvalidRequestException"
                    | "InvalidParameterException"
                    | "DecryptionFailure"
            ),
            Self::Occupied { .. } | Self::Name(_) => true,
            _ => false,
        }
    }

    /// The reason that a check gives for that secret.
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::Service { code, .. } if code == "AccessDeniedException" => Reason::Denied,
            // It is scheduled for deletion, and can be restored until then.
            Self::Service { code, .. } if code == "InvalidRequestException" => Reason::Deleted,
            _ => Reason::Unreadable,
        }
    }
}

impl SecretsManager {
    /// Prepares requests to the service. It is not contacted yet, but credentials may be looked up.
    pub fn open(options: &AwsOptions<'_>) -> Result<Self, AwsError> {
        if let Some(endpoint) = options.endpoint {
            require_safe(endpoint)?;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let config = runtime.block_on(load(options)?);
        let region = config.region().ok_or(AwsError::NoRegion)?.to_string();
        if let Some(endpoint) = config.endpoint_url() {
            require_safe(endpoint)?;
        }
        let place = match options.endpoint {
            Some(endpoint) => endpoint.to_owned(),
            None => format!("secretsmanager of {region}"),
        };
        let guard = Guard::default();
        let config = config::Builder::from(&config).interceptor(guard.clone()).build();
        Ok(Self { runtime, client: Client::from_conf(config), place, guard })
    }

    /// The service, for people. It is known for certain after the first request.
    pub fn place(&self) -> &str {
        match self.guard.elsewhere() {
            Some(elsewhere) if !self.place.starts_with(elsewhere) => elsewhere,
            _ => &self.place,
        }
    }

    /// The text of the secret `name`; `None` if it does not exist.
    pub fn read(&self, name: &str) -> Result<Option<SecretText>, AwsError> {
        require_name(name)?;
        match self.run(self.client.get_secret_value().secret_id(name).send()) {
            Ok(found) => Ok(Some(SecretText::new(found.secret_string.unwrap_or_default()))),
            Err(AwsError::Service { code, .. }) if code == "ResourceNotFoundException" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The names of all secrets that begin with `prefix`.
    pub fn list(&self, prefix: &str) -> Result<Vec<String>, AwsError> {
        require_name(prefix)?;
        let filter = Filter::builder().key(FilterNameStringType::Name).values(prefix).build();
        let mut names = Vec::new();
        let (mut listed, mut empty, mut pages) = (0, 0, 0_usize);
        let (mut next, mut remembered) = (None, None);
        let begun = Instant::now();
        loop {
            let listing = self.client.list_secrets().filters(filter.clone()).max_results(100);
            let page = self.run(listing.set_next_token(next).send())?;
            let found = page.secret_list.unwrap_or_default();
            listed += found.len();
            empty = if found.is_empty() { empty + 1 } else { 0 };
            names.extend(
                found.into_iter().filter_map(|entry| entry.name).filter(|n| n.starts_with(prefix)),
            );
            next = page.next_token;
            // The token of pages 1, 2, 4, 8.. is remembered, so that pages that come round again are
            // noticed, however few secrets each has.
            let again = next == remembered || begun.elapsed() > MAX_TIME;
            pages += 1;
            if pages.is_power_of_two() {
                remembered.clone_from(&next);
            }
            match next {
                None => break,
                _ if again => return Err(AwsError::Endless { place: self.place().to_owned() }),
                _ if listed > MAX_SECRETS => {
                    return Err(AwsError::TooMany { place: self.place().to_owned() });
                }
                _ if empty > MAX_EMPTY_PAGES => {
                    return Err(AwsError::Endless { place: self.place().to_owned() });
                }
                _ => {}
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn run<T, E>(&self, call: impl Future<Output = Result<T, SdkError<E>>>) -> Result<T, AwsError>
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let answered = self.runtime.block_on(call);
        let place = self.place().to_owned();
        answered.map_err(|error| match &error {
            SdkError::ServiceError(service) => {
                let said = service.err();
                AwsError::Service {
                    place,
                    code: clip(said.code().unwrap_or("an error without a name"), 80),
                    message: clip(&without_keys(said.message().unwrap_or_default()), MAX_MESSAGE),
                }
            }
            other if causes(other).any(|cause| cause.is::<AnswerTooLong>()) => {
                AwsError::Http(HttpError::Answer { url: place, why: AnswerTooLong.to_string() })
            }
            other => match (refused(other), verdict_of_tls(other)) {
                (Some(refused), _) => AwsError::Http(refused),
                (_, Some(why)) => AwsError::Untrusted { place, why },
                _ => {
                    let mut said: Vec<_> = causes(other).map(ToString::to_string).collect();
                    said.dedup();
                    AwsError::Unreachable { place, why: clip(&said.join(": "), MAX_MESSAGE) }
                }
            },
        })
    }
}

impl fmt::Debug for SecretsManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsManager").field("place", &self.place).finish_non_exhaustive()
    }
}

impl AwsFolder<'_> {
    /// Creates the secret `name` if it does not exist, and reads it back. AWS itself refuses to create a
    /// secret that exists.
    pub fn create(&self, name: &str, value: &SecretText) -> Result<Written, AwsError> {
        require_name(name)?;
        let tag = |(key, value): &(String, String)| Tag::builder().key(key).value(value).build();
        let tags: Vec<_> = self.tags.iter().map(tag).collect();
        let call = self.service.client.create_secret().name(name).secret_string(value.expose());
        let call = call
            .set_kms_key_id(self.kms_key.clone())
            .set_tags(Some(tags).filter(|tags| !tags.is_empty()));
        let made = match self.service.run(call.send()) {
            Ok(_) => Written::New,
            Err(AwsError::Service { code, .. }) if code == "ResourceExistsException" => {
                Written::Same
            }
            // A message that repeats the secret is not shown.
            Err(AwsError::Service { place, code, message }) if repeats(&message, value) => {
                return Err(AwsError::Service { place, code, message: String::new() });
            }
            Err(error) => return Err(error),
        };
        let unread = |source| AwsError::Unread { name: name.to_owned(), source: Box::new(source) };
        let there = self.service.read(name).map_err(unread)?;
        let same = there.is_some_and(|there| same_secret(&there, value));
        match (same, made) {
            (true, made) => Ok(made),
            (false, Written::New) => Err(AwsError::ReadBack { name: name.to_owned() }),
            (false, Written::Same) => Err(AwsError::Occupied { name: name.to_owned() }),
        }
    }
}

impl SecretStore for AwsFolder<'_> {
    fn put(&self, name: &str, value: &SecretText) -> Result<Written, PutError> {
        self.create(name, value).map_err(|error| {
            let put =
                if error.is_about_one_secret() { PutError::Refused } else { PutError::Failed };
            put(error.to_string())
        })
    }
}

/// Whether a message contains the beginning of the secret.
fn repeats(message: &str, value: &SecretText) -> bool {
    let beginning: String = value.expose().chars().take(6).collect();
    !beginning.is_empty() && message.contains(&beginning)
}

/// An error and its causes, the outermost first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| match cause.downcast_ref::<io::Error>() {
        // The source of an I/O error skips the error that it wraps.
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => cause.source(),
    })
}

/// An error of this crate among the causes.
fn refused(error: &(dyn Error + 'static)) -> Option<HttpError> {
    match causes(error).find_map(|cause| cause.downcast_ref::<HttpError>())? {
        HttpError::Url { url, why } => Some(HttpError::Url { url: url.clone(), why }),
        HttpError::Answer { url, why } => {
            Some(HttpError::Answer { url: url.clone(), why: why.clone() })
        }
        _ => None,
    }
}

/// What rustls says about a certificate: an I/O error deep in the SDK's error.
fn verdict_of_tls(error: &(dyn Error + 'static)) -> Option<String> {
    let mut io = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>());
    let verdict = io.find(|io| is_of_tls(io))?;
    Some(clip(&verdict.to_string(), MAX_MESSAGE))
}

fn load(options: &AwsOptions<'_>) -> Result<impl Future<Output = SdkConfig>, AwsError> {
    let timeouts =
        TimeoutConfig::builder().operation_timeout(TIMEOUT).connect_timeout(CONNECT).build();
    let mut trust = TrustStore::empty().with_native_roots(options.ca.is_none());
    if let Some(pem) = options.ca {
        certificates(pem)?;
        trust = trust.with_pem_certificate(pem);
    }
    let tls = TlsContext::builder().with_trust_store(trust).build();
    let tls = tls.map_err(|error| AwsError::Tls(error.to_string()))?;
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(timeouts)
        .http_client(bounded_client(http.build_https()));
    if let Some(region) = options.region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    if let Some(endpoint) = options.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    if let Some((id, secret)) = options.key {
        let key = Credentials::new(id, secret.expose(), None, None, "key configuration");
        loader = loader.credentials_provider(key);
    }
    Ok(loader.load())
}

/// Checks a name. A `!` at the beginning would negate a filter.
fn require_name(name: &str) -> Result<(), AwsError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    if name.is_empty() || name.len() > 512 || !name.bytes().all(plain) {
        return Err(AwsError::Name(clip(name, 80)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_negates_a_filter() {
        assert!(require_name("validators/0xab").is_ok());
        for name in ["", "!validators", "a b", "a*", "ä"] {
            assert!(require_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn keys_are_never_sent_unencrypted_to_another_machine() {
        let endpoint = Some("http://192.0.2.1:5000");
        let opened = SecretsManager::open(&AwsOptions { endpoint, ..AwsOptions::default() });
        assert!(matches!(opened, Err(AwsError::Http(HttpError::Url { .. }))));
    }
}
