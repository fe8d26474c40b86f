//! For each step of a verification one document that fails just there.
use certs::der::write as der;

use super::certificates::signed_lately;
use crate::vectors::forge::{ENCIPHERMENT, Hand, Revoked, Signing};
use crate::vectors::package::{edit, replace};
use crate::vectors::seal::{Layout, put};
use crate::vectors::world::{MAKER, SIGNER};
use crate::vectors::{Scene, at, hours};

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "good",
        zh: "没有任何问题的文件",
        en: "a document that nothing is wrong with",
        make: |world| world.with_seal_file = true,
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "step-format",
        zh: "签章数据被截断",
        en: "the seal signature is cut off",
        make: |world| {
            world.change = |files, _| edit(files, "SignedValue.dat", |value| value.truncate(900));
        },
        verdict: "INVALID",
        finds: &["1 fail format format.der"],
    },
    Scene {
        name: "step-seal-signature",
        zh: "印章由他人的密钥签名",
        en: "the seal is signed with another key than its maker's",
        make: |world| world.seal.signing.hand = Hand::Stranger,
        verdict: "INVALID",
        finds: &["1 fail seal_signature seal.maker_signature_wrong"],
    },
    Scene {
        name: "step-maker-path",
        zh: "制章者证书不是其颁发者签发的",
        en: "the maker's certificate is not signed by its issuer",
        make: |world| world.maker.signing.hand = Hand::Stranger,
        verdict: "INVALID",
        finds: &[
            "1 fail maker_path seal.maker_path_broken",
            "1 indeterminate maker_revocation seal.maker_revocation_without_path",
        ],
    },
    Scene {
        name: "step-maker-period",
        zh: "签章时制章者证书尚未生效",
        en: "the maker's certificate was not yet valid at the signing time",
        make: |world| {
            world.maker.not_before = hours(-12);
            world.seal.created_at = hours(-11);
        },
        verdict: "INVALID",
        finds: &["1 fail maker_period seal.maker_not_yet_valid"],
    },
    Scene {
        name: "step-maker-revocation",
        zh: "制章者证书在签章之前已被撤销",
        en: "the maker's certificate was revoked before the signing time",
        make: |world| world.revoke(vec![Revoked::since(MAKER, hours(-48))]),
        verdict: "INVALID",
        finds: &[
            "1 fail maker_revocation seal.maker_revoked",
            "1 indeterminate maker_revocation seal.no_proof_of_existence",
        ],
    },
    Scene {
        name: "step-maker-usage",
        zh: "制章者证书只许加密",
        en: "the maker's certificate is for encipherment alone",
        make: |world| world.maker.usage = Some(ENCIPHERMENT),
        verdict: "INVALID",
        finds: &["1 fail maker_usage seal.maker_usage_forbidden"],
    },
    Scene {
        name: "step-seal-created",
        zh: "第 5 版印章的制作日期不在制章者证书有效期内",
        en: "a version 5 seal was made outside the period of its maker's certificate",
        make: |world| {
            world.seal.layout = Layout::V5;
            world.seal.created_at = at("2023-06-01T00:00:00Z");
        },
        verdict: "INVALID",
        finds: &["1 fail seal_created seal.created_outside_maker_period", "1 note format.unconfirmed_layout"],
    },
    Scene {
        name: "step-seal-period",
        zh: "签章时印章已过有效期",
        en: "the seal had expired at the signing time",
        make: |world| world.seal.valid_until = hours(-25),
        verdict: "INVALID",
        finds: &["1 fail seal_period seal.outside_period"],
    },
    Scene {
        name: "step-signature-value",
        zh: "签章由他人的密钥签名",
        en: "the document is signed with another key than its signer's",
        make: |world| world.act.signature.signing.hand = Hand::Stranger,
        verdict: "INVALID",
        finds: &["1 fail signature_value seal.signature_wrong"],
    },
    Scene {
        name: "step-signer-in-seal",
        zh: "签章者证书换成了同一密钥的另一张证书，印章未列出",
        en: "the signer's certificate is swapped for another one of the same key, which the seal does not list",
        make: |world| world.act.signature.edit = |fields, cast| put(fields, 1, der::octets(&cast.twin)),
        verdict: "INVALID",
        finds: &["1 fail signer_in_seal seal.signer_not_in_seal"],
    },
    Scene {
        name: "step-signer-path",
        zh: "签章者证书不是其颁发者签发的",
        en: "the signer's certificate is not signed by its issuer",
        make: |world| world.signer.signing = Signing { hand: Hand::Stranger, ..Signing::default() },
        verdict: "INVALID",
        finds: &[
            "1 fail signer_path seal.signer_path_broken",
            "1 indeterminate signer_revocation seal.signer_revocation_without_path",
        ],
    },
    Scene {
        name: "step-signer-usage",
        zh: "签章者证书只许加密",
        en: "the signer's certificate is for encipherment alone",
        make: |world| world.signer.usage = Some(ENCIPHERMENT),
        verdict: "INVALID",
        finds: &["1 fail signer_usage seal.signer_usage_forbidden"],
    },
    Scene {
        name: "step-signer-period",
        zh: "签章时签章者证书已过期",
        en: "the signer's certificate had expired at the signing time",
        make: |world| {
            world.signer.not_after = hours(-2);
            signed_lately(world);
        },
        verdict: "INVALID",
        finds: &["1 fail signer_period seal.signed_outside_signer_period"],
    },
    Scene {
        name: "step-signer-revocation",
        zh: "签章者证书在签章之前已被撤销",
        en: "the signer's certificate was revoked before the signing time",
        make: |world| world.revoke(vec![Revoked::since(SIGNER, hours(-25))]),
        verdict: "INVALID",
        finds: &["1 fail signer_revocation seal.signer_revoked"],
    },
    Scene {
        name: "step-document-digest",
        zh: "签章之后 Signature.xml 被改动",
        en: "Signature.xml was changed after sealing",
        make: |world| {
            world.change = |files, _| edit(files, "Signature.xml", |xml| xml.push(b'\n'));
        },
        verdict: "INVALID",
        finds: &["1 fail document_digest seal.document_changed"],
    },
    Scene {
        name: "step-references",
        zh: "签章之后页面内容被改动",
        en: "the page was changed after sealing",
        make: |world| world.change = |files, _| replace(files, "Content.xml", "语料", "赝品"),
        verdict: "INVALID",
        finds: &["1 fail references reference.changed"],
    },
    Scene {
        name: "step-seal-file",
        zh: "Seal.esl 与签章中的印章不同",
        en: "Seal.esl is not the embedded seal",
        make: |world| {
            world.with_seal_file = true;
            world.change = |files, _| edit(files, "Seal.esl", |seal| seal.push(0));
        },
        verdict: "INVALID",
        finds: &["1 fail seal_file seal.file_differs"],
    },
    Scene {
        name: "step-coverage",
        zh: "签章之后加入了不受保护的文件",
        en: "a file that nothing protects was added after sealing",
        make: |world| {
            world.change = |files, _| files.push((String::from("Doc_0/Annots/Annotation.xml"), b"<a/>".to_vec()));
        },
        verdict: "INVALID",
        finds: &["1 fail coverage coverage.annotation"],
    },
];
