//! The slashing-protection history of EIP-3076, on the EIP's own complete example.

use stockade::{
    bls::PublicKey,
    staking::{Interchange, InterchangeError, Network, Newest},
};

use super::{read, signing_key};

const EXAMPLE: &str = r#"{
  "metadata": {
    "interchange_format_version": "5",
    "genesis_validators_root": "0x04700007fabc8282644aed6d1c7c9e21d38a03a0c4ba193f3afe428824b3a673"
  },
  "data": [
    {
      "pubkey": "0xb845089a1457f811bfc000588fbb4e713669be8ce060ea6be3c6ece09afc3794106c91ca73acda5e5457122d58723bed",
      "signed_blocks": [
        {
          "slot": "81952",
          "signing_root": "0x4ff6f743a43f3b4f95350831aeaf0a122a1a392922c45d804280284a69eb850b"
        },
        { "slot": "81951" }
      ],
      "signed_attestations": [
        {
          "source_epoch": "2290",
          "target_epoch": "3007",
          "signing_root": "0x587d6a4f59a58fe24f406e0502413e77fe1babddee641fda30034ed37ecc884d"
        },
        { "source_epoch": "2290", "target_epoch": "3008" }
      ]
    }
  ]
}"#;

fn example_key() -> PublicKey {
    "b845089a1457f811bfc000588fbb4e713669be8ce060ea6be3c6ece09afc3794106c91ca73acda5e5457122d58723bed"
        .parse()
        .unwrap()
}

#[test]
fn what_is_read_is_written_again_without_a_loss() {
    let json = Interchange::parse(EXAMPLE.as_bytes()).unwrap().to_json().unwrap();
    let mut expected: serde_json::Value = serde_json::from_str(EXAMPLE).unwrap();
    // Sorted.
    expected["data"][0]["signed_blocks"].as_array_mut().unwrap().reverse();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), expected);
}

#[test]
fn every_key_is_covered_with_the_newest_that_it_signed() {
    // A second record of the same key, older but for the source, and a key that never signed.
    let other = signing_key(0).public_key();
    let more = format!(
        r#""data": [
            {{"pubkey": "0x{}", "signed_blocks": [{{"slot": "9"}}], "signed_attestations":
                [{{"source_epoch": "2291", "target_epoch": "3000"}}]}},
            {{"pubkey": "0x{other}", "signed_blocks": [], "signed_attestations": []}},"#,
        example_key()
    );
    let text = EXAMPLE.replacen("\"data\": [", &more, 1);
    let newest = Interchange::parse(text.as_bytes()).unwrap().newest();
    let expected =
        Newest { block_slot: Some(81952), source_epoch: Some(2291), target_epoch: Some(3008) };
    assert_eq!(newest.get(&example_key()), Some(&expected));
    assert_eq!(newest.get(&other), Some(&Newest::default()));
    assert_eq!(newest.get(&signing_key(1).public_key()), None);
}

#[test]
fn the_chain_is_told_by_its_root() {
    let network = |text: &str| {
        let interchange = Interchange::parse(text.as_bytes()).unwrap();
        Network::from_genesis_validators_root(interchange.genesis_validators_root())
    };
    assert_eq!(network(EXAMPLE), None);
    let hoodi = hex::encode(Network::Hoodi.genesis_validators_root());
    let root = "04700007fabc8282644aed6d1c7c9e21d38a03a0c4ba193f3afe428824b3a673";
    assert_eq!(network(&EXAMPLE.replace(root, &hoodi)), Some(Network::Hoodi));
}

