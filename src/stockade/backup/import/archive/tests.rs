//! Archives as tools make them, and truncated, damaged and hostile ones.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;
use crate::backup::import::recognise::recognise;

fn keystore() -> Vec<u8> {
    let file = "device-tests/vectors/keystore-variants/01-scrypt-218.json";
    std::fs::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(file)).unwrap()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn look(name: &str, bytes: &[u8]) -> Content {
    let path = Path::new(name);
    open(path, Kind::of(path, bytes).unwrap(), bytes, |path, reader, _| {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        Ok(recognise(path, &bytes))
    })
}

fn said(content: Content) -> String {
    match content {
        Content::Bad(why) => why,
        found => panic!("{found:?}"),
    }
}

#[test]
fn every_file_in_an_archive_is_taken_skipped_or_bad() {
    let keystore = keystore();
    let files: [(&str, &[u8]); 6] = [
        ("keystore-0.json", &keystore),
        ("../../etc/keystore-1.json", &keystore[..300]),
        ("/etc/notes", b"the password is elsewhere"),
        ("__MACOSX/._keystore-0.json", b"\0\x05\x16\x07"),
        ("deposit_data.json", b"[{\"deposit_data_root\": \"00\"}]"),
        ("nested.zip", &zip(&[("keystore.json", &keystore)])),
    ];
    for (name, bytes) in [
        ("b.zip", zip(&files)),
        ("b.tar", tar(&files)),
        ("b.tar.gz", gzip(&tar(&files))),
        ("b.tgz", gzip(&tar(&files))),
    ] {
        let Content::Archive(archive) = look(name, &bytes) else { panic!("{name}") };
        assert_eq!(archive.files.len(), files.len(), "{name}");
        for ((path, content), (inside, _)) in archive.files.iter().zip(&files) {
            assert_eq!(path.to_str().unwrap(), format!("{name}/{inside}"));
            let is_right = match *inside {
                "keystore-0.json" => matches!(content, Content::Keystore(_)),
                "../../etc/keystore-1.json" | "nested.zip" => {
                    matches!(content, Content::Bad(_))
                }
                _ => matches!(content, Content::Other(_)),
            };
            assert!(is_right, "{name}/{inside}: {content:?}");
        }
    }
    let packed = look("keystore.json.gz", &gzip(&keystore));
    let Content::Archive(archive) = packed else { panic!("{packed:?}") };
    assert_eq!(archive.files[0].0, Path::new("keystore.json.gz/keystore.json"));
    assert!(matches!(look("a.zip", &zip(&[("a", b"b")])), Content::Other(_)));
    assert!(matches!(look("a.zip", &zip(&[])), Content::Other(_)));
}

#[test]
fn a_truncated_archive_is_bad() {
    let keystore = keystore();
    let files: [(&str, &[u8]); 2] =
        [("keystore-0.json", &keystore), ("keystore-1.json", &keystore)];
    for (name, bytes) in
        [("b.zip", zip(&files)), ("b.tar", tar(&files)), ("b.tar.gz", gzip(&tar(&files)))]
    {
        // A tar ends in a kilobyte of zeros, half of which is enough.
        let end = if name == "b.tar" { bytes.len() - 512 } else { bytes.len() };
        for len in (600.min(end / 2)..end).step_by(37) {
            let why = said(look(name, &bytes[..len]));
            assert!(why.contains("cut off or damaged"), "{name}, {len}: {why}");
        }
    }
    let mut damaged = zip(&files);
    damaged[200] ^= 1;
    let Content::Archive(archive) = look("b.zip", &damaged) else { panic!() };
    let said = format!("{:?}", archive.files[0].1);
    assert!(said.contains("cannot be unpacked"), "{said}");
}

