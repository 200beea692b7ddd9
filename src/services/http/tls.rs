//! TLS: trusted authorities, client certificates, and server names.

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

/// The settings of a TLS connection.
#[derive(Default)]
pub(crate) struct Tls {
    /// The trusted authorities, in place of the system's.
    pub authorities: Option<Authorities>,
    /// The client certificate for servers that request one.
    pub client: Option<ClientIdentity>,
    /// The name that must be in the server's certificate, in place of the one in the URL.
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

/// The authorities that this system trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` name others). If it has
/// none, as in small containers, the public ones are trusted.
fn system() -> RootCerts {
    static SYSTEM: OnceLock<Arc<Authorities>> = OnceLock::new();
    let found = SYSTEM.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs().certs;
        Arc::new(found.iter().map(|der| Certificate::from_der(der).to_owned()).collect())
    });
    // If the user named certificates but none was found, no server is trusted.
    let is_named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| env::var_os(name).is_some());
    if found.is_empty() && !is_named {
        RootCerts::WebPki
    } else {
        RootCerts::Specific(found.clone())
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

    /// A client certificate and its key, which match.
    pub(crate) struct ClientIdentity(ClientCert);

    impl ClientIdentity {
        /// Reads both in PEM. Errors show nothing of their content.
        pub(crate) fn new(chain: &[u8], key: &[u8]) -> Result<Self, &'static str> {
            let chain = certificates(chain);
            if chain.is_empty() {
                return Err("the file holds no PEM certificate");
            }
            let has = |part: &[u8]| key.windows(part.len()).any(|window| window == part);
            let own = parse_pem(key).find_map(|item| match item {
                Ok(PemItem::PrivateKey(key)) => Some(key),
                _ => None,
            });
            let (Some(own), Ok(der)) = (own, PrivateKeyDer::from_pem_slice(key)) else {
                return Err(if has(b"ENCRYPTED") {
                    "its key is encrypted: decrypt the key, or name another"
                } else {
                    "the key file holds no PEM private key"
                });
            };
            // ureq does not check that they match.
            let ders = chain.iter().map(|one| one.der().to_vec().into()).collect();
            match CertifiedKey::from_der(ders, der, &ring::default_provider()) {
                Ok(_) => Ok(Self(ClientCert::new_with_certs(&chain, own))),
                Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
                    Err("the key belongs to another certificate")
                }
                Err(_) => Err("the certificate or key is damaged or of an unknown kind"),
            }
        }

        pub(super) fn into_inner(self) -> ClientCert {
            self.0
        }
    }

    /// The name in a server's certificate, if it differs from the one in its URL.
    #[derive(Debug, Clone)]
    pub(crate) struct ServerName {
        name: String,
        /// The address of the server.
        at: Uri,
    }

    impl ServerName {
        /// The name `name` for the server at `url`. `None` if it is not a valid server name.
        pub(crate) fn new(name: &str, url: &str) -> Option<Self> {
            pki_types::ServerName::try_from(name).ok()?;
            let this = Self { name: name.to_owned(), at: url.parse().ok()? };
            this.rename(url).map(|_| this)
        }

        /// Replaces the host in `url` by this name, and returns the host, too.
        pub(in crate::http) fn rename(&self, url: &str) -> Option<(Uri, String)> {
            let uri: Uri = url.parse().ok()?;
            let host = uri.authority()?.as_str().to_owned();
            let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
            let is_ip_v6 = self.name.contains(':');
            let name = if is_ip_v6 {
                format!("[{}]{port}", self.name)
            } else {
                format!("{}{port}", self.name)
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
        fn a_server_name_may_differ_from_the_url() {
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
