//! The file itself: TOML. See `docs/formats/profile.md`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Ages, ProfileError};
use crate::{
    backup::Layout,
    device_secret::CustodianId,
    store::{StoreError, private_file},
};
use stockade_base::eth::Address;
use stockade_keystore::staking::Network;

/// The longest profile: more than a thousand copies.
const MAX_LEN: u64 = 1024 * 1024;

/// What a person would otherwise name on every command line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Profile {
    /// The network of new keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// The wallet, as `--device` names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The layout of restored folders, as `--layout` names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<String>,
    /// The URL of an Ethereum node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The owner's addresses: check addresses, which sign sets, and those that attest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signers: Vec<Address>,
    /// The custodians that every set should have. Empty if that is not to be checked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custodians: Vec<CustodianId>,
    /// The threshold that every set should have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u8>,
    /// How old the results of checks may be.
    pub max_age: Ages,
    /// The copies.
    #[serde(rename = "copy", skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<KnownCopy>,
}

/// A copy, known again by its id wherever it is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownCopy {
    /// Its id: 8 hex digits.
    pub id: CustodianId,
    /// A name for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// The folder or bucket where it was last.
    pub place: String,
    /// Whether it is kept elsewhere, and is usually not connected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub away: bool,
}

impl Profile {
    /// Reads a profile; `None` if there is no such file.
    pub fn read(path: &Path) -> Result<Option<Self>, ProfileError> {
        match private_file::read_regular(path, MAX_LEN) {
            Ok(bytes) => Self::parse(&bytes, path).map(Some),
            Err(StoreError::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn parse(bytes: &[u8], path: &Path) -> Result<Self, ProfileError> {
        let malformed = |line, why: &str| ProfileError::Malformed {
            path: path.to_owned(),
            line,
            why: stockade_base::shown(why).to_string(),
        };
        let text = std::str::from_utf8(bytes).map_err(|_| malformed(None, "not UTF-8"))?;
        let profile: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            // Its own text would repeat the line, which may be of another file.
            malformed(before.map(|before| before.split('\n').count()), error.message())
        })?;
        profile.check().map_err(|why| malformed(None, &why))?;
        Ok(profile)
    }

    /// What is wrong with the values, if anything is.
    fn check(&self) -> Result<(), String> {
        let mut seen = std::collections::BTreeSet::new();
        if let Some(twice) = self.copies.iter().find(|copy| !seen.insert(&copy.id)) {
            return Err(format!("the copy {} is listed twice", twice.id));
        }
        if let Some(layout) = &self.layout {
            layout.parse::<Layout>().map_err(|error| error.to_string())?;
        }
        match &self.node {
            Some(url) => node_url(url).map(|_| ()).map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }

    /// Writes the profile, which only its owner can read. Replaces an existing one.
    pub fn write(&self, path: &Path) -> Result<(), ProfileError> {
        Ok(private_file::replace(path, self.to_toml()?.as_bytes())?)
    }

    /// The profile as TOML.
    pub fn to_toml(&self) -> Result<String, ProfileError> {
        self.check().map_err(ProfileError::Unwritable)?;
        toml::to_string(self).map_err(|error| ProfileError::Unwritable(error.to_string()))
    }

    /// The same for people: a label with a new line in it begins none of the text's.
    pub fn for_people(&self) -> Result<String, ProfileError> {
        let mut shown = self.clone();
        let harmless = |text: &mut String| *text = stockade_base::shown(text).to_string();
        shown.node.iter_mut().for_each(harmless);
        shown.device.iter_mut().for_each(harmless);
        for copy in &mut shown.copies {
            harmless(&mut copy.label);
            harmless(&mut copy.place);
        }
        shown.to_toml()
    }
}

/// The URL is not one that a profile takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a URL for a profile: it begins with http:// or https://, and has no user name, password or query"
)]
#[non_exhaustive]
pub struct NotNodeUrl;

/// Checks the URL of a node. A profile takes none with credentials, which are secrets.
pub fn node_url(text: &str) -> Result<String, NotNodeUrl> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |rest: &&str| !rest.is_empty() && !rest.contains(['@', '?', '#', ' ']);
    rest.filter(plain).map(|_| text.to_owned()).ok_or(NotNodeUrl)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";

    fn parse(text: &str) -> Result<Profile, ProfileError> {
        Profile::parse(text.as_bytes(), Path::new("p.toml"))
    }

    #[test]
    fn a_profile_is_read_as_it_was_written() {
        let text = format!(
            "network = \"hoodi\"\ndevice = \"ledger\"\nlayout = \"teku\"\nnode = \"http://127.0.0.1:8545\"\n\
             signers = [\"{A}\"]\ncustodians = [\"0a1b2c3d\"]\nthreshold = 1\n\n[max_age]\n\
             scrub = \"7d\"\ndrill = \"90d\"\nattestation = \"off\"\n\n[[copy]]\n\
             id = \"a1b2c3d4\"\nlabel = \"stick\"\nplace = \"/media/me/a b\"\naway = true\n"
        );
        let profile = parse(&text).unwrap();
        assert_eq!(profile.to_toml().unwrap(), text);
        assert_eq!(parse("").unwrap(), Profile::default());
        assert_eq!(parse(&Profile::default().to_toml().unwrap()).unwrap(), Profile::default());
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let copy = "[[copy]]\nid = \"a1b2c3d4\"\nplace = \"/a\"\n";
        for bad in [
            "colour = 1",
            "network = \"nowhere\"",
            "signers = [\"0x9858effd232b4033e47d90003d41ec34ecaeda94\"]x",
            "node = \"http://me:secret@host\"",
            "node = \"ftp://host\"",
            "layout = \"word\"",
            "[max_age]\nscrub = \"0d\"",
            "[[copy]]\nid = \"A1B2C3D4\"\nplace = \"/a\"",
            "threshold = 300",
            &copy.repeat(2),
        ] {
            assert!(matches!(parse(bad), Err(ProfileError::Malformed { .. })), "{bad}");
        }
    }

    #[test]
    fn a_wrong_file_is_not_repeated_in_the_error() {
        let words = "a\nlegal winner thank year wave sausage\n";
        let error = parse(words).unwrap_err().to_string();
        assert!(error.starts_with("p.toml, line "), "{error}");
        assert!(!error.contains("winner") && !error.contains('\n'), "{error}");
    }
}
