//! Random bytes from the operating system.

use ring::rand::{SecureRandom, SystemRandom};

use crate::Error;

/// Fills the bytes with randomness that is good for keys, nonces and salts.
///
/// # Errors
/// When the operating system gives none; the bytes are then of no use.
pub fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    SystemRandom::new().fill(bytes).map_err(|_| Error::NoRandomness)
}

/// An array of random bytes, for example a salt of 32.
///
/// # Errors
/// When the operating system gives none.
pub fn array<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    fill(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_draws_differ() {
        assert_ne!(super::array::<32>().unwrap(), super::array::<32>().unwrap());
    }
}