#[test]
fn what_could_not_be_kept_is_refused_rather_than_dropped() {
    assert_eq!(
        Interchange::parse(EXAMPLE.replace("\"5\"", "\"4\"").as_bytes()),
        Err(InterchangeError::Version("4".to_owned()))
    );
    for (from, to) in [
        ("\"81952\"", "81952"),
        ("\"81952\"", "\"+81952\""),
        ("\"81952\"", "\"-1\""),
        ("\"81952\"", "\"\""),
        ("\"81952\"", "\"18446744073709551616\""),
        ("\"0x4ff6f743", "\"0x4ff6f7"),
        ("\"0xb845089a", "\"0x"),
        // Fields that are not known are ignored, but not in the place of one that is missing.
        ("\"signed_blocks\"", "\"signed_block\""),
        ("\"source_epoch\"", "\"sourceEpoch\""),
    ] {
        let text = EXAMPLE.replacen(from, to, 1);
        assert_ne!(text, EXAMPLE, "{from}");
        let parsed = Interchange::parse(text.as_bytes());
        assert!(matches!(parsed, Err(InterchangeError::Record(_))), "{to}: {parsed:?}");
        // The other records count all the same where nobody gives the file.
        let (rest, bad) = Interchange::parse_valid(text.as_bytes()).unwrap();
        assert_eq!((rest.records().len(), bad.len(), bad[0].number), (0, 1, 1), "{to}");
    }
    for (from, to) in [("\"data\"", "\"Data\""), ("\"metadata\"", "\"Metadata\""), ("]\n}", "]")] {
        let text = EXAMPLE.replacen(from, to, 1);
        let parsed = Interchange::parse(text.as_bytes());
        assert!(matches!(parsed, Err(InterchangeError::Json(_))), "{to}: {parsed:?}");
    }
}

/// Everything here is the example, as some client or editor writes it.
#[test]
fn other_spellings_of_a_history_are_read() {
    let plain = Interchange::parse(EXAMPLE.as_bytes()).unwrap();
    let as_text = serde_json::to_string(EXAMPLE).unwrap();
    for (name, text) in [
        ("byte-order mark", format!("\u{feff}{EXAMPLE}")),
        ("a text", as_text.clone()),
        ("a removal", format!("{{\"data\":[{{}}],\"slashing_protection\":{as_text}}}")),
        ("no 0x at the key", EXAMPLE.replace("0xb845", "b845")),
        ("no 0x at the chain", EXAMPLE.replace("0x0470", "0470")),
        ("no 0x at a root", EXAMPLE.replace("0x4ff6", "4ff6")),
        (
            "capitals",
            EXAMPLE.replace(
                "0x4ff6f743a43f3b4f95350831aeaf0a12",
                "0x4FF6F743A43F3B4F95350831AEAF0A12",
            ),
        ),
        (
            "more metadata",
            EXAMPLE.replace(
                "\"interchange_format_version\"",
                "\"interchange_format\": \"complete\", \"interchange_format_version\"",
            ),
        ),
        (
            "more fields",
            EXAMPLE.replace("\"slot\": \"81951\"", "\"slot\": \"81951\", \"proposer\": 1"),
        ),
        (
            "a root of zeros",
            EXAMPLE.replace(
                "\"slot\": \"81951\"",
                &format!("\"slot\": \"81951\", \"signing_root\": \"0x{}\"", "0".repeat(64)),
            ),
        ),
        (
            "a root of nothing",
            EXAMPLE.replace("\"slot\": \"81951\"", "\"slot\": \"81951\", \"signing_root\": \"\""),
        ),
        (
            "a null root",
            EXAMPLE.replace("\"slot\": \"81951\"", "\"slot\": \"81951\", \"signing_root\": null"),
        ),
    ] {
        assert_ne!(text, EXAMPLE, "{name}");
        assert_eq!(Interchange::parse(text.as_bytes()).as_ref(), Ok(&plain), "{name}");
    }
}

#[test]
fn what_says_nothing_is_told_from_what_cannot_be_read() {
    let no_root = r#"{"metadata":{"interchange_format_version":"5"},"data":[]}"#;
    let zeros = format!(
        r#"{{"metadata":{{"interchange_format_version":"5","genesis_validators_root":"0x{}"}},"data":null}}"#,
        "0".repeat(64)
    );
    let removal = String::from_utf8(read("histories/prysm-removal-with-null.json")).unwrap();
    for nothing in [
        "",
        " \n",
        "\u{feff}",
        "null",
        "\"null\"",
        "\"\"",
        "{}",
        "{\"data\":[]}",
        no_root,
        &zeros,
        &removal,
    ] {
        let parsed = Interchange::parse(nothing.as_bytes());
        assert_eq!(parsed, Err(InterchangeError::Nothing), "{nothing:?}");
    }
    let with_records =
        EXAMPLE.replace("0x04700007fabc8282644aed6d1c7c9e21d38a03a0c4ba193f3afe428824b3a673", "");
    assert_eq!(
        Interchange::parse(with_records.as_bytes()),
        Err(InterchangeError::NoChain("missing"))
    );
    for unreadable in ["\0\0\0", "[]", "{\"Data\":[]}", "{\"metadata\":\"rotten\"}", "nul", "{"] {
        let parsed = Interchange::parse(unreadable.as_bytes());
        assert!(matches!(parsed, Err(InterchangeError::Json(_))), "{unreadable:?}: {parsed:?}");
    }
}

