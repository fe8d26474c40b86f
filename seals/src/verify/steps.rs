//! The table of steps: order, clause and judge of each.
use super::{PackageSide, Subject, certificates, document, periods};
use crate::{
    finding::Finding,
    format::{Seal, SealSignature},
    report::{Judgement, Step, StepReport},
};

/// A judge, by what it needs: where that is absent, the table knows the answer.
enum Judge {
    /// Always judged.
    Always(fn(&Subject<'_>) -> Judgement),
    /// Needs the seal.
    Seal(fn(&Subject<'_>, &Seal<'_>) -> Judgement),
    /// Needs the seal signature; a bare seal has none.
    Signature(fn(&Subject<'_>, &SealSignature<'_>) -> Judgement),
    /// Needs the package; a bare seal has none, a bare signature misses it.
    Package(fn(&Subject<'_>, &PackageSide<'_>) -> Judgement),
}

/// One row: a step, the clause that asks for it, and its judge.
struct Row(Step, &'static str, Judge);

/// Every step once, in the order of every report.
const STEPS: [Row; 19] = [
    Row(Step::Format, "GB/T 38540-2020 6.3 a), 7.3 a)", Judge::Always(document::format)),
    Row(Step::SealSignature, "GB/T 38540-2020 6.3 b)", Judge::Seal(certificates::seal_signature)),
    Row(Step::MakerPath, "GB/T 38540-2020 6.3 c)", Judge::Seal(certificates::maker_path)),
    Row(Step::MakerPeriod, "GB/T 38540-2020 6.3 c), 7.3 d)", Judge::Seal(periods::maker_period)),
    Row(Step::MakerRevocation, "GB/T 38540-2020 6.3 c), 7.3 d)", Judge::Seal(certificates::maker_revocation)),
    Row(Step::MakerUsage, "GB/T 38540-2020 6.3 c)", Judge::Seal(certificates::maker_usage)),
    Row(Step::SealCreated, "GM/T 0031-2025 6", Judge::Seal(periods::seal_created)),
    Row(Step::SealPeriod, "GB/T 38540-2020 6.3 d), 7.3 d)", Judge::Seal(periods::seal_period)),
    Row(Step::SignatureValue, "GB/T 38540-2020 7.3 b)", Judge::Signature(certificates::signature_value)),
    Row(Step::SignerInSeal, "GB/T 38540-2020 7.3 c)", Judge::Signature(certificates::signer_in_seal)),
    Row(Step::SignerPath, "GB/T 38540-2020 7.3 e)", Judge::Signature(certificates::signer_path)),
    Row(Step::SignerUsage, "GB/T 38540-2020 7.3 e)", Judge::Signature(certificates::signer_usage)),
    Row(Step::SignerPeriod, "GB/T 38540-2020 7.3 f)", Judge::Signature(periods::signer_period)),
    Row(Step::SignerRevocation, "GB/T 38540-2020 7.3 f)", Judge::Signature(certificates::signer_revocation)),
    Row(Step::DocumentDigest, "GB/T 38540-2020 7.3 g)", Judge::Signature(document::document_digest)),
    Row(Step::References, "GB/T 33190-2016 18", Judge::Package(document::references)),
    Row(Step::SealFile, "GB/T 33190-2016 18", Judge::Signature(document::seal_file)),
    Row(Step::Coverage, "GB/T 33190-2016 18", Judge::Package(document::coverage)),
    Row(Step::Timestamp, "GB/T 38540-2020 7.3 h)", Judge::Seal(document::timestamp)),
];

pub(super) fn judge_all(subject: &Subject<'_>) -> Vec<StepReport> {
    STEPS.iter().map(|Row(step, clause, judge)| judge.judge(subject).report(*step, clause)).collect()
}

impl Judge {
    fn judge(&self, subject: &Subject<'_>) -> Judgement {
        let not_read = || Judgement::Indeterminate(Finding::NotRead);
        match self {
            Judge::Always(judge) => judge(subject),
            Judge::Seal(judge) => subject.seal().map_or_else(not_read, |seal| judge(subject, seal)),
            Judge::Signature(_) | Judge::Package(_) if subject.is_bare_seal() => Judgement::NotApplicable,
            Judge::Signature(judge) => subject.signature().map_or_else(not_read, |signature| judge(subject, signature)),
            Judge::Package(judge) => match (&subject.package, subject.shape) {
                (Some(side), _) => judge(subject, side),
                (None, Some(_)) => Judgement::Indeterminate(Finding::DocumentAbsent),
                (None, None) => not_read(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lists_every_step_once_in_the_agreed_order() {
        let names: Vec<String> = STEPS
            .iter()
            .map(|Row(step, ..)| serde_json::to_string(step).unwrap().trim_matches('"').to_owned())
            .collect();
        assert_eq!(
            names.join(", "),
            "format, seal_signature, maker_path, maker_period, maker_revocation, maker_usage, seal_created, seal_period, \
             signature_value, signer_in_seal, signer_path, signer_usage, signer_period, signer_revocation, document_digest, \
             references, seal_file, coverage, timestamp"
        );
    }
}
