//! A custodian other than a wallet: an age recipient, an age plugin, or a passphrase. Its file is
//! not signed. See `docs/formats/custodian.md`.

use serde::{Deserialize, Serialize};

use super::{
    CustodianError, Identity, PassphraseError, Recipient,
    file::{FORMAT, VERSION},
    sealed_identity,
};
use crate::device_secret::CustodianId;
use stockade_base::secret::SecretText;

/// A custodian other than a wallet, as its file describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields")]
pub struct PlainCustodian {
    format: String,
    version: u32,
    /// The custodian's id, which appears in manifests.
    pub id: CustodianId,
    /// The kind of custodian.
    pub kind: PlainKind,
    /// The age recipient to seal to.
    pub recipient: String,
    /// For a passphrase: the identity of the recipient, itself sealed with the passphrase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// The name that its owner gave it. Never in a manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The kinds of custodians other than wallets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlainKind {
    /// An X25519 recipient. Its owner keeps the identity file.
    Age,
    /// The recipient of an age plugin.
    Plugin,
    /// A passphrase, which opens the sealed identity in the file.
    Passphrase,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    format: String,
    version: u32,
    id: CustodianId,
    kind: PlainKind,
    recipient: String,
    #[serde(default)]
    identity: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

impl TryFrom<Fields> for PlainCustodian {
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        let Fields { format, version, id, kind, recipient, identity, name } = fields;
        if format != FORMAT || version != VERSION {
            return Err("it has another format, or a later version of it");
        }
        require_recipient(kind, &recipient)?;
        match (kind, &identity) {
            (PlainKind::Passphrase, Some(identity)) => sealed_identity::require_sealed(identity)?,
            (PlainKind::Passphrase, None) => return Err("its sealed identity is missing"),
            (_, None) => {}
            (_, Some(_)) => return Err("it has an identity, although its kind has none"),
        }
        Ok(Self { format, version, id, kind, recipient, identity, name })
    }
}

/// Accepts only the usual form of a recipient: two spellings would look like two custodians.
fn require_recipient(kind: PlainKind, recipient: &str) -> Result<(), &'static str> {
    match kind {
        PlainKind::Age | PlainKind::Passphrase => {
            Recipient::try_from(recipient.to_owned()).map(|_| ())
        }
        PlainKind::Plugin => {
            recipient.parse::<age::plugin::Recipient>()?;
            if recipient.bytes().any(|b| b.is_ascii_uppercase()) {
                Err("not a plugin's recipient in its usual form, in lower case")
            } else {
                Ok(())
            }
        }
    }
}

impl PlainKind {
    /// The word for it in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Plugin => "plugin",
            Self::Passphrase => "passphrase",
        }
    }
}

impl PlainCustodian {
    /// A custodian with an X25519 `age1..` recipient.
    pub fn age(recipient: &str, name: Option<String>) -> Result<Self, CustodianError> {
        Self::new(PlainKind::Age, recipient, None, name)
    }

    /// A custodian with the `age1<plugin>1..` recipient of an age plugin.
    pub fn plugin(recipient: &str, name: Option<String>) -> Result<Self, CustodianError> {
        Self::new(PlainKind::Plugin, recipient, None, name)
    }

    /// A custodian that `passphrase` opens: a new identity, sealed with it.
    pub fn passphrase(
        passphrase: &SecretText,
        name: Option<String>,
    ) -> Result<Self, CustodianError> {
        let (recipient, sealed) = sealed_identity::make(passphrase)
            .map_err(|error| CustodianError::Sealing(error.to_string()))?;
        let custodian = Self::new(PlainKind::Passphrase, &recipient, Some(sealed), name)?;
        // As with a wallet, nothing is sealed to it before it was opened once.
        match custodian.unlock(passphrase) {
            Some(Ok(_)) => Ok(custodian),
            Some(Err(error)) => Err(CustodianError::Sealing(error.to_string())),
            None => Err(CustodianError::Sealing("its sealed identity is missing".to_owned())),
        }
    }

    fn new(
        kind: PlainKind,
        recipient: &str,
        identity: Option<String>,
        name: Option<String>,
    ) -> Result<Self, CustodianError> {
        let id = match &identity {
            Some(sealed) => sealed_identity::digest_id(recipient, sealed)
                .parse()
                .map_err(|_| CustodianError::Recipient("its id is not valid"))?,
            None => CustodianId::random()?,
        };
        let (format, recipient) = (FORMAT.to_owned(), recipient.to_owned());
        let fields = Fields { format, version: VERSION, id, kind, recipient, identity, name };
        fields.try_into().map_err(CustodianError::Recipient)
    }

    /// The same custodian without its name, as manifests store it.
    pub fn without_name(&self) -> Self {
        Self { name: None, ..self.clone() }
    }

    /// For a passphrase custodian: whether its id is the digest of its recipient and identity, so
    /// that no bit of them has flipped. If not, it is damaged or was made before ids were digests;
    /// only its passphrase can tell.
    pub fn is_intact(&self) -> Option<bool> {
        let sealed = self.identity.as_ref()?;
        Some(sealed_identity::digest_id(&self.recipient, sealed) == self.id.as_str())
    }

    /// Opens the identity of a passphrase custodian. `None` for other kinds.
    pub fn unlock(&self, passphrase: &SecretText) -> Option<Result<Identity, PassphraseError>> {
        let sealed = self.identity.as_ref()?;
        Some(sealed_identity::open(self.id.as_str(), &self.recipient, sealed, passphrase))
    }

    /// The name of the plugin, for a plugin's recipient.
    pub fn plugin_name(&self) -> Option<String> {
        let recipient: age::plugin::Recipient = self.recipient.parse().ok()?;
        (self.kind == PlainKind::Plugin).then(|| recipient.plugin().to_owned())
    }
}
