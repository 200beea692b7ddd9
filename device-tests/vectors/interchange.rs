//! The slashing-protection history of EIP-3076, on the EIP's own complete example.

use stockade::{
    bls::PublicKey,
    staking::{Interchange, InterchangeError, Network, Newest},
};

use super::signing_key;

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
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(value(&json), value(EXAMPLE));
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
        ("\"slot\": \"81951\"", "\"slot\": \"81951\", \"proposer\": \"1\""),
        ("\"0x4ff6f743", "\"4ff6f743"),
        ("\"0xb845089a", "\"0x"),
        ("\"signed_blocks\"", "\"signed_block\""),
    ] {
        let text = EXAMPLE.replacen(from, to, 1);
        assert_ne!(text, EXAMPLE, "{from}");
        let parsed = Interchange::parse(text.as_bytes());
        assert!(matches!(parsed, Err(InterchangeError::Json(_))), "{to}: {parsed:?}");
    }
}
