//! The target of time stamps, under the trust of the one that is good.
use std::path::Path;
use std::sync::OnceLock;

use certs::{
    der::{Bits, Element, Reader},
    time_stamp::TimeStampToken,
    trust::Trust,
};

use crate::document::at;

/// A good time stamp, what it is about, and its trust.
struct Good {
    token: Vec<u8>,
    covered: Vec<u8>,
    trust: Trust,
}

fn good() -> &'static Good {
    static GOOD: OnceLock<Good> = OnceLock::new();
    GOOD.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/vectors/stamp-good");
        let document = std::fs::read(folder.join("document.ofd")).expect("the corpus is in the tree");
        let files = seals::fuzzing::files(&document).expect("the stamped document opens");
        let value = files.iter().find(|(name, _)| name.ends_with("SignedValue.dat")).expect("it is sealed");
        let fields = Element::only(&value.1).and_then(|it| it.children(5)).expect("a seal signature");
        let bits = |bytes| Reader::new(bytes).bits().expect("a BIT STRING");
        let (Bits { bytes: covered, .. }, Bits { bytes: token, .. }) = (bits(fields[3].raw), bits(fields[4].value));
        let trust = Trust::from_anchor_dir(&folder).expect("its trust opens");
        Good { token: token.to_vec(), covered: covered.to_vec(), trust }
    })
}

/// Any bytes as a time stamp over the bytes of the good one. What holds says what the good one says.
pub fn time_stamp(bytes: &[u8]) {
    let Good { token: genuine, covered, trust } = good();
    let genuine = TimeStampToken::read(genuine).expect("the good one is read");
    let Ok(token) = TimeStampToken::read(bytes) else { return };
    if let Ok(verified) = token.verify(covered, trust, at()) {
        assert_eq!(verified.made_at(), genuine.made_at(), "a changed time stamp holds");
        assert_eq!((token.imprint(), token.serial()), (genuine.imprint(), genuine.serial()));
    }
}
