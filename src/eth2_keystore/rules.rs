//! The one table of what keystore clients refuse. A rule is a deviation from the form that all of
//! them take, and who refuses a file for it; whoever is not named takes the file.
//!
//! Where a rule names the variant that it was measured with, what it says of the clients that
//! were measured is what their own code did; all else was read in their sources.

use super::{Client, Evidence};

use Client::{
    Ethdo as ETHDO, EthstakerDepositCli as DEPOSIT, Lighthouse as LIGHTHOUSE, Lodestar as LODESTAR,
    Nimbus as NIMBUS, Prysm as PRYSM, Teku as TEKU, Web3signer as SIGNER,
};

/// A deviation, and who refuses a keystore for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name in JSON.
    pub id: &'static str,
    /// What it is, for people.
    pub words: &'static str,
    /// The variant in device-tests/vectors/keystore-variants that it was measured with.
    pub measured: Option<&'static str>,
    /// Who refuses.
    pub refused_by: &'static [Client],
}

impl Rule {
    /// How it is known what `client` does.
    pub fn evidence(&self, client: Client) -> Evidence {
        match self.measured.is_some() && client.is_measured() {
            true => Evidence::Measured,
            false => Evidence::Read,
        }
    }
}

const ALL: &[Client] = &Client::ALL;

