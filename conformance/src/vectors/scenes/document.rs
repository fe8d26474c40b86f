//! The document: signatures wrapped and doubled, files that nothing protects, archives that tell two stories.
use crate::vectors::Scene;
use crate::vectors::archive::{Entry, crc32};
use crate::vectors::package::{LIST, edit, file, reference, replace};
use crate::vectors::world::{Act, World};
use seals::Policy;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "two-signatures",
        zh: "两次签章，互不影响",
        en: "sealed twice, each good",
        make: |world| world.more.push(Act::default()),
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "first-broken-by-second",
        zh: "第一次签章保护了签名列表，第二次签章把它破坏",
        en: "the first signature protects the list of signatures, which the second one changes",
        make: |world| {
            world.act.protects = |_| true;
            world.more.push(Act::default());
        },
        verdict: "INVALID",
        finds: &["1 fail references reference.changed", "1 hint references reference.broken_by_later_signature"],
    },
    Scene {
        name: "second-protects-less",
        zh: "第二次签章只保护首页，其余只有第一次签章保护",
        en: "the second signature protects one page, all else only the first one does",
        make: |world| {
            world.more.push(Act { protects: |name| name.ends_with("Content.xml"), ..Act::default() });
        },
        verdict: "INVALID",
        finds: &["2 fail coverage coverage.by_other_signature"],
    },
    Scene {
        name: "wrapped-second-list",
        zh: "OFD.xml 换成指向另一份签名列表",
        en: "OFD.xml is changed to name another list of signatures",
        make: |world| {
            world.change = |files, _| {
                let list = file(files, "Signatures.xml").cloned().unwrap_or_default();
                files.push((String::from("Doc_0/Signs/Other.xml"), list));
                replace(files, "OFD.xml", "Signs/Signatures.xml", "Signs/Other.xml");
            };
        },
        verdict: "INVALID",
        finds: &["1 fail references reference.changed", "1 fail coverage coverage.gap"],
    },
    Scene {
        name: "wrapped-second-signed-info",
        zh: "Signature.xml 中有两个 SignedInfo",
        en: "two SignedInfo elements in Signature.xml",
        make: |world| {
            world.act.edit_xml =
                |xml, _| xml.replace("<ofd:SignedValue>", "<ofd:SignedInfo></ofd:SignedInfo><ofd:SignedValue>");
        },
        verdict: "INVALID",
        finds: &["1 fail format container.xml_repeated"],
    },
    Scene {
        name: "wrapped-second-references",
        zh: "SignedInfo 中有两个 References",
        en: "two References elements in SignedInfo",
        make: |world| {
            world.act.edit_xml =
                |xml, _| xml.replace("<ofd:StampAnnot", "<ofd:References></ofd:References><ofd:StampAnnot");
        },
        verdict: "INVALID",
        finds: &["1 fail format container.xml_repeated"],
    },
    Scene {
        name: "wrapped-moved-references",
        zh: "References 被移到 SignedInfo 之外",
        en: "References moved out of SignedInfo",
        make: |world| {
            world.act.edit_xml = |xml, _| {
                let xml = xml.replace("<ofd:References", "</ofd:SignedInfo><ofd:References");
                xml.replace("</ofd:References>", "</ofd:References><ofd:SignedInfo>")
            };
        },
        verdict: "INVALID",
        finds: &["1 fail format container.xml_repeated"],
    },
    Scene {
        name: "wrapped-commented-references",
        zh: "References 只在注释里",
        en: "References stand in a comment alone",
        make: |world| {
            world.act.edit_xml = |xml, _| {
                let xml = xml.replace("<ofd:References", "<!-- <ofd:References");
                xml.replace("</ofd:References>", "</ofd:References> -->")
            };
        },
        verdict: "INVALID",
        finds: &["1 fail format container.xml_missing"],
    },
    Scene {
        name: "wrapped-doctype",
        zh: "Signature.xml 带 DOCTYPE",
        en: "Signature.xml with a DOCTYPE",
        make: |world| world.act.edit_xml = |xml, _| xml.replace("?>\n", "?>\n<!DOCTYPE a [<!ENTITY b \"c\">]>"),
        verdict: "INVALID",
        finds: &["1 fail format container.xml_doctype"],
    },
    Scene {
        name: "listed-twice",
        zh: "同一个签名在列表中出现两次",
        en: "the same signature is listed twice",
        make: |world| {
            world.change = |files, _| {
                let item = "<ofd:Signature ID=\"2\" Type=\"Seal\" BaseLoc=\"/Doc_0/Signs/Sign_0/Signature.xml\"/>";
                replace(files, "Signatures.xml", "</ofd:Signatures>", &format!("{item}</ofd:Signatures>"));
            };
        },
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "listed-by-nobody",
        zh: "有签名文件，但签名列表没有列出",
        en: "a signature's files that the list does not name",
        make: |world| {
            world.change = |files, _| {
                for name in ["Signature.xml", "SignedValue.dat"] {
                    let bytes = file(files, name).cloned().unwrap_or_default();
                    files.push((format!("Doc_0/Signs/Sign_7/{name}"), bytes));
                }
            };
        },
        verdict: "INVALID",
        finds: &["1 fail coverage coverage.gap"],
    },
    Scene {
        name: "list-emptied",
        zh: "签名列表被清空",
        en: "the list of signatures is emptied",
        make: |world| {
            world.change = |files, _| {
                replace(files, "Signatures.xml", "<ofd:Signature ", "<ofd:Was ");
            };
        },
        verdict: "INVALID",
        finds: &["0 fail format container.no_signature"],
    },
    Scene {
        name: "replayed-on-other-document",
        zh: "把真的签章搬到另一份文件上",
        en: "a genuine seal signature moved to another document",
        make: |world| {
            world.change = |files, _| {
                replace(files, "Content.xml", "语料", "赝品");
                let content = file(files, "Content.xml").cloned().unwrap_or_default();
                let name = "Doc_0/Pages/Page_0/Content.xml";
                let forged = reference(name, &content);
                let xml = file(files, "Signature.xml").cloned().unwrap_or_default();
                let xml = String::from_utf8_lossy(&xml).into_owned();
                if let Some((before, after)) = xml.split_once(&format!("<ofd:Reference FileRef=\"/{name}\">")) {
                    let after = after.split_once("</ofd:Reference>").map_or("", |(_, after)| after);
                    let xml = [before, &forged, after].concat().into_bytes();
                    edit(files, "Signature.xml", |file| file.clone_from(&xml));
                }
            };
        },
        verdict: "INVALID",
        finds: &["1 fail document_digest seal.document_changed"],
    },
    Scene {
        name: "reference-missing",
        zh: "受保护的文件被删除",
        en: "a protected file is removed",
        make: |world| world.change = |files, _| files.retain(|(name, _)| !name.ends_with("PublicRes.xml")),
        verdict: "INVALID",
        finds: &["1 fail references reference.missing"],
    },
    Scene {
        name: "reference-twice",
        zh: "同一文件有两个摘要，一真一假",
        en: "two digests for one file, one true and one false",
        make: |world| {
            world.act.edit_xml = |xml, _| {
                let forged = reference("Doc_0/Pages/Page_0/Content.xml", b"another page");
                xml.replace("</ofd:References>", &format!("{forged}</ofd:References>"))
            };
        },
        verdict: "INVALID",
        finds: &["1 fail references reference.changed"],
    },
    Scene {
        name: "reference-outside",
        zh: "引用指到文件包之外",
        en: "a reference that leaves the package",
        make: |world| {
            world.act.edit_xml = |xml, _| xml.replace("FileRef=\"/OFD.xml\"", "FileRef=\"/../OFD.xml\"");
        },
        verdict: "INVALID",
        finds: &["1 fail format container.location_outside"],
    },
    Scene {
        name: "reference-none",
        zh: "什么也不保护",
        en: "nothing is protected",
        make: |world| world.act.protects = |_| false,
        verdict: "INVALID",
        finds: &["1 fail references reference.none", "1 fail coverage coverage.gap"],
    },
    Scene {
        name: "reference-not-base64",
        zh: "摘要不是 base64",
        en: "a digest that is no base64",
        make: |world| world.act.edit_xml = |xml, _| xml.replacen("<ofd:CheckValue>", "<ofd:CheckValue>*", 1),
        verdict: "INVALID",
        finds: &["1 fail references reference.changed"],
    },
    Scene {
        name: "reference-weak-digest",
        zh: "用 SHA-1 保护",
        en: "protected by SHA-1",
        make: |world| {
            world.act.edit_xml = |xml, _| xml.replace("CheckMethod=\"1.2.156.10197.1.401\"", "CheckMethod=\"SHA1\"");
        },
        verdict: "INVALID",
        finds: &["1 fail references reference.method_weak"],
    },
    Scene {
        name: "reference-unstated-digest",
        zh: "没有写明摘要算法，按标准即 MD5",
        en: "no digest method: by the standard that is MD5",
        make: |world| world.act.edit_xml = |xml, _| xml.replace(" CheckMethod=\"1.2.156.10197.1.401\"", ""),
        verdict: "INVALID",
        finds: &["1 fail references reference.method_weak"],
    },
    Scene {
        name: "reference-unknown-digest",
        zh: "没有人知道的摘要算法",
        en: "a digest method that nobody knows",
        make: |world| {
            world.act.edit_xml = |xml, _| xml.replace("CheckMethod=\"1.2.156.10197.1.401\"", "CheckMethod=\"1.2.3\"");
        },
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate references reference.method_unknown"],
    },
    Scene {
        name: "uncovered-page",
        zh: "页面内容不受保护",
        en: "the page is not protected",
        make: |world| world.act.protects = |name| name != LIST && !name.ends_with("Content.xml"),
        verdict: "INVALID",
        finds: &["1 fail coverage coverage.gap"],
    },
    Scene {
        name: "uncovered-page-reading",
        zh: "页面内容不受保护，只是阅读",
        en: "the page is not protected, for a person who reads",
        make: |world| {
            world.act.protects = |name| name != LIST && !name.ends_with("Content.xml");
            world.policy = Policy::Reading;
        },
        verdict: "VALID",
        finds: &["1 hint coverage coverage.gap"],
    },
    Scene {
        name: "uncovered-root",
        zh: "OFD.xml 不受保护",
        en: "OFD.xml is not protected",
        make: |world| world.act.protects = |name| name != LIST && name != "OFD.xml",
        verdict: "INVALID",
        finds: &["1 fail coverage coverage.gap"],
    },
    Scene {
        name: "uncovered-resources",
        zh: "字体等资源不受保护",
        en: "resources are not protected",
        make: |world| world.act.protects = |name| name != LIST && !name.ends_with("PublicRes.xml"),
        verdict: "INVALID",
        finds: &["1 fail coverage coverage.gap"],
    },
    Scene {
        name: "uncovered-attachment",
        zh: "签章之后加入附件",
        en: "an attachment added after sealing",
        make: |world| {
            world.change = |files, _| files.push((String::from("Doc_0/Attachs/a.xml"), b"<a/>".to_vec()));
        },
        verdict: "INVALID",
        finds: &["1 fail coverage coverage.gap"],
    },
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
        name: "archive-cut-off",
        zh: "压缩包被截断",
        en: "the archive is cut off",
        make: cut_off,
        verdict: "INVALID",
        finds: &["0 fail format container.unrecognised"],
    },
];

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
