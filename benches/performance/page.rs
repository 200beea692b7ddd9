//! Renders the measurements as a page, with the goal next to each result.

use std::{fmt::Write as _, time::Duration};

use crate::{
    deliveries::Moved,
    scenarios::{Measured, Size},
};

/// The time that ethstaker-deposit-cli needs for a key, as a multiple of OpenSSL's scrypt on the
/// same machine: 0.63 s at 0.6 s a scrypt, measured at 100 keys.
const DEPOSIT_CLI_PER_SCRYPT: f64 = 0.63 / 0.6;

/// Renders the whole page.
pub fn render(measured: &Measured) -> String {
    let mut page = String::from(
        "# Performance\n\n\
         `cargo bench -p stockade-cli --no-default-features --features cloud,mock` writes this \
         page. It runs the command as a user does, on the simulated Ledger, and compares it with \
         a baseline measured in the same run. The times are from one machine on one day: rely on \
         the ratios. Memory is the peak of the process. The build leaves out USB and Ethereum \
         nodes, which are not needed here. `cloud` is needed for the deliveries.\n\n",
    );
    machine(&mut page, measured);
    costs(&mut page, measured);
    moved(&mut page, measured);
    goals(&mut page, measured);
    // Counted by hand, and measured by `cargo bench -p stockade-scrypt`.
    page + include_str!("reads.md") + include_str!("scrypt.md")
}

fn machine(page: &mut String, measured: &Measured) {
    let _ = writeln!(
        page,
        "{} cores. One scrypt at EIP-2335's full cost (256 MiB): {} with Stockade's code{}.\n",
        measured.cores,
        seconds(measured.scrypt),
        match measured.openssl_scrypt {
            Some(time) => format!(", {} with OpenSSL", seconds(time)),
            None => "; OpenSSL was not measured, because python3 is missing".to_owned(),
        }
    );
}

fn costs(page: &mut String, measured: &Measured) {
    *page += "| keys | `validator create` | memory | `backup scrub` | memory | `backup drill`, keys derived again and compared | memory | `backup drill`, keys only opened | memory |\n\
              |---|---|---|---|---|---|---|---|---|\n";
    for size in &measured.sizes {
        let _ = write!(page, "| {} ", size.keys);
        for cost in [&size.create, &size.scrub, &size.drill, &size.drill_imported] {
            let _ = write!(page, "| {} | {} MiB ", seconds(cost.time), cost.peak_mib);
        }
        *page += "|\n";
    }
    let _ = writeln!(
        page,
        "\nImporting {} keystores of another tool, each with its own salt: {}, {} MiB.\n",
        measured.foreign_count,
        seconds(measured.foreign.time),
        measured.foreign.peak_mib
    );
}

/// Imports and deliveries.
fn moved(page: &mut String, measured: &Measured) {
    *page += "| keys | what | time | memory |\n|---|---|---|---|\n";
    for (what, costs) in both(measured) {
        for Moved { keys, cost, .. } in costs {
            let _ = writeln!(
                page,
                "| {keys} | {what} | {} | {} MiB |",
                seconds(cost.time),
                cost.peak_mib
            );
        }
    }
    *page += "\n";
}

fn both(measured: &Measured) -> [(&'static str, &[Moved; 2]); 2] {
    [
        (
            "`deliver keymanager --verify`, to a client that accepts them at once",
            &measured.delivered,
        ),
        ("`backup create --from web3signer:`, raw keys", &measured.taken_over),
    ]
}

fn goals(page: &mut String, measured: &Measured) {
    *page += "| what | goal | measured |\n|---|---|---|\n";
    for size in &measured.sizes {
        let _ = writeln!(
            page,
            "| drilling {} keys / (one scrypt + their BLS public keys on all cores) | at most 1.25 at 10,000 | {:.2} |",
            size.keys,
            drill_ratio(size, measured)
        );
    }
    for (what, needed, [few, many]) in [
        (
            "delivering",
            "two scrypts + the keystores + the same bytes through the loopback",
            &measured.delivered,
        ),
        (
            "importing",
            "one scrypt + their BLS public keys on all cores + the keystores + writing and syncing as many files",
            &measured.taken_over,
        ),
    ] {
        let _ = writeln!(
            page,
            "| {what} {} keys / ({needed}) | at most 1.5 | {:.2} |",
            many.keys,
            many.cost.time.as_secs_f64() / many.least.as_secs_f64()
        );
        let _ = writeln!(
            page,
            "| memory of {what} {} keys / {} | flat | {:.2} |",
            many.keys,
            few.keys,
            many.cost.peak_mib as f64 / few.cost.peak_mib as f64
        );
    }
    let Some(openssl) = measured.openssl_scrypt.map(|time| time.as_secs_f64()) else { return };
    for size in &measured.sizes {
        let per_key = size.create.time.as_secs_f64() / size.keys as f64;
        let _ = writeln!(
            page,
            "| a key of ethstaker-deposit-cli ({:.2} scrypts of OpenSSL) / a key of {} made with deposit data | at least 200 at 1,000 | {:.0} |",
            DEPOSIT_CLI_PER_SCRYPT,
            size.keys,
            openssl * DEPOSIT_CLI_PER_SCRYPT / per_key
        );
    }
    let rate = measured.foreign_count as f64 / measured.foreign.time.as_secs_f64();
    let _ = writeln!(
        page,
        "| keystores of another tool per second / (cores x OpenSSL's scrypts per second on one core) | at least 0.95 | {:.2} |",
        rate * openssl / measured.cores as f64
    );
    if let [.., middle, large] = measured.sizes.as_slice() {
        for (what, large_cost, middle_cost) in [
            ("a drill", &large.drill_imported, &middle.drill_imported),
            ("create", &large.create, &middle.create),
        ] {
            let _ = writeln!(
                page,
                "| memory of {what} at {} keys / at {} | flat | {:.2} |",
                large.keys,
                middle.keys,
                large_cost.peak_mib as f64 / middle_cost.peak_mib as f64
            );
        }
    }
}

/// The time of a drill as a multiple of the least that any drill needs.
fn drill_ratio(size: &Size, measured: &Measured) -> f64 {
    let least =
        measured.scrypt.as_secs_f64() + size.public_keys.as_secs_f64() / measured.cores as f64;
    size.drill_imported.time.as_secs_f64() / least
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
