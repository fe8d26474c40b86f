//! The codes that the three governments exchange, each a type that only its check can make.

mod check;
mod citizen_id;
mod credit_code;
mod division_code;
mod error;
mod item_id;
mod license_id;
mod region_code;
mod task;

pub(crate) use check::date as day_holds;
pub use citizen_id::CitizenId;
pub use credit_code::CreditCode;
pub(crate) use credit_code::organisation_code_holds;
pub use division_code::DivisionCode;
pub use error::{CodeError, CodeKind};
pub use item_id::{CaseId, ItemId};
pub use license_id::LicenseId;
pub(crate) use license_id::issuer_in as issuer_in_license_id;
pub use region_code::RegionCode;
pub use task::{BasicCode, CaseNumber, HandlingItemCode, ImplementationCode};

/// Makes a newtype over the checked text of a code: `FromStr`, `TryFrom<String>`, `as_str`, `Display`, and serde as a string.
macro_rules! code_type {
    ($(#[$documentation:meta])* $name:ident, $check:path) => {
        $(#[$documentation])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The code as it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether a text is such a code.
            ///
            /// # Errors
            /// The first thing that is wrong with it.
            pub fn check(text: &str) -> Result<(), $crate::code::CodeError> {
                $check(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::code::CodeError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::code::CodeError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                $check(&text)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

/// Shows the code in `{:?}`; a code that names a person does not use it.
macro_rules! show_in_debug {
    ($($name:ident),+) => {
        $(impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(formatter, concat!(stringify!($name), "({})"), self.0)
            }
        })+
    };
}

pub(crate) use {code_type, show_in_debug};
