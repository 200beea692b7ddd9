//! A wallet that lies once: another address, the signature of another key or of another text, another
//! answer than the last time. Whenever that is, keys are either not made, or made so that the honest
//! wallet proves every one of them. There is one exception: CipherKeyValue of a Trezor has no signature, so
//! that nothing tells a false root of a batch from the right one until it is asked for again. The keys are
//! in the set all the same, and a drill says that they are not those of the wallet.

use std::path::PathBuf;

use stockade::{
    backup::{
        Access, Copy, Trust, drill, list, scrub,
        unlockers::Unlockers,
        verdict::{Reason, Verdict},
    },
    device::{CipherKeyValue, DeviceError, Identity, Show, Wallet},
    device_secret::Scheme,
    eth::{Address, Signature},
    interact::Interact,
    path::DerivationPath,
    secret::SecretBytes,
    staking::Network,
    validator::{self, Withdrawal},
};

use crate::command::{
    fixture::{self, Folder, Nobody},
    run::WORDS,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
    /// The address of another key.
    Address,
    /// The signature of another key.
    Key,
    /// The signature of another text.
    Text,
    /// What it signed before.
    Earlier,
    /// Other bytes from CipherKeyValue.
    Bytes,
}

/// Passes everything on but one answer.
struct Liar {
    inner: Box<dyn Wallet>,
    lie: Lie,
    /// How many answers of that kind come before the false one.
    before: Option<usize>,
    earlier: Option<Signature>,
}

impl Liar {
    fn new(device: &str, lie: Lie, before: usize) -> Self {
        let inner = fixture::wallet(device, WORDS);
        Self { inner, lie, before: Some(before), earlier: None }
    }

    /// Whether this answer is the false one.
    fn lies(&mut self, lies: &[Lie]) -> bool {
        if !lies.contains(&self.lie) {
            return false;
        }
        let now = self.before == Some(0);
        self.before = self.before.and_then(|before| before.checked_sub(1));
        now
    }
}

impl Wallet for Liar {
    fn identity(&self) -> &Identity {
        self.inner.identity()
    }

    fn address(
        &mut self,
        path: &DerivationPath,
        show: Show,
        user: &mut dyn Interact,
    ) -> Result<Address, DeviceError> {
        let other = DerivationPath::ethereum(7, 7).unwrap();
        let path = if self.lies(&[Lie::Address]) { &other } else { path };
        self.inner.address(path, show, user)
    }

    fn sign_personal(
        &mut self,
        path: &DerivationPath,
        message: &str,
        user: &mut dyn Interact,
    ) -> Result<Signature, DeviceError> {
        let other = DerivationPath::ethereum(7, 7).unwrap();
        let lies = self.lies(&[Lie::Key, Lie::Text, Lie::Earlier]);
        let signed = match self.lie {
            Lie::Key if lies => self.inner.sign_personal(&other, message, user),
            Lie::Text if lies => self.inner.sign_personal(path, "something else", user),
            Lie::Earlier if lies && self.earlier.is_some() => Ok(self.earlier.clone().unwrap()),
            _ => self.inner.sign_personal(path, message, user),
        }?;
        self.earlier = Some(signed.clone());
        Ok(signed)
    }

    fn cipher_key_value(&mut self) -> Option<&mut dyn CipherKeyValue> {
        self.inner.cipher_key_value().is_some().then_some(self)
    }
}

impl CipherKeyValue for Liar {
    fn encrypt(
        &mut self,
        path: &DerivationPath,
        key: &str,
        value: &[u8; 32],
        user: &mut dyn Interact,
    ) -> Result<SecretBytes<32>, DeviceError> {
        let mut value = *value;
        value[31] ^= u8::from(self.lies(&[Lie::Bytes]));
        self.inner.cipher_key_value().unwrap().encrypt(path, key, &value, user)
    }
}

/// Makes a key with a wallet that lies so. Gives whether the lie was told at all.
fn create(device: &str, scheme: Scheme, lie: Lie, before: usize) -> bool {
    let folder = Folder::new();
    let copies = [folder.path("a")];
    let mut wallet = Liar::new(device, lie, before);
    let mut request = validator::Request::new(Network::Hoodi, 1, Withdrawal::Device);
    request.scheme = scheme;
    let mut prepared = Copy::prepare_all(&copies).unwrap();
    let made = validator::create(&request, &mut prepared, &mut wallet, &mut Nobody, &mut ());
    drop(prepared);
    let told = wallet.before.is_none();
    let what = format!("{device}, {lie:?} after {before}: {:?}", made.as_ref().map(|_| ()));
    match made {
        Err(_) => {
            let there = Copy::open_all(&copies).map(|copies| list(&copies).unwrap().len());
            assert_eq!(there.unwrap_or_default(), 0, "{what}");
        }
        Ok(_) => match drilled(device, &copies).as_slice() {
            [Reason::Ok] => {}
            [reason] if lie == Lie::Bytes && reason.verdict() == Verdict::Contradicted => {}
            other => panic!("{what}: {other:?}"),
        },
    }
    told
}

/// What the honest wallet says of the key.
fn drilled(device: &str, copies: &[PathBuf]) -> Vec<Reason> {
    let copies = Copy::open_all(copies).unwrap();
    let scrubbed = scrub::read(&copies, None, &mut ()).unwrap();
    let mut unlockers = Unlockers::new();
    unlockers.add_wallet(fixture::wallet(device, WORDS), &mut Nobody).unwrap();
    let (trust, mut user, mut progress) = (Trust::default(), Nobody, ());
    let mut access = Access::new(&mut unlockers, &trust, &mut user, &mut progress);
    let report = drill::drill(&copies, &scrubbed, &mut access).unwrap();
    report.keys.iter().map(|key| key.reason).collect()
}

#[test]
fn keys_that_a_lying_wallet_made_are_proven_or_are_not_there() {
    for (device, scheme, lies) in [
        ("mock-ledger", Scheme::Eip191V1, &[Lie::Address, Lie::Key, Lie::Text, Lie::Earlier][..]),
        ("mock-trezor:safe5", Scheme::Slip11V1, &[Lie::Bytes, Lie::Key]),
    ] {
        for lie in lies.iter().copied() {
            // Until it has no occasion any more.
            let told = (0..40).take_while(|before| create(device, scheme, lie, *before)).count();
            assert!((1..40).contains(&told), "{device}, {lie:?}: {told}");
        }
    }
}
