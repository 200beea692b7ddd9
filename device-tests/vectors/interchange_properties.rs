//! What holds for every slashing-protection history, however often it was exported and merged.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{prelude::*, sample::subsequence};
use serde_json::{Value, json};
use stockade::{
    bls::PublicKey,
    staking::{Interchange, Network, Newest},
};

use super::signing_key;

/// What one key signed: slots and epochs, each with the roots that it signed for it. Mostly one.
#[derive(Debug, Clone)]
struct Signed {
    key: PublicKey,
    blocks: BTreeMap<u64, BTreeSet<u8>>,
    votes: BTreeMap<(u64, u64), BTreeSet<u8>>,
}

/// How an export writes one vote.
#[derive(Debug, Clone, Copy)]
enum Form {
    Left,
    Bare,
    Zeros,
    Whole,
    Twice,
}

fn roots() -> impl Strategy<Value = BTreeSet<u8>> {
    prop_oneof![
        9 => (1..=255_u8).prop_map(|root| BTreeSet::from([root])),
        1 => prop::collection::btree_set(1..=255_u8, 2),
    ]
}

fn signed(key: PublicKey) -> impl Strategy<Value = Signed> {
    let blocks = prop::collection::btree_map(0..40_u64, roots(), 0..6);
    let votes = prop::collection::btree_map((0..20_u64, 20..40_u64), roots(), 0..8);
    (blocks, votes).prop_map(move |(blocks, votes)| Signed { key, blocks, votes })
}

fn all_signed() -> impl Strategy<Value = Vec<Signed>> {
    (0..3).map(|i| signed(signing_key(i).public_key())).collect::<Vec<_>>()
}

/// An export of it: some of it, in some form.
fn export(signed: &[Signed], form: &mut impl FnMut() -> Form) -> Value {
    let entries = |fields: Vec<(&str, u64)>, roots: &BTreeSet<u8>, form: Form| {
        let entry = |root: Option<u8>| {
            let mut entry: Value =
                fields.iter().map(|(name, n)| (*name, Value::from(n.to_string()))).collect();
            if let Some(root) = root {
                entry["signing_root"] = format!("0x{}", hex::encode([root; 32])).into();
            }
            entry
        };
        let whole = roots.iter().map(|root| entry(Some(*root)));
        match form {
            Form::Left => Vec::new(),
            Form::Bare => vec![entry(None)],
            Form::Zeros => vec![entry(Some(0))],
            Form::Whole => whole.collect(),
            Form::Twice => whole.chain([entry(None), entry(Some(0))]).collect(),
        }
    };
    let data: Vec<Value> = signed
        .iter()
        .map(|Signed { key, blocks, votes }| {
            let blocks =
                blocks.iter().flat_map(|(slot, r)| entries(vec![("slot", *slot)], r, form()));
            let blocks: Vec<Value> = blocks.collect();
            let votes = votes.iter().flat_map(|((source, target), r)| {
                entries(vec![("source_epoch", *source), ("target_epoch", *target)], r, form())
            });
            let votes: Vec<Value> = votes.collect();
            let key = match form() {
                Form::Bare => key.to_string(),
                Form::Zeros => format!("0x{}", key.to_string().to_uppercase()),
                _ => format!("0x{key}"),
            };
            json!({
                "pubkey": key,
                "signed_blocks": blocks,
                "signed_attestations": votes,
            })
        })
        .collect();
    let root = hex::encode(Network::Hoodi.genesis_validators_root());
    json!({
        "metadata": {
            "interchange_format_version": "5", "genesis_validators_root": format!("0x{root}"),
        },
        "data": data,
    })
}

fn exports() -> impl Strategy<Value = Vec<Value>> {
    let form = prop_oneof![
        Just(Form::Left),
        Just(Form::Bare),
        Just(Form::Zeros),
        Just(Form::Whole),
        Just(Form::Twice)
    ];
    (all_signed(), 1..5_usize, prop::collection::vec(form, 40..200)).prop_map(
        |(signed, count, forms)| {
            let mut forms = forms.into_iter().cycle();
            let mut next = || forms.next().unwrap();
            (0..count).map(|_| export(&signed, &mut next)).collect()
        },
    )
}

fn parse(export: &Value) -> Interchange {
    Interchange::parse(export.to_string().as_bytes()).unwrap()
}

fn merge(exports: &[Value]) -> Interchange {
    let mut all = exports.iter().map(parse);
    all.next().unwrap().merge(all).unwrap()
}

/// What the exports say that each key signed, read without the code that is tried here: for each
/// vote (a slot, or two epochs) the real roots.
type Votes = BTreeMap<(String, Vec<u64>), BTreeSet<String>>;

