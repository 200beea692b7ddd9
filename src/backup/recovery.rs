//! RECOVERY.txt: how to open a set without Stockade, for whoever finds it.

use super::{BackupError, SetId};
use crate::{
    custodian::Custodian,
    device_secret::{Prompt, Scheme},
    path::DerivationPath,
};

/// The text for a set and its custodians.
pub(super) fn text(set_id: &SetId, custodians: &[Custodian]) -> Result<String, BackupError> {
    let mut text =
        format!("{HEAD}\nThis set: {set_id}\n\nCUSTODIANS\nAny one of these wallets opens it.\n");
    for custodian in custodians {
        text.push_str(&one(custodian)?);
    }
    text.push_str(STEPS);
    Ok(text)
}

fn one(custodian: &Custodian) -> Result<String, BackupError> {
    let how = match custodian.scheme {
        Scheme::Eip191V1 => format!(
            "  signs a personal message (EIP-191, \"personal_sign\") at {}",
            DerivationPath::check_address()
        ),
        Scheme::Slip11V1 => format!(
            "  encrypts by CipherKeyValue (SLIP-0011) at {}, asking on encrypt and on decrypt,\n  \
             no iv, value \"stockade device secret slip11 v1\"; the text below is the key",
            DerivationPath::cipher_key_value()
        ),
    };
    let json = String::from_utf8(custodian.without_name().to_json()?).unwrap_or_default();
    Ok(format!(
        "\ncustodian {}\n  the wallet whose address at {} is\n  {}\n  passphrase in use: {}\n{how}\n  \
         text: {}\n{json}",
        custodian.id,
        DerivationPath::check_address(),
        custodian.check_address,
        custodian.uses_passphrase,
        Prompt::open_backups(&custodian.id),
    ))
}

const HEAD: &str = "\
BACKUP OF ETHEREUM VALIDATOR KEYS

This folder holds validator signing keys as EIP-2335 keystores. They are sealed: one of the
hardware wallets below opens them (or another wallet set up from the same recovery words, with the
same passphrase where one was in use). Nothing in this folder opens them without such a wallet.

If you found this: it is of no use to you, and it may be of great use to its owner.
If you are the owner's heir or helper: do NOT start these keys anywhere while the old machine may
still run. Two machines that sign with one key lose money.
Never type a wallet's recovery words into a computer to do any of this.
";

const STEPS: &str = r#"
OPENING IT WITH STOCKADE
  stockade backup restore <folder that holds the folder stockade> --to <new folder> --layout plain

OPENING IT WITHOUT STOCKADE
You need: a custodian's wallet, the tool `age`, and Python 3.
1. Have the wallet sign the custodian's text above, at the path above. For a Trezor:
     trezorctl ethereum sign-message -n "m/44h/60h/83h/0/0" "<text>"
   (scheme slip11-v1: trezorctl crypto encrypt-keyvalue -n "m/1398033220h/0h" "<text>"
    "stockade device secret slip11 v1")
   For a Ledger: any program that asks its Ethereum app for a personal message at that path.
   The signature is a secret as long as this backup exists: keep it off other computers.
2. Make the age identity. secret = HKDF-SHA256(input, salt, info = the text, 32 bytes), where
     eip191-v1: input = the first 64 bytes of the signature (r and s),
                salt = "stockade/device-secret/eip191-v1"
     slip11-v1: input = the 32 bytes of the answer, salt = "stockade/device-secret/slip11-v1"
   and the identity is those 32 bytes in Bech32 with the prefix AGE-SECRET-KEY- in upper case.
   Its public key must be the custodian's recipient above.
3. age --decrypt --identity <identity file> seal/secret.age > set-secret      (32 bytes)
4. The password of every keystore in keystores/ is HKDF-SHA256(set-secret,
   salt = "stockade/set/v1", info = "keystore password", 32 bytes) in lower-case hex.
   Every validator client imports them with that password.
5. manifest.json lists every keystore with its public key. Whose set it is: origin.json holds the
   check address's EIP-191 signature over the SHA-256 of manifest.json.
"#;
