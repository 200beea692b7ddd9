//! RECOVERY.txt, and the program next to it: they explain to anybody who finds a set how to open it,
//! with Stockade and without. The commands are tested as they are printed.

use super::{error::BackupError, set_id::SetId, share};
use crate::{
    custodian::{AnyCustodian, Custodian, PlainCustodian, PlainKind},
    device_secret::{Prompt, Scheme},
};
use stockade_base::{eth::Address, path::DerivationPath};

/// The name of the text.
pub(crate) const TEXT: &str = "RECOVERY.txt";

/// The name of the program.
pub(crate) const PROGRAM: &str = "recover.py";

/// A program that opens a set with Python alone. The guide "Recovery by hand" prints it.
pub(crate) const PROGRAM_TEXT: &str = include_str!("recover.py");

/// Whether each set gets its own file of this name, so that none is carried from one to another.
pub(crate) fn is_own(path: &str) -> bool {
    [TEXT, PROGRAM].contains(&path)
}

/// The text for a set and its custodians, whose origin `signer` signs.
pub(crate) fn text(
    set_id: &SetId,
    threshold: u8,
    custodians: &[AnyCustodian],
    signer: &Address,
) -> Result<String, BackupError> {
    let of = custodians.len();
    let who = match threshold {
        1 => "Any one of these opens it.".to_owned(),
        _ => format!("Any {threshold} of these {of} open it together."),
    };
    let mut text = format!("{HEAD}\nThis set: {set_id}\n\nWHO OPENS IT: THE CUSTODIANS\n{who}\n");
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
    text.push_str(&BEGIN.replace("{set}", set_id.as_str()));
    let opening = Opening::of(threshold, custodians, signer);
    let with_stockade = WITH_STOCKADE
        .replace("{set}", set_id.as_str())
        .replace("{who}", opening.who)
        .replace("{options}", &opening.options);
    text.push_str(&with_stockade);
    text.push_str(BY_HAND);
    custodians.iter().for_each(|custodian| text.push_str(&identity_of(custodian)));
    text.push_str(&OPEN_BY_HAND.replace("{identities}", &identities(threshold, custodians)));
    let has_wallet = custodians.iter().any(|custodian| custodian.wallet().is_some());
    text.push_str(if has_wallet { WORDS_ONLY } else { WORDS_OF_NO_CUSTODIAN });
    text.push_str(DETAILS);
    text.push_str(if threshold == 1 { ANY_ONE } else { TOGETHER });
    text.push_str(LAST_DETAILS);
    Ok(text)
}

/// How the commands of Stockade open the set.
struct Opening {
    /// What the reader does first.
    who: &'static str,
    /// The options that `drill` and `restore` take for it.
    options: String,
}

impl Opening {
    /// Wallets first: they also vouch for the set.
    fn of(threshold: u8, custodians: &[AnyCustodian], signer: &Address) -> Self {
        let needed = usize::from(threshold);
        let wallets: Vec<_> = custodians.iter().filter_map(AnyCustodian::wallet).collect();
        let mut options = String::new();
        let others = custodians.iter().filter(|custodian| custodian.wallet().is_none());
        for other in others.take(needed.saturating_sub(wallets.len())) {
            options += &format!(" --identity identity-{}", other.id());
        }
        if !wallets.is_empty() && needed > 1 {
            options += " --insert";
        }
        // Without its maker's wallet, nothing else says whose set it is.
        let vouches = wallets.iter().any(|wallet| wallet.check_address == *signer);
        if !vouches {
            options += &format!(" --signer {signer}");
        }
        let who = match (wallets.len(), needed) {
            (0, _) => "First make the identity files, as in the first half of (B).",
            (_, 1) => {
                "Plug the wallet in, unlock it, and on a Ledger open its Ethereum app. It shows what it\n\
                 is asked: the custodian's text above, or \"Stockade: derive ..\". Approve nothing else."
            }
            _ => {
                "Have all the wallets ready: the command asks for one after the other. Identity files\n\
                 that it names are made as in the first half of (B)."
            }
        };
        Self { who, options }
    }
}

