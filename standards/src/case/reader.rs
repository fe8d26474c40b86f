//! Reads a case from canonical fields and collects every fault on the way.

use std::str::FromStr;

use super::{
    Applicant, Authority, Case, CodeError, CreditCode, Date, Decision, DivisionCode, Divisions, IdType, ItemId,
    License, LicenseId, Outcome, RegionCode, Timestamp, Validity,
};
use crate::code::CitizenId;
use crate::field::{self, FieldFault, Fields, path};
use crate::item::Catalogue;

/// Reads the case; faults are sorted into the order of the field table, contradictions come last.
pub(super) fn read(fields: &Fields, catalogue: &Catalogue, divisions: &Divisions) -> Result<Case, Vec<FieldFault>> {
    let mut reader = Reader { fields, faults: Vec::new() };
    let read = reader.case(catalogue, divisions);
    for (path, _) in fields.iter() {
        if field::find(path).is_none() {
            reader.faults.push(FieldFault::Unknown { path: path.to_owned() });
        }
    }
    match read {
        Some(case) if reader.faults.is_empty() => {
            let contradictions = contradictions(&case, divisions);
            if contradictions.is_empty() { Ok(case) } else { Err(contradictions) }
        }
        _ => {
            let order = |fault: &FieldFault| field::FIELDS.iter().position(|field| field.path == fault.path());
            reader.faults.sort_by_key(|fault| order(fault).unwrap_or(usize::MAX));
            Err(reader.faults)
        }
    }
}

/// What two good fields say against each other.
fn contradictions(case: &Case, divisions: &Divisions) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    if let Ok(division) = divisions.resolve(&case.division)
        && division.region != case.from
    {
        let expected = case.from.clone();
        faults.push(FieldFault::DivisionElsewhere { path: path::DIVISION, expected, got: division.region });
    }
    if case.accepted_at.is_some_and(|accepted_at| accepted_at > case.concluded_at) {
        faults.push(FieldFault::Contradiction { path: path::CONCLUDED_AT, other: path::ACCEPTED_AT });
    }
    let license = &case.outcome.license;
    if license.id.as_ref().is_some_and(|id| id.issuer() != license.issuer.code.as_str()) {
        faults.push(FieldFault::Contradiction { path: path::LICENSE_ID, other: path::LICENSE_ISSUER_CODE });
    }
    if let (Some(issued_on), Validity::Until(until)) = (license.issued_on, license.valid_until)
        && until < issued_on
    {
        faults.push(FieldFault::Contradiction { path: path::LICENSE_VALID_UNTIL, other: path::LICENSE_ISSUED_ON });
    }
    faults
}

/// Each method answers `None` when it has noted a fault, so that the next field is read all the same.
struct Reader<'a> {
    fields: &'a Fields,
    faults: Vec<FieldFault>,
}

impl Reader<'_> {
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
            local_item_code: local_item_code?,
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
        let issued_on = self.optional(path::LICENSE_ISSUED_ON, Self::date);
        let valid_until = self.optional(path::LICENSE_VALID_UNTIL, Self::validity);
        Some(License {
            id,
            number: number?,
            name: name?,
            issuer: issuer?,
            holder_name: holder_name?,
            holder_id: holder_id?,
            issued_on,
            valid_until: valid_until.unwrap_or(Validity::Unstated),
        })
    }

    fn applicant(&mut self) -> Option<Applicant> {
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
                Some(Applicant::LegalPerson { name: name?, id: id? })
            }
            ("natural_person", Some(id_type)) => {
                let id_number = match id_type {
                    IdType::ResidentIdentityCard => self.code::<CitizenId>(path::APPLICANT_ID_NUMBER).map(String::from),
                    IdType::Passport | IdType::ResidencePermit => self.text(path::APPLICANT_ID_NUMBER),
                };
                Some(Applicant::NaturalPerson { name: name?, id_type, id_number: id_number? })
            }
            _ => {
                self.text(path::APPLICANT_ID_NUMBER);
                self.note(FieldFault::Contradiction { path: path::APPLICANT_ID_TYPE, other: path::APPLICANT_KIND })
            }
        }
    }

    fn authority(&mut self, code: &'static str, name: &'static str) -> Option<Authority> {
        let (code, name) = (self.code(code), self.text(name));
        Some(Authority { code: code?, name: name? })
    }

    fn item(&mut self, catalogue: &Catalogue) -> Option<ItemId> {
        let item = self.code::<ItemId>(path::ITEM)?;
        match catalogue.get(&item) {
            Some(_) => Some(item),
            None => self.note(FieldFault::ItemUnknown { path: path::ITEM }),
        }
    }

    fn division(&mut self, divisions: &Divisions) -> Option<DivisionCode> {
        let division = self.code::<DivisionCode>(path::DIVISION)?;
        match divisions.resolve(&division) {
            Ok(_) => Some(division),
            Err(_) => self.note(FieldFault::DivisionUnknown { path: path::DIVISION }),
        }
    }

    fn note<T>(&mut self, fault: FieldFault) -> Option<T> {
        self.faults.push(fault);
        None
    }

    fn required(&mut self, path: &'static str) -> Option<String> {
        match self.fields.get(path) {
            Some(text) => Some(text.to_owned()),
            None => self.note(FieldFault::Missing { path }),
        }
    }

    /// A field that may be absent. A faulty one is `None` too: its noted fault refuses the case.
    fn optional<T>(&mut self, path: &'static str, read: impl Fn(&mut Self, &'static str) -> Option<T>) -> Option<T> {
        self.fields.get(path)?;
        read(self, path)
    }

    fn code<T: FromStr<Err = CodeError>>(&mut self, path: &'static str) -> Option<T> {
        match self.required(path)?.parse() {
            Ok(code) => Some(code),
            Err(source) => self.note(FieldFault::Code { path, source }),
        }
    }

    fn text(&mut self, path: &'static str) -> Option<String> {
        let text = self.required(path)?;
        let got = text.chars().count();
        if text.is_empty() || text.trim() != text {
            return self.note(FieldFault::Untrimmed { path });
        }
        if got > field::TEXT_LENGTH_MAX {
            return self.note(FieldFault::TooLong { path, max: field::TEXT_LENGTH_MAX, got });
        }
        match text.chars().position(char::is_control) {
            Some(index) => self.note(FieldFault::ControlCharacter { path, position: index + 1 }),
            None => Some(text),
        }
    }

    fn choice(&mut self, path: &'static str, expected: &'static [&'static str]) -> Option<&'static str> {
        let text = self.required(path)?;
        match expected.iter().find(|choice| **choice == text) {
            Some(choice) => Some(choice),
            None => self.note(FieldFault::Choice { path, expected }),
        }
    }

    fn timestamp(&mut self, path: &'static str) -> Option<Timestamp> {
        let text = self.required(path)?;
        match canonical(&text) {
            Some(at) => Some(at),
            None => self.note(FieldFault::Timestamp { path }),
        }
    }

    fn date(&mut self, path: &'static str) -> Option<Date> {
        let text = self.required(path)?;
        match canonical(&text) {
            Some(day) => Some(day),
            None => self.note(FieldFault::Date { path }),
        }
    }

    fn validity(&mut self, path: &'static str) -> Option<Validity> {
        if self.fields.get(path) == Some(field::NO_EXPIRY) {
            return Some(Validity::NoExpiry);
        }
        self.date(path).map(Validity::Until)
    }
}

/// One value has one text: what reads well but would be written otherwise is refused.
fn canonical<T: FromStr + ToString>(text: &str) -> Option<T> {
    text.parse::<T>().ok().filter(|value| value.to_string() == text)
}
