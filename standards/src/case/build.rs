//! Builds a case of canonical fields.

use std::str::FromStr;

use super::{Applicant, Authority, Case, Decision, HolderIdType, IdType, License, Outcome, Validity};
use crate::field::{self, FieldFault, Fields, path};

/// The case that the fields of a conclusion tell.
///
/// # Errors
/// The first field that is missing or does not hold: none of a message that was checked.
pub(crate) fn build(fields: &Fields) -> Result<Case, FieldFault> {
    let fields = Values(fields);
    Ok(Case {
        from: fields.value(path::FROM)?,
        item: fields.value(path::ITEM)?,
        case_id: fields.value(path::CASE_ID)?,
        local_item_code: fields.value(path::LOCAL_ITEM_CODE)?,
        division: fields.value(path::DIVISION)?,
        authority: fields.authority(path::AUTHORITY_CODE, path::AUTHORITY_NAME)?,
        applicant: fields.applicant()?,
        accepted_at: fields.optional(path::ACCEPTED_AT)?,
        concluded_at: fields.value(path::CONCLUDED_AT)?,
        decision: match fields.text(path::DECISION)? {
            "grant" => Decision::Grant,
            _ => Decision::Refuse,
        },
        outcome: Outcome { license: fields.license()? },
    })
}

/// Fields as values of their types.
struct Values<'a>(&'a Fields);

impl<'a> Values<'a> {
    fn text(&self, path: &str) -> Result<&'a str, FieldFault> {
        self.0.get(path).ok_or_else(|| FieldFault::Missing { path: path.to_owned() })
    }

    fn value<T: FromStr>(&self, path: &'static str) -> Result<T, FieldFault> {
        self.optional(path)?.ok_or_else(|| FieldFault::Missing { path: path.to_owned() })
    }

    fn optional<T: FromStr>(&self, path: &'static str) -> Result<Option<T>, FieldFault> {
        let value = self.0.get(path).map(str::parse).transpose();
        value.map_err(|_| FieldFault::Contradiction { path: path.to_owned(), other: path })
    }

    fn authority(&self, code: &'static str, name: &'static str) -> Result<Authority, FieldFault> {
        Ok(Authority { code: self.value(code)?, name: self.value(name)? })
    }

    fn applicant(&self) -> Result<Applicant, FieldFault> {
        let name = self.value(path::APPLICANT_NAME)?;
        Ok(match IdType::from_text(self.text(path::APPLICANT_ID_TYPE)?) {
            None => Applicant::LegalPerson { name, id: self.value(path::APPLICANT_ID_NUMBER)? },
            Some(id_type) => {
                Applicant::NaturalPerson { name, id_type, id_number: self.value(path::APPLICANT_ID_NUMBER)? }
            }
        })
    }

    fn license(&self) -> Result<License, FieldFault> {
        Ok(License {
            id: self.optional(path::LICENSE_ID)?,
            number: self.value(path::LICENSE_NUMBER)?,
            name: self.value(path::LICENSE_NAME)?,
            issuer: self.authority(path::LICENSE_ISSUER_CODE, path::LICENSE_ISSUER_NAME)?,
            holder_name: self.value(path::LICENSE_HOLDER_NAME)?,
            holder_id: self.value(path::LICENSE_HOLDER_ID)?,
            holder_id_type: self.0.get(path::LICENSE_HOLDER_ID_TYPE).map(HolderIdType::from_text),
            license_type: self.optional(path::LICENSE_TYPE)?,
            issued_on: self.optional(path::LICENSE_ISSUED_ON)?,
            valid_from: self.optional(path::LICENSE_VALID_FROM)?,
            valid_until: match self.0.get(path::LICENSE_VALID_UNTIL) {
                None => Validity::Unstated,
                Some(field::NO_EXPIRY) => Validity::NoExpiry,
                Some(_) => Validity::Until(self.value(path::LICENSE_VALID_UNTIL)?),
            },
        })
    }
}
