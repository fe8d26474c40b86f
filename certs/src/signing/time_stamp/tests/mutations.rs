//! Tokens that were changed, anyhow and anywhere.

use std::sync::OnceLock;

use proptest::prelude::*;

use super::*;

/// The parts of a token that its signature or its path covers: changed anywhere in them, it must not hold.
fn covered_parts(token: &[u8], scene: &Scene) -> Vec<std::ops::Range<usize>> {
    let place = |part: &[u8]| {
        let start = token.windows(part.len()).position(|window| window == part).expect("part of the token");
        start..start + part.len()
    };
    let data = crate::signed_data::SignedData::read(token).unwrap();
    let signer = &data.signers()[0];
    let attributes = signer.attributes().unwrap().raw();
    [data.content().unwrap(), &attributes[1..], signer.signature(), scene.authority.certificate.der()]
        .map(place)
        .to_vec()
}

#[test]
fn no_altered_byte_of_what_is_signed_leaves_a_token_that_holds() {
    let scene = Scene::new();
    let trust = scene.trust_in_root();
    let token = scene.authority.stamp(COVERED, NOW, Some(&[1, 2, 3])).unwrap();
    let covered = covered_parts(&token, &scene);
    let mut elsewhere = 0;
    for position in 0..token.len() {
        for bit in [0x01, 0x20, 0x80] {
            let mut altered = token.clone();
            altered[position] ^= bit;
            let result = TimeStampToken::read(&altered).and_then(|token| token.verify(COVERED, &trust, NOW));
            let Ok(stamp) = result else { continue };
            assert!(!covered.iter().any(|part| part.contains(&position)), "byte {position}, bit {bit:#x}");
            assert_eq!((stamp.made_at(), stamp.authority()), (NOW, scene.authority.certificate()));
            elsewhere += 1;
        }
    }
    assert!(elsewhere < 60, "{elsewhere} changes of the unsigned frame go unnoticed");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = TimeStampToken::read(&bytes).map(|token| token.verify(&bytes, &Trust::none(), NOW));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_token_cut_or_grown_or_filled_with_other_bytes_says_the_same_or_nothing(
        place: prop::sample::Index,
        filling in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        static SCENE: OnceLock<(Certificate, Trust, Vec<u8>)> = OnceLock::new();
        let (authority, trust, token) = SCENE.get_or_init(|| {
            let scene = Scene::new();
            let token = scene.authority.stamp(COVERED, NOW, None).unwrap();
            (scene.authority.certificate.clone(), scene.trust_in_root(), token)
        });
        let place = place.index(token.len());
        let (before, after) = token.split_at(place);
        let grown = [before, &filling[..], after].concat();
        let replaced = [before, &filling[..], after.get(filling.len()..).unwrap_or_default()].concat();
        for altered in [before.to_vec(), grown, replaced] {
            let result = TimeStampToken::read(&altered).and_then(|it| it.verify(COVERED, trust, NOW));
            if let Ok(stamp) = result {
                // By chance only something of the unsigned frame was hit.
                prop_assert_eq!(altered.len(), token.len());
                prop_assert_eq!((stamp.made_at(), stamp.authority()), (NOW, authority));
            }
        }
    }
}
