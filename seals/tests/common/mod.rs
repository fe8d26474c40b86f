//! A small public key infrastructure of the tests' own, and documents sealed under it, each part of which a test can make wrong.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::struct_excessive_bools,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and no test file uses every helper; each bool is one thing that can be wrong"
)]
pub mod data;

use std::{io::Write as _, sync::OnceLock};

use certs::{
    certificate::Certificate,
    der::write as der,
    signing::{Sm2Signer, TimeStampAuthority},
    trust::Trust,
};
use jiff::{SignedDuration, Timestamp};
use openssl::{
    hash::MessageDigest,
    pkey::{PKey, Private},
    rsa::Rsa,
};
use seals::{
    Context, LicenseFacts, Limits, Policy, Step, StepOutcome, VerificationReport,
    sealing::{self, Identity, SealPlan, Sealing},
};

/// The time of judging of every test.
pub const NOW: &str = "2026-11-22T12:00:00Z";

/// The authority behind the seals of the tests; a valid code that nobody has.
pub const AUTHORITY: &str = "11120000FAKE00021Q";

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// So many hours after the time of judging.
pub fn hours(count: i64) -> Timestamp {
    at(NOW) + SignedDuration::from_hours(count)
}

/// keyUsage bits, the first bit leftmost.
pub const SIGNING: u8 = 0b1100_0000;
pub const ENCIPHERMENT: u8 = 0b0010_0000;
const ISSUING: u8 = 0b0000_0110;

/// What a certificate is to say.
#[derive(Clone)]
pub struct Plan {
    pub name: &'static str,
    pub serial: u8,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    pub usage: Option<u8>,
    pub authority: bool,
    /// Whether another key than the issuer's signs it.
    pub forged: bool,
    /// Whether it is for time stamps alone.
    pub time_stamping: bool,
}

