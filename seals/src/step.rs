//! The steps of a verification: one table of their order, their names and the clause that each profile names.
use serde::{Serialize, Serializer};

use crate::report::Kind;

/// 验证步骤: one step of a verification, in the order in which every report lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The layout.
    Format,
    /// The maker's signature over the seal.
    SealSignature,
    /// The maker's certificate path.
    MakerPath,
    /// The period of the maker's certificate.
    MakerPeriod,
    /// Revocation of the maker's certificate.
    MakerRevocation,
    /// Key usage of the maker's certificate.
    MakerUsage,
    /// The seal was made inside its maker's period.
    SealCreated,
    /// The seal's own period.
    SealPeriod,
    /// The signer's signature.
    SignatureValue,
    /// The signer is in the seal's list.
    SignerInSeal,
    /// The signer's certificate path.
    SignerPath,
    /// Key usage of the signer's certificate.
    SignerUsage,
    /// The signing time is inside the signer's period.
    SignerPeriod,
    /// Revocation of the signer's certificate.
    SignerRevocation,
    /// Signature.xml is what was sealed.
    DocumentDigest,
    /// The protected files are what Signature.xml says.
    References,
    /// Seal.esl is the embedded seal.
    SealFile,
    /// Nothing of the document is outside the signature.
    Coverage,
    /// Time stamps.
    Timestamp,
}

/// 判定依据: the standard that a signature is judged by. A seal is judged by the rules of its own version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// GM/T 0031-2014: header version 1, and 2 as vendors write it.
    V1,
    /// GB/T 38540-2020: header version 4; also where nothing could be read.
    V4,
    /// GM/T 0031-2025: header version 5.
    V5,
    /// GB/T 35275 `SignedData` in an OFD: a signature without a seal.
    SignedData,
}

/// What the table says of a step: its name in JSON, its name for a clerk, and its clause in each profile.
struct Row {
    name: &'static str,
    label: &'static str,
    v1: &'static str,
    v4: &'static str,
    v5: &'static str,
    signed_data: &'static str,
}

const OFD: &str = "GB/T 33190-2016 18";
const V1: &str = "GM/T 0031-2014";
const V5: &str = "GM/T 0031-2025";
const V5_SEAL: &str = "GM/T 0031-2025 6";
const SIGNED_DATA: &str = "GB/T 35275-2017";
const SIGNATURE: &str = "GB/T 33190-2016 18, GB/T 35275-2017";

