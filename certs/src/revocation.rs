//! Revocation: lists and OCSP responses that are believed only with their issuer's signature, and the status of a certificate as of a time.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::SignatureError;
use crate::certificate::{Certificate, UsageVerdict, Use};
use crate::ocsp::{NO_CHECK, OcspResponse, ResponseStatus, Said};

mod entry;
mod evidence;
mod list;

pub use entry::{Reason, Revocation};
pub use evidence::{Evidence, EvidenceKind, ListNumber};
use list::Entry;
pub(crate) use list::point_names;
pub use list::{LIST_BYTES_MAX, RevocationList};

/// The extension of an entry that says since when the key is doubted (RFC 5280, 5.3.2).
pub(crate) const INVALIDITY_DATE: &str = "2.5.29.24";
/// How far an issuer's clock may be ahead of ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(300);

/// What is known about a certificate's revocation as of a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevocationStatus {
    /// A current, complete list of its issuer does not name it, or a current OCSP response says so.
    Good,
    /// It was revoked; whether that matters depends on when it signed.
    Revoked {
        /// Since when the issuer counts the certificate as revoked.
        at: Timestamp,
        /// Why, where the issuer says.
        reason: Option<Reason>,
        /// Since when the key is thought to be in wrong hands, where the issuer says; this may be before `at`.
        invalidity_date: Option<Timestamp>,
    },
    /// Nothing can be said.
    Unknown {
        /// What is missing or wrong.
        why: RevocationUnknown,
    },
}

/// What is known about a certificate's revocation, and what it is known from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationAnswer {
    /// What is known.
    pub status: RevocationStatus,
    /// What the status rests on; empty where nothing at hand could be believed.
    pub evidence: Vec<Evidence>,
}

/// Why nothing can be said about a certificate's revocation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevocationUnknown {
    /// There is no list of the issuer.
    #[error("there is no revocation list of {issuer}")]
    NoList {
        /// The issuer whose list is missing.
        issuer: String,
    },
    /// A list or response bears the issuer's name and is not signed with its key.
    #[error("what claims to be a revocation list or OCSP response of {issuer} is not signed by it: {source}")]
    NotAuthentic {
        /// The issuer whose it claims to be.
        issuer: String,
        /// What is wrong with the signature.
        source: SignatureError,
    },
    /// The issuer's certificate does not allow it to sign lists.
    #[error("{issuer} may not sign revocation lists")]
    IssuerMayNot {
        /// The issuer.
        issuer: String,
    },
    /// There are only lists of changes, whose base is missing.
    #[error("there is only a delta list of {issuer}")]
    DeltaOnly {
        /// The issuer.
        issuer: String,
    },
    /// There are only lists that speak about a part of the issuer's certificates.
    #[error("there is only a partial list of {issuer}")]
    PartialOnly {
        /// The issuer.
        issuer: String,
    },
    /// An OCSP response is signed by somebody whom the issuer did not entitle to answer for it.
    #[error("the OCSP response about a certificate of {issuer} is signed by somebody not entitled to")]
    ResponderNotEntitled {
        /// The issuer.
        issuer: String,
    },
    /// The OCSP responder does not know the certificate.
    #[error("the OCSP responder of {issuer} does not know the certificate")]
    UnknownToResponder {
        /// The issuer.
        issuer: String,
    },
    /// The newest list or response is too old.
    #[error("what is known about revocations of {issuer} is stale since {since}")]
    Stale {
        /// The issuer.
        issuer: String,
        /// When the next one was due.
        since: Timestamp,
    },
    /// The certificate had expired before the list was made, and issuers drop expired certificates from their lists.
    #[error("the certificate had expired when the revocation list was made")]
    ExpiredBeforeList,
}

impl RevocationUnknown {
    /// The stable code of the finding; its texts are in `standards/problems/revocation.toml`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoList { .. } => "revocation.no_list",
            Self::NotAuthentic { .. } => "revocation.not_authentic",
            Self::IssuerMayNot { .. } => "revocation.issuer_may_not",
            Self::DeltaOnly { .. } => "revocation.delta_only",
            Self::PartialOnly { .. } => "revocation.partial_only",
            Self::ResponderNotEntitled { .. } => "revocation.responder_not_entitled",
            Self::UnknownToResponder { .. } => "revocation.unknown_to_responder",
            Self::Stale { .. } => "revocation.stale",
            Self::ExpiredBeforeList => "revocation.expired_before_list",
        }
    }
}

