//! What can be odd about an event of a case, with its code.

use serde::Serialize;

use crate::message::MessageKind;

/// 过程问题: something about an event that cannot be so, or not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HistoryFinding {
    /// What is wrong.
    #[serde(rename = "code")]
    pub oddity: Oddity,
    /// The event that it is about.
    pub kind: MessageKind,
    /// The how-manieth of its kind.
    pub sequence: u32,
    /// Its version.
    pub version: u32,
}

/// Declares the oddities with their codes, from one list.
macro_rules! oddities {
    ($($(#[$doc:meta])+ $variant:ident = $code:literal;)+) => {
        /// 过程问题种类.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        pub enum Oddity {
            $($(#[$doc])+ #[serde(rename = $code)] $variant,)+
        }

        impl Oddity {
            /// Every code, for the tests that hold codes and texts together.
            pub const CODES: &'static [&'static str] = &[$($code,)+];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }
        }
    };
}

oddities! {
    /// Two messages of one event and one version say different things.
    Conflict = "history.conflict";
    /// The case was concluded before it was accepted.
    ConcludedBeforeAcceptance = "history.concluded_before_acceptance";
    /// An answer or an end without the notice or the start that it belongs to.
    NothingOpened = "history.nothing_opened";
    /// An answer or an end that is older than the notice or the start that it belongs to.
    ClosedBeforeOpened = "history.closed_before_opened";
    /// A result was collected or revoked that no conclusion made.
    WithoutConclusion = "history.without_conclusion";
    /// An event that cannot follow the end of the case.
    AfterTheEnd = "history.after_the_end";
}
