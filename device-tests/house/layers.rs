//! Each module uses only what stands above it in the table, and so knows a vendor only where the
//! table lets it.

use super::{
    Breach,
    order::{order, place},
    paths::from_root,
    planted, require_none,
    source::{self, ONE_MODULE, Source},
};

/// What is built on wallets, and works with any.
const VENDORLESS: [&str; 8] =
    ["interact", "device", "device_secret", "custodian", "store", "backup", "validator", "attest"];

const VENDORS: [&str; 3] = ["ledger", "trezor", "discovery"];

/// Imports that run against `order`.
fn upward(source: &Source, order: &[Vec<String>]) -> Vec<Breach> {
    let module = source.module();
    let Some(&own) = module.first() else { return Vec::new() };
    // A crate that is one module: it names others from outside.
    if ONE_MODULE.contains(&own) {
        return Vec::new();
    }
    let own_place = place(order, own);
    let mut breaches = Vec::new();
    for named in from_root(source).iter().filter(|named| named.module != own) {
        let allowed =
            matches!((place(order, &named.module), own_place), (Some(a), Some(b)) if a < b);
        if !allowed {
            let at = source.at(named.line);
            breaches.push(format!("{at}: `{own}` uses `{}`", named.module));
        }
    }
    breaches
}

/// Modules for any wallet that name a vendor.
fn vendors(source: &Source) -> Vec<Breach> {
    let module = source.module();
    if !module.first().is_some_and(|own| VENDORLESS.contains(own)) {
        return Vec::new();
    }
    let named = from_root(source).into_iter();
    let named = named.filter(|named| VENDORS.contains(&named.module.as_str()));
    named
        .map(|n| format!("{}: names the vendor module `{}`", source.at(n.line), n.module))
        .collect()
}

#[test]
fn each_module_uses_only_what_stands_above_it() {
    let order = order();
    let breaches: Vec<_> =
        source::all(&["src"]).iter().flat_map(|source| upward(source, &order)).collect();
    require_none("the table in docs/architecture.md says which module may use which", &breaches);
}

#[test]
fn what_works_with_any_wallet_names_no_vendor() {
    let breaches: Vec<_> = source::all(&["src"]).iter().flat_map(vendors).collect();
    require_none("these modules work with any wallet", &breaches);
}

#[test]
fn an_import_against_the_order_is_caught() {
    let order = order();
    let breaches = |path: &str, text: &str| upward(&planted(path, text), &order).len();
    assert_eq!(
        breaches("src/wallet/device/error.rs", "use crate::{eth::Address, ledger::Apdu};"),
        1
    );
    assert_eq!(breaches("src/wallet/ledger/wallet.rs", "use crate::trezor::Trezor;"), 1);
    assert_eq!(breaches("src/wallet/trezor/wallet.rs", "fn f() { super::super::ledger::g() }"), 1);
    assert_eq!(breaches("src/base/secret.rs", "use crate::reader::Reader;"), 1);
    assert_eq!(breaches("src/stockade/backup/list.rs", "use crate::*;"), 1);
    assert_eq!(breaches("src/stockade/backup/list.rs", "use crate::nowhere::X;"), 1);
    assert_eq!(breaches("src/stockade/backup/list.rs", "use crate::{backup, eth, store};"), 0);
}

#[test]
fn a_vendor_in_a_module_for_any_wallet_is_caught() {
    let breaches = |path: &str, text: &str| vendors(&planted(path, text)).len();
    for vendor in VENDORS {
        let text = format!("use crate::{vendor}::X;");
        assert_eq!(breaches("src/stockade/backup/drill.rs", &text), 1);
        assert_eq!(breaches("src/wallet/device/mod.rs", &text), 1);
        assert_eq!(breaches("src/wallet/discovery/mod.rs", &text), 0);
    }
}
