//! What is known about revocation: lists, delta lists and OCSP responses, forged, stale, partial or against each other.
use crate::vectors::forge::{Hand, ListPlan, Revoked};
use crate::vectors::ocsp::{OcspPlan, Responder, Said};
use crate::vectors::world::{MAKER, SIGNER};
use crate::vectors::{Scene, hours};

/// reasonCode certificateHold.
const HOLD: u8 = 6;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "revocation-no-list",
        zh: "没有撤销列表",
        en: "there is no revocation list",
        make: |world| world.lists.clear(),
        verdict: "INDETERMINATE",
        finds: UNKNOWN,
    },
    Scene {
        name: "revocation-stale-list",
        zh: "撤销列表已过期",
        en: "the revocation list is overdue",
        make: |world| {
            world.lists.iter_mut().for_each(|list| {
                list.this_update = hours(-48);
                list.next_update = hours(-12);
            });
        },
        verdict: "INDETERMINATE",
        finds: UNKNOWN,
    },
    Scene {
        name: "revocation-stale-list-names-signer",
        zh: "过期的撤销列表仍能证明它列出的撤销",
        en: "an overdue revocation list still proves the revocations that it names",
        make: |world| {
            world.lists.iter_mut().for_each(|list| {
                list.this_update = hours(-48);
                list.next_update = hours(-12);
                list.revoked = vec![Revoked::since(SIGNER, hours(-50))];
            });
        },
        verdict: "INVALID",
        finds: &[
            "1 indeterminate maker_revocation seal.maker_revocation_unknown",
            "1 fail signer_revocation seal.signer_revoked",
        ],
    },
    Scene {
        name: "revocation-delta-alone",
        zh: "只有增量撤销列表",
        en: "a delta list alone",
        make: |world| world.lists.iter_mut().for_each(|list| list.delta = true),
        verdict: "INDETERMINATE",
        finds: UNKNOWN,
    },
    Scene {
        name: "revocation-partial-list",
        zh: "撤销列表只涉及 CA 证书",
        en: "the revocation list speaks of authorities' certificates alone",
        make: |world| world.lists.iter_mut().for_each(|list| list.partial = true),
        verdict: "INDETERMINATE",
        finds: UNKNOWN,
    },
    Scene {
        name: "revocation-forged-list",
        zh: "撤销列表不是颁发者签的",
        en: "the revocation list is not signed by its issuer",
        make: |world| world.lists.iter_mut().for_each(|list| list.signing.hand = Hand::Stranger),
        verdict: "INDETERMINATE",
        finds: UNKNOWN,
    },
    Scene {
        name: "revocation-delta-over-base",
        zh: "增量撤销列表在完整列表之后撤销了签章者",
        en: "a delta list revokes the signer after the complete one",
        make: |world| {
            let base = ListPlan { number: 1, this_update: hours(-40), ..ListPlan::default() };
            let revoked = vec![Revoked::since(SIGNER, hours(-25))];
            world.lists = vec![base, ListPlan { number: 2, delta: true, revoked, ..ListPlan::default() }];
        },
        verdict: "INVALID",
        finds: &["1 fail signer_revocation seal.signer_revoked"],
    },
    Scene {
        name: "revocation-older-list-is-good",
        zh: "较早的列表没有撤销，较新的列表撤销了签章者",
        en: "the older list knows of nothing, the newer one revokes the signer",
        make: |world| {
            let older = ListPlan { number: 1, this_update: hours(-20), ..ListPlan::default() };
            let revoked = vec![Revoked::since(SIGNER, hours(-25))];
            world.lists = vec![older, ListPlan { number: 2, revoked, ..ListPlan::default() }];
        },
        verdict: "INVALID",
        finds: &["1 fail signer_revocation seal.signer_revoked"],
    },
    Scene {
        name: "revocation-list-from-future",
        zh: "只有验章时间之后的撤销列表",
        en: "the only list is from after the time of judging",
        make: |world| {
            world.lists.iter_mut().for_each(|list| list.this_update = hours(1));
        },
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "ocsp-good",
        zh: "没有撤销列表，在线证书状态响应说明都有效",
        en: "no list, and OCSP responses that say good",
        make: |world| {
            world.lists.clear();
            world.responses = vec![OcspPlan::good(MAKER), OcspPlan::good(SIGNER)];
        },
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "ocsp-revoked",
        zh: "在线证书状态响应说明签章者在签章之前已被撤销",
        en: "an OCSP response says that the signer was revoked before the signing time",
        make: |world| {
            world.responses = vec![OcspPlan { said: Said::Revoked(hours(-25)), ..OcspPlan::good(SIGNER) }];
        },
        verdict: "INVALID",
        finds: &["1 fail signer_revocation seal.signer_revoked"],
    },
    Scene {
        name: "ocsp-good-against-list",
        zh: "撤销列表已撤销签章者，在线证书状态响应仍说有效",
        en: "the list revokes the signer, an OCSP response still says good",
        make: |world| {
            world.revoke(vec![Revoked::since(SIGNER, hours(-25))]);
            world.responses = vec![OcspPlan::good(SIGNER)];
        },
        verdict: "INVALID",
        finds: &["1 fail signer_revocation seal.signer_revoked"],
    },
    Scene {
        name: "ocsp-good-later-than-list",
        zh: "撤销列表已撤销签章者，更晚的在线证书状态响应却说有效",
        en: "the list revokes the signer, a later OCSP response says good",
        make: |world| {
            world.revoke(vec![Revoked::since(SIGNER, hours(-25))]);
            world.lists.iter_mut().for_each(|list| list.this_update = hours(-20));
            world.responses = vec![OcspPlan::good(SIGNER)];
        },
        verdict: "INVALID",
        finds: &["1 fail signer_revocation seal.signer_revoked"],
    },
    Scene {
        name: "ocsp-good-after-hold",
        zh: "撤销列表曾暂停签章者证书，更晚的在线证书状态响应说已恢复",
        en: "the list holds the signer's certificate, a later OCSP response says that it is good again",
        make: |world| {
            world.revoke(vec![Revoked { reason: Some(HOLD), ..Revoked::since(SIGNER, hours(-25)) }]);
            world.lists.iter_mut().for_each(|list| list.this_update = hours(-20));
            world.responses = vec![OcspPlan::good(SIGNER)];
        },
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "ocsp-unknown",
        zh: "在线证书状态响应不认识签章者证书",
        en: "the OCSP responder does not know the signer's certificate",
        make: |world| {
            world.lists.clear();
            world.responses = vec![OcspPlan::good(MAKER), OcspPlan { said: Said::Unknown, ..OcspPlan::good(SIGNER) }];
        },
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate signer_revocation seal.signer_revocation_unknown"],
    },
    Scene {
        name: "ocsp-stale",
        zh: "在线证书状态响应已过期",
        en: "the OCSP responses are overdue",
        make: |world| {
            world.lists.clear();
            let stale =
                |serial| OcspPlan { this_update: hours(-48), next_update: hours(-12), ..OcspPlan::good(serial) };
            world.responses = vec![stale(MAKER), stale(SIGNER)];
        },
        verdict: "INDETERMINATE",
        finds: UNKNOWN,
    },
    Scene {
        name: "ocsp-unentitled-responder",
        zh: "在线证书状态响应由没有授权的人签名",
        en: "the OCSP responses are signed by somebody who is not entitled to",
        make: |world| {
            world.lists.clear();
            let other = |serial| OcspPlan { responder: Responder::Other, ..OcspPlan::good(serial) };
            world.responses = vec![other(MAKER), other(SIGNER)];
        },
        verdict: "INDETERMINATE",
        finds: UNKNOWN,
    },
    Scene {
        name: "ocsp-of-other-certificate",
        zh: "在线证书状态响应针对另一张证书",
        en: "the OCSP response is about another certificate",
        make: |world| {
            world.lists.clear();
            world.responses = vec![OcspPlan::good(MAKER)];
        },
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate signer_revocation seal.signer_revocation_unknown"],
    },
];

/// Nothing is known about the revocation of either certificate.
const UNKNOWN: &[&str] = &[
    "1 indeterminate maker_revocation seal.maker_revocation_unknown",
    "1 indeterminate signer_revocation seal.signer_revocation_unknown",
];