impl Step {
    /// Every step, in the order of every report.
    pub const ALL: [Step; 19] = [
        Step::Format,
        Step::SealSignature,
        Step::MakerPath,
        Step::MakerPeriod,
        Step::MakerRevocation,
        Step::MakerUsage,
        Step::SealCreated,
        Step::SealPeriod,
        Step::SignatureValue,
        Step::SignerInSeal,
        Step::SignerPath,
        Step::SignerUsage,
        Step::SignerPeriod,
        Step::SignerRevocation,
        Step::DocumentDigest,
        Step::References,
        Step::SealFile,
        Step::Coverage,
        Step::Timestamp,
    ];

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The name for a clerk, in Chinese.
    pub fn label(self) -> &'static str {
        self.row().label
    }

    /// The clause that asks for the step. Where a profile does not ask and the step is made all the same, the clause of the profile
    /// that asks.
    pub fn clause(self, profile: Profile) -> &'static str {
        let row = self.row();
        match profile {
            Profile::V1 => row.v1,
            Profile::V4 => row.v4,
            Profile::V5 => row.v5,
            Profile::SignedData => row.signed_data,
        }
    }

    #[rustfmt::skip]
    fn row(self) -> Row {
        let row = |name, label, v1, v4, v5, signed_data| Row { name, label, v1, v4, v5, signed_data };
        match self {
            Step::Format => row("format", "格式", V1, "GB/T 38540-2020 6.3 a), 7.3 a)", V5, SIGNED_DATA),
            Step::SealSignature => row("seal_signature", "制章签名", V1, "GB/T 38540-2020 6.3 b)", V5_SEAL, SIGNED_DATA),
            Step::MakerPath => row("maker_path", "制章者证书链", V1, "GB/T 38540-2020 6.3 c)", V5_SEAL, SIGNED_DATA),
            Step::MakerPeriod => row("maker_period", "制章者证书有效期", V1, "GB/T 38540-2020 6.3 c), 7.3 d)", V5_SEAL, SIGNED_DATA),
            Step::MakerRevocation => row("maker_revocation", "制章者证书撤销", V1, "GB/T 38540-2020 6.3 c), 7.3 d)", V5_SEAL, SIGNED_DATA),
            Step::MakerUsage => row("maker_usage", "制章者密钥用途", V1, "GB/T 38540-2020 6.3 c)", V5_SEAL, SIGNED_DATA),
            Step::SealCreated => row("seal_created", "印章制作日期", V5_SEAL, V5_SEAL, V5_SEAL, SIGNED_DATA),
            Step::SealPeriod => row("seal_period", "印章有效期", V1, "GB/T 38540-2020 6.3 d), 7.3 d)", V5_SEAL, SIGNED_DATA),
            Step::SignatureValue => row("signature_value", "签章签名", V1, "GB/T 38540-2020 7.3 b)", V5, SIGNED_DATA),
            Step::SignerInSeal => row("signer_in_seal", "签章者在印章名单内", "GB/T 38540-2020 7.3 c)", "GB/T 38540-2020 7.3 c)", V5, SIGNED_DATA),
            Step::SignerPath => row("signer_path", "签章者证书链", V1, "GB/T 38540-2020 7.3 e)", V5, "GB/T 20518-2018"),
            Step::SignerUsage => row("signer_usage", "签章者密钥用途", V1, "GB/T 38540-2020 7.3 e)", V5, "GB/T 20518-2018"),
            Step::SignerPeriod => row("signer_period", "签章者证书有效期", V1, "GB/T 38540-2020 7.3 f)", V5, "GB/T 20518-2018"),
            Step::SignerRevocation => row("signer_revocation", "签章者证书撤销", V1, "GB/T 38540-2020 7.3 f)", V5, "GB/T 20518-2018"),
            Step::DocumentDigest => row("document_digest", "原文杂凑", V1, "GB/T 38540-2020 7.3 g)", V5, SIGNATURE),
            Step::References => row("references", "受保护文件", OFD, OFD, OFD, OFD),
            Step::SealFile => row("seal_file", "印章文件一致", OFD, OFD, OFD, OFD),
            Step::Coverage => row("coverage", "保护范围", OFD, OFD, OFD, OFD),
            Step::Timestamp => row("timestamp", "时间戳", V1, "GB/T 38540-2020 7.3 h)", V5, "GB/T 20520-2006"),
        }
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Profile {
    /// The profile of a signature of this kind and header version.
    pub(crate) fn of(kind: Kind, version: u32) -> Self {
        match (kind, version) {
            (Kind::SignedData, _) => Profile::SignedData,
            (Kind::Ses | Kind::Seal, 1..=2) => Profile::V1,
            (Kind::Ses | Kind::Seal, 5..) => Profile::V5,
            (Kind::Ses | Kind::Seal, _) => Profile::V4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lists_every_step_once_in_the_agreed_order() {
        assert_eq!(
            Step::ALL.map(Step::name).join(", "),
            "format, seal_signature, maker_path, maker_period, maker_revocation, maker_usage, seal_created, seal_period, \
             signature_value, signer_in_seal, signer_path, signer_usage, signer_period, signer_revocation, document_digest, \
             references, seal_file, coverage, timestamp"
        );
        for (place, step) in Step::ALL.into_iter().enumerate() {
            assert_eq!((step as usize, step.label().is_empty()), (place, false));
        }
    }

    #[test]
    fn every_profile_names_its_own_standard() {
        assert_eq!(Step::SignatureValue.clause(Profile::of(Kind::Ses, 2)), "GM/T 0031-2014");
        assert_eq!(Step::SignatureValue.clause(Profile::of(Kind::Ses, 4)), "GB/T 38540-2020 7.3 b)");
        assert_eq!(Step::SignatureValue.clause(Profile::of(Kind::Ses, 5)), "GM/T 0031-2025");
        assert_eq!(Step::SignatureValue.clause(Profile::of(Kind::SignedData, 1)), "GB/T 35275-2017");
    }
}
