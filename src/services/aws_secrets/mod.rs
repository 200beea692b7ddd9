//! AWS Secrets Manager, by its official SDK. The SDK is asynchronous; nothing outside of this file is.

mod guard;

use std::{error::Error, fmt, future::Future, io, time::Duration};

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
    secret_store::{PutError, SecretStore, Written, same_secret},
};
use guard::Guard;
use stockade::{
    backup::verdict::Reason,
    store::{AnswerTooLong, bounded_client},
};
use stockade_base::{json::clip, secret::SecretText};

/// What the service may take for one request, with all that is tried again.
const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(10);
const MAX_MESSAGE: usize = 300;
/// A listing without end would fill the memory.
const MAX_SECRETS: usize = 200_000;
/// Pages of a listing may be empty, and nobody's are for long.
const MAX_EMPTY_PAGES: usize = 100;

/// How Secrets Manager is reached, and who calls. What is left out the SDK finds as every program
/// of AWS does: in the environment, in profiles, from the machine.
#[derive(Debug, Default)]
pub struct AwsOptions<'a> {
    /// The region.
    pub region: Option<&'a str>,
    /// Another endpoint than the region's.
    pub endpoint: Option<&'a str>,
    /// The certificates (PEM) by which it is trusted, in place of the system's.
    pub ca: Option<&'a [u8]>,
    /// An access key and its secret.
    pub key: Option<(&'a str, &'a SecretText)>,
}

/// Secrets Manager of one region.
pub struct SecretsManager {
    runtime: Runtime,
    client: Client,
    place: String,
    guard: Guard,
}

/// What is said of each secret that is made.
#[derive(Debug)]
pub struct AwsFolder<'a> {
    /// The service.
    pub service: &'a SecretsManager,
    /// The KMS key that encrypts it; else the account's own.
    pub kms_key: Option<String>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// Why Secrets Manager did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AwsError {
    /// The endpoint or its certificates.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// No runtime from the system.
    #[error("the system gives no runtime: {0}")]
    Runtime(#[from] io::Error),
    /// TLS could not be set up.
    #[error("TLS could not be set up: {0}")]
    Tls(String),
    /// No region.
    #[error("the region of AWS is not known")]
    NoRegion,
    /// A name that Secrets Manager does not have.
    #[error("`{0}` is no name of a secret: letters, digits and /_+=.@-")]
    Name(String),
    /// It answered with an error.
    #[error("{place} answered {code}: {message}")]
    Service {
        /// Where.
        place: String,
        /// The error's name in the API.
        code: String,
        /// What it said.
        message: String,
    },
    /// It was not reached, or nobody could say who calls.
    #[error("cannot reach {place}: {why}")]
    Unreachable {
        /// Where.
        place: String,
        /// What the SDK said.
        why: String,
    },
    /// TLS failed: most often, a certificate that nobody here trusts.
    #[error("{place} is not trusted: {why}")]
    Untrusted {
        /// Where.
        place: String,
        /// What TLS said.
        why: String,
    },
    /// Something else lies there already, and is left alone.
    #[error("{name} holds another value already, and nothing is overwritten")]
    Occupied {
        /// Which secret.
        name: String,
    },
    /// What was read back is not what was written.
    #[error("{name} does not hold what was written a moment ago")]
    ReadBack {
        /// Which secret.
        name: String,
    },
    /// What was written could not be read back: whether it is right is not known.
    #[error("{name} was written, or is there, and cannot be read back: {source}")]
    Unread {
        /// Which secret.
        name: String,
        /// Why.
        source: Box<AwsError>,
    },
    /// Pages without a secret, and always another.
    #[error("{place} lists without end")]
    Endless {
        /// Where.
        place: String,
    },
    /// More secrets than anybody has.
    #[error("{place} lists more than {MAX_SECRETS} secrets")]
    TooMany {
        /// Where.
        place: String,
    },
}

impl AwsError {
    /// Whether it is about one secret alone, so that others may still be read or written.
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

    /// What it means for a check of that secret.
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::Service { code, .. } if code == "AccessDeniedException" => Reason::Denied,
            // It is marked for deletion, and can be brought back until then.
            Self::Service { code, .. } if code == "InvalidRequestException" => Reason::Deleted,
            _ => Reason::Unreadable,
        }
    }
}

impl SecretsManager {
    /// The service. Nothing is asked of it yet; who calls may be.
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

    /// Where it is; known for certain after something was asked of it.
    pub fn place(&self) -> &str {
        match self.guard.elsewhere() {
            Some(elsewhere) if !self.place.starts_with(elsewhere) => elsewhere,
            _ => &self.place,
        }
    }

    /// The text of the secret `name`; `None` where there is none.
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
        let (mut listed, mut empty) = (0, 0);
        let mut next = None;
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
            match next {
                None => break,
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
    /// Makes the secret `name`, where there is none, and reads it back. AWS itself lets nobody make
    /// one that is there.
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
            // What it was sent is not repeated.
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
        self.create(name, value).map_err(|error| match error.is_about_one_secret() {
            true => PutError::Refused(error.to_string()),
            false => PutError::Failed(error.to_string()),
        })
    }
}

/// Whether a message says the secret, or begins to.
fn repeats(message: &str, value: &SecretText) -> bool {
    let beginning: String = value.expose().chars().take(6).collect();
    !beginning.is_empty() && message.contains(&beginning)
}

/// An error and what led to it, the outermost first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| match cause.downcast_ref::<io::Error>() {
        // An I/O error passes over the one that it was made of.
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => cause.source(),
    })
}

/// What was refused here, before or after AWS was asked.
fn refused(error: &(dyn Error + 'static)) -> Option<HttpError> {
    match causes(error).find_map(|cause| cause.downcast_ref::<HttpError>())? {
        HttpError::Url { url, why } => Some(HttpError::Url { url: url.clone(), why }),
        HttpError::Answer { url, why } => {
            Some(HttpError::Answer { url: url.clone(), why: why.clone() })
        }
        _ => None,
    }
}

/// What rustls says of a certificate: an I/O error, deep in what the SDK says.
fn verdict_of_tls(error: &(dyn Error + 'static)) -> Option<String> {
    let mut io = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>());
    let verdict = io.find(|io| io.kind() == io::ErrorKind::InvalidData)?;
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

/// What the API takes for a name: a `!` at the beginning would turn a filter round.
fn require_name(name: &str) -> Result<(), AwsError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    match !name.is_empty() && name.len() <= 512 && name.bytes().all(plain) {
        true => Ok(()),
        false => Err(AwsError::Name(clip(name, 80))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_turns_a_filter_round() {
        assert!(require_name("validators/0xab").is_ok());
        for name in ["", "!validators", "a b", "a*", "ä"] {
            assert!(require_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn keys_never_travel_in_clear_to_another_machine() {
        let endpoint = Some("http://192.0.2.1:5000");
        let opened = SecretsManager::open(&AwsOptions { endpoint, ..AwsOptions::default() });
        assert!(matches!(opened, Err(AwsError::Http(HttpError::Url { .. }))));
    }
}
