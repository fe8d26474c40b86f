//! One entry of a revocation list: since when, why, and since when the key is doubted.

use jiff::Timestamp;

/// One entry of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// Since when the issuer counts the certificate as revoked.
    pub at: Timestamp,
    /// Why, where the issuer says.
    pub reason: Option<Reason>,
    /// Since when the key is thought to be in wrong hands, where the issuer says; this may be before `at`.
    pub invalidity_date: Option<Timestamp>,
}

impl Revocation {
    /// Since when nothing that the key made counts any more: a key in wrong hands counts from then, not from when its issuer came to
    /// know.
    pub fn takes_effect_at(&self) -> Timestamp {
        self.invalidity_date.map_or(self.at, |earlier| earlier.min(self.at))
    }
}

/// Why a certificate was revoked (RFC 5280, 5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// No particular reason.
    Unspecified = 0,
    /// The private key is in wrong hands.
    KeyCompromise = 1,
    /// The issuer's private key is in wrong hands.
    AuthorityCompromise = 2,
    /// The holder belongs elsewhere now.
    AffiliationChanged = 3,
    /// Another certificate took its place.
    Superseded = 4,
    /// The holder needs it no longer.
    CessationOfOperation = 5,
    /// Suspended for now.
    Hold = 6,
    /// A right named in it was withdrawn.
    PrivilegeWithdrawn = 9,
    /// The attribute authority's key is in wrong hands.
    AttributeAuthorityCompromise = 10,
}

impl Reason {
    const ALL: [Self; 9] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::AuthorityCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::Hold,
        Self::PrivilegeWithdrawn,
        Self::AttributeAuthorityCompromise,
    ];

    /// The number that lists carry.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Whether what the key made before its revocation remains good (RFC 3161, 4). After any other reason whoever holds the key could
    /// have made it later, under an earlier date.
    pub(crate) fn leaves_earlier_work(self) -> bool {
        match self {
            Self::Unspecified | Self::AffiliationChanged | Self::Superseded | Self::CessationOfOperation => true,
            Self::KeyCompromise
            | Self::AuthorityCompromise
            | Self::Hold
            | Self::PrivilegeWithdrawn
            | Self::AttributeAuthorityCompromise => false,
        }
    }

    pub(crate) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.number() == number)
    }
}