#[test]
fn an_archive_never_fills_the_memory() {
    let zeros = vec![b' '; 40 * MIB as usize];
    for (name, bytes) in [
        ("b.zip", zip(&[("keystore.json", &[b"{".as_slice(), &zeros].concat())])),
        ("b.tar.gz", gzip(&tar(&[("keystore.json", &zeros)]))),
        ("b.json.gz", gzip(&[b"{".as_slice(), &zeros].concat())),
        ("b.tar.gz", gzip(&gzip(&zeros).repeat(20))),
    ] {
        match look(name, &bytes) {
            Content::Bad(why) => assert!(why.contains("too much"), "{name}: {why}"),
            // A file that is packed twice is not opened.
            Content::Archive(archive) => {
                assert!(matches!(archive.files[0].1, Content::Bad(_)));
            }
            found => panic!("{name}: {found:?}"),
        }
    }
    let names: Vec<_> = (0..=MAX_FILES).map(|i| i.to_string()).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    assert!(said(look("b.zip", &zip(&files))).contains("too many files"));
}

#[test]
fn no_byte_of_an_archive_makes_it_panic() {
    let files: [(&str, &[u8]); 2] = [("keystore-0.json", b"{\"crypto\": {}}"), ("x", b"y")];
    let mut zip64 = ZipWriter::new(Cursor::new(Vec::new()));
    zip64.start_file("k.json", SimpleFileOptions::default().large_file(true)).unwrap();
    zip64.write_all(b"{}").unwrap();
    let zip64 = zip64.finish().unwrap().into_inner();
    for (name, bytes) in
        [("b.zip", zip(&files)), ("b.zip", zip64), ("b.tar.gz", gzip(&tar(&files)))]
    {
        for at in 4..bytes.len() {
            for (len, value) in [(1, 0), (1, 0x7f), (1, 0xff), (4, 0xff), (8, 0xff), (8, 0x7f)] {
                let mut bytes = bytes.clone();
                bytes.iter_mut().skip(at).take(len).for_each(|byte| *byte = value);
                drop(look(name, &bytes));
            }
        }
    }
    // The headers of a tar have a checksum.
    let bytes = tar(&files);
    for at in (0..512).filter(|at| !(148..156).contains(at) && !(257..262).contains(at)) {
        for value in [0, b'0', b'7', b'L', b'S', b'x', 0x80, 0xff] {
            let mut bytes = bytes.clone();
            bytes.iter_mut().skip(at).take(8).for_each(|byte| *byte = value);
            let mut header = tar::Header::new_old();
            header.as_mut_bytes().copy_from_slice(&bytes[..512]);
            header.as_mut_bytes()[257..262].copy_from_slice(b"ustar");
            header.set_cksum();
            bytes[..512].copy_from_slice(header.as_bytes());
            drop(look("b.tar", &bytes));
        }
    }
}

/// The same name twice in a zip: programs differ in which file they use.
#[test]
fn two_files_of_the_same_name_are_refused_or_both_reported() {
    let (one, other) = (keystore(), b"something else".as_slice());
    let mut bytes = zip(&[("keystore-0.json", &one), ("keystore-1.json", other)]);
    let at = |bytes: &[u8]| bytes.windows(15).position(|part| part == b"keystore-1.json");
    while let Some(at) = at(&bytes) {
        bytes[at + 9] = b'0';
    }
    assert!(said(look("b.zip", &bytes)).contains("the same name"));
    let bytes = tar(&[("keystore-0.json", &one), ("keystore-0.json", other)]);
    let Content::Archive(archive) = look("b.tar", &bytes) else { panic!() };
    assert_eq!(archive.files.len(), 2);
}

#[test]
fn encrypted_files_are_bad_and_links_are_not_followed() {
    let mut bytes = zip(&[("keystore-0.json", &keystore())]);
    // The flag in both headers.
    let central = bytes.windows(4).position(|part| part == b"PK\x01\x02").unwrap();
    bytes[6] |= 1;
    bytes[central + 8] |= 1;
    let Content::Archive(archive) = look("b.zip", &bytes) else { panic!() };
    assert!(format!("{:?}", archive.files[0].1).contains("encrypted with a password"));

    let mut tar = tar::Builder::new(Vec::new());
    for name in ["keystore.json", "other"] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(EntryType::Symlink);
        header.set_size(0);
        tar.append_link(&mut header, name, "/etc/passwd").unwrap();
    }
    let bytes = tar.into_inner().unwrap();
    let Content::Archive(archive) = look("b.tar", &bytes) else { panic!() };
    assert!(matches!(archive.files[0].1, Content::Bad(_)));
    assert!(matches!(archive.files[1].1, Content::Other(_)));
}
