//! SM3 (GB/T 32905) of sixteen messages side by side, by AVX-512, where the processor has it.
//!
//! The reason for `unsafe` is that of `sm2/lanes.rs`, and so is its proof: only asking the processor makes a [`Processor`], no pointer is
//! used, and the compiler refuses an instruction that is not among the features of its function. Indices are those of safe Rust, and in
//! range: a lane is below 16; the rest of a message that is no whole block is below 64 bytes; of the 68 words the highest read is
//! 63 + 4. Words wrap around, as the standard has them.
#![allow(unsafe_code, reason = "instructions that the processor was asked for; see above")]
#![allow(clippy::indexing_slicing, reason = "arrays by constants and by loops of constant length, which unroll")]
#![allow(clippy::many_single_char_names, reason = "the letters of GB/T 32905")]
#![allow(clippy::unused_self, reason = "a processor is a proof: having it is its use")]

use std::arch::x86_64::{
    __m512i, _mm_cvtsi128_si32, _mm512_add_epi32, _mm512_alignr_epi32, _mm512_castsi512_si128, _mm512_mask_blend_epi32,
    _mm512_rol_epi32, _mm512_set_epi32, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_ternarylogic_epi32,
    _mm512_xor_si512,
};

/// How many messages lie side by side.
pub(super) const LANES: usize = 16;
const BLOCK: usize = 64;

const START: [u32; 8] =
    [0x7380_166F, 0x4914_B2B9, 0x1724_42D7, 0xDA8A_0600, 0xA96F_30BC, 0x1631_38AA, 0xE38D_EE4D, 0xB0FB_0E4E];

/// The proof that this processor has the instructions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Processor(());

impl Processor {
    /// Asks; `None` when it has not got them.
    pub(super) fn ask() -> Option<Self> {
        is_x86_feature_detected!("avx512f").then_some(Self(()))
    }

    /// The digest of each message, in their order; and something where there are fewer messages than lanes.
    pub(super) fn digests(self, messages: &[&[u8]]) -> [[u8; 32]; LANES] {
        let mut lanes = [None; LANES];
        for (lane, message) in lanes.iter_mut().zip(messages) {
            *lane = Some(*message);
        }
        // SAFETY: `self` is only made when the processor has the instructions.
        unsafe { digests(&lanes) }
    }
}

/// How many blocks a message has with its padding: a bit, zeros, and its length in 64 bits.
pub(super) fn blocks(message: &[u8]) -> usize {
    (message.len() + 8) / BLOCK + 1
}

/// One block of a padded message; zeros behind its end.
fn block(message: &[u8], index: usize) -> [u8; BLOCK] {
    let rest = message.get(index * BLOCK..).unwrap_or_default();
    if let Some(whole) = rest.first_chunk() {
        return *whole;
    }
    let mut out = [0; BLOCK];
    for (to, from) in out.iter_mut().zip(rest) {
        *to = *from;
    }
    if message.len() / BLOCK == index {
        out[rest.len()] = 0x80;
    }
    if index + 1 == blocks(message) {
        // No message in memory has 2^61 bytes.
        let bits = u64::try_from(message.len()).unwrap_or(u64::MAX).wrapping_mul(8).to_be_bytes();
        for (to, from) in out.iter_mut().skip(BLOCK - 8).zip(bits) {
            *to = from;
        }
    }
    out
}

