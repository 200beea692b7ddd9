//! The table of what clients refuse. A rule is a deviation from the form that all clients accept,
//! with the clients that refuse it. All others accept it.
//!
//! If a rule names a variant, the rule is what the programs, or their own keystore code, did with that
//! file. All else was read in their sources.

use super::{Client, Evidence};

use Client::{
    Ethdo as ETHDO, EthstakerDepositCli as DEPOSIT, Lighthouse as LIGHTHOUSE, Lodestar as LODESTAR,
    Nimbus as NIMBUS, Prysm as PRYSM, Teku as TEKU, Web3signer as SIGNER,
};

/// A kind of deviation, and the clients that refuse a keystore because of it.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// The name in JSON.
    pub id: &'static str,
    /// The description for people.
    pub words: &'static str,
    /// How it was tried.
    pub tried: Trial,
    /// The clients that refuse it.
    pub refused_by: &'static [Client],
}

/// How a rule was tried, and with which file of device-tests/vectors/keystore-variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trial {
    /// Not tried: the clients' sources were read.
    NotTried,
    /// By keystore libraries only.
    Libraries(&'static str),
    /// By keystore libraries and by Prysm and ethdo themselves. When Web3signer and Teku were run, their
    /// handling of passwords was not examined.
    Passwords(&'static str),
    /// By keystore libraries and whole programs.
    Programs(&'static str),
}

impl Rule {
    /// How it is known what `client` does.
    pub fn evidence(&self, client: Client) -> Evidence {
        let best = client.best_evidence();
        match (self.tried, client) {
            (Trial::NotTried, _) => Evidence::Read,
            (Trial::Libraries(_), _) if best == Evidence::Library => best,
            (Trial::Libraries(_), _) | (Trial::Passwords(_), SIGNER) => Evidence::Read,
            // Teku's keystore code was run on these files.
            (Trial::Passwords(_), TEKU) => Evidence::Library,
            (Trial::Passwords(_) | Trial::Programs(_), _) => best,
        }
    }

    /// The file that it was tried with.
    pub fn variant(&self) -> Option<&'static str> {
        match self.tried {
            Trial::NotTried => None,
            Trial::Libraries(name) | Trial::Passwords(name) | Trial::Programs(name) => Some(name),
        }
    }
}

const ALL: &[Client] = &Client::ALL;

macro_rules! rules {
    ($($name:ident: $id:literal, $tried:expr, $refused:expr, $words:literal;)*) => {
        $(pub(super) static $name: Rule =
            Rule { id: $id, words: $words, tried: $tried, refused_by: $refused };)*
        /// All rules.
        #[cfg(test)]
        static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    // What the file is.
    NOT_JSON: "not_json", Trial::Programs("43-truncated"), ALL,
        "it is not JSON: truncated, or another kind of file";
    NOT_A_KEYSTORE: "not_a_keystore", Trial::NotTried, ALL, "it is not an EIP-2335 keystore";
    FIELD_MISSING: "field_missing", Trial::NotTried, ALL, "a field that every client needs is missing";
    FUNCTION: "function", Trial::NotTried, ALL, "a function that EIP-2335 does not define";
    PRF: "prf", Trial::Libraries("53-prf-sha512"), ALL, "PBKDF2 with another function than hmac-sha256";
    NOT_HEX: "not_hex", Trial::NotTried, ALL, "a field that should be hexadecimal is not";
    MESSAGE_LENGTH: "message_length", Trial::NotTried, ALL, "an encrypted key or checksum that is not 32 bytes long";
    KDF_HUGE: "kdf_huge", Trial::NotTried, ALL, "a key derivation that would take gigabytes or hours";
    DKLEN_SHORT: "dklen_short", Trial::NotTried, ALL, "a derived key of less than 32 bytes";
    // The fields beside the key.
    VERSION_TEXT: "version_text", Trial::Programs("27-version-str"),
        &[DEPOSIT, LODESTAR, LIGHTHOUSE, NIMBUS, PRYSM, ETHDO],
        "its `version` is text, not a number";
    PATH_MISSING: "path_missing", Trial::Programs("10-no-path"), &[DEPOSIT, LODESTAR, NIMBUS], "it has no `path`";
    PATH_FORM: "path_form", Trial::Programs("11-path-empty"), &[DEPOSIT],
        "its `path` is empty, or not of the form m/12381/3600/0/0/0";
    UUID_MISSING: "uuid_missing", Trial::Programs("12-no-uuid"),
        &[DEPOSIT, LODESTAR, LIGHTHOUSE, NIMBUS, ETHDO],
        "it has no `uuid`";
    UUID_FORM: "uuid_form", Trial::NotTried, &[LODESTAR, LIGHTHOUSE, TEKU, SIGNER, ETHDO],
        "its `uuid` is not a UUID";
    PUBKEY_MISSING: "pubkey_missing", Trial::Programs("15-no-pubkey"),
        &[DEPOSIT, LIGHTHOUSE, TEKU, PRYSM, NIMBUS, LODESTAR, ETHDO],
        "it has no `pubkey`";
    PUBKEY_FORM: "pubkey_form", Trial::NotTried, ALL, "its `pubkey` is not 96 hex digits";
    PUBKEY_0X: "pubkey_0x", Trial::Programs("13-pubkey-0x"), &[DEPOSIT, LODESTAR, LIGHTHOUSE, PRYSM, ETHDO],
        "its `pubkey` begins with 0x";
    PUBKEY_UPPER: "pubkey_upper", Trial::Programs("14-pubkey-UPPER"), &[LIGHTHOUSE],
        "its `pubkey` is in upper case";
    DESCRIPTION_NULL: "description_null", Trial::NotTried, &[LODESTAR], "its `description` is null, not text";
    UNKNOWN_FIELD: "unknown_field", Trial::Programs("16-extra-top"), &[LIGHTHOUSE],
        "a field that EIP-2335 does not define";
    UNKNOWN_PARAMETER: "unknown_parameter", Trial::Libraries("52-cipher-params"),
        &[DEPOSIT, LIGHTHOUSE, NIMBUS],
        "a field inside `crypto` that EIP-2335 does not define";
    // How the key is encrypted.
    SCRYPT_WEAK: "scrypt_weak", Trial::Programs("03-scrypt-214"), &[DEPOSIT, NIMBUS],
        "scrypt below the standard's cost (n·r·p below 2^20)";
    SCRYPT_OTHER: "scrypt_other", Trial::Programs("04-scrypt-219"), &[NIMBUS],
        "scrypt with other parameters than n=262144, r=8, p=1";
    PBKDF2_WEAK: "pbkdf2_weak", Trial::Programs("05-pbkdf2-c2"), &[DEPOSIT],
        "PBKDF2 with fewer than 262144 rounds";
    PBKDF2_MANY: "pbkdf2_many", Trial::NotTried, &[LIGHTHOUSE], "PBKDF2 with more than 80 million rounds";
    DKLEN_LONG: "dklen_long", Trial::Programs("22-dklen64"), &[DEPOSIT, LODESTAR, LIGHTHOUSE],
        "a derived key of more than 32 bytes";
    KDF_MESSAGE: "kdf_message_missing", Trial::Programs("29-kdf-msg-missing"),
        &[DEPOSIT, LODESTAR, LIGHTHOUSE, TEKU, SIGNER], "`crypto.kdf` has no `message`";
    KDF_MESSAGE_SET: "kdf_message_set", Trial::Libraries("50-kdf-message"),
        &[DEPOSIT, LODESTAR, LIGHTHOUSE], "the `message` of `crypto.kdf` is not empty";
    CHECKSUM_PARAMS_SET: "checksum_params_set", Trial::Libraries("51-checksum-params"),
        &[DEPOSIT, LODESTAR, LIGHTHOUSE], "the `params` of `crypto.checksum` are not empty";
    CHECKSUM_PARAMS: "checksum_params_missing", Trial::NotTried, &[LODESTAR, LIGHTHOUSE, NIMBUS],
        "`crypto.checksum` has no `params`";
    PARAMS_FIRST: "params_first", Trial::Programs("21-params-before-function"), &[NIMBUS],
        "`params` come before their `function`";
    IV_LENGTH: "iv_length", Trial::Programs("30-iv12"), &[DEPOSIT, LODESTAR, LIGHTHOUSE, PRYSM, ETHDO, NIMBUS],
        "an `iv` that is not 16 bytes long";
    HEX_UPPER: "hex_upper", Trial::Programs("26-hex-UPPER"), &[DEPOSIT], "hexadecimal in upper case";
    HEX_0X: "hex_0x", Trial::NotTried, &[DEPOSIT, LODESTAR, LIGHTHOUSE, PRYSM, ETHDO, NIMBUS],
        "hexadecimal that begins with 0x";
    SALT_0X: "salt_0x", Trial::Programs("46-salt-0x"),
        &[DEPOSIT, LIGHTHOUSE, PRYSM, ETHDO, NIMBUS],
        "a `salt` that begins with 0x";
    SALT_EMPTY: "salt_empty", Trial::NotTried, &[LIGHTHOUSE, NIMBUS], "an empty `salt`";
    SALT_SCRYPT: "salt_scrypt", Trial::NotTried, &[LODESTAR], "a scrypt `salt` that is not 64 hex digits";
    SALT_PBKDF2: "salt_pbkdf2", Trial::NotTried, &[NIMBUS],
        "a PBKDF2 `salt` whose length is not a multiple of 16 digits";
    // What opening it showed.
    PASSWORD: "password", Trial::Passwords("34-pw-trailing-space"), ALL, "it does not open with this password";
    PASSWORD_MARKS: "password_marks", Trial::Passwords("39-pw-umlaut-wealdtech-1.1.3"),
        &[DEPOSIT, LIGHTHOUSE, TEKU, NIMBUS, LODESTAR, SIGNER],
        "it was encrypted under the password without its combining marks";
    PASSWORD_KEYSTOREV4: "password_keystorev4", Trial::NotTried,
        &[DEPOSIT, LIGHTHOUSE, TEKU, NIMBUS, LODESTAR, SIGNER],
        "it was encrypted under the password as keystorev4 normalises it";
    PASSWORD_FIRST_OF_EACH: "password_first_of_each", Trial::Passwords("36-pw-u-umlaut-NFC"), &[PRYSM],
        "this client keeps only the first code point of each letter in the password, without accents";
    PASSWORD_MANY_MARKS: "password_many_marks", Trial::NotTried, &[PRYSM, ETHDO],
        "the password has more than 30 combining marks in a row, which this client separates";
    PASSWORD_EMPTY: "password_empty", Trial::Passwords("41-pw-empty"), &[PRYSM, ETHDO],
        "the password is empty";
    PASSWORD_C1_KEPT: "password_c1_kept", Trial::NotTried,
        &[DEPOSIT, LIGHTHOUSE, TEKU, NIMBUS, LODESTAR, SIGNER],
        "it was encrypted under the password with its C1 control codes";
    PASSWORD_C1: "password_c1", Trial::NotTried, &[PRYSM, ETHDO],
        "the password has C1 control codes, which this client keeps";
    OTHER_KEY: "other_key", Trial::Programs("25-wrong-pubkey"),
        &[LIGHTHOUSE, TEKU, SIGNER, ETHDO],
        "it contains another key than its `pubkey` says";
    NO_KEY: "no_key", Trial::NotTried, ALL, "its content is not a BLS key";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_has_a_unique_name_and_a_client_that_refuses() {
        let names: BTreeSet<_> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(names.len(), RULES.len());
        assert!(RULES.iter().all(|rule| !rule.refused_by.is_empty()));
    }

    #[test]
    fn what_was_only_read_is_never_called_measured() {
        for rule in RULES {
            assert_eq!(rule.evidence(Client::Nimbus), Evidence::Read, "{}", rule.id);
            let is_tried = rule.tried != Trial::NotTried;
            assert_eq!(rule.evidence(Client::Lodestar) > Evidence::Read, is_tried, "{}", rule.id);
            for library in [Client::Lodestar, Client::Lighthouse, Client::EthstakerDepositCli] {
                assert!(rule.evidence(library) < Evidence::Measured, "{}", rule.id);
            }
            let by_programs = matches!(rule.tried, Trial::Programs(_));
            let measured = rule.evidence(Client::Teku) == Evidence::Measured;
            assert_eq!(measured, by_programs, "{}", rule.id);
        }
    }
}
