//! Every form that authorities hand things over in, and everything that must not be believed.

use std::slice;

use super::*;
use crate::der::write as der;
use crate::hierarchy::issue::{Identity, Profile};
use crate::name::pem;
use crate::workshop::{NOW, days, extensions, period, root, signed_again, sm2, subject};

fn bundle(files: &[&[u8]]) -> Result<Bundle, ImportFault> {
    let mut bundle = Bundle::default();
    files.iter().try_for_each(|file| bundle.add(file))?;
    Ok(bundle)
}

fn code(result: Result<Bundle, ImportFault>) -> &'static str {
    result.and_then(|bundle| bundle.assess(&[], NOW).map(|_| ())).map_or_else(|fault| fault.code(), |()| "good")
}

fn list(root: &Identity, made: i32) -> RevocationList {
    root.revocation_list(1, days(made), days(made + 5), &[]).unwrap()
}

/// The degenerate `SignedData` that certificates travel in (RFC 5652 5.1; GB/T 35275 with its own identifiers).
fn degenerate(signed_data: &[u64], data: &[u64], certificate: &[u8], list: &[u8]) -> Vec<u8> {
    let content = der::sequence(&[
        der::unsigned(&[1]),
        der::value(0x31, &[]),
        der::sequence(&[der::oid(data)]),
        der::explicit(0, certificate),
        der::explicit(1, list),
        der::value(0x31, &[]),
    ]);
    der::sequence(&[der::oid(signed_data), der::explicit(0, &content)])
}

#[test]
fn every_form_gives_the_same_certificates_and_lists() {
    let root = root("根");
    let (certificate, list) = (root.certificate.der().to_vec(), list(&root, -1));
    let pkcs7 = degenerate(&[1, 2, 840, 113_549, 1, 7, 2], &[1, 2, 840, 113_549, 1, 7, 1], &certificate, list.der());
    let national =
        degenerate(&[1, 2, 156, 10197, 6, 1, 4, 2, 2], &[1, 2, 156, 10197, 6, 1, 4, 2, 1], &certificate, list.der());
    let text =
        format!("名称\n{}{}", pem("CERTIFICATE", &certificate), pem("X509 CRL", list.der())).replace('\n', "\r\n");
    let forms: [Vec<&[u8]>; 5] = [
        vec![&certificate, list.der()],
        vec![text.as_bytes()],
        vec![&pkcs7],
        vec![&national],
        vec![text.as_bytes(), &pkcs7, &certificate],
    ];
    for (number, files) in forms.iter().enumerate() {
        let bundle = bundle(files).unwrap();
        assert_eq!(bundle.certificates, slice::from_ref(&root.certificate), "{number}");
        assert_eq!(bundle.lists.iter().map(RevocationList::digest).collect::<Vec<_>>(), [list.digest()], "{number}");
    }
    let armoured = pem("PKCS7", &pkcs7);
    assert_eq!(bundle(&[armoured.as_bytes()]).unwrap().lists.len(), 1);
}

#[test]
fn a_text_that_breaks_off_is_refused_whole() {
    let root = root("根");
    let (certificate, list) = (root.certificate.to_pem(), pem("X509 CRL", list(&root, -1).der()));
    let whole = format!("{certificate}{list}");
    assert_eq!(code(bundle(&[whole.as_bytes()])), "good");
    let cut = &whole[..whole.len() - 30];
    let unfinished = format!("{}{list}", certificate.replace("-----END CERTIFICATE-----\n", ""));
    for broken in [cut, unfinished.as_str()] {
        assert_eq!(code(bundle(&[broken.as_bytes()])), "import.not_base64", "{broken}");
    }
}