#[target_feature(enable = "avx512f")]
fn digests(messages: &[Option<&[u8]>; LANES]) -> [[u8; 32]; LANES] {
    let counts = messages.map(|message| message.map_or(0, blocks));
    let mut state = START.map(|word| _mm512_set1_epi32(word.cast_signed()));
    for index in 0..counts.iter().copied().max().unwrap_or(0) {
        let blocks = messages.map(|message| message.map_or([0; BLOCK], |message| block(message, index)));
        let after = compressed(&state, &blocks);
        // Bit i of the mask is lane i, which goes on while it has blocks.
        let going = (0..LANES).filter(|lane| index < counts[*lane]).fold(0, |mask, lane| mask | 1_u16 << lane);
        for word in 0..8 {
            state[word] = _mm512_mask_blend_epi32(going, state[word], after[word]);
        }
    }
    let mut out = [[0; 32]; LANES];
    for digest in &mut out {
        for (word, part) in state.iter_mut().zip(digest.as_chunks_mut::<4>().0) {
            *part = _mm_cvtsi128_si32(_mm512_castsi512_si128(*word)).to_be_bytes();
            *word = _mm512_alignr_epi32::<1>(*word, *word);
        }
    }
    out
}

#[inline]
#[target_feature(enable = "avx512f")]
fn xor3(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0x96>(a, b, c)
}

/// Word `index` of every block.
#[inline]
#[target_feature(enable = "avx512f")]
fn word(blocks: &[[u8; BLOCK]; LANES], index: usize) -> __m512i {
    let of = |lane: usize| {
        let block = &blocks[lane];
        i32::from_be_bytes([block[4 * index], block[4 * index + 1], block[4 * index + 2], block[4 * index + 3]])
    };
    _mm512_set_epi32(
        of(15),
        of(14),
        of(13),
        of(12),
        of(11),
        of(10),
        of(9),
        of(8),
        of(7),
        of(6),
        of(5),
        of(4),
        of(3),
        of(2),
        of(1),
        of(0),
    )
}

/// The compression function, 5.3.
#[inline]
#[target_feature(enable = "avx512f")]
fn compressed(state: &[__m512i; 8], blocks: &[[u8; BLOCK]; LANES]) -> [__m512i; 8] {
    let mut w = [_mm512_setzero_si512(); 68];
    for (j, slot) in w.iter_mut().enumerate().take(16) {
        *slot = word(blocks, j);
    }
    for j in 16..68 {
        let x = xor3(w[j - 16], w[j - 9], _mm512_rol_epi32::<15>(w[j - 3]));
        let permuted = xor3(x, _mm512_rol_epi32::<15>(x), _mm512_rol_epi32::<23>(x));
        w[j] = xor3(permuted, _mm512_rol_epi32::<7>(w[j - 13]), w[j - 6]);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    let mut constant: u32 = 0x79CC_4519;
    for j in 0..64 {
        if j == 16 {
            constant = 0x7A87_9D8A_u32.rotate_left(16);
        }
        let a12 = _mm512_rol_epi32::<12>(a);
        let ss1 = _mm512_rol_epi32::<7>(_mm512_add_epi32(
            _mm512_add_epi32(a12, e),
            _mm512_set1_epi32(constant.cast_signed()),
        ));
        let ss2 = _mm512_xor_si512(ss1, a12);
        let (ff, gg) = if j < 16 {
            (xor3(a, b, c), xor3(e, f, g))
        } else {
            // Majority of three; the second where the first is set, else the third.
            (_mm512_ternarylogic_epi32::<0xE8>(a, b, c), _mm512_ternarylogic_epi32::<0xCA>(e, f, g))
        };
        let w2 = _mm512_xor_si512(w[j], w[j + 4]);
        let tt1 = _mm512_add_epi32(_mm512_add_epi32(ff, d), _mm512_add_epi32(ss2, w2));
        let tt2 = _mm512_add_epi32(_mm512_add_epi32(gg, h), _mm512_add_epi32(ss1, w[j]));
        (d, c, b, a) = (c, _mm512_rol_epi32::<9>(b), a, tt1);
        (h, g, f) = (g, _mm512_rol_epi32::<19>(f), e);
        e = xor3(tt2, _mm512_rol_epi32::<9>(tt2), _mm512_rol_epi32::<17>(tt2));
        constant = constant.rotate_left(1);
    }
    let after = [a, b, c, d, e, f, g, h];
    let mut out = *state;
    for index in 0..8 {
        out[index] = _mm512_xor_si512(state[index], after[index]);
    }
    out
}