/// Leaves of the lists what was made by `at`, and of each sort the first that was made later: all that [`status`] looks at.
pub(crate) fn retain_lists_as_of(lists: &mut Vec<RevocationList>, at: Timestamp) {
    let sort = |list: &RevocationList| {
        let key = list.authority_key_identifier().map(<[u8]>::to_vec);
        (list.issuer().der().to_vec(), key, list.scope().clone(), list.base().is_some())
    };
    retain_as_of(lists, at, RevocationList::this_update, sort);
}

/// As [`retain_lists_as_of`].
pub(crate) fn retain_responses_as_of(responses: &mut Vec<OcspResponse>, at: Timestamp) {
    retain_as_of(responses, at, OcspResponse::produced_at, OcspResponse::subjects);
}

fn retain_as_of<T, S: Ord>(all: &mut Vec<T>, at: Timestamp, made: fn(&T) -> Timestamp, sort: impl Fn(&T) -> S) {
    let horizon = at.saturating_add(CLOCK_SKEW).unwrap_or(at);
    let mut first_later: BTreeMap<S, Timestamp> = BTreeMap::new();
    for one in all.iter().filter(|one| made(one) > horizon) {
        let first = first_later.entry(sort(one)).or_insert(made(one));
        *first = made(one).min(*first);
    }
    all.retain(|one| made(one) <= horizon || first_later.get(&sort(one)) == Some(&made(one)));
}

/// What the lists say about a certificate as of `at`; see [`answer`].
pub fn status(
    certificate: &Certificate,
    issuer: &Certificate,
    lists: &[RevocationList],
    at: Timestamp,
) -> RevocationStatus {
    answer(certificate, issuer, lists, &[], at).status
}

/// What lists and OCSP responses say about a certificate as of `at`, and which of them.
///
/// The newest authentic one that speaks about the certificate and was made by `at` decides; where it is stale or missing, the first
/// later one may (an auditor who judges a past day has only later lists). A stale one still proves the revocation that it names. A
/// certificate that had expired by `at` is judged by what was known when it expired: from then on issuers drop it from their lists.
pub fn answer(
    certificate: &Certificate,
    issuer: &Certificate,
    lists: &[RevocationList],
    responses: &[OcspResponse],
    at: Timestamp,
) -> RevocationAnswer {
    let inquiry = Inquiry { certificate, issuer, lists, responses, at };
    inquiry
        .answer()
        .unwrap_or_else(|why| RevocationAnswer { status: RevocationStatus::Unknown { why }, evidence: Vec::new() })
}

/// The question, with everything at hand.
#[derive(Clone, Copy)]
struct Inquiry<'a> {
    certificate: &'a Certificate,
    issuer: &'a Certificate,
    lists: &'a [RevocationList],
    responses: &'a [OcspResponse],
    at: Timestamp,
}

/// Something that may speak about the certificate; its signature is still to be checked.
#[derive(Clone, Copy)]
enum Source<'a> {
    List(&'a RevocationList),
    Response(&'a OcspResponse, &'a ResponseStatus),
}

impl<'a> Source<'a> {
    fn number(&self) -> Option<&'a ListNumber> {
        match self {
            Self::List(list) => list.number(),
            Self::Response(..) => None,
        }
    }

    fn this_update(&self) -> Timestamp {
        match self {
            Self::List(list) => list.this_update(),
            Self::Response(_, status) => status.this_update,
        }
    }

    /// Of two sources of one moment the graver is heard first.
    fn gravity(&self, certificate: &Certificate) -> u8 {
        match self {
            Self::List(list) => u8::from(matches!(list.entry(certificate), Some(Entry::Revoked(_)))),
            Self::Response(_, ResponseStatus { said: Said::Good, .. }) => 0,
            Self::Response(_, ResponseStatus { said: Said::Unknown, .. }) => 1,
            Self::Response(_, ResponseStatus { said: Said::Revoked(_), .. }) => 2,
        }
    }
}

/// What an authentic source says about the certificate.
struct Saying {
    revocation: Option<Revocation>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    /// Whether it would name the certificate, were it revoked, although it may have expired.
    still_names: bool,
    evidence: Vec<Evidence>,
}

impl Saying {
    /// Whether its revocation counts beside a newer source: nothing but a hold can be taken back.
    fn outlasts(&self, newer: Option<&Saying>) -> bool {
        let of_one_moment = newer.is_some_and(|newer| newer.this_update == self.this_update);
        self.revocation.is_some_and(|it| of_one_moment || it.reason != Some(Reason::Hold))
    }
}

