//! Some other packages are for one part of the house alone; and the mocks stay apart.

use std::fs;

use super::{
    Breach, planted, require_none,
    source::{self, Source, Token, root},
};

/// Packages, and the modules that may name them.
const RESERVED: &[(&str, &[&str])] = &[
    ("anstream", &["cli"]),
    ("anstyle", &["cli"]),
    ("async_trait", &["store"]),
    ("aws_config", &["aws_secrets", "store"]),
    ("aws_sdk_secretsmanager", &["aws_secrets", "store"]),
    ("aws_smithy_http_client", &["aws_secrets", "store"]),
    ("aws_smithy_runtime_api", &["store"]),
    ("aws_smithy_types", &["store"]),
    ("aws_types", &["store"]),
    ("bip39", &["mnemonic"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("futures_util", &["store"]),
    ("flate2", &["backup", "paper"]),
    ("hidapi", &["transport"]),
    ("indicatif", &["cli"]),
    ("md5", &["store"]),
    ("minicbor", &["paper"]),
    ("object_store", &["store"]),
    ("png", &["paper"]),
    ("protobuf", &["trezor"]),
    ("qrcode", &["paper"]),
    ("region", &["secret"]),
    ("reqwest", &["store"]),
    ("rqrr", &["paper"]),
    ("rpassword", &["cli"]),
    ("nusb", &["transport"]),
    ("rustls", &["http", "store"]),
    ("rustls_native_certs", &["http"]),
    ("schemars", &["cli"]),
    ("serde_saphyr", &["backup", "import"]),
    (
        "stockade",
        &[
            "cli",
            "aws_secrets",
            "check",
            "delivery",
            "endpoint",
            "import",
            "keymanager",
            "paper",
            "secret_store",
            "vault",
        ],
    ),
    ("stockade_mocks", &["cli", "discovery"]),
    ("stockade_paper", &["cli"]),
    ("stockade_scrypt", &["eth2_keystore"]),
    ("tar", &["backup"]),
    ("tokio", &["aws_secrets", "store"]),
    ("toml", &["profile"]),
    ("trezor_client", &["trezor"]),
    ("trezor_noise_rust_crypto", &["trezor"]),
    ("trezor_thp", &["trezor"]),
    ("ur", &["paper"]),
    ("ureq", &["http"]),
    ("zip", &["backup"]),
    ("zune_core", &["paper"]),
    ("zune_jpeg", &["paper"]),
    ("zeroizing_alloc", &["cli"]),
];

/// Packages named where they are none of the module's business.
fn misplaced(source: &Source) -> Vec<Breach> {
    let module = source.module();
    let own = module.first().copied().unwrap_or_default();
    let mut breaches = Vec::new();
    for window in source.tokens.windows(3) {
        let [name, first, second] = window else { continue };
        let is_path = first.text == ":" && second.text == ":";
        let reserved = RESERVED.iter().find(|(package, _)| is_path && *package == name.text);
        if let Some((package, modules)) = reserved
            && !modules.contains(&own)
        {
            breaches.push(format!("{}: `{package}` is for {modules:?}", source.at(name.line)));
        }
    }
    breaches
}

/// The vendor's crate has a conversation and transports of its own, which are not used: see
/// docs/decisions/0002.
fn more_than_messages(source: &Source) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (at, token) in source.tokens.iter().enumerate() {
        if token.text != "trezor_client" {
            continue;
        }
        let used = branches(source.tokens.get(at + 3..).unwrap_or_default());
        let other = used.into_iter().filter(|name| !matches!(*name, "protos" | "TrezorMessage"));
        let line = token.line;
        breaches.extend(other.map(|name| format!("{}: trezor_client::{name}", source.at(line))));
    }
    breaches
}

/// The first names of what a path goes on with: one, or those of `{a, b::{c}}`.
fn branches(tokens: &[Token]) -> Vec<&str> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut is_first = true;
    for token in tokens {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 1 => is_first = true,
            name if is_first && depth <= 1 => {
                names.push(name);
                is_first = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

/// The dependencies of `package` in Cargo.lock, those for its tests among them.
fn dependencies<'a>(lock: &'a str, package: &str) -> Vec<&'a str> {
    let start = format!("name = \"{package}\"\n");
    let block = lock.split("[[package]]\n").find(|block| block.starts_with(&start)).unwrap();
    let list = block.split_once("dependencies = [\n").map_or("", |(_, list)| list);
    let quoted = list.lines().take_while(|line| *line != "]").filter_map(|l| l.split('"').nth(1));
    quoted.map(|name| name.split(' ').next().unwrap_or_default()).collect()
}

#[test]
fn other_packages_stay_where_they_belong() {
    let sources = source::all(&["src"]);
    let breaches: Vec<_> = sources.iter().flat_map(misplaced).collect();
    require_none("these packages are for one part of the house alone", &breaches);
    let breaches: Vec<_> = sources.iter().flat_map(more_than_messages).collect();
    require_none("of trezor-client only the messages are used", &breaches);
}

#[test]
fn the_mocks_never_depend_on_what_they_test() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    assert!(dependencies(&lock, "stockade-wallet").contains(&"stockade-mocks"));
    let own = dependencies(&lock, "stockade-mocks");
    assert!(!own.iter().any(|name| name.starts_with("stockade")), "{own:?}");
    let mocks = source::all(&["mocks/src"]);
    let names_root = |source: &&Source| {
        source
            .tokens
            .iter()
            .any(|token| token.text.starts_with("stockade") && token.text != "stockade_mocks")
    };
    let breaches: Vec<_> =
        mocks.iter().filter(names_root).map(|source| source.path.clone()).collect();
    require_none("the mocks have codecs and derivations of their own", &breaches);
}

#[test]
fn a_package_in_the_wrong_place_is_caught() {
    let breaches = |path: &str, text: &str| misplaced(&planted(path, text)).len();
    assert_eq!(breaches("src/stockade/backup/drill.rs", "use stockade_mocks::Seed;"), 1);
    assert_eq!(breaches("src/wallet/ledger/wallet.rs", "fn f() { hidapi::HidApi::new(); }"), 1);
    assert_eq!(breaches("src/wallet/discovery/mock.rs", "use stockade_mocks::Seed;"), 0);
    let breaches = |text| more_than_messages(&planted("src/wallet/trezor/wallet.rs", text)).len();
    assert_eq!(breaches("use trezor_client::client::Trezor;"), 1);
    assert_eq!(breaches("use trezor_client::{protos::{Ping}, client::Trezor, find_devices};"), 2);
    assert_eq!(breaches("use trezor_client::{TrezorMessage, protos::{self, Ping}};"), 0);
}

#[test]
fn a_dependency_of_the_mocks_on_the_root_would_be_seen() {
    let lock = "[[package]]\nname = \"stockade-mocks\"\nversion = \"0.1.0\"\ndependencies = [\n \"aes 0.8.4\",\n \"stockade\",\n]\n";
    assert_eq!(dependencies(lock, "stockade-mocks"), ["aes", "stockade"]);
}
