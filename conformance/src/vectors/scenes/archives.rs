//! Archives that tell two stories, or cost more than they weigh.
use crate::vectors::Scene;
use crate::vectors::archive::{self, Entry, crc32};
use crate::vectors::world::World;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "archive-duplicate-name",
        zh: "两个条目同名",
        en: "two entries of one name",
        make: |world| {
            world.pack = |archive| archive.entries.push(Entry::stored("Doc_0/Pages/Page_0/Content.xml", b"<a/>"));
        },
        verdict: "INVALID",
        finds: &["0 fail format container.duplicate_name"],
    },
    Scene {
        name: "archive-case-twin",
        zh: "两个条目只有大小写不同",
        en: "two entries that differ in case alone",
        make: |world| {
            world.pack = |archive| archive.entries.push(Entry::stored("doc_0/pages/page_0/CONTENT.XML", b"<a/>"));
        },
        verdict: "INVALID",
        finds: &["0 fail format container.duplicate_name"],
    },
    Scene {
        name: "archive-dots",
        zh: "条目名含 ..",
        en: "an entry whose name has dots",
        make: |world| world.pack = |archive| archive.entries.push(Entry::stored("Doc_0/../../etc/passwd", b"")),
        verdict: "INVALID",
        finds: &["0 fail format container.hostile_name"],
    },
    Scene {
        name: "archive-absolute-name",
        zh: "条目名是绝对路径",
        en: "an entry with an absolute name",
        make: |world| world.pack = |archive| archive.entries.push(Entry::stored("/OFD.xml", b"")),
        verdict: "INVALID",
        finds: &["0 fail format container.hostile_name"],
    },
    Scene {
        name: "archive-local-name-differs",
        zh: "本地头与中央目录的名称不同",
        en: "local header and directory name the entry differently",
        make: |world| {
            world.pack = |archive| {
                archive.edit("Content.xml", |entry| {
                    entry.local.name = b"Doc_0/Pages/Page_0/content.xml".to_vec();
                });
            };
        },
        verdict: "INVALID",
        finds: &["0 fail format container.local_mismatch"],
    },
    Scene {
        name: "archive-local-size-differs",
        zh: "本地头与中央目录的大小不同",
        en: "local header and directory state different sizes",
        make: |world| {
            world.pack = |archive| archive.edit("Content.xml", |entry| entry.local.size -= 1);
        },
        verdict: "INVALID",
        finds: &["0 fail format container.local_mismatch"],
    },
    Scene {
        name: "archive-checksum-wrong",
        zh: "条目的校验值不对",
        en: "an entry with a wrong checksum",
        make: |world| {
            world.pack = |archive| {
                archive.edit("Content.xml", |entry| entry.both(|header| header.checksum ^= 1));
            };
        },
        verdict: "INVALID",
        finds: &["0 fail format container.entry_corrupt"],
    },
    Scene {
        name: "archive-encrypted",
        zh: "条目声称已加密",
        en: "an entry that claims to be encrypted",
        make: |world| {
            world.pack = |archive| {
                archive.edit("Content.xml", |entry| entry.both(|header| header.flags |= 1));
            };
        },
        verdict: "INVALID",
        finds: &["0 fail format container.encrypted"],
    },
    Scene {
        name: "archive-unknown-method",
        zh: "条目用 bzip2 压缩",
        en: "an entry packed with bzip2",
        make: |world| {
            world.pack = |archive| {
                archive.edit("Content.xml", |entry| entry.both(|header| header.method = 12));
            };
        },
        verdict: "INVALID",
        finds: &["0 fail format container.compression_method"],
    },
    Scene {
        name: "archive-overlap",
        zh: "两个条目占用同样的字节",
        en: "two entries share their bytes",
        make: |world| {
            world.pack = |archive| {
                let copy = archive.entries.first().cloned();
                archive.overlap = Some((0, archive.entries.len()));
                archive.entries.extend(copy);
                archive
                    .entries
                    .iter_mut()
                    .rev()
                    .take(1)
                    .for_each(|entry| entry.both(|header| header.name = b"Copy.xml".to_vec()));
            };
        },
        verdict: "INVALID",
        finds: &["0 fail format container.local_mismatch"],
    },
    Scene {
        name: "archive-more-claimed",
        zh: "结尾记录声称的条目比实际多",
        en: "the end record claims an entry too many",
        make: |world| world.pack = |archive| archive.entries_more = 1,
        verdict: "INVALID",
        finds: &["0 fail format container.directory_inconsistent"],
    },
    Scene {
        name: "archive-zip64",
        zh: "带 zip64 定位记录",
        en: "a zip64 locator",
        make: |world| {
            world.pack = |archive| archive.before_end = [b"PK\x06\x07".as_slice(), &[0; 16]].concat();
        },
        verdict: "INVALID",
        finds: &["0 fail format container.zip64"],
    },
    Scene {
        name: "archive-bomb",
        zh: "两千字节展开成两兆",
        en: "two thousand bytes that inflate to two million",
        make: |world| world.pack = |archive| archive.entries.push(bomb()),
        verdict: "INVALID",
        finds: &["0 fail format container.ratio"],
    },
    Scene {
        name: "archive-unicode-path",
        zh: "扩展字段给条目另一个名称，有些解包程序以它为准",
        en: "an extra field gives an entry another name, which some unpackers follow",
        make: |world| {
            world.pack = |archive| {
                archive.edit("Content.xml", |entry| {
                    let field = unicode_path(&entry.central.name, "Doc_0/Pages/Page_0/Other.xml");
                    entry.both(|header| header.extra.clone_from(&field));
                });
            };
        },
        verdict: "INVALID",
        finds: &["0 fail format container.second_name"],
    },
    Scene {
        name: "archive-comment",
        zh: "压缩包带注释",
        en: "the archive has a comment",
        make: |world| {
            world.spoil = |bytes| {
                let end = bytes.len();
                bytes.extend(b"comment");
                bytes.get_mut(end - 2..end).into_iter().for_each(|length| length.copy_from_slice(&[7, 0]));
            };
        },
        verdict: "INVALID",
        finds: &["1 fail coverage coverage.bytes_outside_archive"],
    },
    Scene {
        name: "archive-bytes-before",
        zh: "压缩包之前有字节",
        en: "bytes before the archive",
        make: |world| world.pack = |archive| archive.before = b"%OFD before\n".to_vec(),
        verdict: "INVALID",
        finds: &["1 fail coverage coverage.bytes_outside_archive"],
    },
    Scene {
        name: "archive-bytes-after",
        zh: "压缩包之后有字节",
        en: "bytes behind the archive",
        make: |world| world.pack = |archive| archive.after = b"behind".to_vec(),
        verdict: "INVALID",
        finds: &["1 fail coverage coverage.bytes_outside_archive"],
    },
    Scene {
        name: "archive-hidden",
        zh: "压缩包之前藏着另一个压缩包的条目，从头读起的程序读到的是它",
        en: "before the archive hides an entry of another one, which programs that read from the front take",
        make: |world| {
            world.pack = |archive| {
                let mut hidden = archive::Archive::of(&Vec::new());
                hidden.entries.push(Entry::stored("OFD.xml", b"<OFD/>"));
                archive.before = hidden.write();
            };
        },
        verdict: "INVALID",
        finds: &["0 fail format container.hidden_archive"],
    },
    Scene {
        name: "archive-second-of-two-disks",
        zh: "结尾记录声称这是两卷中的第二卷",
        en: "the end record claims the second of two disks",
        make: |world| world.spoil = |bytes| overwrite(bytes, b"PK\x05\x06", 4, &[1, 0]),
        verdict: "INVALID",
        finds: &["0 fail format container.multi_disk"],
    },
    Scene {
        name: "archive-symbolic-link",
        zh: "条目是符号链接",
        en: "an entry is a symbolic link",
        make: |world| world.spoil = |bytes| overwrite(bytes, b"PK\x01\x02", 38, &[0, 0, 0xFF, 0xA1]),
        verdict: "INVALID",
        finds: &["0 fail format container.entry_type"],
    },
    Scene {
        name: "archive-cut-off",
        zh: "压缩包被截断",
        en: "the archive is cut off",
        make: cut_off,
        verdict: "INVALID",
        finds: &["0 fail format container.unrecognised"],
    },
];
/// Extra field 0x7075 of Info-ZIP: version, checksum of the name in the header, the other name.
fn unicode_path(name: &[u8], other: &str) -> Vec<u8> {
    let length = u16::try_from(5 + other.len()).unwrap_or(u16::MAX).to_le_bytes();
    [b"up".as_slice(), &length, &[1], &crc32(name).to_le_bytes(), other.as_bytes()].concat()
}

