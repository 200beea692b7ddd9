//! Finds secrets in what belongs to a process: its memory, arguments and environment, and those of its
//! children; and in what it wrote.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt as _,
};

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};

/// A secret by name.
pub(super) type Secret = (String, Vec<u8>);

const PAGE: usize = 4096;

/// A piece of what belongs to a process.
pub(super) struct Region {
    name: String,
    bytes: Vec<u8>,
}

impl Region {
    pub(super) fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

/// The memory of a process, and its arguments and environment and those of its children.
pub(super) fn regions(process: u32) -> io::Result<Vec<Region>> {
    let mut regions = memory(process)?;
    for process in children(process)?.into_iter().chain([process]) {
        for what in ["cmdline", "environ"] {
            // A child can end at any time.
            if let Ok(bytes) = fs::read(format!("/proc/{process}/{what}")) {
                regions.push(Region::new(format!("{what} of process {process}"), bytes));
            }
        }
    }
    Ok(regions)
}

/// All memory that it could write to, without pages of zeros.
fn memory(process: u32) -> io::Result<Vec<Region>> {
    let memory = File::open(format!("/proc/{process}/mem"))?;
    let mut regions = Vec::new();
    for line in fs::read_to_string(format!("/proc/{process}/maps"))?.lines() {
        let fields: Vec<_> = line.split_whitespace().collect();
        let (from, to) = fields[0].split_once('-').unwrap();
        let number = |text| u64::from_str_radix(text, 16).unwrap();
        let (from, to) = (number(from), number(to));
        let name = fields.get(5).copied().unwrap_or_default();
        if !fields[1].starts_with("rw") || name.starts_with("[v") {
            continue;
        }
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        memory.read_exact_at(&mut bytes, from)?;
        let pages: Vec<_> = bytes.chunks(PAGE).collect();
        let used = pages.chunk_by(|a, b| is_used(a) && is_used(b)).filter(|run| is_used(run[0]));
        let at = |run: &[&[u8]]| run[0].as_ptr().addr() - bytes.as_ptr().addr();
        let region =
            |run: &[&[u8]]| Region::new(format!("{from:x} {name} +{:x}", at(run)), run.concat());
        regions.extend(used.map(region));
    }
    Ok(regions)
}

fn is_used(page: &[u8]) -> bool {
    page != [0; PAGE]
}

fn children(process: u32) -> io::Result<Vec<u32>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Ok(other) = entry?.file_name().to_string_lossy().parse() else { continue };
        let stat = fs::read_to_string(format!("/proc/{other}/stat")).unwrap_or_default();
        // The name of the program, in brackets, can hold anything.
        let parent = stat.rsplit_once(") ").and_then(|(_, after)| after.split(' ').nth(1));
        if parent == Some(&process.to_string()) {
            children.push(other);
        }
    }
    Ok(children)
}

/// The halves of each secret, or all of a short one, as it is, in hex and in base64, by name.
fn needles(secrets: &[Secret]) -> Vec<(String, Vec<u8>)> {
    let mut needles = Vec::new();
    for (name, secret) in secrets {
        assert!(secret.len() >= 8, "{name}: too short to be told from other bytes");
        let hex = hex::encode(secret);
        let forms = [
            ("", secret.clone()),
            (", in hex", hex.clone().into_bytes()),
            (", in HEX", hex.to_uppercase().into_bytes()),
            (", in base64", BASE64_STANDARD_NO_PAD.encode(secret).into_bytes()),
        ];
        for (form, bytes) in forms {
            let half = if bytes.len() < 16 { bytes.len() } else { (bytes.len() / 2).min(16) };
            let end = bytes.len() - half;
            needles.push((format!("{name}{form} (begin)"), bytes[..half].to_vec()));
            needles.push((format!("{name}{form} (end)"), bytes[end..].to_vec()));
        }
    }
    needles
}

/// Where any half of a secret is, by name.
pub(super) fn found(regions: &[Region], secrets: &[Secret]) -> Vec<String> {
    let needles = needles(secrets);
    let mut starts = vec![false; 1 << 16];
    for (_, needle) in &needles {
        starts[usize::from(u16::from_le_bytes([needle[0], needle[1]]))] = true;
    }
    let mut found = Vec::new();
    for Region { name: place, bytes } in regions {
        for (at, pair) in bytes.windows(2).enumerate() {
            if !starts[usize::from(u16::from_le_bytes([pair[0], pair[1]]))] {
                continue;
            }
            for (name, needle) in &needles {
                if bytes[at..].starts_with(needle) {
                    found.push(format!("{name} in {place} +{at:x}"));
                }
            }
        }
    }
    found
}