impl<'a> Inquiry<'a> {
    fn answer(&self) -> Result<RevocationAnswer, RevocationUnknown> {
        let at = self.at;
        let until = at.min(self.certificate.not_after());
        let horizon = until.saturating_add(CLOCK_SKEW).unwrap_or(until);
        let (mut known, mut later): (Vec<_>, Vec<_>) =
            self.sources()?.into_iter().partition(|source| source.this_update() <= horizon);
        // Of two lists of one moment the one with the higher number is the newer.
        let gravity = |source: &Source<'_>| source.gravity(self.certificate);
        known.sort_by_key(|source| Reverse((source.this_update(), source.number(), gravity(source))));
        later.sort_by_key(|source| (source.this_update(), Reverse((source.number(), gravity(source)))));
        // Signatures are checked until one holds, not of a whole archive.
        let mut why = None;
        let mut first = |sources: Vec<Source<'a>>| {
            for source in sources {
                match self.hear(source) {
                    Ok(saying) => return Some(saying),
                    Err(reason) => {
                        // A responder that no longer knows the certificate takes its older answers back.
                        let takes_back = matches!(reason, RevocationUnknown::UnknownToResponder { .. });
                        why.get_or_insert(reason);
                        if takes_back {
                            return None;
                        }
                    }
                }
            }
            None
        };
        let (lists, responses): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|source| matches!(source, Source::List(_)));
        // The newest list and the newest response; of one moment, the list leads.
        let mut both: Vec<_> = [first(lists), first(responses)].into_iter().flatten().collect();
        both.sort_by_key(|heard| Reverse(heard.this_update));
        let mut both = both.into_iter();
        let (current, next) = (both.next(), first(later));
        // What is revoked for good stays so, whatever the other kind of source says later.
        let other = both.next().filter(|other| other.outlasts(current.as_ref()));
        let saying = |status, saying: &Saying| RevocationAnswer { status, evidence: saying.evidence.clone() };
        for heard in current.iter().chain(&other).chain(&next) {
            // A revocation of later than `at` has not happened yet.
            if let Some(Revocation { at, reason, invalidity_date }) = heard.revocation.filter(|it| it.at <= at) {
                return Ok(saying(RevocationStatus::Revoked { at, reason, invalidity_date }, heard));
            }
        }
        let fresh = current.as_ref().filter(|it| it.next_update.is_some_and(|due| until <= due)).or(next.as_ref());
        let unknown = |why| RevocationStatus::Unknown { why };
        match (fresh, &current) {
            (Some(heard), _) if !heard.still_names => Ok(saying(unknown(RevocationUnknown::ExpiredBeforeList), heard)),
            (Some(heard), _) => Ok(saying(RevocationStatus::Good, heard)),
            (None, Some(heard)) => {
                let since = heard.next_update.unwrap_or(heard.this_update);
                Ok(saying(unknown(RevocationUnknown::Stale { issuer: self.issuer_name(), since }), heard))
            }
            (None, None) => Err(why.unwrap_or(RevocationUnknown::NoList { issuer: self.issuer_name() })),
        }
    }

    fn issuer_name(&self) -> String {
        self.issuer.subject().to_string()
    }

    /// Everything that bears the issuer's name, or why there is nothing.
    fn sources(&self) -> Result<Vec<Source<'a>>, RevocationUnknown> {
        if self.certificate.issuer() != self.issuer.subject() {
            return Err(RevocationUnknown::NoList { issuer: self.certificate.issuer().to_string() });
        }
        let about = |response: &'a OcspResponse| {
            response.about(self.certificate, self.issuer).map(move |status| Source::Response(response, status))
        };
        let responses = self.responses.iter().flat_map(about);
        let lists = self.lists.iter().filter(|list| list.names_as_issuer(self.issuer)).map(Source::List);
        Ok(responses.chain(lists).collect())
    }

    /// Checks the signature of a source, and what it says.
    fn hear(&self, source: Source<'a>) -> Result<Saying, RevocationUnknown> {
        match source {
            Source::Response(response, status) => self.hear_response(response, status),
            Source::List(list) => {
                self.believe(list)?;
                if !list.scope().covers(self.certificate) {
                    return Err(RevocationUnknown::PartialOnly { issuer: self.issuer_name() });
                }
                let saying = if list.base().is_some() { self.hear_delta(list)? } else { self.hear_complete(list) };
                if saying.revocation.is_none() && list.scope().some_reasons {
                    return Err(RevocationUnknown::PartialOnly { issuer: self.issuer_name() });
                }
                Ok(saying)
            }
        }
    }

    fn believe(&self, list: &RevocationList) -> Result<(), RevocationUnknown> {
        if self.issuer.judge_usage(Use::IssuingLists) == UsageVerdict::Forbidden {
            return Err(RevocationUnknown::IssuerMayNot { issuer: self.issuer_name() });
        }
        let refused = |source| RevocationUnknown::NotAuthentic { issuer: self.issuer_name(), source };
        list.verify_signed_by(self.issuer).map_err(refused)
    }

    fn hear_complete(&self, list: &RevocationList) -> Saying {
        let revocation = match list.entry(self.certificate) {
            Some(Entry::Revoked(revocation)) => Some(revocation),
            Some(Entry::Removed) | None => None,
        };
        Saying {
            revocation,
            this_update: list.this_update(),
            next_update: list.next_update(),
            still_names: list.still_names(self.certificate.not_after()),
            evidence: vec![list.evidence()],
        }
    }

    /// A list of changes over its base (RFC 5280, 5.2.4): a complete list of the same scope, not older than the changes begin and
    /// older than they end.
    fn hear_delta(&self, delta: &RevocationList) -> Result<Saying, RevocationUnknown> {
        let is_base = |list: &&RevocationList| {
            list.base().is_none()
                && list.names_as_issuer(self.issuer)
                && list.scope() == delta.scope()
                && list.number() >= delta.base()
                && list.number() < delta.number()
                && self.believe(list).is_ok()
        };
        let mut bases: Vec<_> = self.lists.iter().filter(|list| list.number().is_some()).collect();
        bases.sort_by_key(|list| Reverse(list.number()));
        let base = bases.into_iter().find(is_base);
        let base = base.ok_or_else(|| RevocationUnknown::DeltaOnly { issuer: self.issuer_name() })?;
        let before = self.hear_complete(base);
        let revocation = match delta.entry(self.certificate) {
            Some(Entry::Revoked(revocation)) => Some(revocation),
            // A hold alone can be taken back (RFC 5280, 5.3.1); what else is taken off a list had expired.
            Some(Entry::Removed) => before.revocation.filter(|it| it.reason != Some(Reason::Hold)),
            None => before.revocation,
        };
        let evidence = vec![delta.evidence(), base.evidence()];
        Ok(Saying { revocation, evidence, ..self.hear_complete(delta) })
    }

    fn hear_response(&self, response: &OcspResponse, status: &ResponseStatus) -> Result<Saying, RevocationUnknown> {
        let issuer = self.issuer_name();
        let responder = match response.verify_for(self.issuer) {
            Ok(None) => self.issuer,
            Ok(Some(responder)) if self.may_answer(responder, response.produced_at()) => responder,
            Ok(Some(_)) | Err(None) => return Err(RevocationUnknown::ResponderNotEntitled { issuer }),
            Err(Some(source)) => return Err(RevocationUnknown::NotAuthentic { issuer, source }),
        };
        let revocation = match status.said {
            Said::Good => None,
            Said::Revoked(revocation) => Some(revocation),
            Said::Unknown => return Err(RevocationUnknown::UnknownToResponder { issuer }),
        };
        Ok(Saying {
            revocation,
            this_update: status.this_update,
            next_update: status.next_update,
            // It was asked about this very certificate.
            still_names: true,
            evidence: vec![response.evidence(status, responder)],
        })
    }

    /// Who vouches for the status of others must not be revoked itself, unless its issuer says not to ask: as far as is known now,
    /// because whoever took its key can write an earlier date.
    fn may_answer(&self, responder: &Certificate, produced_at: Timestamp) -> bool {
        if responder.has_extension(NO_CHECK) {
            return true;
        }
        match answer(responder, self.issuer, self.lists, &[], self.at.max(produced_at)).status {
            RevocationStatus::Good => true,
            RevocationStatus::Revoked { at, reason, invalidity_date } => {
                let since = Revocation { at, reason, invalidity_date }.takes_effect_at();
                produced_at < since && reason.is_some_and(Reason::leaves_earlier_work)
            }
            RevocationStatus::Unknown { .. } => false,
        }
    }
}

#[cfg(test)]
#[cfg(feature = "signing")]
mod tests;
