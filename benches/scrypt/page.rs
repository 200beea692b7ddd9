//! The section of `docs/performance.md`.

use std::{fmt::Write as _, fs};

use crate::{Series, baseline};
use stockade_scrypt::Kernel;

/// The heading of the section, which is the last of the page.
const HEADING: &str = "\n## scrypt\n";

/// Writes the section, to the page and to where the page's own benchmark finds it.
pub(crate) fn write(section: &str) {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    fs::write(format!("{root}/benches/performance/scrypt.md"), section).unwrap();
    let page = format!("{root}/docs/performance.md");
    let old = fs::read_to_string(&page).unwrap();
    let (before, _) = old.split_once(HEADING).unwrap_or((&old, ""));
    fs::write(page, format!("{before}{section}")).unwrap();
}

/// Renders the section.
pub(crate) fn render(all: &[Series]) -> String {
    let mut page = HEADING.to_owned();
    let rounds = all.first().map_or(0, |series| series.times.len());
    let _ = writeln!(
        page,
        "`cargo bench -p stockade-scrypt` writes this section. Each row is one key at EIP-2335's full \
         cost, on one core, in time of the processor. In each of {rounds} rounds everything runs once, one \
         after another; a ratio is the median of the rounds' ratios, and a time is the least. A single one \
         gets new memory, and so do OpenSSL (through Python's hashlib) and the crate. Several at once get \
         memory that was used before, as in an import. The machine is a virtual one: huge pages that its host \
         gives for the first time cost up to half a second for 256 MiB, which no row contains. This processor prefers `{:?}`.\n",
        Kernel::best()
    );
    page += "| what | time for a key | OpenSSL's time / this | the crate's time / this | the same work in cache / this |\n|---|---|---|---|---|\n";
    let [openssl, the_crate, ..] = all else { return page };
    for series in all.iter().filter(|series| !series.name.ends_with("in cache")) {
        let cached = all.iter().find(|other| other.name == format!("{}, in cache", series.name));
        let cached =
            cached.map_or("-".to_owned(), |cached| format!("{:.2}", ratio(cached, series)));
        let _ = writeln!(
            page,
            "| {} | {:.3} s | {:.2} | {:.2} | {cached} |",
            series.name,
            least(series),
            ratio(openssl, series),
            ratio(the_crate, series)
        );
    }
    goals(&mut page, all);
    limits(&mut page, all);
    page
}

fn goals(page: &mut String, all: &[Series]) {
    let Some(openssl) = all.first() else { return };
    let best_of = |kernel: Kernel, many: bool| {
        let is_it = |series: &&Series| {
            let is_full = !series.name.ends_with("in cache");
            series.kernel == Some(kernel) && (series.at_once > 1) == many && is_full
        };
        all.iter().filter(is_it).map(|series| ratio(openssl, series)).fold(f64::NAN, f64::max)
    };
    *page += "\n| goal, per core, against OpenSSL | at least | measured |\n|---|---|---|\n";
    for (what, goal, kernel, many) in [
        ("many with AVX-512VL", 3.0, Kernel::Avx512, true),
        ("many with AVX2", 2.2, Kernel::Avx2, true),
        ("a single one", 1.6, Kernel::best(), false),
    ] {
        let _ = writeln!(page, "| {what} | {goal:.1} | {:.2} |", best_of(kernel, many));
    }
}

/// What a derivation is limited by: the memory's speed, and Salsa20/8's.
fn limits(page: &mut String, all: &[Series]) {
    let (write, read) = baseline::bandwidth();
    let giga = |bytes: f64| bytes / 1e9;
    let _ = writeln!(
        page,
        "\nMemory: this core writes {:.1} GB/s and reads {:.1} GB/s, one after another. A derivation writes \
         256 MiB and reads 256 MiB, in random blocks of 1 KiB; of four at once, each writes 128 MiB. \
         Computation: 8,388,608 times Salsa20/8, which is the whole time where the memory is in the \
         cache (last column above: 1.00 would be no time for memory at all).\n",
        giga(write),
        giga(read)
    );
    *page += "| what | Salsa20/8 and its share of the rest, in cache | memory traffic | of what the core can |\n|---|---|---|---|\n";
    for series in all.iter().filter(|series| series.kernel.is_some()) {
        let cached = all.iter().find(|other| other.name == format!("{}, in cache", series.name));
        let Some(cached) = cached else { continue };
        // Four at once compute half as much again.
        let salsas = if series.at_once == 4 { 1.5 } else { 1.0 } * f64::from(1 << 23);
        let written = if series.at_once == 4 { 0.5 } else { 1.0 } * f64::from(1 << 28);
        let traffic = (written + f64::from(1 << 28)) / least(series);
        let alone = written / write + f64::from(1 << 28) / read;
        let _ = writeln!(
            page,
            "| {} | {:.1} ns | {:.2} GB/s | {:.0} % |",
            series.name,
            least(cached) / salsas * 1e9,
            giga(traffic),
            alone / least(series) * 100.0
        );
    }
}

fn least(series: &Series) -> f64 {
    series.times.iter().copied().fold(f64::INFINITY, f64::min)
}

/// The median of `a`'s times divided by `b`'s.
fn ratio(a: &Series, b: &Series) -> f64 {
    let mut ratios: Vec<f64> = a.times.iter().zip(&b.times).map(|(a, b)| a / b).collect();
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
}
