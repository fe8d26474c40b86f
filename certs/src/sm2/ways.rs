//! Every way of verifying that we have, by name: for those who compare them with each other and with other libraries.

use std::collections::HashMap;
use std::sync::Arc;

use super::batch::Batch;
use super::scalar::Claim;
use super::{Case, tables, verify};
use crate::SignatureError;

/// One way; all of them give the same answers.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// Its name.
    pub name: &'static str,
    judge: fn(&[Case<'_>]) -> Vec<Result<(), SignatureError>>,
}

impl Way {
    /// The ways that this processor and this build have.
    pub fn all() -> Vec<Self> {
        vec![
            Self { name: "cold", judge: cold },
            Self { name: "table", judge: by_table },
            Self { name: "batch", judge: in_batch },
            #[cfg(feature = "signing")]
            Self { name: "engine openssl", judge: |cases| cases.iter().map(super::openssl::judge).collect() },
        ]
    }

    /// The answers of this way, one a case.
    pub fn judge(&self, cases: &[Case<'_>]) -> Vec<Result<(), SignatureError>> {
        (self.judge)(cases)
    }
}

fn cold(cases: &[Case<'_>]) -> Vec<Result<(), SignatureError>> {
    let judge = |case: &Case<'_>| {
        let claim = Claim::read(case)?;
        claim.judge(&verify::cold(&claim, tables::base(), &case.key.point))
    };
    cases.iter().map(judge).collect()
}

fn by_table(cases: &[Case<'_>]) -> Vec<Result<(), SignatureError>> {
    let mut made = HashMap::new();
    let judge = |case: &Case<'_>| {
        let claim = Claim::read(case)?;
        let table = made.entry(case.key.point).or_insert_with_key(tables::of_key);
        claim.judge(&verify::by_table(&claim, tables::base_wide(), table))
    };
    cases.iter().map(judge).collect()
}

fn in_batch(cases: &[Case<'_>]) -> Vec<Result<(), SignatureError>> {
    let (mut made, mut batch) = (HashMap::new(), Batch::default());
    let mut answers = Vec::with_capacity(cases.len());
    for (place, case) in cases.iter().enumerate() {
        let claim = Claim::read(case);
        answers.push(claim.map(|_| ()));
        if let Ok(claim) = claim {
            let table = made.entry(case.key.point).or_insert_with_key(|key| Arc::new(tables::of_key(key)));
            batch.push(place, claim, Arc::clone(table));
        }
    }
    for (place, answer) in batch.judge() {
        answers.splice(place..=place, [answer]);
    }
    answers
}
