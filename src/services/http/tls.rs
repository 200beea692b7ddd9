//! Whom a connection trusts, what it shows of itself, and by which name it knows a server.

use std::{
    env,
    sync::{Arc, OnceLock},
};

use ureq::{
    http::Uri,
    tls::{Certificate, RootCerts, TlsConfig},
};

use super::Authorities;
pub(crate) use client::{ClientIdentity, ServerName};

/// How a connection is made by TLS.
#[derive(Default)]
pub(crate) struct Tls {
    /// Those who vouch for servers, in place of the system's.
    pub authorities: Option<Authorities>,
    /// What a server is shown that asks who connects.
    pub client: Option<ClientIdentity>,
    /// The name that the server's certificate must have, in place of the one in the URL.
    pub server_name: Option<ServerName>,
}

impl Tls {
    pub(super) fn config(&mut self) -> TlsConfig {
        let roots = match self.authorities.take() {
            Some(certificates) => RootCerts::Specific(Arc::new(certificates)),
            None => system(),
        };
        let builder = TlsConfig::builder().root_certs(roots);
        let builder = builder.client_cert(self.client.take().map(ClientIdentity::into_inner));
        builder.build()
    }
}

/// The certificates that this computer trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` name others). A
/// computer that has none, as small containers do, trusts the public ones.
fn system() -> RootCerts {
    static SYSTEM: OnceLock<Arc<Authorities>> = OnceLock::new();
    let found = SYSTEM.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs().certs;
        Arc::new(found.iter().map(|der| Certificate::from_der(der).to_owned()).collect())
    });
    // Where somebody named certificates and none is there, nobody is trusted.
    let is_named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| env::var_os(name).is_some());
    match found.is_empty() && !is_named {
        true => RootCerts::WebPki,
        false => RootCerts::Specific(found.clone()),
    }
}

mod client {
    use rustls::{
        InconsistentKeys,
        crypto::ring,
        pki_types::{self, PrivateKeyDer, pem::PemObject as _},
        sign::CertifiedKey,
    };
    use ureq::{
        Error,
        config::Config,
        tls::{ClientCert, PemItem, parse_pem},
        unversioned::{
            resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
            transport::NextTimeout,
        },
    };

    use super::Uri;
    use crate::http::certificates;

    /// A certificate and its key, which belong together.
    pub(crate) struct ClientIdentity(ClientCert);

    impl ClientIdentity {
        /// Reads both (PEM). What is wrong is said without repeating anything of them.
        pub(crate) fn new(chain: &[u8], key: &[u8]) -> Result<Self, &'static str> {
            let chain = certificates(chain);
            if chain.is_empty() {
                return Err("no PEM certificate in it");
            }
            let has = |part: &[u8]| key.windows(part.len()).any(|window| window == part);
            let own = parse_pem(key).find_map(|item| match item {
                Ok(PemItem::PrivateKey(key)) => Some(key),
                _ => None,
            });
            let (Some(own), Ok(der)) = (own, PrivateKeyDer::from_pem_slice(key)) else {
                return Err(match has(b"ENCRYPTED") {
                    true => "its key is encrypted: decrypt it, or name another",
                    false => "no PEM private key for it",
                });
            };
            // ureq takes for granted that they belong together.
            let ders = chain.iter().map(|one| one.der().to_vec().into()).collect();
            match CertifiedKey::from_der(ders, der, &ring::default_provider()) {
                Ok(_) => Ok(Self(ClientCert::new_with_certs(&chain, own))),
                Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
                    Err("its key is the key of another certificate")
                }
                Err(_) => Err("certificate or key is damaged, or of a kind that is not known"),
            }
        }

        pub(super) fn into_inner(self) -> ClientCert {
            self.0
        }
    }

    /// The name of a server in its certificate, where its URL has another.
    #[derive(Debug, Clone)]
    pub(crate) struct ServerName {
        name: String,
        /// Where the server is.
        at: Uri,
    }

    impl ServerName {
        /// `None` if `name` is not a name of a server.
        pub(crate) fn new(name: &str, url: &str) -> Option<Self> {
            pki_types::ServerName::try_from(name).ok()?;
            let this = Self { name: name.to_owned(), at: url.parse().ok()? };
            this.rename(url).map(|_| this)
        }

        /// The same URL with this name in it, and the host that it named.
        pub(in crate::http) fn rename(&self, url: &str) -> Option<(Uri, String)> {
            let uri: Uri = url.parse().ok()?;
            let host = uri.authority()?.as_str().to_owned();
            let name = match self.name.contains(':') {
                true => format!("[{}]", self.name),
                false => self.name.clone(),
            };
            let name = match uri.port_u16() {
                Some(port) => format!("{name}:{port}"),
                None => name,
            };
            let mut parts = uri.into_parts();
            parts.authority = Some(name.parse().ok()?);
            Some((Uri::from_parts(parts).ok()?, host))
        }
    }

    impl Resolver for ServerName {
        fn resolve(
            &self,
            _: &Uri,
            config: &Config,
            timeout: NextTimeout,
        ) -> Result<ResolvedSocketAddrs, Error> {
            DefaultResolver::default().resolve(&self.at, config, timeout)
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_server_may_have_another_name_than_its_url() {
            let server = ServerName::new("vault.internal", "https://10.0.0.2:8200").unwrap();
            let (uri, host) = server.rename("https://10.0.0.2:8200/v1/x?list=true").unwrap();
            assert_eq!(uri.to_string(), "https://vault.internal:8200/v1/x?list=true");
            assert_eq!(host, "10.0.0.2:8200");
            for name in ["", "a b", "user@host", "host:1", "a/b"] {
                assert!(ServerName::new(name, "https://10.0.0.2:8200").is_none(), "{name}");
            }
        }
    }
}
