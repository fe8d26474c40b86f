//! What is done to a document after it was sealed, so that a verification must notice it.

use crate::package::{Entry, put_together, take_apart};

/// 篡改: one way to spoil a sealed document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tamper {
    /// A sealed page is replaced by an empty one; the package itself stays sound.
    Page,
    /// A file is added that no signature covers.
    AddedFile,
    /// An entry's name leads out of the package.
    HostileName,
    /// An entry that claims to unpack to far more than any document has.
    Bomb,
    /// The second half of the file is missing.
    CutOff,
    /// No package at all.
    PlainText,
}

/// A page that says nothing.
const EMPTY_PAGE: &[u8] = br#"<?xml version="1.0" encoding="UTF-8"?><ofd:Page xmlns:ofd="http://www.ofdspec.org/2016"><ofd:Content/></ofd:Page>"#;

/// Half of what 32 bits can say, which no limit allows.
const BOMB_BYTES: u32 = 1 << 31;

impl Tamper {
    /// Every way by the name that scenarios use.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("page", Self::Page),
        ("added-file", Self::AddedFile),
        ("hostile-name", Self::HostileName),
        ("bomb", Self::Bomb),
        ("cut-off", Self::CutOff),
        ("plain-text", Self::PlainText),
    ];

    /// The way of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, tamper)| *tamper)
    }

    /// The document, spoilt in this way; none when it is no package in which this can be done.
    pub fn spoil(self, document: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::CutOff => return document.get(..document.len() / 2).map(<[u8]>::to_vec),
            Self::PlainText => return Some("这不是版式文件 / this is no OFD document\n".as_bytes().to_vec()),
            Self::Page | Self::AddedFile | Self::HostileName | Self::Bomb => {}
        }
        let mut entries = take_apart(document)?;
        match self {
            Self::Page => {
                let page = entries.iter_mut().find(|entry| ends_with(entry, "/Content.xml"))?;
                *page = Entry::stored(&page.name, EMPTY_PAGE);
            }
            Self::AddedFile => entries.push(Entry::stored(b"Doc_0/Added.xml", b"<Added/>")),
            Self::HostileName => entries.push(Entry::stored(b"../outside.xml", b"<Outside/>")),
            Self::Bomb => {
                let mut bomb = Entry::stored(b"Doc_0/Res/bomb.xml", b"");
                bomb.unpacked_bytes = BOMB_BYTES;
                entries.push(bomb);
            }
            Self::CutOff | Self::PlainText => {}
        }
        Some(put_together(&entries))
    }
}

fn ends_with(entry: &Entry, end: &str) -> bool {
    entry.name.ends_with(end.as_bytes())
}
