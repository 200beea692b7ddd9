//! How a service is trusted, and what it is shown of who connects.

use super::{HttpError, certificates};
use crate::http;

/// How a service is reached by TLS. Without anything, the certificates count that this computer
/// trusts.
#[derive(Default)]
pub struct Tls<'a> {
    /// The certificates (PEM) that the service is trusted by, in place of the system's.
    pub authorities: Option<&'a [u8]>,
    /// A certificate and its key (PEM), for a service that asks who connects.
    pub client: Option<(&'a [u8], &'a [u8])>,
    /// The name that the service's certificate must have, in place of the one in its URL.
    pub server_name: Option<&'a str>,
}

impl Tls<'_> {
    /// Reads everything, for the service at `url`.
    pub(super) fn read(&self, url: &str) -> Result<http::Tls, HttpError> {
        let client = self.client.map(|(chain, key)| http::ClientIdentity::new(chain, key));
        let named = self.server_name.map(|name| {
            http::ServerName::new(name, url)
                .ok_or_else(|| HttpError::ServerName(stockade_base::json::clip(name, 80)))
        });
        Ok(http::Tls {
            authorities: self.authorities.map(certificates).transpose()?,
            client: client.transpose().map_err(HttpError::ClientCertificate)?,
            // In clear there is no certificate, and no name in it.
            server_name: named.transpose()?.filter(|_| url.starts_with("https:")),
        })
    }
}