macro_rules! rules {
    ($($name:ident: $id:literal, $measured:expr, $refused:expr, $words:literal;)*) => {
        $(pub(super) static $name: Rule =
            Rule { id: $id, words: $words, measured: $measured, refused_by: $refused };)*
        /// All of them.
        #[cfg(test)]
        static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    // What the file is.
    NOT_JSON: "not_json", Some("43-truncated"), ALL,
        "it is no JSON: cut short, or another kind of file";
    NOT_A_KEYSTORE: "not_a_keystore", None, ALL, "it is no EIP-2335 keystore";
    FIELD_MISSING: "field_missing", None, ALL, "a field that every client needs is missing";
    FUNCTION: "function", None, ALL, "a function that EIP-2335 does not have";
    NOT_HEX: "not_hex", None, ALL, "a field that should be hexadecimal is not";
    MESSAGE_LENGTH: "message_length", None, ALL, "an encrypted key or checksum of other than 32 bytes";
    KDF_HUGE: "kdf_huge", None, ALL, "a key derivation that would take gigabytes or hours";
    DKLEN_SHORT: "dklen_short", None, ALL, "a derived key of less than 32 bytes";
    // The fields beside the key.
    VERSION_TEXT: "version_text", Some("27-version-str"), &[DEPOSIT, LODESTAR, LIGHTHOUSE, NIMBUS],
        "its `version` is text, not a number";
    PATH_MISSING: "path_missing", Some("10-no-path"), &[DEPOSIT, LODESTAR, NIMBUS], "it has no `path`";
    PATH_FORM: "path_form", Some("11-path-empty"), &[DEPOSIT],
        "its `path` is empty, or not of the form m/12381/3600/0/0/0";
    UUID_MISSING: "uuid_missing", Some("12-no-uuid"), &[DEPOSIT, LODESTAR, LIGHTHOUSE, NIMBUS],
        "it has no `uuid`";
    UUID_FORM: "uuid_form", None, &[LODESTAR, LIGHTHOUSE, TEKU, SIGNER], "its `uuid` is none";
    PUBKEY_MISSING: "pubkey_missing", Some("15-no-pubkey"), ALL, "it has no `pubkey`";
    PUBKEY_FORM: "pubkey_form", None, ALL, "its `pubkey` is not 96 hex digits";
    PUBKEY_0X: "pubkey_0x", Some("13-pubkey-0x"), &[DEPOSIT, LODESTAR, LIGHTHOUSE],
        "its `pubkey` begins with 0x";
    PUBKEY_UPPER: "pubkey_upper", Some("14-pubkey-UPPER"), &[LIGHTHOUSE],
        "its `pubkey` is in upper case";
    UNKNOWN_FIELD: "unknown_field", Some("16-extra-top"), &[LIGHTHOUSE],
        "a field that EIP-2335 does not have";
    UNKNOWN_PARAMETER: "unknown_parameter", None, &[DEPOSIT, LIGHTHOUSE, NIMBUS],
        "a field inside `crypto` that EIP-2335 does not have";
    // How the key is encrypted.
    SCRYPT_WEAK: "scrypt_weak", Some("03-scrypt-214"), &[DEPOSIT, NIMBUS],
        "scrypt of less than the standard's cost (n·r·p below 2^20)";
    SCRYPT_OTHER: "scrypt_other", Some("04-scrypt-219"), &[NIMBUS],
        "scrypt with other parameters than n=262144, r=8, p=1";
    PBKDF2_WEAK: "pbkdf2_weak", Some("05-pbkdf2-c2"), &[DEPOSIT],
        "PBKDF2 of fewer than 262144 rounds";
    PBKDF2_MANY: "pbkdf2_many", None, &[LIGHTHOUSE], "PBKDF2 of more than 80 million rounds";
    DKLEN_LONG: "dklen_long", Some("22-dklen64"), &[DEPOSIT, LODESTAR, LIGHTHOUSE],
        "a derived key of more than 32 bytes";
    KDF_MESSAGE: "kdf_message_missing", Some("29-kdf-msg-missing"),
        &[DEPOSIT, LODESTAR, LIGHTHOUSE, TEKU, SIGNER], "`crypto.kdf` has no `message`";
    CHECKSUM_PARAMS: "checksum_params_missing", None, &[LODESTAR, LIGHTHOUSE, NIMBUS],
        "`crypto.checksum` has no `params`";
    PARAMS_FIRST: "params_first", Some("21-params-before-function"), &[NIMBUS],
        "`params` come before their `function`";
    IV_LENGTH: "iv_length", Some("30-iv12"), &[DEPOSIT, LODESTAR, LIGHTHOUSE, PRYSM, ETHDO, NIMBUS],
        "an `iv` of other than 16 bytes";
    HEX_UPPER: "hex_upper", Some("26-hex-UPPER"), &[DEPOSIT], "hexadecimal in upper case";
    HEX_0X: "hex_0x", None, &[DEPOSIT, LODESTAR, LIGHTHOUSE, PRYSM, ETHDO, NIMBUS],
        "hexadecimal that begins with 0x";
    SALT_0X: "salt_0x", Some("46-salt-0x"),
        &[DEPOSIT, LIGHTHOUSE, PRYSM, ETHDO, NIMBUS],
        "a `salt` that begins with 0x";
    SALT_EMPTY: "salt_empty", None, &[LIGHTHOUSE, NIMBUS], "an empty `salt`";
    SALT_SCRYPT: "salt_scrypt", None, &[LODESTAR], "a scrypt `salt` that is not 64 hex digits";
    SALT_PBKDF2: "salt_pbkdf2", None, &[NIMBUS],
        "a PBKDF2 `salt` whose length is no multiple of 16 digits";
    // What opening it showed.
    PASSWORD: "password", Some("34-pw-trailing-space"), ALL, "it does not open with this password";
    PASSWORD_MARKS: "password_marks", Some("39-pw-umlaut-wealdtech-1.1.3"),
        &[DEPOSIT, LIGHTHOUSE, TEKU, NIMBUS, LODESTAR, SIGNER],
        "it was encrypted under the password without its combining marks";
    PASSWORD_C1_KEPT: "password_c1_kept", None,
        &[DEPOSIT, LIGHTHOUSE, TEKU, NIMBUS, LODESTAR, SIGNER],
        "it was encrypted under the password with its C1 control codes";
    PASSWORD_C1: "password_c1", None, &[PRYSM, ETHDO],
        "the password has C1 control codes, which this client keeps";
    OTHER_KEY: "other_key", Some("25-wrong-pubkey"), &[LIGHTHOUSE, SIGNER],
        "the key inside is another than its `pubkey`";
    NO_KEY: "no_key", None, ALL, "what is inside is no BLS key";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_and_refuses_somewhere() {
        let names: BTreeSet<_> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(names.len(), RULES.len());
        assert!(RULES.iter().all(|rule| !rule.refused_by.is_empty()));
    }

    #[test]
    fn what_was_only_read_is_never_called_measured() {
        for rule in RULES {
            assert_eq!(rule.evidence(Client::Nimbus), Evidence::Read, "{}", rule.id);
            assert_eq!(rule.evidence(Client::Web3signer), Evidence::Read, "{}", rule.id);
            let measured = rule.evidence(Client::Teku) == Evidence::Measured;
            assert_eq!(measured, rule.measured.is_some(), "{}", rule.id);
        }
    }
}
