//! A location where a key can sign.

use std::fmt;

use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::backup::set::set_id::SetId;
use stockade_base::secret::SecretText;

/// The kind of a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LocationKind {
    /// A validator client or Web3signer that holds the key, behind the keymanager API.
    Keymanager,
    /// A validator client that signs with the key through a remote signer.
    RemoteKeys,
    /// A folder of Web3signer's key configuration.
    Web3signer,
    /// HashiCorp Vault.
    Vault,
    /// AWS Secrets Manager.
    AwsSecrets,
    /// A folder that keystores were restored to.
    Folder,
    /// Shares of the key, on several machines.
    Shares,
}

impl LocationKind {
    /// The word for it in the files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keymanager => "keymanager",
            Self::RemoteKeys => "remote-keys",
            Self::Web3signer => "web3signer",
            Self::Vault => "vault",
            Self::AwsSecrets => "aws-secrets",
            Self::Folder => "folder",
            Self::Shares => "shares",
        }
    }

    /// The kind with this word.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [
            Self::Keymanager,
            Self::RemoteKeys,
            Self::Web3signer,
            Self::Vault,
            Self::AwsSecrets,
            Self::Folder,
            Self::Shares,
        ];
        all.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A location where a key can sign.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// What kind of location it is.
    pub kind: LocationKind,
    /// A URL, a path in a store, or the host and the last name of a folder.
    pub address: String,
    /// [`token_hash`] of the token that opens it. Two clients behind one address have different
    /// tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The name that the user gave it, which overrides address and token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Addresses of other locations on the same signing path: the signer that a client asks, or the
    /// store that a signer reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub through: Vec<String>,
    /// [`token_hash`] of the same token, keyed by other sets with the same keys. Not in the files.
    #[serde(skip)]
    pub(super) other_tokens: Vec<String>,
    /// The user's names for the locations that are parts of this one: a client's own folder, or its
    /// store. Not in the files: they are valid for one command.
    #[serde(skip)]
    pub(super) parts: Vec<String>,
}

impl Location {
    /// A location without a token and without a name.
    pub fn new(kind: LocationKind, address: &str) -> Self {
        let address = address.trim_end_matches('/').to_owned();
        Self {
            kind,
            address,
            token: None,
            name: None,
            through: Vec::new(),
            other_tokens: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// The same location with the hash of its token.
    #[must_use]
    pub fn with_token(self, token: Option<String>) -> Self {
        Self { token, ..self }
    }

    /// The same location with a name.
    #[must_use]
    pub fn with_name(self, name: Option<String>) -> Self {
        Self { name, ..self }
    }

    /// The same location, on the signing path of the locations at these addresses.
    #[must_use]
    pub fn with_through(self, through: Vec<String>) -> Self {
        let through = through.iter().map(|at| at.trim_end_matches('/').to_owned()).collect();
        Self { through, ..self }
    }

    /// The same location, with the user's names for its parts.
    #[must_use]
    pub fn with_parts(self, parts: Vec<String>) -> Self {
        Self { parts, ..self }
    }

    /// Whether many clients share this address: with tunnels and Compose files,
    /// `http://127.0.0.1:5062` or `http://validator:5062` can mean any client.
    pub fn is_ambiguous(&self) -> bool {
        let Some((_, rest)) = self.address.split_once("://") else { return false };
        let authority = rest.split(['/', ',']).next().unwrap_or_default();
        let host = match authority.strip_prefix('[') {
            Some(ip) => ip.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        };
        let loopback = host.starts_with("127.") || host == "::1" || host == "localhost";
        loopback || (!host.contains('.') && !host.contains(':'))
    }

    /// Whether both are certainly the same location. In doubt they are different: the user is asked
    /// about a key that may be elsewhere, but not about one that is believed to be here.
    pub fn is(&self, other: &Self) -> bool {
        if let (Some(own), Some(others)) = (&self.name, &other.name) {
            return own == others;
        }
        let token = self.token == other.token
            || other.token.as_ref().is_some_and(|token| self.other_tokens.contains(token))
            || self.token.as_ref().is_some_and(|token| other.other_tokens.contains(token));
        let alike = self.kind == other.kind && self.address == other.address && token;
        // Only one of them has a name, so the other may be any client behind that address.
        let both_unnamed = self.name.is_none() && other.name.is_none();
        alike && (both_unnamed || !self.is_ambiguous())
    }

    /// Whether `other` is on the signing path of this one, or this one on that of `other`.
    pub fn is_on_path_of(&self, other: &Self) -> bool {
        self.through.contains(&other.address) || other.through.contains(&self.address)
    }

    /// Whether the user stated that `other` is a part of this one.
    pub(crate) fn has_part(&self, other: &Self) -> bool {
        self.parts.iter().any(|part| other.is_called(part))
    }

    /// Whether the user means this location by `text` on a command line.
    pub fn is_called(&self, text: &str) -> bool {
        let text = text.trim_end_matches('/');
        match &self.name {
            Some(name) => name == text,
            None => self.address == text,
        }
    }

    /// Its name on a command line.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.address)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} ({} {})", self.kind.as_str(), self.address),
            None => write!(f, "{} {}", self.kind.as_str(), self.address),
        }
    }
}

/// Tells tokens apart without revealing them: 8 bytes of HMAC-SHA256, keyed by the set.
pub fn token_hash(set: &SetId, token: &SecretText) -> Option<String> {
    let mut mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(set.as_str().as_bytes()).ok()?;
    mac.update(b"stockade/whereabouts/v1 token ");
    mac.update(token.expose().as_bytes());
    let tag = hex::encode(mac.finalize().into_bytes());
    tag.get(..16).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Location {
        Location::new(LocationKind::Keymanager, address)
    }

    #[test]
    fn places_that_may_differ_are_different() {
        let token = |hash: &str| Some(hash.to_owned());
        let named = |name: &str| Some(name.to_owned());
        let one = at("http://127.0.0.1:5062").with_token(token("aa"));
        assert!(one.is(&one.clone()));
        assert!(!one.is(&one.clone().with_token(token("bb"))));
        assert!(!one.is(&one.clone().with_name(named("vc-1"))));
        let vc = one.with_name(named("vc-1"));
        assert!(vc.is(&at("https://elsewhere.example").with_name(named("vc-1"))));
        assert!(!vc.is(&vc.clone().with_name(named("vc-2"))));
        let far = at("https://vc.example:5062/").with_token(token("aa"));
        assert!(far.is(&at("https://vc.example:5062").with_token(token("aa"))));
        assert!(far.is(&far.clone().with_name(named("vc-1"))));
    }

    #[test]
    fn addresses_that_many_clients_share_are_ambiguous() {
        for each in ["http://127.0.0.1:1", "http://localhost:1/x", "http://[::1]:5", "http://vc:1"]
        {
            assert!(at(each).is_ambiguous(), "{each}");
        }
        for each in ["https://vc.example:1", "https://10.0.0.7", "https://[fd00::1]:5", "kv/x"] {
            assert!(!at(each).is_ambiguous(), "{each}");
        }
    }
}
