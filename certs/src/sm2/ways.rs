//! Every way of verifying that we have, by name: for those who compare them with each other and with other libraries.

use std::collections::HashMap;
use std::sync::Arc;

use super::batch::Batch;
use super::lanes::Processor;
use super::scalar::Claim;
use super::table::Table;
use super::{Affine, Case, tables, verify};
use crate::SignatureError;

/// 算法路径: one way; all of them give the same answers.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// Its name.
    pub name: &'static str,
    path: Path,
}

#[derive(Debug, Clone, Copy)]
enum Path {
    Cold,
    Table(Option<Processor>),
    Batch(Option<Processor>),
    #[cfg(feature = "signing")]
    OpenSsl,
}

impl Way {
    /// The ways that this processor and this build have.
    pub fn all() -> Vec<Self> {
        let mut ways = vec![
            Self { name: "cold", path: Path::Cold },
            Self { name: "table", path: Path::Table(None) },
            Self { name: "batch", path: Path::Batch(None) },
            #[cfg(feature = "signing")]
            Self { name: "engine openssl", path: Path::OpenSsl },
        ];
        if let Some(processor) = Processor::ask() {
            ways.push(Self { name: "table, AVX-512 IFMA", path: Path::Table(Some(processor)) });
            ways.push(Self { name: "batch, AVX-512 IFMA", path: Path::Batch(Some(processor)) });
        }
        ways
    }

    /// The answers of this way, one a case.
    pub fn judge(&self, cases: &[Case<'_>]) -> Vec<Result<(), SignatureError>> {
        let mut tables = OwnTables::default();
        match self.path {
            Path::Cold => cases.iter().map(cold).collect(),
            Path::Table(processor) => cases.iter().map(|case| tables.judge(case, processor)).collect(),
            Path::Batch(processor) => tables.judge_many(cases, processor),
            #[cfg(feature = "signing")]
            Path::OpenSsl => cases.iter().map(super::openssl::judge).collect(),
        }
    }
}

fn cold(case: &Case<'_>) -> Result<(), SignatureError> {
    let claim = Claim::read(case)?;
    claim.judge(&verify::cold(&claim, tables::base(), &case.key.point))
}

/// A table for every key, however rarely it comes.
#[derive(Debug, Default)]
struct OwnTables(HashMap<Affine, Arc<Table>>);

impl OwnTables {
    fn of(&mut self, case: &Case<'_>) -> Arc<Table> {
        let table = self.0.entry(case.key.point).or_insert_with_key(|key| Arc::new(tables::of_key(key)));
        Arc::clone(table)
    }

    fn judge(&mut self, case: &Case<'_>, processor: Option<Processor>) -> Result<(), SignatureError> {
        verify::by_table(&Claim::read(case)?, tables::base_wide(), &self.of(case), processor)
    }

    fn judge_many(&mut self, cases: &[Case<'_>], processor: Option<Processor>) -> Vec<Result<(), SignatureError>> {
        let (mut batch, mut answers) = (Batch::default(), Vec::with_capacity(cases.len()));
        for (place, case) in cases.iter().enumerate() {
            let claim = Claim::read(case);
            answers.push(claim.map(|_| ()));
            if let Ok(claim) = claim {
                batch.push(place, claim, self.of(case));
            }
        }
        for (place, answer) in batch.judge(processor) {
            answers.splice(place..=place, [answer]);
        }
        answers
    }
}
