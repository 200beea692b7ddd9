//! Random payloads, shown and read back: with parts lost, and from pictures as cameras take them.

use crate::{
    Frames, Intake, Parts, Payload,
    picture::Picture,
    qr_code::{Level, QrCode},
};

/// How many payloads. `STOCKADE_QR_PAYLOADS` sets another number.
const PAYLOADS: u64 = 200;

/// One of so many payloads is drawn and read as pictures.
const PICTURES: u64 = 20;

fn payloads() -> u64 {
    let given = std::env::var("STOCKADE_QR_PAYLOADS").ok().and_then(|number| number.parse().ok());
    given.unwrap_or(PAYLOADS)
}

/// Chance that can be repeated: SplitMix64.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.below(256) as u8).collect()
    }

    /// From `from` to `to`.
    fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.below(10_001) as f64 / 10_000.0
    }
}

#[test]
fn random_payloads_come_back_though_every_fourth_part_is_lost() {
    for seed in 0..payloads() {
        let mut dice = Dice(seed);
        let most = [40, 400, 4000][dice.below(3)];
        let len = 1 + dice.below(most);
        let payload = Payload::file("x", dice.bytes(len)).unwrap();
        let packed = payload.pack().unwrap();
        let frames = Frames::new(&packed, 20 + dice.below(300)).unwrap();
        let (spare, phase) = (frames.with_spare(), dice.below(4));
        let mut parts = Parts::default();
        // The only part of a short payload is shown again and again.
        let is_lost = |i: usize| spare > 1 && i % 4 == phase;
        for (_, part) in frames.take(spare).enumerate().filter(|(i, _)| !is_lost(*i)) {
            parts.receive(&part).unwrap();
        }
        let message = parts.message().unwrap();
        let message =
            message.unwrap_or_else(|| panic!("{seed}: {parts:?} of {:?}", parts.needed()));
        assert_eq!(Payload::unpack(&message).unwrap(), payload, "{seed}");
        if seed % PICTURES == 0 {
            as_pictures(&packed, &payload);
        }
    }
}

fn as_pictures(packed: &[u8], payload: &Payload) {
    let mut intake = Intake::default();
    let frames = Frames::new(packed, 200).unwrap();
    let needed = frames.needed();
    for part in frames.take(needed) {
        let png = QrCode::new(&part, Level::Low).unwrap().to_png(3).unwrap();
        intake.add(&png, false).unwrap();
    }
    assert_eq!(intake.finish().unwrap(), *payload);
}

/// How a camera changed a picture.
#[derive(Debug, Clone, Copy)]
struct Distortion {
    /// Pixels a module.
    scale: f64,
    degrees: f64,
    /// How often each pixel is mixed with its neighbours.
    blur: usize,
    /// How much each pixel is off, at most.
    noise: usize,
    /// The grey of black and of white.
    contrast: (f64, f64),
}

impl Distortion {
    fn random(dice: &mut Dice) -> Self {
        Self {
            scale: dice.between(3.2, 7.5),
            degrees: dice.between(-12.0, 12.0),
            blur: dice.below(2),
            noise: dice.below(40),
            contrast: (dice.between(0.0, 60.0), dice.between(170.0, 255.0)),
        }
    }

    fn apply(self, code: &QrCode, dice: &mut Dice) -> Picture {
        let source = Picture::decode(&code.to_png(8).unwrap()).unwrap();
        let modules = source.size().0 as f64 / 8.0;
        let side = (modules * self.scale * 1.3) as usize;
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        let middle = side as f64 / 2.0;
        let zoom = 8.0 / self.scale;
        let mut pixels = vec![0_u8; side * side];
        for (i, pixel) in pixels.iter_mut().enumerate() {
            let (x, y) = ((i % side) as f64 - middle, (i / side) as f64 - middle);
            let from = |along: f64| along * zoom + source.size().0 as f64 / 2.0;
            let (x, y) = (from(x * cos + y * sin), from(y * cos - x * sin));
            let inside = x >= 0.0 && y >= 0.0;
            let value = if inside { source.at(x as usize, y as usize) } else { 255 };
            let (black, white) = self.contrast;
            *pixel = (black + (white - black) * f64::from(value) / 255.0) as u8;
        }
        for _ in 0..self.blur {
            pixels = blurred(&pixels, side);
        }
        for pixel in &mut pixels {
            let off = dice.below(2 * self.noise + 1) as i32 - self.noise as i32;
            *pixel = (i32::from(*pixel) + off).clamp(0, 255) as u8;
        }
        Picture::from_pixels(side, side, pixels).unwrap()
    }
}

fn blurred(pixels: &[u8], side: usize) -> Vec<u8> {
    let at = |x: usize, y: usize| u32::from(pixels[y.min(side - 1) * side + x.min(side - 1)]);
    let mean = |i: usize| {
        let (x, y) = (i % side, i / side);
        let rows = [y.saturating_sub(1), y, y + 1];
        let sum = rows.map(|y| at(x.saturating_sub(1), y) + at(x, y) + at(x + 1, y));
        (sum.iter().sum::<u32>() / 9) as u8
    };
    (0..pixels.len()).map(mean).collect()
}

/// Nobody holds a camera still and straight. At least 19 of 20 codes are read; the others are shown again,
/// or others in their place.
#[test]
fn codes_are_read_scaled_rotated_blurred_and_with_noise() {
    let number = (payloads() / 8).max(10);
    let mut unread = Vec::new();
    for seed in 0..number {
        let mut dice = Dice(seed + 1_000_000);
        let len = 20 + dice.below(160);
        let payload = Payload::file("x", dice.bytes(len)).unwrap();
        let part = Frames::new(&payload.pack().unwrap(), 1000).unwrap().next().unwrap();
        let code = QrCode::new(&part, Level::Low).unwrap();
        let distortion = Distortion::random(&mut dice);
        let picture = distortion.apply(&code, &mut dice);
        let found = if picture.scan().contains(&part) { picture.scan() } else { picture.search() };
        if !found.contains(&part) {
            unread.push((seed, distortion));
        }
    }
    assert!(unread.len() as u64 * 20 <= number, "{unread:#?}");
}
