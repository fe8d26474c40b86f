//! Time stamps: what they are about, who made them, and when.
use certs::der::{tag, write as der};

use super::signed_data::elements;
use crate::vectors::forge::{Hand, Revoked, TIME_STAMPING};
use crate::vectors::seal::{Layout, put};
use crate::vectors::signed_data::{StampPlan, message_digest};
use crate::vectors::world::{AUTHORITY, SIGNER, World};
use crate::vectors::{Scene, hours};

const KEY_COMPROMISE: u8 = 1;
const SUPERSEDED: u8 = 4;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "stamp-good",
        zh: "带时间戳的签章",
        en: "a seal signature with a time stamp",
        make: |world| stamped(world, |_| {}),
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "stamp-proves-before-revocation",
        zh: "签章者在签章之后被撤销，时间戳证明签章更早",
        en: "the signer was revoked later, and the time stamp proves that the signature is older",
        make: |world| {
            stamped(world, |_| {});
            world.revoke(vec![Revoked { reason: Some(KEY_COMPROMISE), ..Revoked::since(SIGNER, hours(-12)) }]);
        },
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "stamp-after-revocation",
        zh: "签章者在时间戳之前已被撤销，签章时间写得更早",
        en: "the signer was revoked before the time stamp; the claimed signing time is earlier still",
        make: |world| {
            stamped(world, |stamp| stamp.made_at = hours(-10));
            world.revoke(vec![Revoked::since(SIGNER, hours(-20))]);
        },
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate signer_revocation seal.no_proof_of_existence"],
    },
    Scene {
        name: "step-timestamp",
        zh: "时间戳早于签章时间",
        en: "the time stamp is earlier than the signing time",
        make: |world| stamped(world, |stamp| stamp.made_at = hours(-25)),
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.before_signing"],
    },
    Scene {
        name: "stamp-after-signer-expired",
        zh: "加盖时间戳时签章者证书已过期",
        en: "the signer's certificate had expired when the time stamp was made",
        make: |world| {
            stamped(world, |stamp| stamp.made_at = hours(-3));
            world.signer.not_after = hours(-20);
            world.lists.iter_mut().for_each(|list| list.this_update = hours(-30));
        },
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.outside_signer_period"],
    },
    Scene {
        name: "stamp-of-other-bytes",
        zh: "时间戳针对另外的数据",
        en: "the time stamp is about other bytes",
        make: |world| stamped(world, |stamp| stamp.about_other = true),
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.other_bytes"],
    },
    Scene {
        name: "stamp-from-future",
        zh: "时间戳来自将来",
        en: "the time stamp is from the future",
        make: |world| stamped(world, |stamp| stamp.made_at = hours(1)),
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.from_future"],
    },
    Scene {
        name: "stamp-forged",
        zh: "时间戳由他人的密钥签名",
        en: "the time stamp is signed with another key than its authority's",
        make: |world| stamped(world, |stamp| stamp.signing.hand = Hand::Stranger),
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.signature"],
    },
    Scene {
        name: "stamp-empty-user-id",
        zh: "时间戳以空的用户标识签名",
        en: "the time stamp was signed with an empty user identity",
        make: |world| stamped(world, |stamp| stamp.signing.user_id = b""),
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.signature"],
    },
    Scene {
        name: "stamp-digest-differs",
        zh: "时间戳的 messageDigest 与其内容不符",
        en: "the time stamp's messageDigest is not that of its content",
        make: |world| {
            stamped(world, |stamp| {
                stamp.edit_attributes = |fields, _| put(fields, 1, message_digest(b"other content"));
            });
        },
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.message_digest"],
    },
    Scene {
        name: "stamp-without-digest",
        zh: "时间戳没有 messageDigest",
        en: "the time stamp lacks its messageDigest",
        make: |world| {
            stamped(world, |stamp| {
                stamp.edit_attributes = |fields, _| {
                    fields.remove(1);
                }
            });
        },
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.attribute_missing"],
    },
    Scene {
        name: "stamp-attributes-stripped",
        zh: "时间戳的签名属性被去掉",
        en: "the time stamp's signed attributes are taken away",
        make: |world| {
            stamped(world, |stamp| {
                stamp.edit_signer = |fields, _| {
                    fields.remove(3);
                }
            });
        },
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.attribute_missing"],
    },
    Scene {
        name: "stamp-time-changed",
        zh: "签名之后时间戳的时间被改动",
        en: "the time in the time stamp was changed after it was signed",
        make: |world| {
            stamped(world, |stamp| {
                stamp.edit = |fields, _| {
                    let changed = fields.get(2).map(|inside| replaced(inside, b"20261121", b"20261120"));
                    put(fields, 2, changed.unwrap_or_default());
                }
            });
        },
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.message_digest"],
    },
    Scene {
        name: "stamp-certificate-swapped",
        zh: "时间戳指名的证书不是其中的那一张",
        en: "the time stamp names another certificate than the one inside",
        make: |world| {
            stamped(world, |stamp| {
                stamp.edit = |fields, cast| put(fields, 3, der::value(tag::CONTEXT_0, &cast.other));
            });
        },
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate timestamp timestamp.authority_missing"],
    },
    Scene {
        name: "stamp-two-signers",
        zh: "时间戳有两个签名者",
        en: "a time stamp with two signers",
        make: |world| {
            stamped(world, |stamp| {
                stamp.edit = |fields, _| {
                    let signer = fields.get(4).map(|set| elements(set).concat()).unwrap_or_default();
                    put(fields, 4, der::value(0x31, &[signer.clone(), signer].concat()));
                }
            });
        },
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.signers"],
    },
    Scene {
        name: "stamp-weak-digest",
        zh: "时间戳用 SHA-1",
        en: "a time stamp by SHA-1",
        make: |world| {
            stamped(world, |stamp| {
                stamp.edit_statement = |fields, _| {
                    let sha1 = der::sequence(&[der::oid(&[1, 3, 14, 3, 2, 26])]);
                    put(fields, 2, der::sequence(&[sha1, der::octets(&[0; 20])]));
                }
            });
        },
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.weak_digest"],
    },
    Scene {
        name: "stamp-garbage",
        zh: "时间戳字段中不是时间戳",
        en: "no time stamp in the field of the time stamp",
        make: |world| {
            world.act.signature.edit = |fields, _| fields.push(der::explicit(0, &der::bits(b"stamp")));
        },
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.malformed"],
    },
    Scene {
        name: "stamp-authority-unknown",
        zh: "时间戳机构不在信任库中",
        en: "the time-stamp authority's issuer is unknown",
        make: |world| {
            stamped(world, |_| {});
            world.authority.issuer = "Another Root";
        },
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate timestamp timestamp.authority_unknown"],
    },
    Scene {
        name: "stamp-authority-without-usage",
        zh: "时间戳机构的证书不是为时间戳签发的",
        en: "the authority's certificate is not for time stamps",
        make: |world| {
            stamped(world, |_| {});
            world.authority.extended_usage = None;
        },
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.authority_usage"],
    },
    Scene {
        name: "stamp-authority-usage-not-critical",
        zh: "时间戳机构证书的扩展密钥用法不是关键扩展",
        en: "the authority's extended key usage is not critical",
        make: |world| {
            stamped(world, |_| {});
            world.authority.extended_usage = Some((false, &[TIME_STAMPING]));
        },
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.authority_usage_not_critical"],
    },
    Scene {
        name: "stamp-authority-two-usages",
        zh: "时间戳机构的证书还有别的用途",
        en: "the authority's certificate has another purpose beside",
        make: |world| {
            stamped(world, |_| {});
            world.authority.extended_usage = Some((true, &[TIME_STAMPING, &[1, 3, 6, 1, 5, 5, 7, 3, 2]]));
        },
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.authority_usage"],
    },
    Scene {
        name: "stamp-authority-expired",
        zh: "加盖时间戳时时间戳机构的证书已过期",
        en: "the authority's certificate had expired when the time stamp was made",
        make: |world| {
            stamped(world, |_| {});
            world.authority.not_after = hours(-30);
        },
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.authority_period"],
    },
    Scene {
        name: "stamp-authority-revoked",
        zh: "加盖时间戳时时间戳机构的证书已被撤销",
        en: "the authority's certificate was revoked before the time stamp was made",
        make: |world| {
            stamped(world, |_| {});
            world.revoke(vec![Revoked::since(AUTHORITY, hours(-30))]);
        },
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.authority_revoked"],
    },
    Scene {
        name: "stamp-authority-compromised-later",
        zh: "时间戳机构的密钥后来泄露",
        en: "the authority's key was compromised later: whoever has it can make earlier stamps",
        make: |world| {
            stamped(world, |_| {});
            world.revoke(vec![Revoked { reason: Some(KEY_COMPROMISE), ..Revoked::since(AUTHORITY, hours(-10)) }]);
        },
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.authority_compromised"],
    },
    Scene {
        name: "stamp-authority-superseded-later",
        zh: "时间戳机构的证书后来被更换",
        en: "the authority's certificate was superseded later: earlier stamps remain good",
        make: |world| {
            stamped(world, |_| {});
            world.revoke(vec![Revoked { reason: Some(SUPERSEDED), ..Revoked::since(AUTHORITY, hours(-10)) }]);
        },
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "stamp-seal",
        zh: "第 5 版印章带时间戳",
        en: "a version 5 seal with a time stamp",
        make: |world| seal_stamped(world, 0),
        verdict: "VALID",
        finds: &["1 note format.unconfirmed_layout"],
    },
    Scene {
        name: "stamp-seal-before-making",
        zh: "印章的时间戳早于其制作日期",
        en: "the seal's time stamp is earlier than its making",
        make: |world| seal_stamped(world, -1),
        verdict: "INVALID",
        finds: &["1 fail timestamp timestamp.before_making", "1 note format.unconfirmed_layout"],
    },
    Scene {
        name: "stamp-v1",
        zh: "GM/T 0031-2014 的签章，timeInfo 是时间戳",
        en: "a seal signature of GM/T 0031-2014 whose timeInfo is a time stamp",
        make: |world| {
            stamped(world, |_| {});
            world.seal.layout = Layout::V1(1);
        },
        verdict: "VALID",
        finds: &[],
    },
    Scene {
        name: "stamp-v1-proves-no-signature",
        zh: "GM/T 0031-2014 的签章：timeInfo 的时间戳先于签章，签章者其后被撤销，不能证明签章更早",
        en: "GM/T 0031-2014: the time stamp in timeInfo is older than the signature, so that it saves none from a later revocation",
        make: |world| {
            stamped(world, |_| {});
            world.seal.layout = Layout::V1(1);
            world.revoke(vec![Revoked::since(SIGNER, hours(-12))]);
        },
        verdict: "INDETERMINATE",
        finds: &["1 indeterminate signer_revocation seal.no_proof_of_existence"],
    },
    Scene {
        name: "stamp-v2-proves-no-signature",
        zh: "头版本 2 的签章：timeInfo 的时间戳先于签章，签章者其后被撤销，不能证明签章更早",
        en: "header version 2: the time stamp in timeInfo is older than the signature, so that it saves none from a later revocation",
        make: |world| {
            stamped(world, |_| {});
            world.seal.layout = Layout::V1(2);
            world.strict = false;
            world.revoke(vec![Revoked::since(SIGNER, hours(-12))]);
        },
        verdict: "INDETERMINATE",
        finds: &["1 note format.header_version_2", "1 indeterminate signer_revocation seal.no_proof_of_existence"],
    },
    Scene {
        name: "stamp-v1-of-other-bytes",
        zh: "GM/T 0031-2014 的签章，timeInfo 是另外数据的时间戳",
        en: "a seal signature of GM/T 0031-2014 whose timeInfo is about other bytes",
        make: |world| {
            stamped(world, |stamp| stamp.about_other = true);
            world.seal.layout = Layout::V1(1);
        },
        verdict: "INVALID",
        finds: &[
            "1 indeterminate maker_period seal.signing_time_unknown",
            "1 indeterminate seal_period seal.signing_time_unknown",
            "1 indeterminate signer_period seal.signing_time_unknown",
            "1 fail timestamp timestamp.other_bytes",
        ],
    },
];

/// Stamps the signature.
fn stamped(world: &mut World, change: fn(&mut StampPlan)) {
    let mut stamp = StampPlan::default();
    change(&mut stamp);
    world.act.signature.stamp = Some(stamp);
}

/// Stamps a version 5 seal so many hours after it was made.
fn seal_stamped(world: &mut World, after_hours: i64) {
    world.seal.layout = Layout::V5;
    let made_at = world.seal.created_at + jiff::SignedDuration::from_hours(after_hours);
    world.seal.stamp = Some(StampPlan { made_at, ..StampPlan::default() });
}

/// The bytes with every occurrence of one text replaced by another of the same length.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    let places = (0..bytes.len()).filter(|at| bytes.get(*at..).is_some_and(|rest| rest.starts_with(from)));
    for at in places {
        changed.splice(at..at + to.len(), to.iter().copied());
    }
    changed
}
