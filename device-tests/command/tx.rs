//! `tx`: what is signed is what was asked for, and what a node says costs nobody a fortune.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{
    node::{Reply, node},
    run::{OTHER_WORDS, on},
};

const ADDRESS: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";
const ONE: &str = "b3e445d43871965d890a398f719348a1405ac72e35b92727cc570026f54471af7ea7b2040622a8fd0b5bfb2a209b5911";
const OTHER: &str = "8b52e53cb73723a8f60fe279edfb277f48ec3ae54070326113c7277decd0f1dd9fab5267dfe40604c2614028be7860b1";
const WITHDRAWALS: &str = "0x00000961Ef480Eb55e80D19ad83579A64c007002";
const CONSOLIDATIONS: &str = "0x0000BBdDc7CE488642fb579F8B00f3a590007251";

/// Numbers of one's own: no node is needed.
const GIVEN: &str = "--nonce 7 --fee-wei 3 --max-fee-gwei 30 --priority-fee-gwei 1.5";

fn exit(network: &str, more: &str) -> String {
    format!("tx exit --validator 0x{ONE} --network {network} {more}")
}

#[test]
fn each_request_calls_its_contract_with_its_data() {
    let zeros = "0".repeat(16);
    for (line, request, to, data) in [
        (format!("exit --validator {ONE}"), "exit", WITHDRAWALS, format!("0x{ONE}{zeros}")),
        (
            format!("exit --validator {ONE} --amount 1.5"),
            "withdrawal",
            WITHDRAWALS,
            format!("0x{ONE}0000000059682f00"),
        ),
        (
            format!("consolidate --from {ONE} --to {OTHER}"),
            "consolidation",
            CONSOLIDATIONS,
            format!("0x{ONE}{OTHER}"),
        ),
        (
            format!("compound --validator {OTHER}"),
            "compounding",
            CONSOLIDATIONS,
            format!("0x{OTHER}{OTHER}"),
        ),
    ] {
        let ran = on("mock-ledger").run(&format!("tx {line} --network hoodi {GIVEN}")).code(0);
        assert_eq!(ran.json["request"], request);
        assert_eq!((ran.text("to"), ran.text("data")), (to, &*data));
        assert_eq!((ran.text("from"), &ran.json["chain_id"]), (ADDRESS, &json!(560_048)));
        assert_eq!((&ran.json["nonce"], ran.text("value_wei")), (&json!(7), "3"));
        assert_eq!(ran.text("max_fee_per_gas_wei"), "30000000000");
        assert_eq!(ran.text("max_priority_fee_per_gas_wei"), "1500000000");
        // The one thing that is broadcast holds what the fields say, and nothing was.
        let inner = data.strip_prefix("0x").unwrap();
        assert!(ran.text("raw").starts_with("0x02f8") && ran.text("raw").contains(inner));
        assert_eq!(ran.json["sent"], false);
        // The person read it before the wallet showed it.
        let said = ran.stderr.find("only the validator's own").unwrap();
        assert!(said < ran.stderr.find("approve").unwrap(), "{}", ran.stderr);
    }
}

/// On Gnosis 1 GNO is 32 coins of the consensus layer, and the contract takes those.
#[test]
fn an_amount_is_in_coins_of_its_network() {
    for (network, option, gwei, coins) in [
        ("hoodi", "--coins 1.5", 1_500_000_000_u64, "1.5 ETH"),
        ("chiado", "--coins 1.5", 48_000_000_000, "1.5 GNO"),
        ("chiado", "--amount 48", 48_000_000_000, "1.5 GNO"),
    ] {
        let ran = on("mock-ledger").run(&exit(network, &format!("{GIVEN} {option}"))).code(0);
        assert_eq!((ran.text("request"), &ran.json["amount_gwei"]), ("withdrawal", &json!(gwei)));
        assert_eq!(ran.text("coins"), coins);
        assert!(ran.text("data").ends_with(&format!("{gwei:016x}")));
        assert!(ran.stderr.contains(&format!("Withdrawal of {coins}")), "{}", ran.stderr);
        // What the wallet will show is said beforehand.
        let as_shown = ran.stderr.contains("a Ledger shows it as 48 xDAI");
        assert_eq!(as_shown, network == "chiado", "{}", ran.stderr);
    }
}