impl Plan {
    fn new(name: &'static str, serial: u8) -> Self {
        let (not_before, not_after) = (at("2024-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
        Plan {
            name,
            serial,
            not_before,
            not_after,
            usage: Some(SIGNING),
            authority: false,
            forged: false,
            time_stamping: false,
        }
    }
}

const SM2_WITH_SM3: [u64; 6] = [1, 2, 156, 10197, 1, 501];
pub const RSA_WITH_SHA256: [u64; 7] = [1, 2, 840, 113_549, 1, 1, 11];
pub const ECDSA_WITH_SHA256: [u64; 7] = [1, 2, 840, 10045, 4, 3, 2];
const ROOT: &str = "Test Root";

fn utc_time(at: Timestamp) -> Vec<u8> {
    der::value(0x17, at.strftime("%y%m%d%H%M%SZ").to_string().as_bytes())
}

fn name(common_name: &str) -> Vec<u8> {
    let attribute = |oid: &[u64], text: &str| der::set_of_one(&der::sequence(&[der::oid(oid), der::utf8(text)]));
    der::sequence(&[
        attribute(&[2, 5, 4, 3], common_name),
        attribute(&[2, 5, 4, 97], if common_name == ROOT { "root" } else { AUTHORITY }),
    ])
}

fn algorithm() -> Vec<u8> {
    der::sequence(&[der::oid(&SM2_WITH_SM3)])
}

fn signed(tbs: Vec<u8>, key: &Sm2Signer) -> Vec<u8> {
    let signature = key.sign(&tbs).unwrap().to_der();
    der::sequence(&[tbs, algorithm(), der::bits(&signature)])
}

/// Issues a certificate over `key`.
pub fn issue(plan: &Plan, key: &Sm2Signer, issuer: &Sm2Signer) -> Certificate {
    issue_over(plan, key.public_to_der().unwrap(), issuer)
}

/// Issues a certificate over any key.
pub fn issue_over(plan: &Plan, spki: Vec<u8>, issuer: &Sm2Signer) -> Certificate {
    let extension =
        |oid: &[u64], value: Vec<u8>| der::sequence(&[der::oid(oid), der::boolean(true), der::octets(&value)]);
    let mut extensions = Vec::new();
    if plan.authority {
        extensions.push(extension(&[2, 5, 29, 19], der::sequence(&[der::boolean(true)])));
    }
    if let Some(usage) = plan.usage {
        let unused = u8::try_from(usage.trailing_zeros()).unwrap();
        extensions.push(extension(&[2, 5, 29, 15], der::value(0x03, &[unused, usage])));
    }
    if plan.time_stamping {
        let purpose = der::oid(&[1, 3, 6, 1, 5, 5, 7, 3, 8]);
        extensions.push(extension(&[2, 5, 29, 37], der::sequence(&[purpose])));
    }
    let mut parts = vec![
        der::explicit(0, &der::unsigned(&[2])),
        der::unsigned(&[plan.serial]),
        algorithm(),
        name(ROOT),
        der::sequence(&[utc_time(plan.not_before), utc_time(plan.not_after)]),
        name(plan.name),
        spki,
    ];
    if !extensions.is_empty() {
        parts.push(der::explicit(3, &der::sequence(&extensions)));
    }
    let tbs = der::sequence(&parts);
    let stranger = Sm2Signer::generate().unwrap();
    Certificate::from_der(signed(tbs, if plan.forged { &stranger } else { issuer })).unwrap()
}

fn revocation_list(issuer: &Sm2Signer, revoked: &[(u8, Timestamp)]) -> Vec<u8> {
    let entries: Vec<Vec<u8>> =
        revoked.iter().map(|(serial, at)| der::sequence(&[der::unsigned(&[*serial]), utc_time(*at)])).collect();
    let mut parts = vec![der::unsigned(&[1]), algorithm(), name(ROOT), utc_time(hours(-1)), utc_time(hours(100))];
    if !entries.is_empty() {
        parts.push(der::sequence(&entries));
    }
    signed(der::sequence(&parts), issuer)
}

pub const MAKER: u8 = 2;
pub const SIGNER: u8 = 3;
pub const TSA: u8 = 4;

/// Everything about one sealed document. As it is made it is good; a test makes one thing wrong.
pub struct World {
    pub maker: Plan,
    pub signer: Plan,
    pub seal_created_at: Timestamp,
    pub seal_valid_until: Timestamp,
    pub signed_at: Timestamp,
    pub seal_version: u8,
    /// Whether the seal lists its signer by the digest of the certificate (certListType 2).
    pub listed_by_digest: bool,
    /// Whether the seal is signed with another key than its maker's.
    pub seal_forged: bool,
    /// Whether the document is signed with another key than its signer's.
    pub signature_forged: bool,
    /// Whether these have RSA keys and sign with SHA-256.
    pub maker_has_rsa: bool,
    pub signer_has_rsa: bool,
    /// The signature algorithm that the seal signature declares, where it is not that of the key.
    pub declared: Option<&'static [u64]>,
    /// When the signature, or the seal (of version 5), was stamped.
    pub stamped_at: Option<Timestamp>,
    pub seal_stamped_at: Option<Timestamp>,
    /// `SignedData` of this form takes the place of the seal signature.
    pub data: Option<data::Form>,
    /// What the `SignedData` is about, made of Signature.xml.
    pub data_over: fn(&[u8]) -> Vec<u8>,
    /// Serial numbers, and since when they are revoked.
    pub revoked: Vec<(u8, Timestamp)>,
    pub with_anchor: bool,
    pub with_revocation_list: bool,
    /// Changes the files of the sealed package.
    pub change: fn(&mut Files),
    /// Changes the fields of the seal signature that nothing signs; gets a second certificate of the signer's key.
    pub change_fields: fn(&mut Vec<Vec<u8>>, &Certificate),
}

impl Default for World {
    fn default() -> Self {
        World {
            maker: Plan::new("Test Maker", MAKER),
            signer: Plan::new("Test Signer", SIGNER),
            seal_created_at: at("2025-01-01T00:00:00Z"),
            seal_valid_until: at("2029-01-01T00:00:00Z"),
            signed_at: hours(-24),
            seal_version: 4,
            listed_by_digest: false,
            seal_forged: false,
            signature_forged: false,
            maker_has_rsa: false,
            signer_has_rsa: false,
            declared: None,
            stamped_at: None,
            seal_stamped_at: None,
            data: None,
            data_over: <[u8]>::to_vec,
            revoked: Vec::new(),
            with_anchor: true,
            with_revocation_list: true,
            change: |_| {},
            change_fields: |_, _| {},
        }
    }
}

/// A document, and the trust that it is to be judged under.
pub struct Made {
    pub document: Vec<u8>,
    pub seal: Vec<u8>,
    pub trust: Trust,
}

impl World {
    /// A sealed licence page.
    pub fn make(&self) -> Made {
        let created_at = at("2026-11-20T00:00:00Z");
        self.seal_again(&sealing::licence_package(&facts(), created_at).unwrap())
    }

    /// A package sealed (once more) under new keys; the changes are made to the sealed files.
    pub fn seal_again(&self, package: &[u8]) -> Made {
        let keys: [Sm2Signer; 4] = std::array::from_fn(|_| Sm2Signer::generate().unwrap());
        let [root, maker_key, signer_key, stranger] = &keys;
        let anchor = Plan { usage: Some(ISSUING), authority: true, ..Plan::new(ROOT, 1) };
        let anchor = issue(&Plan { not_before: at("2020-01-01T00:00:00Z"), ..anchor }, root, root);
        let rsa = rsa_key();
        let issued = |plan, key: &Sm2Signer, has_rsa| {
            let spki = if has_rsa { rsa.public_key_to_der().unwrap() } else { key.public_to_der().unwrap() };
            issue_over(plan, spki, root)
        };
        let maker = issued(&self.maker, maker_key, self.maker_has_rsa);
        let signer = issued(&self.signer, signer_key, self.signer_has_rsa);
        let twin = issue(&Plan { serial: 9, ..self.signer.clone() }, signer_key, root);

        let seal_key = if self.seal_forged { stranger } else { maker_key };
        let seal = self.seal(&maker, seal_key, &signer, root);
        let key = if self.signature_forged { stranger } else { signer_key };
        let sealing =
            Sealing { seal: &seal, signer: Identity { certificate: &signer, key }, signed_at: self.signed_at };
        let mut files = files(&sealing::seal_package(package, &sealing, &Limits::DEFAULT).unwrap());
        (self.change)(&mut files);
        if let Some((_, value)) = files.iter_mut().rfind(|(name, _)| name.ends_with("SignedValue.dat")) {
            let mut fields = elements(value);
            if self.signer_has_rsa {
                (fields[2], fields[3]) = (der::oid(&RSA_WITH_SHA256), der::bits(&rsa_sign(&fields[0])));
            }
            if let Some(declared) = self.declared {
                fields[2] = der::oid(declared);
            }
            if let Some(at) = self.stamped_at {
                fields.push(stamp(&fields[3].clone(), at, root));
            }
            (self.change_fields)(&mut fields, &twin);
            if !fields.is_empty() {
                *value = der::sequence(&fields);
            }
        }
        if let Some(form) = self.data {
            let original = (self.data_over)(file(&mut files, "Signature.xml"));
            let stamp = |value: &[u8]| self.stamped_at.map(|at| token(value, at, root));
            *file(&mut files, "SignedValue.dat") = data::signed(form, &original, &signer, key, self.signed_at, &stamp);
        }
        Made { document: archive(&files), seal, trust: self.trust(&anchor, root) }
    }

    fn seal(&self, maker: &Certificate, key: &Sm2Signer, signer: &Certificate, root: &Sm2Signer) -> Vec<u8> {
        let plan = SealPlan {
            id: "12000000000001",
            name: "天津市测试审批局(虚构)",
            signers: std::slice::from_ref(signer),
            created_at: self.seal_created_at,
            valid_from: at("2024-06-01T00:00:00Z"),
            valid_until: self.seal_valid_until,
            picture: &sealing::round_seal().unwrap(),
            size_mm: 40,
        };
        let seal = sealing::make_seal(&plan, Identity { certificate: maker, key }).unwrap();
        if self.seal_version == 4 && !self.listed_by_digest && !self.maker_has_rsa {
            return seal;
        }
        let mut fields = elements(&seal);
        if self.listed_by_digest {
            let mut info = elements(&fields[0]);
            let mut property = elements(&info[2]);
            let digest = der::octets(&certs::digest::sm3(&[signer.der()]));
            property[2] = der::unsigned(&[2]);
            property[3] = der::sequence(&[der::sequence(&[der::value(0x13, b"1.2.156.10197.1.401"), digest])]);
            info[2] = der::sequence(&property);
            fields[0] = der::sequence(&info);
        }
        let version_at = fields[0].windows(3).position(|window| window == [2, 1, 4]).unwrap() + 2;
        fields[0][version_at] = self.seal_version;
        fields[3] = der::bits(&key.sign(&fields[0]).unwrap().to_der());
        if self.maker_has_rsa {
            (fields[2], fields[3]) = (der::oid(&RSA_WITH_SHA256), der::bits(&rsa_sign(&fields[0])));
        }
        if let Some(at) = self.seal_stamped_at {
            fields.push(stamp(&fields[3].clone(), at, root));
        }
        der::sequence(&fields)
    }

    fn trust(&self, anchor: &Certificate, root: &Sm2Signer) -> Trust {
        let folder = tempfile::tempdir().unwrap();
        if self.with_anchor {
            std::fs::write(folder.path().join("root.pem"), anchor.to_pem()).unwrap();
        }
        if self.with_revocation_list {
            std::fs::write(folder.path().join("root.crl"), revocation_list(root, &self.revoked)).unwrap();
        }
        Trust::from_anchor_dir(folder.path()).unwrap()
    }
}

/// One RSA key for all tests: making one takes long.
fn rsa_key() -> &'static PKey<Private> {
    static KEY: OnceLock<PKey<Private>> = OnceLock::new();
    KEY.get_or_init(|| PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap())
}

fn rsa_sign(message: &[u8]) -> Vec<u8> {
    let mut signer = openssl::sign::Signer::new(MessageDigest::sha256(), rsa_key()).unwrap();
    signer.update(message).unwrap();
    signer.sign_to_vec().unwrap()
}

/// timeStamp \[0\] over a BIT STRING with a signature value.
fn stamp(value: &[u8], at: Timestamp, root: &Sm2Signer) -> Vec<u8> {
    let octets = certs::der::Reader::new(value).bits().unwrap().bytes;
    der::explicit(0, &der::bits(&token(octets, at, root)))
}

/// A time-stamp token over some octets.
pub fn token(covered: &[u8], at: Timestamp, root: &Sm2Signer) -> Vec<u8> {
    let key = Sm2Signer::generate().unwrap();
    let plan = Plan { time_stamping: true, ..Plan::new("Test Time Stamps", TSA) };
    let certificate = issue(&plan, &key, root);
    let authority = TimeStampAuthority::from_pem(certificate.to_pem().as_bytes(), &key.to_pem().unwrap()).unwrap();
    authority.stamp(covered, at, None).unwrap()
}

impl Made {
    pub fn judge(&self, policy: Policy) -> VerificationReport {
        judge(&self.document, &self.trust, policy)
    }
}

pub fn judge(document: &[u8], trust: &Trust, policy: Policy) -> VerificationReport {
    let limits = Limits::DEFAULT;
    seals::verify(document, &Context::new(trust, policy, at(NOW), &limits).strict())
}

/// The licence of every test document.
pub fn facts() -> LicenseFacts {
    LicenseFacts {
        name: String::from("劳务派遣经营许可证"),
        number: String::from("津劳派000001"),
        license_id: None,
        license_type: None,
        issuer_name: String::from("天津市测试审批局(虚构)"),
        issuer_code: AUTHORITY.to_owned(),
        issued_on: Some(jiff::civil::date(2026, 11, 9)),
        holder_name: String::from("北京自贸测试企业(虚构)<&>"),
        holder_id: String::from("91110105FAKE100199"),
        holder_id_type: Some(String::from("统一社会信用代码")),
        valid_from: None,
        valid_until: Some(jiff::civil::date(9999, 1, 1)),
    }
}

/// Steps with this outcome, of every signature, with their codes.
pub fn with_outcome(report: &VerificationReport, outcome: StepOutcome) -> Vec<(Step, &'static str)> {
    let steps = report.signatures().iter().flat_map(|signature| &signature.steps);
    steps.filter(|step| step.outcome == outcome).map(|step| (step.step, step.code.unwrap_or(""))).collect()
}

/// Names and contents of an archive.
pub type Files = Vec<(String, Vec<u8>)>;

pub fn files(document: &[u8]) -> Files {
    let archive = rawzip::ZipArchive::from_slice(document).unwrap();
    let records = archive.entries().map(Result::unwrap);
    records
        .map(|record| {
            let data = archive.get_entry(record.wayfinder()).unwrap().data();
            let bytes = if record.compression_method() == rawzip::CompressionMethod::STORE {
                data.to_vec()
            } else {
                miniz_oxide::inflate::decompress_to_vec(data).unwrap()
            };
            (String::from_utf8(record.file_path().as_bytes().to_vec()).unwrap(), bytes)
        })
        .collect()
}

pub fn archive(files: &Files) -> Vec<u8> {
    let mut archive = rawzip::ZipArchiveWriter::new(Vec::new());
    for (name, bytes) in files {
        let path = rawzip::path::EntryPath::verbatim(name.as_bytes());
        let file = archive.new_file(path).compression_method(rawzip::CompressionMethod::DEFLATE);
        let (mut entry, _) = file.start().unwrap();
        entry.write_all(&miniz_oxide::deflate::compress_to_vec(bytes, 6)).unwrap();
        entry.finish(rawzip::DataDescriptorOutput::new(rawzip::crc32(bytes), bytes.len() as u64)).unwrap();
    }
    archive.finish().unwrap()
}

pub fn file<'f>(files: &'f mut Files, ending: &str) -> &'f mut Vec<u8> {
    &mut files.iter_mut().find(|(name, _)| name.ends_with(ending)).unwrap().1
}

/// The elements of a DER SEQUENCE; none where the bytes are not one.
pub fn elements(bytes: &[u8]) -> Vec<Vec<u8>> {
    fn span(bytes: &[u8]) -> Option<(usize, usize)> {
        match *bytes.get(1)? {
            short @ 0..=0x7F => Some((2, usize::from(short))),
            long => {
                let octets = bytes.get(2..2 + usize::from(long & 0x7F))?;
                Some((2 + octets.len(), octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet))))
            }
        }
    }
    let whole = span(bytes).and_then(|(header, length)| bytes.get(header..header + length));
    let (mut rest, mut elements) = (whole.unwrap_or_default(), Vec::new());
    while let Some((header, length)) = span(rest) {
        elements.push(rest[..header + length].to_vec());
        rest = &rest[header + length..];
    }
    elements
}
