//! Reads QR codes in pictures: PNG and JPEG, from scanners, cameras and screens.

use std::{collections::BTreeSet, io::Cursor};

use rqrr::PreparedImage;
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

/// The longest file of a picture.
pub const MAX_FILE: u64 = 64 * 1024 * 1024;

/// The most pixels: a page of A4 or Letter at 600 dots an inch.
const MAX_PIXELS: usize = 40_000_000;

/// The longest side.
const MAX_SIDE: usize = 20_000;

/// About as many pixels as one code needs; larger pictures are not enlarged.
const SMALL: usize = 2_000_000;

/// Why a picture cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// Not a PNG or JPEG.
    #[error("neither a PNG nor a JPEG picture")]
    Unknown,
    /// It has too many pixels.
    #[error(
        "{width} x {height} pixels are too many: a page at 600 dots an inch has fewer than {MAX_PIXELS}"
    )]
    TooLarge {
        /// Its width in pixels.
        width: usize,
        /// Its height in pixels.
        height: usize,
    },
    /// The file is damaged.
    #[error("the picture cannot be read: {}", stockade::shown(.0))]
    Damaged(String),
}

/// A picture in levels of grey.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} x {})", self.width, self.height)
    }
}

/// Whether a file begins like a picture that can be read.
pub fn is_picture(file: &[u8]) -> bool {
    is_png(file) || is_jpeg(file)
}

fn is_png(file: &[u8]) -> bool {
    file.starts_with(b"\x89PNG")
}

fn is_jpeg(file: &[u8]) -> bool {
    file.starts_with(b"\xff\xd8\xff")
}

impl Picture {
    /// A picture from its pixels, row by row; 0 is black. `None` if their number does not fit.
    pub fn from_pixels(width: usize, height: usize, pixels: Vec<u8>) -> Option<Self> {
        let fits = width.checked_mul(height) == Some(pixels.len()) && !pixels.is_empty();
        fits.then_some(Self { width, height, pixels })
    }

    /// Reads a PNG or JPEG file.
    pub fn decode(file: &[u8]) -> Result<Self, PictureError> {
        match file {
            png if is_png(png) => decode_png(png),
            jpeg if is_jpeg(jpeg) => decode_jpeg(jpeg),
            _ => Err(PictureError::Unknown),
        }
    }

    /// Its width and height in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The texts of the QR codes in it. A quick look; see [`Picture::search`].
    pub fn scan(&self) -> BTreeSet<String> {
        let mut image =
            PreparedImage::prepare_from_greyscale(self.width, self.height, |x, y| self.at(x, y));
        let grids = image.detect_grids();
        grids.iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
    }

    /// The same with one grey between dark and light for the whole picture, which noise disturbs less.
    fn scan_whole(&self) -> BTreeSet<String> {
        let between = self.threshold();
        let dark = |x: usize, y: usize| self.at(x, y) < between;
        let mut image = PreparedImage::prepare_from_bitmap(self.width, self.height, dark);
        let grids = image.detect_grids();
        grids.iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
    }

    /// The grey that divides the picture best into dark and light (Otsu).
    fn threshold(&self) -> u8 {
        let mut counts = [0_u64; 256];
        for pixel in &self.pixels {
            if let Some(count) = counts.get_mut(usize::from(*pixel)) {
                *count += 1;
            }
        }
        let total = self.pixels.len() as f64;
        let weighted = |(grey, count): (usize, &u64)| grey as f64 * *count as f64;
        let sum: f64 = counts.iter().enumerate().map(weighted).sum();
        let (mut below, mut sum_below, mut best) = (0.0, 0.0, (0.0, 128));
        for (grey, count) in counts.iter().enumerate() {
            below += *count as f64;
            sum_below += weighted((grey, count));
            let above = total - below;
            if below > 0.0 && above > 0.0 {
                let apart = sum_below / below - (sum - sum_below) / above;
                let between = below * above * apart * apart;
                if between > best.0 {
                    best = (between, grey + 1);
                }
            }
        }
        u8::try_from(best.1).unwrap_or(u8::MAX)
    }

