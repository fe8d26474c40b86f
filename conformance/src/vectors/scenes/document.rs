//! The document: signatures wrapped and doubled, references, files that nothing protects.
use crate::vectors::Scene;
use crate::vectors::package::{Files, LIST, edit, file, reference, replace};
use crate::vectors::world::Act;
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
        name: "first-broken-by-second-and-more",
        zh: "第一次签章被第二次签章破坏，页面也被改动",
        en: "the second signature changes the list that the first one protects, and the page was changed too",
        make: |world| {
            world.act.protects = |_| true;
            world.more.push(Act::default());
            world.change = |files, _| replace(files, "Content.xml", "语料", "赝品");
        },
        verdict: "INVALID",
        finds: &["1 fail references reference.changed", "2 fail references reference.changed"],
    },
    Scene {
        name: "first-broken-by-stranger",
        zh: "第二次签章改动了签名列表，却不保护第一次签章",
        en: "the second signature changes the list that the first one protects, and does not protect the first one",
        make: |world| {
            world.act.protects = |_| true;
            world.more.push(Act { protects: |name| name != LIST && !name.contains("Sign_0"), ..Act::default() });
        },
        verdict: "INVALID",
        finds: &["1 fail references reference.changed"],
    },
    Scene {
        name: "first-broken-by-liar",
        zh: "第二次签章改动了签名列表，所保护的第一次签章的摘要是假的",
        en: "the second signature changes the list, and states a false digest of the first one",
        make: |world| {
            world.act.protects = |_| true;
            let edit_xml = |xml: String, _: &Files| {
                let name = "Doc_0/Signs/Sign_0/Signature.xml";
                let (before, after) =
                    xml.split_once(&format!("<ofd:Reference FileRef=\"/{name}\">")).unwrap_or((&xml, ""));
                let after = after.split_once("</ofd:Reference>").map_or("", |(_, after)| after);
                [before, &reference(name, b"another signature"), after].concat()
            };
            world.more.push(Act { edit_xml, ..Act::default() });
        },
        verdict: "INVALID",
        finds: &["1 fail references reference.changed", "2 fail references reference.changed"],
    },
    Scene {
        name: "last-broken-by-nobody",
        zh: "只有一次签章，它保护的签名列表后来被改动",
        en: "the list that the only signature protects was changed later, by no signature",
        make: |world| {
            world.act.protects = |_| true;
            world.change = |files, _| edit(files, "Signatures.xml", |list| list.push(b'\n'));
        },
        verdict: "INVALID",
        finds: &["1 fail references reference.changed"],
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
        verdict: "INVALID",
        finds: &["0 fail format container.signature_listed_twice"],
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
        finds: &[
            "1 fail references reference.none",
            "1 fail coverage coverage.page",
            "1 fail coverage coverage.resource",
            "1 fail coverage coverage.structure",
        ],
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
        name: "reference-digest-by-name",
        zh: "摘要算法写成 SM3",
        en: "the digest method is written as SM3",
        make: |world| {
            world.act.edit_xml = |xml, _| xml.replace("CheckMethod=\"1.2.156.10197.1.401\"", "CheckMethod=\"sm3\"");
        },
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "reference-digest-confused",
        zh: "摘要算法写成 SHA-256，摘要却是 SM3 的",
        en: "the digest method says SHA-256, the digests are of SM3",
        make: |world| {
            world.act.edit_xml = |xml, _| xml.replace("CheckMethod=\"1.2.156.10197.1.401\"", "CheckMethod=\"SHA-256\"");
        },
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
        finds: &["1 fail coverage coverage.page"],
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
        finds: &["1 hint coverage coverage.page"],
    },
    Scene {
        name: "uncovered-root",
        zh: "OFD.xml 不受保护",
        en: "OFD.xml is not protected",
        make: |world| world.act.protects = |name| name != LIST && name != "OFD.xml",
        verdict: "INVALID",
        finds: &["1 fail coverage coverage.structure"],
    },
    Scene {
        name: "uncovered-resources",
        zh: "字体等资源不受保护",
        en: "resources are not protected",
        make: |world| world.act.protects = |name| name != LIST && !name.ends_with("PublicRes.xml"),
        verdict: "INVALID",
        finds: &["1 fail coverage coverage.resource"],
    },
    Scene {
        name: "uncovered-attachment",
        zh: "签章之后加入附件",
        en: "an attachment added after sealing",
        make: |world| {
            world.change = |files, _| files.push((String::from("Doc_0/Attachs/a.xml"), b"<a/>".to_vec()));
        },
        verdict: "INVALID",
        finds: &["1 fail coverage coverage.attachment"],
    },
];
