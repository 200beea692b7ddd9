//! What the times are compared with.

use std::{hint::black_box, process::Command};

use rustix::time::{ClockId, clock_gettime};

/// The time that this thread had the processor for, in seconds: other programs on the machine count less.
pub(crate) fn cpu_time(work: impl FnOnce()) -> f64 {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let start = now();
    work();
    now() - start
}

/// OpenSSL's, through Python's hashlib; not a number without Python.
pub(crate) fn openssl() -> f64 {
    let program = "import hashlib, time\n\
        start = time.thread_time()\n\
        hashlib.scrypt(b'p', salt=b's' * 32, n=1 << 18, r=8, p=1, dklen=32, maxmem=1 << 29)\n\
        print(time.thread_time() - start)";
    let output = Command::new("python3").args(["-c", program]).output();
    let text = output.map(|output| String::from_utf8(output.stdout).unwrap()).unwrap_or_default();
    text.trim().parse().unwrap_or(f64::NAN)
}

/// That of the crate `scrypt`.
pub(crate) fn the_crate() -> f64 {
    cpu_time(|| {
        let mut out = [0; 32];
        let params = scrypt::Params::new(18, 8, 1, 32).unwrap();
        scrypt::scrypt(b"p", &[b's'; 32], &params, &mut out).unwrap();
        black_box(out);
    })
}

/// Bytes that this core writes and reads in a second, one after another, in 512 MiB.
pub(crate) fn bandwidth() -> (f64, f64) {
    let mut memory = vec![1_u64; 1 << 26];
    let bytes = size_of_val(&memory[..]) as f64;
    let best = |times: [f64; 3]| bytes / times.into_iter().fold(f64::INFINITY, f64::min);
    let write = [2, 3, 4].map(|value| cpu_time(|| black_box(&mut memory).fill(value)));
    let read = [0; 3].map(|_: u8| {
        cpu_time(|| {
            black_box(black_box(&memory).iter().fold(0, |sum, word| sum ^ word));
        })
    });
    (best(write), best(read))
}