/// The identity files of the first custodians that are enough.
fn identities(threshold: u8, custodians: &[AnyCustodian]) -> String {
    let first = custodians.iter().take(usize::from(threshold));
    let names: Vec<_> = first.map(|custodian| format!("identity-{}", custodian.id())).collect();
    names.join(" ")
}

/// How the identity file of a custodian is made.
fn identity_of(custodian: &AnyCustodian) -> String {
    let id = custodian.id();
    match custodian {
        AnyCustodian::Wallet(wallet) => {
            let sign = match wallet.scheme {
                Scheme::Eip191V1 => SIGN,
                Scheme::Slip11V1 => ENCRYPT,
            };
            let text = Prompt::open_backups(&wallet.id);
            format!(
                "\ncustodian {id}, a wallet:\n    TEXT=\"{text}\"\n{sign}  \
                 Then, with either:\n    \
                 python3 \"$SET/recover.py\" identity \"$TEXT\" < signature > identity-{id}\n"
            )
        }
        AnyCustodian::Plain(plain) if plain.kind == PlainKind::Passphrase => format!(
            "\ncustodian {id}, a passphrase (it is asked for when the file is used):\n    \
             sed -n '/^custodian {id}$/,/END AGE/p' \"$SET/RECOVERY.txt\" | sed -n '/BEGIN AGE/,$p' > identity-{id}\n"
        ),
        AnyCustodian::Plain(plain) if plain.kind == PlainKind::Plugin => format!(
            "\ncustodian {id}, an age plugin: save its owner's identity file here as identity-{id}. The\n\
             program below cannot use it: see IN DETAIL.\n"
        ),
        _ => format!(
            "\ncustodian {id}, an age identity: save its owner's file here as identity-{id}.\n"
        ),
    }
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

const BEGIN: &str = r#"
WHAT YOU NEED
- the custodians: as many as it says above
- a computer that you trust, with Linux or macOS, preferably without a network
- for (A) the program Stockade, for (B) Python 3.7 or later (type: python3 --version)
There are three ways. Try them in this order. (A) notes on the stick where the keys went, and changes
nothing else; (B) changes nothing on it.

BEFORE EACH WAY
Open a terminal. Type or paste the lines that are indented by four spaces, one after the other.
In the first one, put the folder on your computer that has the file READ ME FIRST.txt:
    STICK="/media/you/STICK"
    SET="$STICK/stockade/{set}"
    umask 077
    mkdir -p "$HOME/stockade-recovery"
    cd "$HOME/stockade-recovery"
"#;

const WITH_STOCKADE: &str = r#"
(A) WITH STOCKADE
{who}
What is here, and whether it can be opened:
    stockade backup list "$STICK"
    stockade backup drill "$STICK" --set {set}{options}
The keys, for a program that runs validators. The last option says that the old machine is switched
off for good, and that nobody has the list of what it signed (its "slashing history"). If somebody
has this list as a file, put --history FILE instead; if these keys never ran, --never-attested. The
command says for how long the keys must stay off.
    stockade backup restore "$STICK" --set {set} --to keys-a --layout plain{options} --history-lost
"#;

const BY_HAND: &str = r#"
(B) WITH PYTHON ALONE
The program recover.py is next to this text. It needs no network, and nothing else to be installed. Only
a wallet needs one more program, which talks to it, and which is named below.
First make one file for each custodian, which opens what is sealed for it. Do this for as many
custodians as are needed.
"#;

const SIGN: &str = r#"  With a Trezor (once: pip install trezor):
    trezorctl ethereum sign-message -n "m/44h/60h/83h/0/0" "$TEXT" > signature
  With a Ledger whose Ethereum app is open (once: pip install ledgereth):
    python3 -c 'import sys; from ledgereth.messages import sign_message; print(sign_message(sys.argv[1].encode(), sender_path=sys.argv[2]).signature)' "$TEXT" "44'/60'/83'/0/0" > signature
  The wallet shows the text. Approve it only if it is exactly the same.
"#;

const ENCRYPT: &str = r#"  With a Trezor (once: pip install trezor); a Ledger cannot do this:
    trezorctl crypto encrypt-keyvalue -n "m/1398033220h/0h" "$TEXT" "stockade device secret slip11 v1" > signature
  The wallet shows the text, twice. Approve it only if it is exactly the same.
"#;

const OPEN_BY_HAND: &str = r#"
Then all the keys, as keystores with their password, in the new folder keys-b:
    python3 "$SET/recover.py" restore "$SET" keys-b {identities}
Every validator client imports them with the password in password.txt. First import the newest slashing
history that exists: from the machine that ran the keys, or from the folder stockade/history here.

When the keys are where they belong, destroy what these steps wrote:
    cd "$HOME" && rm -rf stockade-recovery
"#;

const WORDS_ONLY: &str = r#"
(C) YOU HAVE ONLY THE RECOVERY WORDS
These are 12 to 24 words, usually on paper or steel, of the wallet that is a custodian. Type them into
no computer and no website, whoever asks. Buy a new hardware wallet from its maker (20 words, or several
sheets of words: a Trezor; otherwise a Ledger or a Trezor), and choose "recover" or "restore" when you
set it up. If the owner used a passphrase as well, the wallet needs the same one. The new wallet then does
all that the old one did: go on with (A) or (B). If they say that it is another wallet, the words or the
passphrase are others.
"#;

const WORDS_OF_NO_CUSTODIAN: &str = r#"
(C) YOU HAVE ONLY RECOVERY WORDS
No wallet is a custodian of this set, so no recovery words open it. Keep them all the same, and type them
into no computer and no website, whoever asks: they may give back keys that the wallet made ("source"
"device" in manifest.json), and they hold the money.
"#;

const DETAILS: &str = r#"
IN DETAIL, FOR SOMEBODY WHO PROGRAMS
1. A custodian that is a wallet signs the text above at the path above. The signature is a secret for as
   long as this backup exists: keep it off other computers.
2. Its age identity: secret = HKDF-SHA256(input, salt, info = the text, 32 bytes), where
     eip191-v1: input = the first 64 bytes of the signature (r and s),
                salt = "stockade/device-secret/eip191-v1"
     slip11-v1: input = the 32 bytes of the answer, salt = "stockade/device-secret/slip11-v1"
   and the identity is those 32 bytes in Bech32 with the prefix AGE-SECRET-KEY- in upper case.
   Its public key must be the custodian's recipient above. Custodians of other kinds: for age and plugin
   there is an identity file already. For a passphrase it is the lines from BEGIN to END above.
   `age` (https://age-encryption.org) opens the same files, and is needed for plugins.
"#;

const ANY_ONE: &str = "\
3. age --decrypt --identity <identity file> seal/secret.age > set-secret      (32 bytes)
";

const TOGETHER: &str = "\
3. For as many custodians as are needed, each with the file that is sealed for it:
     age --decrypt --identity <identity file> seal/share-<x>.age > share-<x>.json
   python3 recover.py combine share-<x>.json share-<y>.json .. > set-secret
   (Shamir's secret sharing, byte by byte, over GF(2^8) modulo 0x11b, at 0)
";

const LAST_DETAILS: &str = r#"4. The password of every keystore in keystores/ is HKDF-SHA256(set-secret,
   salt = "stockade/set/v1", info = "keystore password", 32 bytes) in lower-case hex:
   python3 recover.py password set-secret
5. manifest.json lists every keystore with its public key. To see who made the set: origin.json
   holds the check address's EIP-191 signature over the SHA-256 of manifest.json.
6. If there is a folder exits/ next to the sets, its .age files are signed voluntary exits. Another
   identity opens those of this set: the 32 bytes of HKDF-SHA256(set-secret, salt = "stockade/set/v1",
   info = "files identity") in Bech32, as in step 2: python3 recover.py files set-secret. Sent to a
   beacon node, an exit ends its validator for good.
"#;
