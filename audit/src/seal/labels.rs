//! The steps of a verification in a clerk's words.

use seals::Step;

/// Columns of the widest Chinese name below.
pub(super) const LABEL_COLUMNS: usize = 18;

/// A step as the JSON names it, and in Chinese.
pub(super) fn names(step: Step) -> (&'static str, &'static str) {
    match step {
        Step::Format => ("format", "格式"),
        Step::SealSignature => ("seal_signature", "制章签名"),
        Step::MakerPath => ("maker_path", "制章者证书链"),
        Step::MakerPeriod => ("maker_period", "制章者证书有效期"),
        Step::MakerRevocation => ("maker_revocation", "制章者证书撤销"),
        Step::MakerUsage => ("maker_usage", "制章者密钥用途"),
        Step::SealCreated => ("seal_created", "印章制作日期"),
        Step::SealPeriod => ("seal_period", "印章有效期"),
        Step::SignatureValue => ("signature_value", "签章签名"),
        Step::SignerInSeal => ("signer_in_seal", "签章者在印章名单内"),
        Step::SignerPath => ("signer_path", "签章者证书链"),
        Step::SignerUsage => ("signer_usage", "签章者密钥用途"),
        Step::SignerPeriod => ("signer_period", "签章者证书有效期"),
        Step::SignerRevocation => ("signer_revocation", "签章者证书撤销"),
        Step::DocumentDigest => ("document_digest", "原文杂凑"),
        Step::References => ("references", "受保护文件"),
        Step::SealFile => ("seal_file", "印章文件一致"),
        Step::Coverage => ("coverage", "保护范围"),
        Step::Timestamp => ("timestamp", "时间戳"),
    }
}
