//! The picture of a round red seal: a ring and a star, without text.
use super::SealingError;

/// Pixels of a side: 12 a millimetre at 40 mm.
const SIDE: u32 = 480;

/// The red of official seals, opaque.
const RED: [u8; 4] = [0xD8, 0x1E, 0x06, 0xFF];

/// Radii as parts of half the side: the ring between the first two, the star's points and its notches.
const RING: (f64, f64) = (0.93, 0.99);
const STAR: (f64, f64) = (0.32, 0.122);

/// A round seal as PNG with a transparent ground.
///
/// # Errors
/// [`SealingError::Writing`] when the picture cannot be encoded.
pub fn round_seal() -> Result<Vec<u8>, SealingError> {
    let star = star();
    let at = |pixel: u32| (f64::from(pixel) + 0.5) / f64::from(SIDE) * 2.0 - 1.0;
    let mut pixels = Vec::with_capacity(4 * SIDE as usize * SIDE as usize);
    for y in (0..SIDE).map(at) {
        for x in (0..SIDE).map(at) {
            let in_ring = (RING.0..=RING.1).contains(&x.hypot(y));
            pixels.extend(if in_ring || inside(&star, x, y) { RED } else { [0; 4] });
        }
    }
    let mut bytes = Vec::new();
    write(&mut bytes, &pixels).map_err(|_| SealingError::Writing { what: "the picture of the seal" })?;
    Ok(bytes)
}

fn write(bytes: &mut Vec<u8>, pixels: &[u8]) -> Result<(), png::EncodingError> {
    let mut encoder = png::Encoder::new(bytes, SIDE, SIDE);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()
}

/// The ten corners of a star with one point up.
fn star() -> Vec<(f64, f64)> {
    (0..10)
        .map(|corner| {
            let angle = f64::from(corner) * std::f64::consts::PI / 5.0;
            let radius = if corner % 2 == 0 { STAR.0 } else { STAR.1 };
            (radius * angle.sin(), -radius * angle.cos())
        })
        .collect()
}

/// Whether a ray from the point crosses the outline an odd number of times.
fn inside(outline: &[(f64, f64)], x: f64, y: f64) -> bool {
    let edges = outline.iter().zip(outline.iter().cycle().skip(1));
    let crossed =
        edges.filter(|((x1, y1), (x2, y2))| (*y1 > y) != (*y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1);
    crossed.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_has_a_red_ring_a_red_star_and_a_clear_ground() {
        let bytes = round_seal().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let side = SIDE as usize;
        let pixel = |x: usize, y: usize| pixels[4 * (y * side + x)..4 * (y * side + x) + 4].to_vec();
        assert_eq!(pixel(side / 2, side / 2), RED, "star");
        assert_eq!(pixel(side / 2, 9), RED, "ring");
        assert_eq!(pixel(0, 0)[3], 0, "corner");
        assert_eq!(pixel(side / 2, side / 5)[3], 0, "between ring and star");
    }
}