#[test]
fn what_must_not_be_signed_is_refused_before_the_wallet_shows_anything() {
    let ledger = on("mock-ledger");
    let same = format!("tx consolidate --from {ONE} --to 0x{ONE} --network hoodi {GIVEN}");
    let other = "--withdrawal-address 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    for (line, code, kind) in [
        (same, 2, "usage"),
        // Nothing is not everything.
        (exit("hoodi", &format!("{GIVEN} --amount 0")), 2, "usage"),
        (exit("hoodi", &format!("{GIVEN} --amount 0.0000000001")), 2, "usage"),
        (exit("hoodi", &format!("{GIVEN} --coins 0")), 2, "usage"),
        (exit("gnosis", &format!("{GIVEN} --coins 0.00000000001")), 2, "usage"),
        (exit("hoodi", &format!("{GIVEN} --coins 1 --amount 1")), 2, "usage"),
        (exit("hoodi", &format!("{GIVEN} --amount 99999999999999999999")), 2, "usage"),
        (exit("hoodi", "--nonce 1 --fee-wei 1"), 2, "usage"),
        (exit("hoodi", &format!("{GIVEN} --send")), 2, "usage"),
        // A Ledger does not show what is sent to the contract.
        (exit("hoodi", "--nonce 1 --max-fee-gwei 1 --fee-wei 1000000000000001"), 2, "usage"),
        (
            exit(
                "hoodi",
                "--nonce 1 --max-fee-gwei 1 --fee-wei 90000000000000000000 --allow-fee-wei 9",
            ),
            2,
            "usage",
        ),
        (exit("hoodi", "--nonce 1 --fee-wei 1 --max-fee-gwei 1 --priority-fee-gwei 2"), 2, "usage"),
        (exit("hoodi", &format!("{GIVEN} {other}")), 3, "input"),
        (exit("mainnet", GIVEN), 3, "test_seed"),
        (exit("gnosis", GIVEN), 3, "test_seed"),
        (exit("hoodi", &format!("{GIVEN} --path m/44'/0'/0'/0/0")), 4, "unsupported"),
        (exit("hoodi", "--rpc-url https://127.0.0.1:1"), 4, "not_found"),
        (exit("hoodi", "--rpc-url ftp://127.0.0.1"), 2, "usage"),
    ] {
        let refused = ledger.run(&line).error(code, kind);
        assert!(!refused.prompted(), "{line}: {}", refused.stderr);
    }
    ledger.rejecting().run(&exit("hoodi", GIVEN)).error(5, "rejected");
}

#[test]
fn a_high_fee_is_sent_where_it_is_allowed_by_name() {
    let fee = "--fee-wei 1000000000000001 --allow-fee-wei 1000000000000001";
    let line = exit("hoodi", &format!("--nonce 1 --max-fee-gwei 1 {fee}"));
    let ran = on("mock-ledger").run(&line).code(0);
    assert_eq!(ran.text("value_wei"), "1000000000000001");
    assert!(ran.stderr.contains("which a Ledger does not show"), "{}", ran.stderr);
    let node = node(&[("eth_call", Reply::Result(json!(format!("0x{:064x}", 10_u128.pow(15)))))]);
    let line = exit("hoodi", &format!("--rpc-url {} --allow-fee-wei 2000000000000000", node.url));
    on("mock-ledger").run(&line).code(0);
}

#[test]
fn what_a_ledger_shows_of_an_amount_in_gno_is_printed_beside_it() {
    let line = exit("chiado", &format!("{GIVEN} --amount 0.5"));
    let ran = on("mock-ledger").run(&line).code(0);
    assert!(ran.stderr.contains("0.015625"), "{}", ran.stderr);
    assert!(ran.stderr.contains("a Ledger shows it as 0.5 xDAI"), "{}", ran.stderr);
}

#[test]
fn other_words_and_another_path_are_another_address() {
    let own = format!("--withdrawal-address {ADDRESS}");
    on("mock-ledger").run(&exit("hoodi", &format!("{GIVEN} {own}"))).code(0);
    let refused =
        on("mock-ledger").holding(OTHER_WORDS).run(&exit("hoodi", &format!("{GIVEN} {own}")));
    assert!(refused.error(3, "input").message().contains(ADDRESS));
    on("mock-ledger")
        .run(&exit("hoodi", &format!("{GIVEN} {own} --path m/44'/60'/1'/0/0")))
        .error(3, "input");
}

#[test]
fn a_node_gives_what_is_not_given_and_sends_what_was_signed() {
    let node = node(&[]);
    let ran =
        on("mock-ledger").run(&exit("hoodi", &format!("--rpc-url {} --send", node.url))).code(0);
    assert_eq!((&ran.json["nonce"], ran.text("value_wei")), (&json!(7), "6"), "twice the fee");
    assert_eq!(ran.json["gas_limit"], 100_000, "a quarter more than the estimate");
    // Twice the base fee of the next block, and the tip.
    assert_eq!(ran.text("max_fee_per_gas_wei"), "5000000000");
    assert_eq!(ran.json["sent"], true);
    assert_eq!(node.params("eth_sendRawTransaction"), json!([ran.text("raw")]));
    assert_eq!(node.params("eth_call")[0]["to"], WITHDRAWALS);
    assert_eq!(node.params("eth_getTransactionCount"), json!([ADDRESS, "pending"]));
    assert_eq!(node.params("eth_estimateGas")[0]["data"], ran.json["data"]);
    assert_eq!(node.params("eth_estimateGas")[0]["from"], ADDRESS);

    // What is given is not asked for.
    let given = super::node::node(&[]);
    let line = exit("hoodi", &format!("{GIVEN} --gas-limit 9 --rpc-url {}", given.url));
    let ran = on("mock-ledger").run(&line).code(0);
    assert_eq!(given.methods(), ["eth_chainId"]);
    assert_eq!((&ran.json["gas_limit"], &ran.json["sent"]), (&json!(9), &json!(false)));
}

