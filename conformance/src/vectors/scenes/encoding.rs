//! Encodings: layouts mixed, rules of DER bent, signatures written as products write them.
use certs::der::{tag, write as der};

use crate::vectors::Scene;
use crate::vectors::forge::{Form as Written, utc_time};
use crate::vectors::package::{edit, file};
use crate::vectors::seal::{Layout, Listing, put};
use crate::vectors::world::{Form, World};
use seals::Policy;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "layout-v1",
        zh: "GM/T 0031-2014 的签章，时间写成文本",
        en: "a seal signature of GM/T 0031-2014 with its time as text",
        make: |world| {
            world.seal.layout = Layout::V1(1);
            world.strict = false;
        },
        verdict: "VALID",
        finds: &["1 note format.text_time_info"],
    },
    Scene {
        name: "layout-v2-strict",
        zh: "头版本 2 的签章，严格模式不接受",
        en: "header version 2, which a strict reading refuses",
        make: |world| world.seal.layout = Layout::V1(2),
        verdict: "INVALID",
        finds: &[
            "1 fail format format.header_version_2",
            "1 note format.header_version_2",
            "1 note format.text_time_info",
        ],
    },
    Scene {
        name: "layout-v5",
        zh: "GM/T 0031-2025 的签章",
        en: "a seal signature of GM/T 0031-2025",
        make: |world| world.seal.layout = Layout::V5,
        verdict: "VALID",
        finds: &["1 note format.unconfirmed_layout"],
    },
    Scene {
        name: "layout-unknown-version",
        zh: "没有任何标准规定的头版本 3",
        en: "header version 3, which no standard has",
        make: |world| world.seal.layout = Layout::V1(3),
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate format format.unsupported"],
    },
    Scene {
        name: "layout-v4-header-v1-shape",
        zh: "头版本 4，却是 GM/T 0031-2014 的结构",
        en: "header version 4 with the structure of GM/T 0031-2014",
        make: |world| world.seal.layout = Layout::V1(4),
        verdict: "INVALID",
        finds: &["1 fail format format.unknown_shape"],
    },
    Scene {
        name: "layout-v4-with-seal-time-stamp",
        zh: "第 4 版印章带第 5 版才有的时间戳字段",
        en: "a version 4 seal with the time stamp that only version 5 has",
        make: |world| {
            world.form = Form::Seal;
            world.seal.edit = |fields, _| fields.push(der::explicit(0, &der::bits(b"stamp")));
        },
        verdict: "INVALID",
        finds: &["1 fail format format.unknown_shape"],
    },
    Scene {
        name: "listed-by-digest",
        zh: "印章按摘要列出签章者",
        en: "the seal lists its signer by digest",
        make: |world| world.seal.listing = Listing::Digests,
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "listed-by-digest-other-certificate",
        zh: "印章按摘要列出签章者，签章用同一密钥的另一张证书",
        en: "listed by digest, signed with another certificate of the same key",
        make: |world| {
            world.seal.listing = Listing::Digests;
            world.act.signature.edit = |fields, cast| put(fields, 1, der::octets(&cast.twin));
        },
        verdict: "INVALID",
        finds: &["1 fail signer_in_seal seal.signer_not_in_seal"],
    },
    Scene {
        name: "list-type-1-with-digests",
        zh: "certListType 写 1，列表中却是摘要",
        en: "certListType says certificates, the list holds digests",
        make: |world| {
            world.seal.listing = Listing::Digests;
            world.seal.edit_property = |fields, _| put(fields, 2, der::unsigned(&[1]));
        },
        verdict: "INVALID",
        finds: &["1 fail signer_in_seal seal.signer_not_in_seal"],
    },
    Scene {
        name: "list-type-2-with-certificates",
        zh: "certListType 写 2，列表中却是证书",
        en: "certListType says digests, the list holds certificates",
        make: |world| world.seal.edit_property = |fields, _| put(fields, 2, der::unsigned(&[2])),
        verdict: "INVALID",
        finds: &["1 fail format format.der"],
    },
    Scene {
        name: "list-type-3",
        zh: "certListType 3，标准之外",
        en: "certListType 3, which is outside the standard",
        make: list_type_3,
        verdict: "INVALID",
        finds: &["1 fail format format.cert_list_type_3", "1 note format.cert_list_type_3"],
    },
    Scene {
        name: "list-type-3-tolerant",
        zh: "certListType 3，宽容模式接受并注明",
        en: "certListType 3, accepted with a note by a tolerant reading",
        make: |world| {
            list_type_3(world);
            world.strict = false;
        },
        verdict: "VALID",
        finds: &["1 note format.cert_list_type_3"],
    },
    Scene {
        name: "list-type-9",
        zh: "certListType 9",
        en: "certListType 9",
        make: |world| world.seal.edit_property = |fields, _| put(fields, 2, der::unsigned(&[9])),
        verdict: "INVALID",
        finds: &["1 fail format format.cert_list_type"],
    },
    Scene {
        name: "list-empty",
        zh: "印章没有列出任何签章者",
        en: "the seal lists nobody",
        make: |world| world.seal.edit_property = |fields, _| put(fields, 3, der::sequence::<Vec<u8>>(&[])),
        verdict: "INVALID",
        finds: &["1 fail signer_in_seal seal.signer_not_in_seal"],
    },
    Scene {
        name: "not-a-seal",
        zh: "头标识不是 ES",
        en: "the header is not that of a seal",
        make: |world| {
            world.seal.edit_info = |fields, _| {
                let ia5 = |text: &[u8]| der::value(tag::IA5_STRING, text);
                put(fields, 0, der::sequence(&[ia5(b"SE"), der::unsigned(&[4]), ia5(b"vectors")]));
            };
        },
        verdict: "INVALID",
        finds: &["1 fail format format.not_a_seal"],
    },
    Scene {
        name: "time-utc-in-v4",
        zh: "第 4 版签章时间写成 UTCTime",
        en: "a version 4 signing time as UTCTime",
        make: |world| {
            world.act.signature.edit_tbs = |fields, _| put(fields, 2, utc_time(crate::vectors::hours(-24)));
        },
        verdict: "INVALID",
        finds: &["1 fail format format.other_time_type", "1 note format.other_time_type"],
    },
    Scene {
        name: "time-local",
        zh: "签章时间没有 Z",
        en: "the signing time lacks its Z",
        make: local_time,
        verdict: "INVALID",
        finds: &["1 fail format format.local_time", "1 note format.local_time"],
    },
    Scene {
        name: "time-local-tolerant",
        zh: "签章时间没有 Z，宽容模式按北京时间读",
        en: "the signing time lacks its Z: a tolerant reading takes it for local time of China",
        make: |world| {
            local_time(world);
            world.strict = false;
        },
        verdict: "VALID",
        finds: &["1 note format.local_time"],
    },
    Scene {
        name: "time-impossible",
        zh: "签章时间是 2 月 30 日",
        en: "a signing time on the 30th of February",
        make: |world| {
            world.act.signature.edit_tbs =
                |fields, _| put(fields, 2, der::value(tag::GENERALIZED_TIME, b"20260230120000Z"));
        },
        verdict: "INVALID",
        finds: &["1 fail format format.time"],
    },
    Scene {
        name: "numbers-negative",
        zh: "签名的整数缺少前导零",
        en: "numbers of the signature without their leading zero",
        make: |world| world.act.signature.signing.form = Written::Negative,
        verdict: "INVALID",
        finds: &["1 fail format format.normalised_integer", "1 note format.normalised_integer"],
    },
    Scene {
        name: "numbers-negative-tolerant",
        zh: "签名的整数缺少前导零，宽容模式接受并注明",
        en: "numbers without their leading zero, accepted with a note",
        make: |world| tolerant(world, Written::Negative),
        verdict: "VALID",
        finds: &["1 note format.normalised_integer"],
    },
    Scene {
        name: "numbers-padded",
        zh: "签名的整数有多余的零",
        en: "numbers of the signature with zeros too many",
        make: |world| world.act.signature.signing.form = Written::Padded,
        verdict: "INVALID",
        finds: &["1 fail format format.normalised_integer", "1 note format.normalised_integer"],
    },
    Scene {
        name: "raw-signature",
        zh: "签名是 64 字节 r‖s",
        en: "the signature as 64 bytes r ‖ s",
        make: |world| world.act.signature.signing.form = Written::Raw,
        verdict: "INVALID",
        finds: &["1 fail format format.raw_signature", "1 note format.raw_signature"],
    },
    Scene {
        name: "raw-signature-tolerant",
        zh: "签名是 64 字节 r‖s，宽容模式接受并注明",
        en: "the signature as 64 bytes r ‖ s, accepted with a note",
        make: |world| tolerant(world, Written::Raw),
        verdict: "VALID",
        finds: &["1 note format.raw_signature"],
    },
    Scene {
        name: "bits-stripped",
        zh: "签名末尾的零比特被去掉",
        en: "the zero bits at the end of the signature are stripped",
        make: |world| world.act.signature.signing.form = Written::Stripped,
        verdict: "INVALID",
        finds: &["1 fail format format.padded_bit_string", "1 note format.padded_bit_string"],
    },
    Scene {
        name: "bits-stripped-tolerant",
        zh: "签名末尾的零比特被去掉，宽容模式补齐并注明",
        en: "the zero bits at the end are stripped: put back with a note",
        make: |world| tolerant(world, Written::Stripped),
        verdict: "VALID",
        finds: &["1 note format.padded_bit_string"],
    },
    Scene {
        name: "signature-with-third-field",
        zh: "签名的 SEQUENCE 有第三个字段",
        en: "a third field in the signature's SEQUENCE",
        make: |world| world.act.signature.signing.form = Written::Extended,
        verdict: "INVALID",
        finds: &["1 fail format format.signature_encoding"],
    },
    Scene {
        name: "signature-zero",
        zh: "r 和 s 都是零",
        en: "r and s are zero",
        make: |world| world.act.signature.signing.form = Written::Zero,
        verdict: "INVALID",
        finds: &["1 fail signature_value seal.signature_wrong"],
    },
    Scene {
        name: "ber-long-length",
        zh: "长度多用了一个字节(BER)",
        en: "a length with a byte more than it needs (BER)",
        make: |world| {
            bare(world);
            world.spoil = |bytes| {
                if let [0x30, 0x82, ..] = bytes.as_slice() {
                    bytes.splice(1..2, [0x83, 0]);
                }
            };
        },
        verdict: "INVALID",
        finds: &["0 fail format format.der"],
    },
    Scene {
        name: "ber-indefinite-length",
        zh: "不定长编码(BER)",
        en: "the indefinite form (BER)",
        make: |world| {
            bare(world);
            world.spoil = |bytes| {
                bytes.splice(1..4, [0x80]);
                bytes.extend([0, 0]);
            };
        },
        verdict: "INVALID",
        finds: &["0 fail format format.der"],
    },
    Scene {
        name: "der-trailing-bytes",
        zh: "签章之后还有字节",
        en: "bytes behind the seal signature",
        make: |world| {
            world.change = |files, _| edit(files, "SignedValue.dat", |value| value.push(0));
        },
        verdict: "INVALID",
        finds: &["1 fail format format.der"],
    },
    Scene {
        name: "der-sixth-field",
        zh: "签章有第六个字段",
        en: "a sixth field in the seal signature",
        make: |world| {
            world.act.signature.edit = |fields, _| fields.extend([der::null(), der::null()]);
        },
        verdict: "INVALID",
        finds: &["1 fail format format.der"],
    },
    Scene {
        name: "seal-instead-of-signature",
        zh: "SignedValue.dat 中是印章",
        en: "SignedValue.dat holds the seal",
        make: |world| {
            world.with_seal_file = true;
            world.change = |files, _| {
                if let Some(seal) = file(files, "Seal.esl").cloned() {
                    edit(files, "SignedValue.dat", |value| value.clone_from(&seal));
                }
            };
        },
        verdict: "INVALID",
        finds: &["1 fail format format.seal_instead_of_signature"],
    },
    Scene {
        name: "critical-extension-seal",
        zh: "印章有不认识的关键扩展",
        en: "the seal has a critical extension that nobody knows",
        make: |world| world.seal.edit_info = |fields, _| fields.push(unknown_extension()),
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate format format.critical_extension"],
    },
    Scene {
        name: "critical-extension-signature",
        zh: "签章有不认识的关键扩展",
        en: "the seal signature has a critical extension that nobody knows",
        make: |world| {
            world.act.signature.edit_tbs = |fields, _| fields.push(der::explicit(0, &unknown_extension()));
        },
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate format format.critical_extension"],
    },
    Scene {
        name: "property-foreign",
        zh: "propertyInfo 不是 Signature.xml 的位置",
        en: "propertyInfo is not where the Signature.xml is",
        make: |world| world.act.signature.property = Some("a number of the product's own"),
        verdict: "VALID",
        finds: &["1 note format.foreign_property_info"],
    },
    Scene {
        name: "digest-of-31-bytes",
        zh: "原文杂凑值只有 31 字节",
        en: "a document digest of 31 bytes",
        make: |world| world.act.signature.edit_tbs = |fields, _| put(fields, 3, der::bits(&[7; 31])),
        verdict: "INVALID",
        finds: &["1 fail document_digest seal.document_changed"],
    },
    Scene {
        name: "certificate-unreadable",
        zh: "签章者证书无法读取",
        en: "the signer's certificate cannot be read",
        make: |world| world.act.signature.edit = |fields, _| put(fields, 1, der::octets(b"certificate")),
        verdict: "INVALID",
        finds: &["1 fail format format.certificate"],
    },
    Scene {
        name: "bare-seal",
        zh: "单独的印章",
        en: "a bare seal",
        make: |world| world.form = Form::Seal,
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "bare-signature",
        zh: "单独的签章，没有文件可对照",
        en: "a bare seal signature without its document",
        make: bare,
        verdict: "INDETERMINATE",
        finds: &[
            "1 indeterminate document_digest seal.document_absent",
            "1 indeterminate references seal.document_absent",
            "1 indeterminate coverage seal.document_absent",
        ],
    },
];

/// `ExtensionDatas` with one that is critical.
fn unknown_extension() -> Vec<u8> {
    der::sequence(&[der::sequence(&[der::oid(&[1, 2, 3, 4]), der::boolean(true), der::octets(b"only in Tianjin")])])
}

fn list_type_3(world: &mut World) {
    world.seal.edit_property = |fields, _| put(fields, 2, der::unsigned(&[3]));
}

fn local_time(world: &mut World) {
    // Noon of the day before, in China.
    world.act.signature.edit_tbs = |fields, _| put(fields, 2, der::value(tag::GENERALIZED_TIME, b"20261121120000"));
}

fn tolerant(world: &mut World, form: Written) {
    world.act.signature.signing.form = form;
    world.strict = false;
}

fn bare(world: &mut World) {
    world.form = Form::Signature;
    world.policy = Policy::Reading;
}
