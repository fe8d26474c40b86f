//! A finding in JSON: its code and its data.
use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::Finding;

/// In JSON a finding is its code and its data.
impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Data<'f>(&'f Finding);
        impl Serialize for Data<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Finding::serialize(self.0, serializer)
            }
        }
        let mut object = serializer.serialize_struct("Finding", 2)?;
        object.serialize_field("code", self.code())?;
        object.serialize_field("data", &Data(self))?;
        object.end()
    }
}

/// A fault of another crate is told in a sentence.
pub(super) fn as_text<S: Serializer>(fault: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(fault)
}
