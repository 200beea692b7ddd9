//! Enrolment: makes a custodian file with a wallet, after checking that the wallet opens what is
//! sealed to it.

use super::{Custodian, Identity, Recipient, UsesPassphrase, seal::seal_to};
use crate::device_secret::{
    CustodianId, Prompt, Scheme, SecretError, ask, check_address, foresee, is_well_known,
    require_check_address,
};
use stockade_base::{
    eth::{Address, personal_message},
    path::DerivationPath,
    secret::{SecretBytes, wiping_stack},
};
use stockade_wallet::{
    device::{DeviceError, PassphraseUse, Show, Wallet},
    interact::Interact,
};

/// Why a wallet could not be enrolled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrollError {
    /// The wallet gave no secret, or another wallet was connected meanwhile.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The wallet, or the connection to it, failed.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The wallet gave two different secrets.
    #[error(
        "this wallet gives a different secret each time it is asked, so it cannot open backups"
    )]
    NotDeterministic,
    /// What was sealed to the wallet did not open again, or the signature was not made with its own
    /// key.
    #[error("the trial of the new custodian failed: {0}")]
    Trial(String),
    /// The characters that the user typed are not those of the address.
    #[error(
        "`{typed}` is not the end of the wallet's address {expected}: is this the right wallet, with the right passphrase?"
    )]
    AddressNotConfirmed {
        /// The characters that were typed.
        typed: String,
        /// The address that the wallet showed.
        expected: Address,
    },
    /// The system provided no random bytes.
    #[error(transparent)]
    Random(#[from] stockade_base::secret::RandomError),
}

/// Makes `wallet` a custodian. Asks it for its secret twice (in new sessions if a passphrase is in
/// use, so that a mistyped passphrase is noticed now), checks that what is sealed to it opens, and
/// has it sign the file.
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

    user.note("The wallet is asked twice, to check that it gives the same answer.");
    // Its secret is not in memory while its user reads the next prompt.
    let first = wiping_stack(|| {
        Ok::<_, EnrollError>(ask_anew(wallet, scheme, &prompt, &address, user)?.recipient())
    })?;
    user.note("Second time:");
    let recipient = wiping_stack(|| {
        let second = ask_anew(wallet, scheme, &prompt, &address, user)?;
        if first != second.recipient() {
            return Err(EnrollError::NotDeterministic);
        }
        let recipient = Recipient::try_from(first).map_err(|e| EnrollError::Trial(e.to_owned()))?;
        try_seal(&recipient, &second)?;
        Ok(recipient)
    })?;

    let statement = Custodian::statement(&id, scheme, &recipient);
    let signature = wallet.sign_personal(&DerivationPath::check_address(), &statement, user)?;
    match personal_message::recover(statement.as_bytes(), &signature) {
        Ok(signer) if signer == address => {}
        _ => {
            return Err(EnrollError::Trial(
                "the signature was not made with its own key".to_owned(),
            ));
        }
    }
    let mut custodian = Custodian::wallet(id, scheme, recipient, address, signature);
    custodian.uses_passphrase = uses_passphrase;
    custodian.test = wallet.identity().simulated || is_well_known(&address);
    custodian.name = name;
    Ok(custodian)
}

/// The number of approvals that [`enroll`] asks for.
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

/// Whether a passphrase is in use. If the wallet cannot report that, it shows its check address,
/// and the user says what they see.
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
    // A simulated wallet shows its screen on this computer, so comparing with it proves nothing.
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

/// Makes sure that `wallet` is the one that the user means, if nothing else identifies its check
/// address: the passphrase is entered again, or the wallet shows the address if it cannot be asked
/// for a passphrase.
pub(crate) fn confirm(
    wallet: &mut dyn Wallet,
    address: &Address,
    user: &mut dyn Interact,
) -> Result<(), EnrollError> {
    match wallet.identity().passphrase {
        PassphraseUse::Off => Ok(()),
        // No passphrase was ever typed for it.
        PassphraseUse::Unknown if wallet.identity().simulated => Ok(()),
        PassphraseUse::Unknown => passphrase_use(wallet, address, user).map(|_| ()),
        PassphraseUse::On => {
            user.note(
                "This wallet is not known from any copy or custodian. Enter its passphrase again.",
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
    if *opened == probe.expose()[..] {
        Ok(())
    } else {
        Err(EnrollError::Trial("the opened bytes differ from what was sealed".to_owned()))
    }
}