    /// The same, looking harder: also at the picture smoothed, smaller and larger, and at parts of it. Where
    /// several codes are side by side, their corners are easily taken for those of one.
    pub fn search(&self) -> BTreeSet<String> {
        let mut found = self.search_whole();
        for tile in 0..9 {
            found.extend(
                self.tile(tile % 3, tile / 3).map(|tile| tile.search_whole()).unwrap_or_default(),
            );
        }
        found
    }

    /// A quarter of the picture, of those that overlap by half; `None` if it would be small.
    fn tile(&self, column: usize, row: usize) -> Option<Self> {
        let (width, height) = (self.width / 2, self.height / 2);
        let (left, top) = (column * self.width / 4, row * self.height / 4);
        let is_page = width >= 300 && height >= 300;
        is_page.then(|| self.map(width, height, |x, y| self.at(left + x, top + y)))
    }

    fn search_whole(&self) -> BTreeSet<String> {
        let mut found = self.scan();
        let smooth = self.smoothed();
        found.extend(self.scan_whole());
        found.extend(smooth.scan());
        found.extend(smooth.scan_whole());
        for by in [2, 3] {
            if let Some(small) = self.shrunk(by) {
                found.extend(small.scan());
                found.extend(small.scan_whole());
                found.extend(small.smoothed().scan());
            }
        }
        if self.pixels.len() <= SMALL {
            let large = self.enlarged();
            let smooth = large.smoothed();
            let smoother = smooth.smoothed();
            found.extend(large.scan());
            found.extend(smooth.scan_whole());
            found.extend(smoother.scan());
            found.extend(smoother.scan_whole());
        }
        found
    }

    /// The grey of a pixel; white outside of the picture.
    pub fn at(&self, x: usize, y: usize) -> u8 {
        let inside = x < self.width && y < self.height;
        self.pixels.get(y * self.width + x).copied().filter(|_| inside).unwrap_or(u8::MAX)
    }

    /// The mean of each pixel and its neighbours.
    fn smoothed(&self) -> Self {
        let mean = |x: usize, y: usize| {
            let (mut sum, mut count) = (0_u32, 0_u32);
            for y in y.saturating_sub(1)..=(y + 1).min(self.height - 1) {
                for x in x.saturating_sub(1)..=(x + 1).min(self.width - 1) {
                    sum += u32::from(self.at(x, y));
                    count += 1;
                }
            }
            (sum / count) as u8
        };
        self.map(self.width, self.height, mean)
    }

    /// One pixel for every square of `by` pixels; `None` if too few are left.
    fn shrunk(&self, by: usize) -> Option<Self> {
        let (width, height) = (self.width / by, self.height / by);
        let mean = |x: usize, y: usize| {
            let square = (0..by * by).map(|i| u32::from(self.at(x * by + i % by, y * by + i / by)));
            (square.sum::<u32>() / (by * by) as u32) as u8
        };
        (width >= 21 && height >= 21).then(|| self.map(width, height, mean))
    }

    /// Twice as wide and high, with means in between.
    fn enlarged(&self) -> Self {
        let between = |x: usize, y: usize| {
            let (right, below) =
                ((x / 2 + x % 2).min(self.width - 1), (y / 2 + y % 2).min(self.height - 1));
            let corners = [(x / 2, y / 2), (right, y / 2), (x / 2, below), (right, below)];
            let sum: u32 = corners.iter().map(|(x, y)| u32::from(self.at(*x, *y))).sum();
            (sum / 4) as u8
        };
        self.map(self.width * 2, self.height * 2, between)
    }

    fn map(&self, width: usize, height: usize, pixel: impl Fn(usize, usize) -> u8) -> Self {
        let pixels = (0..width * height).map(|i| pixel(i % width, i / width)).collect();
        Self { width, height, pixels }
    }
}

/// Refuses a picture by its stated size, before anything of that size is allocated.
fn check_size(width: usize, height: usize) -> Result<(), PictureError> {
    let fits =
        width <= MAX_SIDE && height <= MAX_SIDE && width.saturating_mul(height) <= MAX_PIXELS;
    if fits && width > 0 && height > 0 {
        Ok(())
    } else {
        Err(PictureError::TooLarge { width, height })
    }
}

