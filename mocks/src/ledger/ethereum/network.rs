//! Chains that the app knows by name.

/// What the screen says of the chain, and its ticker. The app is Ethereum's, so it says nothing of
/// the mainnet. Of a chain that it does not know it shows the number; Hoodi is one of those.
pub(super) fn network(chain_id: u64) -> (Option<String>, &'static str) {
    let (name, ticker) = match chain_id {
        1 => return (None, "ETH"),
        100 => ("Gnosis", "xDAI"),
        10_200 => ("Chiado", "xDAI"),
        17_000 => ("Holesky", "ETH"),
        11_155_111 => ("Sepolia", "ETH"),
        _ => return (Some(chain_id.to_string()), "???"),
    };
    (Some(name.into()), ticker)
}
