//! Against RFC 7914's vectors and the crate `scrypt`, with every kernel that this machine has.

use proptest::prelude::*;

use crate::{Job, Kernel, Params, ScryptError, Worker, memory};

type Cost = (u64, u32, u32);

fn params((n, r, p): Cost) -> Params {
    Params::new(n, r, p).unwrap()
}

fn one(worker: &mut Worker, password: &[u8], salt: &[u8], cost: Cost) -> [u8; 64] {
    let mut out = [0; 64];
    worker.one(Job { password, salt, params: params(cost), out: &mut out }).unwrap();
    out
}

type Task<'a> = (&'a [u8], &'a [u8], Cost);

/// Several derivations at once.
fn many(worker: &mut Worker, tasks: &[Task<'_>]) -> Vec<[u8; 64]> {
    let mut out = vec![[0; 64]; tasks.len()];
    let jobs = tasks.iter().zip(&mut out).map(|((password, salt, cost), out)| Job {
        password,
        salt,
        params: params(*cost),
        out,
    });
    worker.many(jobs.collect()).unwrap();
    out
}

fn theirs(password: &[u8], salt: &[u8], (n, r, p): Cost) -> [u8; 64] {
    let params = scrypt::Params::new(u8::try_from(n.ilog2()).unwrap(), r, p, 64).unwrap();
    let mut out = [0; 64];
    scrypt::scrypt(password, salt, &params, &mut out).unwrap();
    out
}

fn workers() -> impl Iterator<Item = (Kernel, Worker)> {
    Kernel::available().map(|kernel| (kernel, Worker::with(kernel).unwrap()))
}

/// RFC 7914, section 12, but for the last vector, which needs a gibibyte.
const VECTORS: [(&str, &str, Cost, &str); 3] = [
    (
        "",
        "",
        (16, 1, 1),
        "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442\
         fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906",
    ),
    (
        "password",
        "NaCl",
        (1024, 8, 16),
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162\
         2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
    ),
    (
        "pleaseletmein",
        "SodiumChloride",
        (16384, 8, 1),
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2\
         d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
    ),
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_vectors_of_rfc_7914_hold_with_every_kernel() {
    for (password, salt, cost, expected) in VECTORS {
        let job = (password.as_bytes(), salt.as_bytes(), cost);
        for (kernel, mut worker) in workers() {
            assert_eq!(hex(&one(&mut worker, job.0, job.1, cost)), expected, "{kernel:?}");
            for key in (2..8).flat_map(|count| many(&mut worker, &vec![job; count])) {
                assert_eq!(hex(&key), expected, "{kernel:?}, many");
            }
        }
    }
}

/// The last vector, with the kernel that this machine uses.
#[test]
fn the_vector_of_a_gibibyte_holds() {
    let key = one(&mut Worker::new(), b"pleaseletmein", b"SodiumChloride", (1 << 20, 8, 1));
    assert_eq!(
        hex(&key),
        "2101cb9b6a511aaeaddbbe09cf70f881ec568d574a2ffd4dabe5ee9820adaa47\
         8e56fd8f4ba5d09ffa1c6d927c40f4c337304049e8a952fbcbf45c6fa77a41a4"
    );
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_kernel_agrees_with_the_crate(
        (log_n, r) in (1..13_u32, 1..12_u32),
        [p_a, p_b] in [1..5_u32, 1..5_u32],
        [password_a, password_b, salt_a, salt_b] in [text(), text(), text(), text()],
    ) {
        let n = 1 << log_n;
        let a = (&password_a[..], &salt_a[..], (n, r, p_a));
        let b = (&password_b[..], &salt_b[..], (n, r, p_b));
        // Of another cost: it cannot run with the others.
        let c = (&password_b[..], &salt_b[..], (2, r, p_b));
        let [key_a, key_b, key_c] = [a, b, c].map(|job| theirs(job.0, job.1, job.2));
        for (kernel, mut worker) in workers() {
            prop_assert_eq!(one(&mut worker, a.0, a.1, a.2), key_a, "{:?}", kernel);
            prop_assert_eq!(many(&mut worker, &[a, b]), [key_a, key_b], "{:?}", kernel);
            let keys = many(&mut worker, &[b, c, a, a, c, b, a]);
            let expected = [key_b, key_c, key_a, key_a, key_c, key_b, key_a];
            prop_assert_eq!(keys, expected, "{:?}", kernel);
        }
    }
}

#[test]
fn a_key_of_any_length_is_that_of_the_crate() {
    for length in [1, 31, 32, 33, 100] {
        let mut out = vec![0; length];
        let job = Job { password: b"p", salt: b"s", params: params((8, 2, 1)), out: &mut out };
        Worker::new().one(job).unwrap();
        let theirs_params = scrypt::Params::new(3, 2, 1, 32).unwrap();
        let mut theirs = vec![0; length];
        scrypt::scrypt(b"p", b"s", &theirs_params, &mut theirs).unwrap();
        assert_eq!(out, theirs);
    }
}

#[test]
fn work_memory_is_wiped_before_it_is_given_back() {
    for (kernel, mut worker) in workers() {
        let jobs = [(&b"a"[..], &b"b"[..], (64, 8, 1)), (b"c", b"d", (64, 8, 1))];
        one(&mut worker, b"a", b"b", (16, 2, 1));
        // More memory than before: the first is given back here.
        many(&mut worker, &jobs);
        let used = worker.work_memory().unwrap();
        assert!(used.iter().filter(|byte| **byte != 0).count() > 32 * 1024, "{kernel:?}");
        memory::watch::begin();
        one(&mut worker, b"a", b"b", (4096, 2, 1));
        drop(worker);
        let seen = memory::watch::end();
        assert!(seen.len() >= 2 && seen.iter().all(|is_zero| *is_zero), "{kernel:?}: {seen:?}");
    }
}

#[test]
fn what_the_function_does_not_allow_is_refused() {
    for (n, r, p) in [
        (0, 8, 1),
        (1, 8, 1),
        (3, 8, 1),
        (1 << 32, 8, 1),
        (1 << 63, 8, 1),
        (16, 0, 1),
        (16, 8, 0),
        (1 << 16, 1, 1),
        (16, 1 << 15, 1 << 15),
        (16, u32::MAX, u32::MAX),
    ] {
        assert_eq!(Params::new(n, r, p), Err(ScryptError::Params), "{n} {r} {p}");
    }
    assert!(Params::new(1 << 15, 1, 1).is_ok());
}

/// More than any processor can address.
#[test]
fn memory_that_cannot_be_had_is_an_error_and_the_worker_goes_on() {
    for (kernel, mut worker) in workers() {
        let huge = params((1 << 31, 1 << 20, 1));
        let mut out = [0; 64];
        let job = Job { password: b"p", salt: b"s", params: huge, out: &mut out };
        assert!(matches!(worker.one(job), Err(ScryptError::Memory(_))), "{kernel:?}");
        let expected = theirs(b"p", b"s", (16, 8, 1));
        assert_eq!(one(&mut worker, b"p", b"s", (16, 8, 1)), expected);
    }
}

/// A single one needs no more than what it says, and two need twice as much.
#[test]
fn the_memory_is_what_is_stated() {
    for (_, mut worker) in workers() {
        one(&mut worker, b"", b"", (64, 3, 5));
        let stated = params((64, 3, 5)).memory();
        assert_eq!((stated, worker.work_memory().unwrap().len()), (384 * 66, 384 * 66));
    }
}