fn damaged(error: impl std::fmt::Display) -> PictureError {
    PictureError::Damaged(stockade::json::clip(&error.to_string(), 200))
}

/// Row by row, so that only levels of grey are kept.
fn decode_png(file: &[u8]) -> Result<Picture, PictureError> {
    let limits = png::Limits { bytes: 4 * MAX_PIXELS };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(file), limits);
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let info = decoder.read_header_info().map_err(damaged)?;
    let (width, height) = (info.width as usize, info.height as usize);
    check_size(width, height)?;
    let mut reader = decoder.read_info().map_err(damaged)?;
    let samples = reader.output_color_type().0.samples();
    let length = reader.output_buffer_size().ok_or_else(|| damaged("its size"))?;
    let mut pixels = Vec::with_capacity(width * height);
    if reader.info().interlaced {
        let mut whole = vec![0; length];
        reader.next_frame(&mut whole).map_err(damaged)?;
        pixels.extend(whole.chunks_exact(samples).map(grey));
    } else {
        while let Some(row) = reader.next_row().map_err(damaged)? {
            pixels.extend(row.data().chunks_exact(samples).map(grey));
        }
    }
    Picture::from_pixels(width, height, pixels).ok_or_else(|| damaged("it ends too early"))
}

/// The grey of a pixel: grey, grey with transparency, colours, colours with transparency. What is
/// transparent is shown on white.
fn grey(samples: &[u8]) -> u8 {
    let on_white = |grey: u32, alpha: u8| {
        let alpha = u32::from(alpha);
        ((grey * alpha + 255 * (255 - alpha)) / 255) as u8
    };
    let mix =
        |r: u8, g: u8, b: u8| (u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114) / 1000;
    match *samples {
        [grey] => grey,
        [grey, alpha] => on_white(u32::from(grey), alpha),
        [r, g, b] => mix(r, g, b) as u8,
        [r, g, b, alpha] => on_white(mix(r, g, b), alpha),
        _ => u8::MAX,
    }
}

fn decode_jpeg(file: &[u8]) -> Result<Picture, PictureError> {
    let options = DecoderOptions::default()
        .set_max_width(MAX_SIDE)
        .set_max_height(MAX_SIDE)
        .jpeg_set_max_scans(64)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().map_err(|error| damaged(format!("{error:?}")))?;
    let info = decoder.info().ok_or_else(|| damaged("it has no size"))?;
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    check_size(width, height)?;
    let pixels = decoder.decode().map_err(|error| damaged(format!("{error:?}")))?;
    Picture::from_pixels(width, height, pixels).ok_or_else(|| damaged("it ends too early"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PNG of one colour, which compresses a thousandfold.
    fn png_of(width: u32, height: u32, rows: u32) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Grayscale);
        let mut writer = encoder.write_header().unwrap();
        // A wrong number of rows is what is tested.
        let _ = writer.write_image_data(&vec![255; (width * rows) as usize]);
        drop(writer);
        file
    }

    #[test]
    fn a_picture_of_too_many_pixels_is_refused_by_its_header() {
        let mut file = png_of(100, 1, 1);
        // The width, and its checksum, which is that of the chunk's type and content.
        file[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        file[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
        let sum = crc32(&file[12..29]);
        file[29..33].copy_from_slice(&sum.to_be_bytes());
        let error = Picture::decode(&file).unwrap_err();
        assert!(matches!(error, PictureError::TooLarge { width: 60_000, .. }), "{error}");
    }

    fn crc32(bytes: &[u8]) -> u32 {
        let mut sum = flate2::Crc::new();
        sum.update(bytes);
        sum.sum()
    }

    #[test]
    fn what_is_cut_off_or_damaged_is_an_error() {
        let file = png_of(64, 64, 64);
        assert!(Picture::decode(&file).unwrap().search().is_empty());
        for len in 0..file.len() - 12 {
            assert!(Picture::decode(&file[..len]).is_err(), "{len}");
        }
        for start in [&b"\xff\xd8\xff\xe0"[..], b"GIF89a", b"", b"%PDF-1.4", b"\x89PNG\r\n\x1a\n"] {
            assert!(Picture::decode(start).is_err(), "{start:?}");
        }
    }
}
