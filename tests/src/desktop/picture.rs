//! A picture of a screen.
//!
//! Owns: its pixels and writing them as PNG. Must never know: what is seen.

use std::{collections::HashSet, fs::File, io::BufWriter, path::Path};

use super::Outcome;

/// Pixels, row by row.
#[derive(Debug, Clone)]
pub struct Picture {
    width: u16,
    height: u16,
    /// Blue, green, red and nothing for each.
    pixels: Vec<u8>,
}

impl Picture {
    pub(super) fn new(width: u16, height: u16, pixels: Vec<u8>) -> Self {
        Self { width, height, pixels }
    }

    /// How many colours it has: one where nothing was drawn, many where there is text.
    #[must_use]
    pub fn colours(&self) -> usize {
        self.pixels.chunks_exact(4).collect::<HashSet<_>>().len()
    }

    /// Writes it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Outcome<()> {
        let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), self.width.into(), self.height.into());
        encoder.set_color(png::ColorType::Rgb);
        let rgb: Vec<u8> = self.pixels.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        Ok(encoder.write_header()?.write_image_data(&rgb)?)
    }
}
