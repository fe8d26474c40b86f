//! SM2 signatures, by every way that we have and by another library.
use certs::sm2::{Case, PublicKey, Signature, verify_many, ways::Way};
use sm2::dsa::{VerifyingKey, signature::hazmat::PrehashVerifier};

/// G, 2·G, -G and the key of GB/T 32918.5: with the first three, sums meet the points that are added to them.
const KEYS: [&str; 4] = [
    "0432C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0",
    "0456CEFD60D7C87C000D58EF57FA73BA4D9C0DFA08C08A7331495C2E1DA3F2BD5231B7E7E6CC8189F668535CE0F8EAF1BD6DE84C182F6C8E716F780D3A970A23C3",
    "0432C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C743C8C95C0B098863A642311C9496DEAC2F56788239D5B8C0FD20CD1ADEC60F5F",
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13",
];

/// A key, or a byte that names one; then e, r and s: every way and the other library give one answer.
pub fn sm2(bytes: &[u8]) {
    let Some((numbers, key)) = bytes.split_last_chunk::<96>().map(|(key, numbers)| (numbers, key)) else { return };
    let named = match key {
        [which] => hex::decode(KEYS[usize::from(*which) % KEYS.len()]).expect("written above"),
        written => written.to_vec(),
    };
    let (ours, theirs) = (PublicKey::from_sec1(&named), VerifyingKey::from_sec1_bytes("1234567812345678", &named));
    // The other library reads 05 ‖ x as well, a form that GB/T 32918.1 does not have and OpenSSL does not read.
    let is_a_key = theirs.is_ok() && named.first() != Some(&5);
    assert_eq!(ours.is_ok(), is_a_key, "whether it is a key");
    let (Ok(ours), Ok(theirs)) = (ours, theirs) else { return };
    let [digest, r, s] = *numbers.as_chunks::<32>().0 else { return };
    let signature = Signature::new(r, s);
    let expected = sm2::dsa::Signature::from_scalars(r, s)
        .is_ok_and(|signature| theirs.verify_prehash(&digest, &signature).is_ok());
    let answer = ours.verify_digest(&digest, &signature);
    assert_eq!(answer.is_ok(), expected, "the other library");
    // Nine of them, so that lanes are full.
    let cases = [Case { key: &ours, digest: &digest, signature }; 9];
    for way in Way::all() {
        assert_eq!(way.judge(&cases), [answer; 9], "{}", way.name);
    }
    assert_eq!(verify_many(&cases), [answer; 9]);
}
