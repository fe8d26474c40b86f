//! Signatures of GB/T 35275 without a seal: what they are over, and what of it can be exchanged.
use certs::der::{tag, write as der};

use crate::vectors::Scene;
use crate::vectors::forge::{ECDSA_WITH_SHA256, Hand, Revoked};
use crate::vectors::hours;
use crate::vectors::package::edit;
use crate::vectors::seal::put;
use crate::vectors::signed_data::{DataPlan, Over, message_digest};
use crate::vectors::world::{SIGNER, World};

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "data-attributes",
        zh: "GB/T 35275 签名，对属性签名，属性不按 DER 次序",
        en: "GB/T 35275 over attributes, which are not in the order of DER",
        make: |world| data(world, |_| {}),
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "data-content",
        zh: "GB/T 35275 签名，内含 Signature.xml",
        en: "GB/T 35275 over Signature.xml, which is inside",
        make: |world| data(world, |data| data.over = Over::Content),
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "data-digest",
        zh: "GB/T 35275 签名，内含 Signature.xml 的杂凑值",
        en: "GB/T 35275 over the digest of Signature.xml, which is inside",
        make: |world| data(world, |data| data.over = Over::Digest),
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "data-other-content",
        zh: "GB/T 35275 签名，内含另一份文件",
        en: "GB/T 35275 over another document, which is inside",
        make: |world| data(world, |data| data.over = Over::OtherContent),
        verdict: "INVALID",
        finds: &["1 fail document_digest seal.document_changed"],
    },
    Scene {
        name: "data-document-changed",
        zh: "GB/T 35275 签名之后 Signature.xml 被改动",
        en: "Signature.xml was changed after it was signed by GB/T 35275",
        make: |world| {
            data(world, |_| {});
            world.change = |files, _| edit(files, "Signature.xml", |xml| xml.push(b'\n'));
        },
        verdict: "INVALID",
        finds: &["1 fail document_digest seal.document_changed"],
    },
    Scene {
        name: "data-digest-of-other",
        zh: "messageDigest 是另一份文件的",
        en: "the messageDigest is that of another document",
        make: |world| {
            data(world, |data| data.edit_attributes = |fields, _| put(fields, 0, message_digest(b"another document")));
        },
        verdict: "INVALID",
        finds: &["1 fail document_digest seal.document_changed"],
    },
    Scene {
        name: "data-without-digest",
        zh: "属性中没有 messageDigest",
        en: "attributes without a messageDigest",
        make: |world| {
            data(world, |data| {
                data.edit_attributes = |fields, _| {
                    fields.remove(0);
                }
            });
        },
        verdict: "INVALID",
        finds: &["1 fail format format.attribute_missing"],
    },
    Scene {
        name: "data-two-digests",
        zh: "属性中有两个 messageDigest",
        en: "attributes with two messageDigests",
        make: |world| {
            data(world, |data| data.edit_attributes = |fields, _| fields.push(message_digest(b"another document")));
        },
        verdict: "INVALID",
        finds: &["1 fail format signed_data.attribute_not_single"],
    },
    Scene {
        name: "data-attributes-sorted-later",
        zh: "签名之后属性被重新排序",
        en: "the attributes were sorted after they were signed",
        make: |world| {
            data(world, |data| {
                data.edit_signer = |fields, _| {
                    let attributes = fields.get(3).cloned().unwrap_or_default();
                    let mut parts = elements(&attributes);
                    parts.sort();
                    put(fields, 3, der::value(tag::CONTEXT_0, &parts.concat()));
                }
            });
        },
        verdict: "INVALID",
        finds: &["1 fail signature_value seal.signature_wrong"],
    },
    Scene {
        name: "data-forged",
        zh: "由他人的密钥签名",
        en: "signed with another key than the signer's",
        make: |world| {
            data(world, |_| {});
            world.act.signature.signing.hand = Hand::Stranger;
        },
        verdict: "INVALID",
        finds: &["1 fail signature_value seal.signature_wrong"],
    },
    Scene {
        name: "data-confusion-ecdsa",
        zh: "声称用 ECDSA，证书中是 SM2 密钥",
        en: "claims ECDSA beside an SM2 key",
        make: |world| {
            data(world, |_| {});
            world.act.signature.signing.algorithm = ECDSA_WITH_SHA256;
        },
        verdict: "INVALID",
        finds: &["1 fail signature_value seal.signer_algorithm_mismatch"],
    },
    Scene {
        name: "data-two-signers",
        zh: "两个签名者",
        en: "two signers",
        make: |world| {
            data(world, |data| {
                data.edit = |fields, _| {
                    let signers: Vec<Vec<u8>> = fields.get(4).map(|set| elements(set)).unwrap_or_default();
                    put(fields, 4, der::value(0x31, &[signers.concat(), signers.concat()].concat()));
                }
            });
        },
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate format format.signer_count"],
    },
    Scene {
        name: "data-without-certificate",
        zh: "没有签名者证书",
        en: "without the signer's certificate",
        make: |world| data(world, |data| data.edit = |fields, _| put(fields, 3, der::value(tag::CONTEXT_0, &[]))),
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate format seal.signer_certificate_absent"],
    },
    Scene {
        name: "data-certificate-swapped",
        zh: "其中的证书换成了同一密钥的另一张",
        en: "the certificate inside is swapped for another one of the same key",
        make: |world| {
            data(world, |data| data.edit = |fields, cast| put(fields, 3, der::value(tag::CONTEXT_0, &cast.twin)));
        },
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate format seal.signer_certificate_absent"],
    },
    Scene {
        name: "data-revoked",
        zh: "签名者证书在签名之前已被撤销",
        en: "the signer's certificate was revoked before the signing time",
        make: |world| {
            data(world, |_| {});
            world.revoke(vec![Revoked::since(SIGNER, hours(-25))]);
        },
        verdict: "INVALID",
        finds: &["1 fail signer_revocation seal.signer_revoked"],
    },
    Scene {
        name: "data-changed-page",
        zh: "GB/T 35275 签名之后页面内容被改动",
        en: "the page was changed after it was signed by GB/T 35275",
        make: |world| {
            data(world, |_| {});
            world.change = |files, _| edit(files, "Content.xml", |page| page.push(b'\n'));
        },
        verdict: "INVALID",
        finds: &["1 fail references reference.changed"],
    },
];

/// Makes the signature one without a seal.
fn data(world: &mut World, change: fn(&mut DataPlan)) {
    let mut plan = DataPlan::default();
    change(&mut plan);
    world.act.data = Some(plan);
}

/// The elements inside an element.
pub(super) fn elements(bytes: &[u8]) -> Vec<Vec<u8>> {
    let outer = certs::der::Element::only(bytes);
    let children = outer.and_then(|outer| outer.children(16)).unwrap_or_default();
    children.into_iter().map(|child| child.raw.to_vec()).collect()
}
