//! A development hierarchy in a folder, and licences sealed under it.

use std::path::{Path, PathBuf};

use certs::certificate::Certificate;
use certs::hierarchy::{self, RegionOrganisations};
use certs::signing::Sm2Signer;
use jiff::{SignedDuration, Timestamp};
use seals::LicenseFacts;
use seals::sealing::{self, Identity, SealPlan, Sealing};
use tempfile::TempDir;

/// The day on which the hierarchy is made and the documents are judged.
pub(crate) const NOW: &str = "2026-11-22T12:00:00Z";

/// A hierarchy of the three regions: `pki/` as `tongbiao pki init` lays it out.
pub(crate) struct Sealed {
    pub(crate) folder: TempDir,
}

impl Sealed {
    /// A fresh hierarchy, and Tianjin's anchors alone in `anchors/`.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pki = folder.path().join("pki");
        hierarchy::init(&pki, NOW.parse().unwrap(), &RegionOrganisations::embedded().unwrap()).unwrap();
        let anchors = folder.path().join("anchors");
        std::fs::create_dir(&anchors).unwrap();
        for file in ["root.pem", "root.crl", "maker-ca.pem", "maker-ca.crl"] {
            std::fs::copy(pki.join("120000").join(file), anchors.join(file)).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Writes a licence that one of Tianjin's signers sealed an hour ago, and returns its path.
    pub(crate) fn licence(&self, signer: &str) -> String {
        let path = self.path(&format!("{signer}.ofd"));
        std::fs::write(&path, self.licence_bytes(signer)).unwrap();
        path
    }

    /// A bare seal that lists one of Tianjin's signers.
    pub(crate) fn seal_bytes(&self, signer: &Certificate) -> Vec<u8> {
        let (certificate, key) = self.identity("maker");
        let picture = sealing::round_seal().unwrap();
        let plan = SealPlan {
            id: "12000000000001",
            name: "天津市测试专用章",
            signers: std::slice::from_ref(signer),
            created_at: hours_ago(72),
            valid_from: hours_ago(72),
            valid_until: hours_ago(-24 * 365),
            picture: &picture,
            size_mm: 42,
        };
        sealing::make_seal(&plan, Identity { certificate: &certificate, key: &key }).unwrap()
    }

    pub(crate) fn identity(&self, who: &str) -> (Certificate, Sm2Signer) {
        let path =
            |extension: &str| -> PathBuf { Path::new(&self.path("pki/120000")).join(who).with_extension(extension) };
        let certificate = Certificate::from_pem(&std::fs::read(path("pem")).unwrap()).unwrap();
        (certificate, Sm2Signer::from_pem_file(&path("key")).unwrap())
    }

    fn licence_bytes(&self, signer: &str) -> Vec<u8> {
        let (certificate, key) = self.identity(signer);
        let seal = self.seal_bytes(&certificate);
        let signer = Identity { certificate: &certificate, key: &key };
        let facts = LicenseFacts {
            name: "劳务派遣经营许可证".to_owned(),
            number: "津20260001".to_owned(),
            license_id: None,
            license_type: None,
            issuer_name: "天津市测试机关".to_owned(),
            issuer_code: "11120000FAKE00021Q".to_owned(),
            issued_on: None,
            holder_name: "测试有限公司".to_owned(),
            holder_id: "91120000FAKE00001X".to_owned(),
            holder_id_type: None,
            valid_from: None,
            valid_until: None,
        };
        sealing::seal_document(&facts, &Sealing { seal: &seal, signer, signed_at: hours_ago(1) }).unwrap()
    }
}

fn hours_ago(hours: i64) -> Timestamp {
    NOW.parse::<Timestamp>().unwrap() - SignedDuration::from_hours(hours)
}
