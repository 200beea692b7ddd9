//! TLS settings of a service, in PEM.

use super::{HttpError, certificates};
use crate::http;

/// TLS settings of a service. By default the system's certificate authorities are trusted.
#[derive(Default)]
#[non_exhaustive]
pub struct Tls<'a> {
    /// The trusted certificate authorities (PEM), in place of the system's.
    pub authorities: Option<&'a [u8]>,
    /// A client certificate and its key (PEM), for a service that requests one.
    pub client: Option<(&'a [u8], &'a [u8])>,
    /// The name that must be in the service's certificate, in place of the one in its URL.
    pub server_name: Option<&'a str>,
}

impl Tls<'_> {
    /// Reads the settings for the service at `url`.
    pub(super) fn read(&self, url: &str) -> Result<http::Tls, HttpError> {
        let client = self.client.map(|(chain, key)| http::ClientIdentity::new(chain, key));
        let named = self.server_name.map(|name| {
            http::ServerName::new(name, url)
                .ok_or_else(|| HttpError::ServerName(stockade_base::json::clip(name, 80)))
        });
        Ok(http::Tls {
            authorities: self.authorities.map(certificates).transpose()?,
            client: client.transpose().map_err(HttpError::ClientCertificate)?,
            // Without TLS there is no certificate.
            server_name: named.transpose()?.filter(|_| url.starts_with("https:")),
        })
    }
}
