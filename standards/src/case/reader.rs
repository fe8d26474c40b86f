//! Reads a case from canonical fields and collects every fault on the way.

use super::{
    Applicant, Authority, Case, CreditCode, Decision, Divisions, HolderIdType, IdType, License, LicenseId, Outcome,
    RegionCode, Validity,
};
use crate::code::CitizenId;
use crate::field::reader::{FieldReader, in_order};
use crate::field::{self, FieldFault, Fields, path};
use crate::item::Catalogue;
use crate::message::{MessageKind, is_beside_the_case};

/// What the fields of a case may stand beside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    /// Nothing.
    Nothing,
    /// The other fields of a concluding message, which are judged elsewhere.
    Message,
}

/// Reads the case; faults are sorted into the order of the field table, contradictions come last.
pub(crate) fn read(
    fields: &Fields,
    beside: Beside,
    catalogue: &Catalogue,
    divisions: &Divisions,
) -> Result<Case, Vec<FieldFault>> {
    let mut reader = FieldReader { fields, faults: Vec::new() };
    let read = reader.case(catalogue, divisions);
    for (path, _) in fields.iter() {
        let of_case = |field: &field::Field| field.presence(MessageKind::Conclusion).is_some();
        let may_stand_here = beside == Beside::Message || !is_beside_the_case(path);
        if !may_stand_here || !field::find(path).is_some_and(of_case) {
            reader.faults.push(FieldFault::Unknown { path: path.to_owned() });
        }
    }
    match read {
        Some(case) if reader.faults.is_empty() => {
            let contradictions = contradictions(&case, divisions);
            if contradictions.is_empty() { Ok(case) } else { Err(contradictions) }
        }
        _ => Err(in_order(reader.faults)),
    }
}

/// What two good fields say against each other.
fn contradictions(case: &Case, divisions: &Divisions) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    if let Ok(division) = divisions.resolve(&case.division)
        && division.region != case.from
    {
        let expected = case.from.clone();
        faults.push(FieldFault::DivisionElsewhere { path: path::DIVISION.to_owned(), expected, got: division.region });
    }
    let mut contradict = |path: &str, other| faults.push(FieldFault::Contradiction { path: path.to_owned(), other });
    if case.accepted_at.is_some_and(|accepted_at| accepted_at > case.concluded_at) {
        contradict(path::CONCLUDED_AT, path::ACCEPTED_AT);
    }
    let license = &case.outcome.license;
    if license.id.as_ref().is_some_and(|id| id.issuer() != license.issuer.code.as_str()) {
        contradict(path::LICENSE_ID, path::LICENSE_ISSUER_CODE);
    }
    if let (Some(issued_on), Validity::Until(until)) = (license.issued_on, license.valid_until)
        && until < issued_on
    {
        contradict(path::LICENSE_VALID_UNTIL, path::LICENSE_ISSUED_ON);
    }
    if let (Some(valid_from), Validity::Until(until)) = (license.valid_from, license.valid_until)
        && until < valid_from
    {
        contradict(path::LICENSE_VALID_UNTIL, path::LICENSE_VALID_FROM);
    }
    faults
}

impl FieldReader<'_> {
    fn case(&mut self, catalogue: &Catalogue, divisions: &Divisions) -> Option<Case> {
        let from = self.code::<RegionCode>(path::FROM);
        let item = self.item(catalogue);
        let case_id = self.code(path::CASE_ID);
        let local_item_code = self.text(path::LOCAL_ITEM_CODE);
        let division = self.division(divisions);
        let authority = self.authority(path::AUTHORITY_CODE, path::AUTHORITY_NAME);
        let applicant = self.applicant();
        let accepted_at = self.optional(path::ACCEPTED_AT, Self::timestamp);
        let concluded_at = self.timestamp(path::CONCLUDED_AT);
        let decision = self.choice(path::DECISION, field::DECISIONS);
        let license = self.license();
        Some(Case {
            from: from?,
            item: item?,
            case_id: case_id?,
            local_item_code: local_item_code?.to_owned(),
            division: division?,
            authority: authority?,
            applicant: applicant?,
            accepted_at,
            concluded_at: concluded_at?,
            decision: if decision? == Decision::Grant.as_str() { Decision::Grant } else { Decision::Refuse },
            outcome: Outcome { license: license? },
        })
    }

    fn license(&mut self) -> Option<License> {
        let id = self.optional(path::LICENSE_ID, Self::code::<LicenseId>);
        let number = self.text(path::LICENSE_NUMBER);
        let name = self.text(path::LICENSE_NAME);
        let issuer = self.authority(path::LICENSE_ISSUER_CODE, path::LICENSE_ISSUER_NAME);
        let holder_name = self.text(path::LICENSE_HOLDER_NAME);
        let holder_id = self.text(path::LICENSE_HOLDER_ID);
        let license_type = self.optional(path::LICENSE_TYPE, Self::text);
        let holder_id_type =
            self.optional(path::LICENSE_HOLDER_ID_TYPE, |reader, path| reader.choice(path, field::ID_TYPES));
        let valid_from = self.optional(path::LICENSE_VALID_FROM, Self::date);
        let issued_on = self.optional(path::LICENSE_ISSUED_ON, Self::date);
        let valid_until = self.optional(path::LICENSE_VALID_UNTIL, Self::validity);
        Some(License {
            id,
            number: number?.to_owned(),
            name: name?.to_owned(),
            issuer: issuer?,
            holder_name: holder_name?.to_owned(),
            holder_id: holder_id?.to_owned(),
            holder_id_type: holder_id_type.map(HolderIdType::from_text),
            license_type: license_type.map(str::to_owned),
            issued_on,
            valid_from,
            valid_until: valid_until.unwrap_or(Validity::Unstated),
        })
    }

    pub(crate) fn applicant(&mut self) -> Option<Applicant> {
        let kind = self.choice(path::APPLICANT_KIND, field::APPLICANT_KINDS);
        let name = self.text(path::APPLICANT_NAME);
        let id_type = self.choice(path::APPLICANT_ID_TYPE, field::ID_TYPES);
        let (Some(kind), Some(id_type)) = (kind, id_type) else {
            // Which check the number must pass is open, but its absence is told now.
            self.text(path::APPLICANT_ID_NUMBER);
            return None;
        };
        match (kind, IdType::from_text(id_type)) {
            ("legal_person", None) => {
                let id = self.code::<CreditCode>(path::APPLICANT_ID_NUMBER);
                Some(Applicant::LegalPerson { name: name?.to_owned(), id: id? })
            }
            ("natural_person", Some(id_type)) => {
                let id_number = match id_type {
                    IdType::ResidentIdentityCard => self.code::<CitizenId>(path::APPLICANT_ID_NUMBER).map(String::from),
                    IdType::Passport | IdType::ResidencePermit => {
                        self.text(path::APPLICANT_ID_NUMBER).map(str::to_owned)
                    }
                };
                Some(Applicant::NaturalPerson { name: name?.to_owned(), id_type, id_number: id_number? })
            }
            _ => {
                self.text(path::APPLICANT_ID_NUMBER);
                self.note(FieldFault::Contradiction {
                    path: path::APPLICANT_ID_TYPE.to_owned(),
                    other: path::APPLICANT_KIND,
                })
            }
        }
    }

    fn authority(&mut self, code: &'static str, name: &'static str) -> Option<Authority> {
        let (code, name) = (self.code(code), self.text(name));
        Some(Authority { code: code?, name: name?.to_owned() })
    }
}