#[test]
fn what_is_nothing_of_the_kind_is_named() {
    let root = root("根");
    let key = root.key.to_pem().unwrap();
    let der = root.certificate.der();
    let cases: [(&str, &[u8]); 8] = [
        ("import.unknown_content", b""),
        ("import.unknown_content", b"hello"),
        ("import.unknown_content", &[0x30, 2, 5, 0]),
        ("import.unknown_content", &der[..der.len() - 1]),
        ("import.private_key", &key),
        ("import.private_key", &[0x30, 3, 2, 1, 0]),
        ("import.not_base64", b"-----BEGIN CERTIFICATE-----\n%\n-----END CERTIFICATE-----\n"),
        ("cert.malformed", &[0x30, 2, 0x30, 0]),
    ];
    for (expected, file) in cases {
        assert_eq!(code(bundle(&[file])), expected, "{:02x?}", &file[..file.len().min(20)]);
    }
    assert_eq!(code(bundle(&[&vec![b'-'; FILE_BYTES_MAX + 1]])), "import.too_long");
}

#[test]
fn each_certificate_has_its_role_and_its_remarks() {
    let root = root("根");
    let middle = root.issue(Profile::Authority, &subject("中间"), sm2(), period(-90, -20)).unwrap();
    let leaf = middle.issue(Profile::Signing, &subject("签章者"), sm2(), period(5, 10)).unwrap();
    let all = bundle(&[root.certificate.der(), middle.certificate.der(), leaf.certificate.der()]).unwrap();
    let found: Vec<_> = all.assess(&[], NOW).unwrap().certificates;
    let found: Vec<_> = found.iter().map(|(role, assessed)| (*role, assessed.remarks.as_slice())).collect();
    assert_eq!(
        found,
        [
            (Role::Anchor, &[][..]),
            (Role::Intermediate, &[Remark::Expired]),
            (Role::End, &[Remark::NotAuthority, Remark::NotYetValid]),
        ]
    );
    // Handed over alone, the same authority is what is to be believed.
    let alone = bundle(&[middle.certificate.der()]).unwrap().assess(&[], NOW).unwrap();
    assert_eq!(alone.certificates[0].0, Role::Anchor);
}

#[test]
fn what_must_not_be_believed_is_refused_by_name() {
    let (root, impostor) = (root("根"), root("根"));
    let forged_root = signed_again(root.certificate.der(), &impostor, |_| {});
    assert_eq!(code(bundle(&[&forged_root])), "import.not_signed");
    let middle = root.issue(Profile::Authority, &subject("中间"), sm2(), period(-90, 90)).unwrap();
    let forged_middle = signed_again(middle.certificate.der(), &impostor, |_| {});
    assert_eq!(code(bundle(&[root.certificate.der(), &forged_middle])), "import.not_signed");
    let may_not = signed_again(root.certificate.der(), &root, |body| {
        extensions(body, |list| {
            let usage = der::octets(&der::value(0x03, &[1, 0b0000_0010]));
            list[1] = der::sequence(&[der::oid(&[2, 5, 29, 15]), der::boolean(true), usage]);
        });
    });
    assert_eq!(code(bundle(&[&may_not])), "import.may_not_issue");
    let forged_list = signed_again(list(&root, -1).der(), &impostor, |_| {});
    assert_eq!(code(bundle(&[root.certificate.der(), &forged_list])), "import.list_not_authentic");
    let known = [root.certificate.clone()];
    let refused = bundle(&[&forged_list]).unwrap().assess(&known, NOW).unwrap_err();
    assert_eq!(refused.code(), "import.list_not_authentic", "also against an authority known before");
}

#[test]
fn lists_that_cannot_be_checked_or_are_old_are_remarked_on() {
    let root = root("根");
    let remarks = |files: &[&[u8]], known: &[Certificate]| {
        bundle(files).unwrap().assess(known, NOW).unwrap().lists.remove(0).remarks
    };
    let (fresh, old) = (list(&root, -1), list(&root, -9));
    assert_eq!(remarks(&[fresh.der()], &[]), [Remark::IssuerUnknown]);
    assert_eq!(remarks(&[fresh.der()], slice::from_ref(&root.certificate)), []);
    assert_eq!(remarks(&[root.certificate.der(), old.der()], &[]), [Remark::Stale]);
    // Another authority of the same name is not its issuer.
    let namesake = crate::workshop::root("根");
    assert_eq!(remarks(&[namesake.certificate.der(), fresh.der()], &[]), [Remark::OtherKey]);
}
