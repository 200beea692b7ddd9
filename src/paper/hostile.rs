//! Frames, lines and pictures that somebody made to do harm.

use minicbor::Encoder;
use ur::bytewords::{Style, encode};

use crate::{
    Intake, Parts, Payload,
    intake::IntakeError,
    lines,
    parts::{MAX_PARTS, PartError},
    picture::Picture,
    round_trip::Dice,
};

/// A part with these numbers, whose text agrees with them.
fn part(sequence: u32, count: u32, len: u32, data: &[u8]) -> String {
    let mut body = Vec::new();
    Encoder::new(&mut body)
        .array(5)
        .and_then(|e| e.u32(sequence)?.u32(count)?.u32(len)?.u32(7)?.bytes(data))
        .unwrap();
    format!("ur:bytes/{sequence}-{count}/{}", encode(&body, Style::Minimal))
}

#[test]
fn numbers_that_would_allocate_are_refused_before_they_do() {
    for (sequence, count, len, bytes) in [
        (u32::MAX, u32::MAX, u32::MAX, 10),
        (1, u32::MAX, 10, 10),
        (1, MAX_PARTS as u32 + 1, (MAX_PARTS as u32 + 1) * 10, 10),
        (1, 2, u32::MAX, 10),
        (1, 2, 100, 10),
        (1, 10, 20, 10),
        (1, 0, 10, 10),
        (0, 2, 20, 10),
        (1, 2, 0, 10),
        (1, 2, 20, 0),
    ] {
        let text = part(sequence, count, len, &vec![1; bytes]);
        let answer = Parts::default().receive(&text);
        let refused = matches!(answer, Err(PartError::Malformed(_)));
        assert!(refused, "{sequence} {count} {len} {bytes}: {answer:?}");
    }
    Parts::default().receive(&part(1, 2, 20, &[1; 10])).unwrap();
    Parts::default().receive(&part(u32::MAX, 2, 19, &[1; 10])).unwrap();
}

#[test]
fn parts_of_two_transfers_are_not_mixed() {
    let mut parts = Parts::default();
    parts.receive(&part(1, 2, 20, &[1; 10])).unwrap();
    for other in [part(2, 2, 19, &[1; 10]), part(2, 3, 30, &[1; 10])] {
        assert!(matches!(parts.receive(&other), Err(PartError::OtherMessage)), "{other}");
    }
    // Whole, and not what its checksum says.
    parts.receive(&part(2, 2, 20, &[1; 10])).unwrap();
    assert!(matches!(parts.message(), Err(PartError::Malformed(_))));
    let single = format!("ur:bytes/{}", encode(b"\x41a", Style::Minimal));
    assert!(matches!(parts.receive(&single), Err(PartError::OtherMessage)));
    let mut single_first = Parts::default();
    single_first.receive(&single).unwrap();
    assert_eq!(single_first.message().unwrap().unwrap(), b"a");
}

#[test]
fn codes_of_other_programs_are_not_taken_for_ours() {
    let mut parts = Parts::default();
    let seed = "ur:crypto-seed/oyadgdaawzwplrbdhdpabgrnvokorolnrtemksayyadmut";
    for text in ["", "u", "https://example.org", "bitcoin:1", "é", "ur:", "ur:bytes", seed] {
        assert!(matches!(parts.receive(text), Err(PartError::Foreign)), "{text}");
    }
    for text in
        ["ur:bytes/", "ur:bytes/1-2/", "ur:bytes/a-b/aeae", "ur:bytes/1-2/3/aeae", "ur:bytes/éé"]
    {
        assert!(matches!(parts.receive(text), Err(PartError::Malformed(_))), "{text}");
    }
    // Bytes of another program, whole.
    let mut intake = Intake::default();
    intake.text(&format!("UR:BYTES/{}", encode(b"\x41a", Style::Minimal))).unwrap();
    assert!(matches!(intake.finish(), Err(IntakeError::Payload(_))));
}

/// Whatever is changed in a part, a line or a packed payload: an answer, never a panic.
#[test]
fn damaged_input_is_answered() {
    let mut dice = Dice(7);
    let payload = Payload::file("x", dice.bytes(300)).unwrap();
    let packed = payload.pack().unwrap();
    let good: Vec<String> = crate::Frames::new(&packed, 40).unwrap().take(20).collect();
    let typed = lines::write(&packed).unwrap().join("\n");
    for _ in 0..3000 {
        let mut text = good[dice.below(good.len())].clone().into_bytes();
        let mut written = typed.clone().into_bytes();
        let mut bytes = packed.clone();
        for changed in [&mut text, &mut written, &mut bytes] {
            for _ in 0..=dice.below(3) {
                let at = dice.below(changed.len());
                changed[at] = 32 + dice.below(95) as u8;
            }
        }
        let mut parts = Parts::default();
        let _ = parts.receive(std::str::from_utf8(&text).unwrap());
        let _ = parts.message();
        let read = lines::read(std::str::from_utf8(&written).unwrap());
        assert!(read.is_err() || read.unwrap() == packed);
        let unpacked = Payload::unpack(&bytes);
        assert!(unpacked.is_err() || bytes == packed);
    }
}

/// Noise looks like parts of codes everywhere.
#[test]
fn pictures_of_noise_hold_no_code() {
    let mut dice = Dice(9);
    for round in 0..12 {
        let (width, height) = (1 + dice.below(200), 1 + dice.below(200));
        let levels = 2 + dice.below(3);
        let run = 1 + dice.below(6);
        let rows: Vec<_> = (0..height / run + 1).map(|_| dice.bytes(width / run + 1)).collect();
        let pixel = |i: usize| {
            let value = rows[i / width / run][i % width / run];
            (usize::from(value) % levels * (255 / (levels - 1))) as u8
        };
        let pixels = (0..width * height).map(pixel).collect();
        let found = Picture::from_pixels(width, height, pixels).unwrap().search();
        assert!(found.is_empty(), "{round}: {found:?}");
    }
}
