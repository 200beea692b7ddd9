//! What a derivation at EIP-2335's full cost takes on one core, as ratios to OpenSSL and to the crate
//! `scrypt` in the same run: `cargo bench -p stockade-scrypt`.
//!
//! Writes its section of `docs/performance.md`. `-- --quick` takes three rounds, and writes nothing.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement")]
#![allow(clippy::disallowed_methods, reason = "writes its own page")]

mod baseline;
mod page;

use std::hint::black_box;

use baseline::cpu_time;
use stockade_scrypt::{Job, Kernel, Params, Worker};

/// One way to derive, and its time for a key in each round, in seconds of the processor.
struct Series {
    name: String,
    kernel: Option<Kernel>,
    at_once: usize,
    times: Vec<f64>,
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let rounds = if quick { 3 } else { 9 };
    let mut all: Vec<Series> = Vec::new();
    for round in 0..rounds {
        for (at, (name, kernel, at_once, time)) in measured().enumerate() {
            if round == 0 {
                all.push(Series { name, kernel, at_once, times: Vec::new() });
            }
            if let Some(series) = all.get_mut(at) {
                series.times.push(time);
            }
        }
    }
    let page = page::render(&all);
    println!("{page}");
    if !quick {
        page::write(&page);
    }
}

/// Everything once, one after another: name, kernel, how many at once, time for each.
fn measured() -> impl Iterator<Item = (String, Option<Kernel>, usize, f64)> {
    let others = [
        ("OpenSSL", baseline::openssl as fn() -> f64),
        ("the crate `scrypt`", baseline::the_crate),
    ];
    let others = others.into_iter().map(|(name, time)| (name.to_owned(), None, 1, time()));
    let full = Params::new(1 << 18, 8, 1).unwrap();
    // As many block mixes, in a memory that is in the processor.
    let in_cache = Params::new(1 << 9, 8, 1 << 9).unwrap();
    let kernels = Kernel::available().flat_map(move |kernel| {
        // Several at once are the same with both kinds of AVX-512.
        let counts = match kernel {
            Kernel::Avx2 | Kernel::Avx512 => &[1, 2, 4][..],
            _ => &[1],
        };
        counts.iter().flat_map(move |count| {
            [("", full), (", in cache", in_cache)].map(|(what, params)| {
                let name = format!("{kernel:?}, {count} at once{what}");
                (name, Some(kernel), *count, ours(kernel, *count, params))
            })
        })
    });
    others.chain(kernels)
}

/// The time for one of `count` keys. A single one gets new memory, as in most commands; several get
/// memory that was used before, as in an import of many. All is run once before it is measured: a virtual
/// machine has its memory from a host, which takes long to give it for the first time.
fn ours(kernel: Kernel, count: usize, params: Params) -> f64 {
    let mut worker = Worker::with(kernel).unwrap();
    let mut out = vec![[0; 32]; count];
    let mut run = |worker: &mut Worker| {
        let jobs = out.iter_mut().map(|out| Job { password: b"p", salt: &[b's'; 32], params, out });
        worker.many(jobs.collect()).unwrap();
    };
    run(&mut worker);
    if count == 1 {
        drop(std::mem::replace(&mut worker, Worker::with(kernel).unwrap()));
    }
    let time = cpu_time(|| {
        run(&mut worker);
        // New memory is wiped and given back within the time.
        if count == 1 {
            drop(std::mem::take(&mut worker));
        }
    }) / count as f64;
    black_box(out);
    time
}
