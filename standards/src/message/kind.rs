//! The kinds of messages, and sets of them.

use serde::{Deserialize, Serialize};

/// Declares the kinds with their texts and their names in Chinese, from one list.
macro_rules! message_kinds {
    ($($variant:ident = $text:literal, $label:literal;)+) => {
        /// 报文种类: what happened to a case (办件). The case is a log of such events, never one status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum MessageKind {
            $(#[doc = concat!($label, ".")] $variant,)+
        }

        impl MessageKind {
            /// Every kind, in the order in which a case meets them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The text that mappings and answers use.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// Its name in Chinese.
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }
        }
    };
}

message_kinds! {
    Application = "application", "申请";
    Acceptance = "acceptance", "受理";
    Refusal = "refusal", "不予受理";
    SupplementNotice = "supplement_notice", "补正告知";
    SupplementAnswer = "supplement_answer", "补正";
    ProcessStep = "process_step", "过程环节";
    SpecialProcedureStart = "special_procedure_start", "特别程序开始";
    SpecialProcedureEnd = "special_procedure_end", "特别程序结束";
    Conclusion = "conclusion", "办结";
    Collection = "collection", "领取结果";
    Withdrawal = "withdrawal", "撤回申请";
    ResultRevocation = "result_revocation", "撤销结果";
}

impl MessageKind {
    /// The kind of this text.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }

    /// Whether a case can have several of them, told apart by their sequence.
    pub fn repeats(self) -> bool {
        match self {
            Self::SupplementNotice
            | Self::SupplementAnswer
            | Self::ProcessStep
            | Self::SpecialProcedureStart
            | Self::SpecialProcedureEnd => true,
            Self::Application
            | Self::Acceptance
            | Self::Refusal
            | Self::Conclusion
            | Self::Collection
            | Self::Withdrawal
            | Self::ResultRevocation => false,
        }
    }
}

/// A set of kinds, for tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageKinds(u16);

impl MessageKinds {
    /// No kind.
    pub const NONE: Self = Self(0);

    /// Every kind.
    pub const ALL: Self = Self::of(MessageKind::ALL);

    /// These kinds.
    pub const fn of(mut kinds: &[MessageKind]) -> Self {
        let mut bits = 0;
        while let [kind, rest @ ..] = kinds {
            bits |= 1 << *kind as u16;
            kinds = rest;
        }
        Self(bits)
    }

    /// Every kind but these.
    pub const fn but(kinds: &[MessageKind]) -> Self {
        Self(Self::ALL.0 & !Self::of(kinds).0)
    }

    /// Whether the kind is among them.
    pub const fn contains(self, kind: MessageKind) -> bool {
        self.0 & (1 << kind as u16) != 0
    }
}