/// Puts these octets so far behind the last place where a record begins like this.
fn overwrite(bytes: &mut [u8], record: &[u8], offset: usize, octets: &[u8]) {
    let at = bytes.windows(record.len()).rposition(|window| window == record);
    if let Some(field) = at.and_then(|at| bytes.get_mut(at + offset..at + offset + octets.len())) {
        field.copy_from_slice(octets);
    }
}

fn cut_off(world: &mut World) {
    world.spoil = |bytes| bytes.truncate(bytes.len() / 2);
}

/// An honest DEFLATE stream of its own code: 258 zeros take two zero bits, so that each zero byte stands for a thousand.
fn bomb() -> Entry {
    const HEAD: &str = "edc0810000000080a0fda917a9";
    const BODY_BYTES: usize = 2_048;
    const TAIL: u8 = 0x06;
    const ZEROS: usize = 1 + 4 * BODY_BYTES * 258;
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let mut entry = Entry::stored("Doc_0/Res/bomb.png", &[]);
    entry.data = [hex::decode(HEAD).unwrap_or_default(), vec![0; BODY_BYTES], vec![TAIL]].concat();
    let packed = number(entry.data.len());
    let checksum = crc32(&vec![0; ZEROS]);
    entry.both(|header| {
        (header.method, header.checksum, header.packed, header.size) = (8, checksum, packed, number(ZEROS));
    });
    entry
}