#[test]
fn a_node_that_is_wrong_slow_or_greedy_gets_no_signature() {
    let huge = Reply::Body(vec![b' '; 3 * 1024 * 1024]);
    let text = |text: &str| Reply::Result(json!(text));
    let ether = format!("0x{:064x}", 10_u128.pow(18));
    let unseen = format!("0x{:064x}", 10_u128.pow(15));
    let all = format!("0x{}", "f".repeat(64));
    let deep = Reply::Body("[".repeat(100_000).into());
    let redirect = Reply::Status(307, "location: http://127.0.0.1:1/\r\n");
    let cases: Vec<(&'static str, Reply, i32, &str)> = vec![
        ("eth_chainId", text("0x1"), 3, "input"),
        ("eth_chainId", text("560048"), 4, "protocol"),
        ("eth_chainId", Reply::Result(json!(560_048)), 4, "protocol"),
        ("eth_chainId", Reply::Result(json!(null)), 4, "protocol"),
        ("eth_chainId", Reply::Body(b"<html>".to_vec()), 4, "protocol"),
        ("eth_chainId", Reply::Body(Vec::new()), 4, "protocol"),
        ("eth_chainId", deep, 4, "protocol"),
        ("eth_chainId", huge, 4, "protocol"),
        ("eth_chainId", Reply::Status(503, ""), 4, "protocol"),
        ("eth_chainId", redirect, 4, "protocol"),
        ("eth_chainId", Reply::HangUp, 4, "not_found"),
        ("eth_chainId", Reply::Error(-32_601, "no such\u{1b}[31m method"), 4, "refused"),
        ("eth_getTransactionCount", text("0x10000000000000000"), 4, "protocol"),
        ("eth_call", text("0x"), 4, "protocol"),
        ("eth_call", text(&all), 4, "protocol"),
        ("eth_call", text(&ether), 4, "refused"),
        ("eth_call", text(&unseen), 4, "refused"),
        ("eth_maxPriorityFeePerGas", text("0xffffffffffffffffffffffffffffffff"), 4, "protocol"),
        ("eth_maxPriorityFeePerGas", text("0xffffffffffffffff"), 4, "refused"),
        ("eth_feeHistory", Reply::Result(json!({"baseFeePerGas": []})), 4, "protocol"),
        ("eth_estimateGas", text("0xffffffffffffffff"), 4, "refused"),
        ("eth_estimateGas", Reply::Error(3, "execution reverted"), 4, "refused"),
    ];
    let count = cases.len();
    for (method, reply, code, kind) in cases {
        let node = node(&[(method, reply)]);
        let line = exit("hoodi", &format!("--rpc-url {} --send", node.url));
        let refused = on("mock-ledger").run(&line).error(code, kind);
        assert!(!refused.prompted(), "{method}: {}", refused.stderr);
        let all = format!("{}{}", refused.stdout, refused.stderr);
        assert!(!all.contains("key-in-the-url"), "{method}: {all}");
        assert!(!node.methods().contains(&"eth_sendRawTransaction".to_owned()), "{method}");
    }
    println!("wrong answers of a node: {count}");
}

#[test]
fn a_node_that_is_busy_is_asked_again_and_sent_a_transaction_once() {
    for (method, times) in [("eth_chainId", 4), ("eth_sendRawTransaction", 1)] {
        let node = node(&[(method, Reply::Status(429, "retry-after: 0\r\n"))]);
        let line = exit("hoodi", &format!("--rpc-url {} --send", node.url));
        let failed = on("mock-ledger").run(&line).code(4);
        assert!(failed.message().contains("429"), "{}", failed.message());
        let asked = node.methods().into_iter().filter(|asked| asked == method).count();
        assert_eq!(asked, times, "{method}");
    }
}

#[test]
fn a_node_that_says_nothing_is_given_up() {
    let node = node(&[("eth_chainId", Reply::Silence)]);
    let started = Instant::now();
    let line = exit("hoodi", &format!("--rpc-url {}", node.url));
    on("mock-ledger").run(&line).error(4, "timeout");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn what_could_not_be_sent_is_still_printed_and_may_have_been() {
    for reply in [
        Reply::Error(-32_000, "already known"),
        Reply::HangUp,
        Reply::Result(json!(format!("0x{}", "1".repeat(64)))),
    ] {
        let node = node(&[("eth_sendRawTransaction", reply)]);
        let ran = on("mock-ledger").run(&exit("hoodi", &format!("--rpc-url {} --send", node.url)));
        let ran = ran.code(4);
        assert!(ran.text("raw").starts_with("0x02"), "{}", ran.json);
        assert_eq!(ran.json["sent"], false);
        assert!(!ran.message().is_empty());
    }
}