fn votes(export: &Value, all: &mut Votes, seen: &mut Vec<(String, Vec<u64>)>) {
    for record in export["data"].as_array().unwrap() {
        let key = record["pubkey"].as_str().unwrap().trim_start_matches("0x").to_lowercase();
        for field in ["signed_blocks", "signed_attestations"] {
            for vote in record[field].as_array().unwrap() {
                let numbers = ["slot", "source_epoch", "target_epoch"];
                let numbers = numbers.iter().filter_map(|name| vote[name].as_str());
                let numbers = numbers.map(|number| number.parse().unwrap()).collect();
                let root = vote["signing_root"].as_str();
                let root = root.filter(|root| root.trim_start_matches("0x") != "0".repeat(64));
                let vote = (key.clone(), numbers);
                all.entry(vote.clone()).or_default().extend(root.map(str::to_owned));
                seen.push(vote);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// One client takes a vote that is there twice for a double vote, and never signs again.
    #[test]
    fn merged_exports_have_one_entry_a_vote_and_lose_none(exports in exports()) {
        let merged = merge(&exports);
        let mut expected = Votes::new();
        exports.iter().for_each(|export| votes(export, &mut expected, &mut Vec::new()));
        let json: Value = serde_json::from_str(&merged.to_json().unwrap()).unwrap();
        let (mut found, mut entries) = (Votes::new(), Vec::new());
        votes(&json, &mut found, &mut entries);
        prop_assert_eq!(&found, &expected);
        // As many entries for a vote as it has real roots; one where it has none.
        let count: usize = found.values().map(|roots| roots.len().max(1)).sum();
        prop_assert_eq!(entries.len(), count);
        prop_assert!(!merged.to_json().unwrap().contains(&"0".repeat(64)));
        let mut newest: BTreeMap<PublicKey, Newest> = BTreeMap::new();
        for (key, numbers) in expected.keys() {
            let newest = newest.entry(key.parse().unwrap()).or_default();
            match numbers.as_slice() {
                [slot] => newest.block_slot = newest.block_slot.max(Some(*slot)),
                [source, target] => {
                    newest.source_epoch = newest.source_epoch.max(Some(*source));
                    newest.target_epoch = newest.target_epoch.max(Some(*target));
                }
                _ => unreachable!(),
            }
        }
        let signed: BTreeMap<_, _> =
            merged.newest().into_iter().filter(|(_, newest)| newest.signed()).collect();
        prop_assert_eq!(signed, newest);
    }

    #[test]
    fn merging_is_idempotent_and_needs_no_order(exports in exports(), turn in 0..5_usize) {
        let merged = merge(&exports);
        let mut other = exports.clone();
        other.rotate_left(turn % exports.len());
        prop_assert_eq!(&merge(&other), &merged);
        other.reverse();
        prop_assert_eq!(&merge(&other), &merged);
        let again = merged.clone().merge(exports.iter().map(parse)).unwrap();
        prop_assert_eq!(&again, &merged);
        let one_by_one = exports.iter().fold(parse(&exports[0]), |all, next| {
            all.merge([parse(next)]).unwrap()
        });
        prop_assert_eq!(&one_by_one, &merged);
        let json = merged.to_json().unwrap();
        prop_assert_eq!(merged.json_len().unwrap(), json.len());
        prop_assert_eq!(&Interchange::parse(json.as_bytes()).unwrap(), &merged);
    }

    #[test]
    fn the_minimal_form_has_the_same_bounds_and_one_entry_of_each_kind(
        exports in exports(),
        keys in subsequence(vec![0, 1, 2], 0..=3),
    ) {
        let merged = merge(&exports);
        let minimal = merged.minimal();
        prop_assert_eq!(minimal.newest(), merged.newest());
        for record in minimal.records() {
            prop_assert!(record.signed_blocks.len() <= 1 && record.signed_attestations.len() <= 1);
        }
        prop_assert_eq!(&minimal.minimal(), &minimal);
        prop_assert!(minimal.json_len().unwrap() <= merged.json_len().unwrap());
        // Only the keys that are asked for, and of those nothing less.
        let keys: BTreeSet<_> = keys.into_iter().map(|i| signing_key(i).public_key()).collect();
        let mut newest = merged.newest();
        newest.retain(|key, _| keys.contains(key));
        prop_assert_eq!(merged.about(&keys).newest(), newest.clone());
        newest.retain(|_, newest| newest.signed());
        prop_assert_eq!(merged.only(&keys).newest(), newest);
    }
}
