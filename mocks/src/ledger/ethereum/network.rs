//! The chains whose names the app knows.

/// The chain's name on the screen, and its ticker. The app is Ethereum's, so it shows no name for
/// mainnet. For a chain that it does not know, such as Hoodi, it shows the number.
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
