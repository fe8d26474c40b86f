//! Certificates, keys, revocation and time: who signed, with what, and when.
use certs::der::write as der;

use crate::vectors::forge::{ECDSA_WITH_SHA256, Hand, Revoked};
use crate::vectors::seal::{Layout, put};
use crate::vectors::world::{Form, MAKER, SIGNER, World};
use crate::vectors::{Scene, hours};
use seals::Policy;

const KEY_COMPROMISE: u8 = 1;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "confusion-ecdsa-signature",
        zh: "签章声称用 ECDSA，证书中是 SM2 密钥",
        en: "the seal signature claims ECDSA, the certificate has an SM2 key",
        make: |world| world.act.signature.signing.algorithm = ECDSA_WITH_SHA256,
        verdict: "INVALID",
        finds: &["1 fail signature_value seal.signer_algorithm_mismatch"],
    },
    Scene {
        name: "confusion-ecdsa-seal",
        zh: "印章声称用 ECDSA，制章者证书中是 SM2 密钥",
        en: "the seal claims ECDSA, its maker's certificate has an SM2 key",
        make: |world| world.seal.signing.algorithm = ECDSA_WITH_SHA256,
        verdict: "INVALID",
        finds: &["1 fail seal_signature seal.maker_algorithm_mismatch"],
    },
    Scene {
        name: "confusion-ecdsa-certificate",
        zh: "签章者证书声称由 ECDSA 签发，颁发者密钥是 SM2",
        en: "the signer's certificate claims an ECDSA signature, its issuer has an SM2 key",
        make: |world| world.signer.signing.algorithm = ECDSA_WITH_SHA256,
        verdict: "INVALID",
        finds: &[
            "1 fail signer_path seal.signer_path_broken",
            "1 indeterminate signer_revocation seal.signer_revocation_without_path",
        ],
    },
    Scene {
        name: "confusion-unknown-algorithm",
        zh: "签章声称用没有人知道的算法",
        en: "the seal signature claims an algorithm that nobody knows",
        make: |world| world.act.signature.signing.algorithm = &[1, 2, 3, 4],
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate signature_value seal.algorithm_unsupported"],
    },
    Scene {
        name: "user-id-empty-signature",
        zh: "签章以空的用户标识计算",
        en: "the seal signature was made with an empty user identity",
        make: |world| world.act.signature.signing.user_id = b"",
        verdict: "INVALID",
        finds: &["1 fail signature_value seal.signature_wrong"],
    },
    Scene {
        name: "user-id-wrong-signature",
        zh: "签章以另一个用户标识计算",
        en: "the seal signature was made with another user identity",
        make: |world| world.act.signature.signing.user_id = b"ALICE123@YAHOO.COM",
        verdict: "INVALID",
        finds: &["1 fail signature_value seal.signature_wrong"],
    },
    Scene {
        name: "user-id-empty-seal",
        zh: "印章以空的用户标识签名",
        en: "the seal was signed with an empty user identity",
        make: |world| world.seal.signing.user_id = b"",
        verdict: "INVALID",
        finds: &["1 fail seal_signature seal.maker_signature_wrong"],
    },
    Scene {
        name: "user-id-empty-certificate",
        zh: "签章者证书以空的用户标识签发",
        en: "the signer's certificate was issued with an empty user identity",
        make: |world| world.signer.signing.user_id = b"",
        verdict: "INVALID",
        finds: &[
            "1 fail signer_path seal.signer_path_broken",
            "1 indeterminate signer_revocation seal.signer_revocation_without_path",
        ],
    },
    Scene {
        name: "swapped-certificate",
        zh: "签章者证书换成了他人的真证书",
        en: "the signer's certificate is swapped for somebody else's genuine one",
        make: |world| world.act.signature.edit = |fields, cast| put(fields, 1, der::octets(&cast.other)),
        verdict: "INVALID",
        finds: &["1 fail signature_value seal.signature_wrong", "1 fail signer_in_seal seal.signer_not_in_seal"],
    },
    Scene {
        name: "swapped-maker",
        zh: "制章者证书换成了他人的真证书",
        en: "the maker's certificate is swapped for somebody else's genuine one",
        make: |world| world.seal.edit = |fields, cast| put(fields, 1, der::octets(&cast.other)),
        verdict: "INVALID",
        finds: &["1 fail seal_signature seal.maker_signature_wrong"],
    },
    Scene {
        name: "self-made-seal",
        zh: "信任库信任颁发者的一切用途时，同一颁发者的他人也能制章",
        en: "where an authority is trusted for every purpose, anybody that it certifies makes seals: trust lists tell makers from signers",
        make: |world| {
            world.seal.signing.hand = Hand::Stranger;
            world.seal.edit = |fields, cast| put(fields, 1, der::octets(&cast.other));
        },
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "issuer-unknown",
        zh: "信任库中没有颁发者",
        en: "the authority is not in the trust store",
        make: |world| world.with_anchor = false,
        verdict: "INDETERMINATE",
        finds: &[
            "1 indeterminate maker_path seal.maker_unknown_issuer",
            "1 indeterminate maker_revocation seal.maker_revocation_without_path",
            "1 indeterminate signer_path seal.signer_unknown_issuer",
            "1 indeterminate signer_revocation seal.signer_revocation_without_path",
        ],
    },
    Scene {
        name: "issuer-no-authority",
        zh: "根证书不是 CA 证书",
        en: "the root is no authority's certificate",
        make: |world| world.root.authority = false,
        verdict: "INVALID",
        finds: &[
            "1 fail maker_path seal.maker_path_broken",
            "1 indeterminate maker_revocation seal.maker_revocation_without_path",
            "1 fail signer_path seal.signer_path_broken",
            "1 indeterminate signer_revocation seal.signer_revocation_without_path",
        ],
    },
    Scene {
        name: "issuer-may-not-issue",
        zh: "根证书的密钥用法不许签发证书",
        en: "the root's key usage does not allow issuing",
        make: |world| world.root.usage = Some(crate::vectors::forge::SIGNING),
        verdict: "INVALID",
        finds: &[
            "1 fail maker_path seal.maker_path_broken",
            "1 indeterminate maker_revocation seal.maker_revocation_without_path",
            "1 fail signer_path seal.signer_path_broken",
            "1 indeterminate signer_revocation seal.signer_revocation_without_path",
        ],
    },
    Scene {
        name: "issuer-expired",
        zh: "签章时根证书已过期",
        en: "the root had expired at the signing time",
        make: |world| world.root.not_after = hours(-25),
        verdict: "INVALID",
        finds: &[
            "1 fail maker_path seal.maker_path_broken",
            "1 indeterminate maker_revocation seal.maker_revocation_without_path",
            "1 fail signer_path seal.signer_path_broken",
            "1 indeterminate signer_revocation seal.signer_revocation_without_path",
        ],
    },
    Scene {
        name: "signer-is-authority",
        zh: "签章者用 CA 证书签章",
        en: "the signer's certificate is an authority's",
        make: |world| world.signer.authority = true,
        verdict: "INVALID",
        finds: &[
            "1 fail signer_path seal.signer_path_broken",
            "1 indeterminate signer_revocation seal.signer_revocation_without_path",
        ],
    },
    Scene {
        name: "signer-unknown-extension",
        zh: "签章者证书有不认识的关键扩展",
        en: "the signer's certificate has a critical extension that nobody knows",
        make: |world| world.signer.unknown_extension = true,
        verdict: "INVALID",
        finds: &[
            "1 fail signer_path seal.signer_path_broken",
            "1 indeterminate signer_revocation seal.signer_revocation_without_path",
        ],
    },
    Scene {
        name: "signer-version-1",
        zh: "签章者证书是 X.509 第 1 版",
        en: "the signer's certificate is of X.509 version 1",
        make: |world| world.signer.version = 1,
        verdict: "INDETERMINATE",
        finds: &[
            "1 indeterminate signer_path seal.signer_version_1",
            "1 hint signer_usage seal.signer_usage_unstated",
            "1 indeterminate signer_revocation seal.signer_revocation_without_path",
            "1 note format.version_1_certificate",
        ],
    },
    Scene {
        name: "usage-unstated",
        zh: "两张证书都没有写明密钥用法",
        en: "neither certificate states its key usage",
        make: |world| {
            world.maker.usage = None;
            world.signer.usage = None;
        },
        verdict: "VALID",
        finds: &["1 hint maker_usage seal.maker_usage_unstated", "1 hint signer_usage seal.signer_usage_unstated"],
    },
    Scene {
        name: "maker-expired",
        zh: "签章时制章者证书已过期",
        en: "the maker's certificate had expired at the signing time",
        make: |world| {
            world.maker.not_after = hours(-2);
            signed_lately(world);
        },
        verdict: "VALID",
        finds: &["1 hint maker_period seal.maker_expired"],
    },
    Scene {
        name: "signer-not-yet-valid",
        zh: "签章时签章者证书尚未生效",
        en: "the signer's certificate was not yet valid at the signing time",
        make: |world| world.signer.not_before = hours(-23),
        verdict: "INVALID",
        finds: &["1 fail signer_period seal.signed_outside_signer_period"],
    },
    Scene {
        name: "seal-not-yet-valid",
        zh: "签章时印章尚未生效",
        en: "the seal was not yet valid at the signing time",
        make: |world| world.seal.valid_from = hours(-23),
        verdict: "INVALID",
        finds: &["1 fail seal_period seal.outside_period"],
    },
    Scene {
        name: "seal-period-reversed",
        zh: "印章的有效期止于其开始之前",
        en: "the seal's period ends before it begins",
        make: |world| (world.seal.valid_from, world.seal.valid_until) = (world.seal.valid_until, world.seal.valid_from),
        verdict: "INVALID",
        finds: &["1 fail seal_period seal.outside_period"],
    },
    Scene {
        name: "period-first-moment",
        zh: "证书和印章在签章的那一刻生效",
        en: "certificates and seal become valid at the very moment of signing",
        make: |world| {
            let moment = hours(-24);
            (world.maker.not_before, world.signer.not_before) = (moment, moment);
            (world.seal.created_at, world.seal.valid_from) = (moment, moment);
        },
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "period-last-moment",
        zh: "证书和印章在签章的那一刻到期",
        en: "certificates and seal expire at the very moment of signing",
        make: |world| {
            let moment = hours(-24);
            (world.maker.not_after, world.signer.not_after, world.seal.valid_until) = (moment, moment, moment);
            world.lists.iter_mut().for_each(|list| list.this_update = hours(-30));
        },
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "signed-five-minutes-ahead",
        zh: "签章时间正好晚于验章时间五分钟",
        en: "the signing time is just five minutes after the time of judging",
        make: |world| world.judged_at = hours(-24) - jiff::SignedDuration::from_mins(5),
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "signed-in-future",
        zh: "签章时间晚于验章时间六分钟",
        en: "the signing time is six minutes after the time of judging",
        make: |world| world.judged_at = hours(-24) - jiff::SignedDuration::from_mins(6),
        verdict: "INVALID",
        finds: &["1 fail signer_period seal.signed_in_future"],
    },
    Scene {
        name: "signer-revoked-later",
        zh: "签章者证书在签章之后被撤销，签章时间没有任何证明",
        en: "the signer's certificate was revoked after the signing time, which nothing proves",
        make: |world| world.revoke(vec![Revoked::since(SIGNER, hours(-23))]),
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate signer_revocation seal.no_proof_of_existence"],
    },
    Scene {
        name: "maker-revoked-later",
        zh: "制章者证书在签章之后被撤销，签章时间没有任何证明",
        en: "the maker's certificate was revoked after the signing time, which nothing proves",
        make: |world| world.revoke(vec![Revoked::since(MAKER, hours(-23))]),
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate maker_revocation seal.no_proof_of_existence"],
    },
    Scene {
        name: "maker-revoked-reading",
        zh: "阅读时，签章之前已被撤销的制章者",
        en: "a maker who was revoked before the signing time, for a person who reads",
        make: |world| {
            world.revoke(vec![Revoked::since(MAKER, hours(-48))]);
            world.policy = Policy::Reading;
        },
        verdict: "INDETERMINATE",
        finds: &[
            "1 hint maker_revocation seal.maker_revoked",
            "1 indeterminate maker_revocation seal.no_proof_of_existence",
        ],
    },
    Scene {
        name: "signer-revoked-at-signing",
        zh: "签章者证书在签章的那一刻被撤销",
        en: "the signer's certificate was revoked at the very moment of signing",
        make: |world| world.revoke(vec![since(SIGNER, -24)]),
        verdict: "INVALID",
        finds: &["1 fail signer_revocation seal.signer_revoked"],
    },
    Scene {
        name: "signer-revoked-at-judging",
        zh: "签章者证书在验章的那一刻被撤销",
        en: "the signer's certificate was revoked at the very moment of judging",
        make: |world| world.revoke(vec![since(SIGNER, 0)]),
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate signer_revocation seal.no_proof_of_existence"],
    },
    Scene {
        name: "seal-created-after-revocation-v5",
        zh: "第 5 版印章在其制章者被撤销的那一刻制作",
        en: "a version 5 seal was made at the very moment when its maker was revoked",
        make: |world| {
            world.seal.layout = Layout::V5;
            world.revoke(vec![Revoked::since(MAKER, world.seal.created_at)]);
        },
        verdict: "INVALID",
        finds: &["1 fail maker_revocation seal.created_after_revocation", "1 note format.unconfirmed_layout"],
    },
    Scene {
        name: "seal-created-before-revocation-v5",
        zh: "第 5 版印章的制章者在制章之后、签章之前被撤销",
        en: "the maker of a version 5 seal was revoked after making it, and before the signing time",
        make: |world| {
            world.seal.layout = Layout::V5;
            world.revoke(vec![since(MAKER, -48)]);
        },
        verdict: "INVALID",
        finds: &[
            "1 fail maker_revocation seal.maker_revoked",
            "1 indeterminate maker_revocation seal.no_proof_of_existence",
            "1 note format.unconfirmed_layout",
        ],
    },
    Scene {
        name: "seal-created-after-revocation-v4",
        zh: "第 4 版印章在其制章者被撤销之后制作",
        en: "a version 4 seal was made after its maker was revoked",
        make: |world| world.revoke(vec![since(MAKER, -24 * 720)]),
        verdict: "INVALID",
        finds: &[
            "1 fail maker_revocation seal.maker_revoked",
            "1 indeterminate maker_revocation seal.no_proof_of_existence",
        ],
    },
    Scene {
        name: "key-compromise",
        zh: "签章之后撤销，但密钥在签章之前已泄露",
        en: "revoked after the signing time for a key that was compromised before it",
        make: |world| {
            let revoked =
                Revoked { invalid_from: Some(hours(-30)), reason: Some(KEY_COMPROMISE), ..since(SIGNER, -12) };
            world.revoke(vec![revoked]);
        },
        verdict: "INVALID",
        finds: &["1 fail signer_revocation seal.signer_revoked"],
    },
    Scene {
        name: "key-compromise-after-signing",
        zh: "撤销和密钥泄露都在签章之后",
        en: "revoked for a key that was compromised after the signing time",
        make: |world| {
            let revoked =
                Revoked { invalid_from: Some(hours(-20)), reason: Some(KEY_COMPROMISE), ..since(SIGNER, -12) };
            world.revoke(vec![revoked]);
        },
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate signer_revocation seal.no_proof_of_existence"],
    },
    Scene {
        name: "backdated",
        zh: "盗用已撤销的密钥，把签章时间写在撤销之前",
        en: "a stolen key, revoked a year ago, claims a signing time before that",
        make: |world| {
            world.act.signature.signed_at = hours(-24 * 400);
            world.revoke(vec![Revoked { reason: Some(KEY_COMPROMISE), ..since(SIGNER, -24 * 365) }]);
        },
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate signer_revocation seal.no_proof_of_existence"],
    },
    Scene {
        name: "backdated-before-certificate",
        zh: "签章时间倒签到签章者证书和印章生效之前",
        en: "a signing time before both the signer's certificate and the seal",
        make: |world| world.act.signature.signed_at = hours(-24 * 365 * 4),
        verdict: "INVALID",
        finds: &[
            "1 fail maker_period seal.maker_not_yet_valid",
            "1 fail seal_period seal.outside_period",
            "1 fail signer_period seal.signed_outside_signer_period",
        ],
    },
    Scene {
        name: "bare-seal-revoked-maker",
        zh: "单独的印章，其制章者证书已被撤销",
        en: "a bare seal whose maker's certificate is revoked",
        make: |world| {
            world.form = Form::Seal;
            world.policy = Policy::Reading;
            world.revoke(vec![Revoked::since(MAKER, hours(-48))]);
        },
        verdict: "INVALID",
        finds: &["1 fail maker_revocation seal.maker_revoked_now"],
    },
];

/// Signed an hour ago, with a revocation list from before the last certificate expired: it still speaks of that one.
pub(super) fn signed_lately(world: &mut World) {
    world.act.signature.signed_at = hours(-1);
    world.lists.iter_mut().for_each(|list| list.this_update = hours(-3));
}

fn since(serial: u8, from_hours: i64) -> Revoked {
    Revoked::since(serial, hours(from_hours))
}
