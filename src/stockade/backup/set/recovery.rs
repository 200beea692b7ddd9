//! RECOVERY.txt: explains to anybody who finds a set how to open it without Stockade.

use super::{error::BackupError, set_id::SetId, share};
use crate::{
    custodian::{AnyCustodian, Custodian, PlainCustodian, PlainKind},
    device_secret::{Prompt, Scheme},
};
use stockade_base::path::DerivationPath;

/// The text for a set and its custodians.
pub(crate) fn text(
    set_id: &SetId,
    threshold: u8,
    custodians: &[AnyCustodian],
) -> Result<String, BackupError> {
    let of = custodians.len();
    let who = match threshold {
        1 => "Any one of these opens it.".to_owned(),
        _ => format!("Any {threshold} of these {of} open it together."),
    };
    let mut text = format!("{HEAD}\nThis set: {set_id}\n\nCUSTODIANS\n{who}\n");
    for (i, custodian) in custodians.iter().enumerate() {
        let x = u8::try_from(i + 1).unwrap_or(u8::MAX);
        text.push_str(&format!("\ncustodian {}\n", custodian.id()));
        text.push_str(&match custodian {
            AnyCustodian::Wallet(wallet) => of_wallet(wallet),
            AnyCustodian::Plain(plain) => of_plain(plain),
            AnyCustodian::Other(_) => "  cannot be used\n".to_owned(),
        });
        text.push_str(&format!("  sealed for it: {}\n", share::file_of(threshold, x)));
        let json = String::from_utf8(custodian.without_name().to_json()?);
        text.push_str(&json.unwrap_or_default());
    }
    text.push_str(STEPS);
    text.push_str(if threshold == 1 { ANY_ONE } else { TOGETHER });
    text.push_str(LAST_STEPS);
    Ok(text)
}

fn of_wallet(custodian: &Custodian) -> String {
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
    format!(
        "  the wallet whose address at {} is\n  {}\n  passphrase in use: {}\n{how}\n  text: {}\n",
        DerivationPath::check_address(),
        custodian.check_address,
        custodian.uses_passphrase,
        Prompt::open_backups(&custodian.id),
    )
}

fn of_plain(custodian: &PlainCustodian) -> String {
    match (custodian.kind, &custodian.identity) {
        (PlainKind::Plugin, _) => format!(
            "  an age identity of the plugin age-plugin-{}\n",
            custodian.plugin_name().unwrap_or_default()
        ),
        (PlainKind::Passphrase, Some(identity)) => {
            format!("  a passphrase, which opens this identity file:\n{identity}")
        }
        _ => "  an age identity file (AGE-SECRET-KEY-..), which its owner has\n".to_owned(),
    }
}

const HEAD: &str = "\
BACKUP OF ETHEREUM VALIDATOR KEYS

This folder holds validator signing keys as EIP-2335 keystores. They are sealed: the custodians
below open them (a hardware wallet, or another wallet set up from the same recovery words, with the
same passphrase if one was in use). Without custodians, nothing in this folder can be opened.

If you found this: you cannot use it, but its owner may need it badly.
If you are the owner's heir or helper: do NOT start these keys anywhere while the old machine may
still be running. Two machines that sign with the same key lose money.
None of the steps below needs a wallet's recovery words. Never type them into a computer.
";

const STEPS: &str = r#"
OPENING IT WITH STOCKADE
  stockade backup restore <folder that holds the folder stockade> --to <new folder> --layout plain
  (tell Stockade what these keys did before: --history <file> from the machine that ran them last,
   or --history-lost if that is gone; --insert asks for one wallet after the other;
   --identity <file> names an age identity)

OPENING IT WITHOUT STOCKADE
You need: the custodians, the tool `age`, and Python 3.
1. For a custodian that is a wallet: have it sign the custodian's text above, at the path above.
   For a Trezor:
     trezorctl ethereum sign-message -n "m/44h/60h/83h/0/0" "<text>"
   (scheme slip11-v1: trezorctl crypto encrypt-keyvalue -n "m/1398033220h/0h" "<text>"
    "stockade device secret slip11 v1")
   For a Ledger: any program that has its Ethereum app sign a personal message at that path.
   The signature is a secret for as long as this backup exists: keep it off other computers.
2. Derive the wallet's age identity. secret = HKDF-SHA256(input, salt, info = the text, 32 bytes), where
     eip191-v1: input = the first 64 bytes of the signature (r and s),
                salt = "stockade/device-secret/eip191-v1"
     slip11-v1: input = the 32 bytes of the answer, salt = "stockade/device-secret/slip11-v1"
   and the identity is those 32 bytes in Bech32 with the prefix AGE-SECRET-KEY- in upper case.
   Its public key must be the custodian's recipient above.
   Custodians of other kinds: for age and plugin there is an identity file already. For a passphrase,
   save the lines from BEGIN to END above as the identity file; `age` asks for the passphrase.
"#;

const ANY_ONE: &str = "\
3. age --decrypt --identity <identity file> seal/secret.age > set-secret      (32 bytes)
";

const TOGETHER: &str = r#"3. For as many custodians as are needed, each with the file that is sealed for it:
     age --decrypt --identity <identity file> seal/share-<x>.age > share-<x>.json
   Then this, saved as combine.py: python3 combine.py share-<x>.json share-<y>.json .. > set-secret

     import json, sys
     def mul(a, b):                       # in GF(2^8) modulo 0x11b
         p = 0
         while b:
             if b & 1: p ^= a
             a = (a << 1) ^ (0x11b if a & 0x80 else 0)
             b >>= 1
         return p
     def inv(a):
         return next(b for b in range(256) if mul(a, b) == 1)
     shares = [json.load(open(name)) for name in sys.argv[1:]]
     shares = {s["x"]: bytes.fromhex(s["share"]) for s in shares[:shares[0]["threshold"]]}
     secret = bytearray(32)
     for x, share in shares.items():
         weight = 1
         for y in shares:
             if y != x: weight = mul(weight, mul(y, inv(x ^ y)))
         for i in range(32): secret[i] ^= mul(weight, share[i])
     sys.stdout.buffer.write(secret)

"#;

const LAST_STEPS: &str = r#"4. The password of every keystore in keystores/ is HKDF-SHA256(set-secret,
   salt = "stockade/set/v1", info = "keystore password", 32 bytes) in lower-case hex.
   Every validator client imports them with that password.
5. manifest.json lists every keystore with its public key. To see who made the set: origin.json
   holds the check address's EIP-191 signature over the SHA-256 of manifest.json.
6. If there is a folder exits/ next to the sets, its .age files are signed voluntary exits. Another
   identity opens those of this set: the 32 bytes of HKDF-SHA256(set-secret, salt = "stockade/set/v1",
   info = "files identity") in Bech32, as in step 2. Sent to a beacon node, an exit ends its validator
   for good.
"#;
