//! Enrolment: making a custodian file with a wallet, after trying that it opens what it seals.

use super::{Custodian, Identity, Recipient, UsesPassphrase, seal::seal_to};
use crate::device_secret::{
    CustodianId, Prompt, Scheme, SecretError, ask, check_address, foresee, is_well_known,
    require_check_address,
};
use stockade_base::{
    eth::{Address, personal_message},
    path::DerivationPath,
    secret::SecretBytes,
};
use stockade_wallet::{
    device::{DeviceError, PassphraseUse, Show, Wallet},
    interact::Interact,
};

/// Why a wallet could not be enrolled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrollError {
    /// The wallet gave no secret, or is not the same wallet any more.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The wallet or the way to it.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Asked twice, the wallet gave two different secrets.
    #[error("this wallet gives another secret each time it is asked: it cannot open backups")]
    NotDeterministic,
    /// What was sealed to it did not open again, or the signature is not its own.
    #[error("the trial of the new custodian failed: {0}")]
    Trial(String),
    /// The characters typed are not those of the address.
    #[error(
        "`{typed}` is not the end of the wallet's address {expected}: another wallet or passphrase is in use than you think"
    )]
    AddressNotConfirmed {
        /// What was typed.
        typed: String,
        /// The address shown.
        expected: Address,
    },
    /// No random bytes from the system.
    #[error(transparent)]
    Random(#[from] stockade_base::secret::RandomError),
}

/// Makes `wallet` a custodian. Asks it twice for its secret (in new sessions where a passphrase is
/// in use, so that a mistyped passphrase shows now and not on the day of need), tries that what is
/// sealed to it opens, and has it sign the file.
pub fn enroll(
    wallet: &mut dyn Wallet,
    scheme: Scheme,
    name: Option<String>,
    user: &mut dyn Interact,
) -> Result<Custodian, EnrollError> {
    let id = CustodianId::random()?;
    foresee(wallet, scheme, &Prompt::open_backups(&id))?;
    let address = check_address(wallet, user)?;
    let uses_passphrase = passphrase_use(wallet, &address, user)?;
    let prompt = Prompt::open_backups(&id);

    user.note("The wallet is asked for its secret twice: both answers must be the same.");
    let first = ask_anew(wallet, scheme, &prompt, &address, user)?;
    user.note("And the second time:");
    let second = ask_anew(wallet, scheme, &prompt, &address, user)?;
    if first.recipient() != second.recipient() {
        return Err(EnrollError::NotDeterministic);
    }
    let recipient =
        Recipient::try_from(first.recipient()).map_err(|e| EnrollError::Trial(e.to_owned()))?;
    try_seal(&recipient, &second)?;

    let statement = Custodian::statement(&id, scheme, &recipient);
    let signature = wallet.sign_personal(&DerivationPath::check_address(), &statement, user)?;
    match personal_message::recover(statement.as_bytes(), &signature) {
        Ok(signer) if signer == address => {}
        _ => return Err(EnrollError::Trial("its signature is not its own".to_owned())),
    }
    let test = wallet.identity().simulated || is_well_known(&address);
    Ok(Custodian::wallet(id, scheme, recipient, address, uses_passphrase, test, signature, name))
}

/// How many approvals [`enroll`] asks for.
pub(crate) fn approvals(wallet: &dyn Wallet) -> usize {
    let shown = wallet.identity().passphrase == PassphraseUse::Unknown;
    3 + usize::from(shown)
}

/// Whether [`confirm`] has the wallet show its check address.
pub(crate) fn is_shown(wallet: &dyn Wallet) -> bool {
    let identity = wallet.identity();
    identity.passphrase == PassphraseUse::Unknown && !identity.simulated
}

fn ask_anew(
    wallet: &mut dyn Wallet,
    scheme: Scheme,
    prompt: &Prompt,
    address: &Address,
    user: &mut dyn Interact,
) -> Result<Identity, EnrollError> {
    if wallet.identity().passphrase == PassphraseUse::On
        && let Some(sessions) = wallet.sessions()
    {
        sessions.renew(user)?;
    }
    Ok(Identity::from(&ask(wallet, scheme, prompt, address, user)?))
}

/// Whether a passphrase is in use. A wallet that cannot be asked shows its check address instead,
/// and the person beside it says what they see.
fn passphrase_use(
    wallet: &mut dyn Wallet,
    address: &Address,
    user: &mut dyn Interact,
) -> Result<UsesPassphrase, EnrollError> {
    match wallet.identity().passphrase {
        PassphraseUse::Off => return Ok(UsesPassphrase::No),
        PassphraseUse::On => return Ok(UsesPassphrase::Yes),
        PassphraseUse::Unknown => {}
    }
    user.note(&format!(
        "This wallet's check address is {address}. It depends on the wallet's passphrase. The wallet \
         must show the same:"
    ));
    wallet.address(&DerivationPath::check_address(), Show::OnDevice, user)?;
    // The screen of a simulated wallet is this computer's own: comparing with it tells nothing.
    if wallet.identity().simulated {
        return Ok(UsesPassphrase::Unknown);
    }
    let question = "The wallet showed an address. Type its last four characters";
    let Some(typed) = user.ask(question) else { return Ok(UsesPassphrase::Unknown) };
    let shown = address.to_string().to_lowercase();
    if typed.trim().len() != 4 || !shown.ends_with(&typed.trim().to_lowercase()) {
        return Err(EnrollError::AddressNotConfirmed { typed, expected: *address });
    }
    match user.ask("Is a passphrase (a 25th word) in use on this wallet now? (yes or no)") {
        Some(answer) if answer.trim().eq_ignore_ascii_case("yes") => Ok(UsesPassphrase::Yes),
        Some(answer) if answer.trim().eq_ignore_ascii_case("no") => Ok(UsesPassphrase::No),
        _ => Ok(UsesPassphrase::Unknown),
    }
}

/// Makes sure that `wallet` is the one that its user means, where nothing at hand names its check
/// address: a passphrase is entered anew, and a wallet that cannot be asked for it shows the address.
pub(crate) fn confirm(
    wallet: &mut dyn Wallet,
    address: &Address,
    user: &mut dyn Interact,
) -> Result<(), EnrollError> {
    match wallet.identity().passphrase {
        PassphraseUse::Off => Ok(()),
        // Nobody ever typed a passphrase for it.
        PassphraseUse::Unknown if wallet.identity().simulated => Ok(()),
        PassphraseUse::Unknown => passphrase_use(wallet, address, user).map(|_| ()),
        PassphraseUse::On => {
            user.note(
                "No copy and no custodian knows this wallet: its passphrase is asked for again.",
            );
            if let Some(sessions) = wallet.sessions() {
                sessions.renew(user)?;
            }
            Ok(require_check_address(wallet, address, user)?)
        }
    }
}

/// Seals random bytes to the recipient and opens them with the identity.
fn try_seal(recipient: &Recipient, opener: &Identity) -> Result<(), EnrollError> {
    let probe = SecretBytes::<32>::random()?;
    let to = recipient.to_age().map_err(|e| EnrollError::Trial(e.to_owned()))?;
    let sealed = seal_to(probe.expose(), &[&to]).map_err(|e| EnrollError::Trial(e.to_string()))?;
    let opened = opener.open(&sealed, 64).map_err(|e| EnrollError::Trial(e.to_string()))?;
    match *opened == probe.expose()[..] {
        true => Ok(()),
        false => Err(EnrollError::Trial("what was sealed opened to something else".to_owned())),
    }
}