#[test]
fn other_files_of_clients_are_named_with_the_way_to_export() {
    let teku = "---\nlastSignedBlockSlot: 1\nlastSignedAttestationSourceEpoch: 2\n";
    let error = |content: &[u8]| Interchange::parse(content).unwrap_err().to_string();
    assert!(error(teku.as_bytes()).contains("teku slashing-protection export"));
    assert!(error(b"SQLite format 3\0").contains("slashing-protection export"));
    assert!(error(b"\xff\xfe{\0").contains("UTF-16"));
}

/// What is kept of such a file must not grow with it.
#[test]
fn a_file_of_records_that_are_none_is_refused_as_a_whole() {
    let (head, _) = EXAMPLE.split_once("\"data\"").unwrap();
    let text = format!("{head}\"data\": [{}]}}", vec!["1"; 100_000].join(","));
    let error = Interchange::parse_valid(text.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("100000 records"), "{error}");
}

/// Files of clients and of people. Each with the number of its records, or with what is wrong.
#[test]
fn files_of_clients_are_read_or_refused_by_name() {
    let folder = super::directory("histories");
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let refused = [
        ("01-numbers.json", "record 1 (of 8eb0"),
        ("03-version-4.json", "version 4"),
        ("03b-version-number.json", "expected a string"),
        ("07c-signing-root-short.json", "a root must be"),
        ("13b-plus.json", "a string of digits"),
        ("17-trailing.json", "trailing"),
        ("18-no-root.json", "genesis_validators_root is missing"),
        ("odd-bad-point-extra.json", "record 4: pubkey 0x"),
        ("odd-null-gvr.json", "genesis_validators_root is missing"),
        ("odd-teku-3223-camel.json", "source_epoch"),
        ("odd-zero-gvr.json", "genesis_validators_root is all zeros"),
        ("prysm-removal-with-null.json", "it is empty"),
    ];
    for name in names {
        let content = read(&format!("histories/{name}"));
        let expected = refused.iter().find(|(refused, _)| *refused == name);
        match (Interchange::parse(&content), expected) {
            (Ok(history), None) => {
                let again = Interchange::parse(history.to_json().unwrap().as_bytes());
                assert_eq!(again, Ok(history), "{name}");
            }
            (Err(error), Some((_, why))) => {
                assert!(error.to_string().contains(why), "{name}: {error}");
            }
            (parsed, _) => panic!("{name}: {parsed:?}"),
        }
    }
}

#[test]
fn a_missing_array_is_an_empty_one_and_both_are_written() {
    let dirk = Interchange::parse(&read("histories/dirk-export-attested-only.json")).unwrap();
    let [both, attested] = dirk.records() else { panic!("{dirk:?}") };
    assert_eq!((both.signed_blocks.len(), both.signed_attestations.len()), (1, 1));
    assert_eq!((attested.signed_blocks.len(), attested.signed_attestations.len()), (0, 1));
    let json = dirk.to_json().unwrap();
    assert_eq!(json.matches("\"signed_blocks\":[").count(), 2, "{json}");
    assert_eq!(dirk.json_len().unwrap(), json.len());
}

#[test]
fn a_block_that_is_there_with_and_without_a_root_is_one_block() {
    let prysm = Interchange::parse(&read("histories/prysm-roots-twice.json")).unwrap();
    assert_eq!(prysm.records()[0].signed_blocks.len(), 1);
    assert!(prysm.lacks_roots());
    let whole = Interchange::parse(&read("histories/odd-ok.json")).unwrap();
    assert!(!whole.lacks_roots());
}
