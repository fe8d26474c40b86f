//! From one region's dialect to another's, and the way of every field on the way.

use serde::Serialize;
use standards::code::RegionCode;
use standards::field::FieldPath;
use standards::message::Message;

use crate::explanation::{Fidelity, FieldOrigin};
use crate::fault::Fault;
use crate::limits::Limits;
use crate::writing::Written;
use crate::{Adapters, Mapped};

/// A message of one region in the words of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// What it says in the standard model.
    pub message: Message,
    /// The message of the other region.
    pub written: Written,
    /// The way of each value, in the order of the sender's mapping; what has no place in the standard model comes last.
    pub routes: Vec<Route>,
}

/// 来龙去脉: where a value came from and where it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Route {
    /// The canonical field; none where the standard model has no place for the value.
    pub field: Option<FieldPath>,
    /// Its name in Chinese.
    pub name_zh: Option<&'static str>,
    /// Out of the sender's message.
    pub read: Option<FieldOrigin>,
    /// Into the reader's message.
    pub written: Option<FieldOrigin>,
}

/// Why there is no translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TranslationFault {
    /// No adapter for the region.
    NoRegion(RegionCode),
    /// The sender's message is at fault: everything that is wrong with it.
    Read(Vec<Fault>),
    /// The reader's dialect cannot say it.
    Write(Vec<Fault>),
}

impl Route {
    /// Whether nothing at all was lost on the way.
    pub fn is_lossless(&self) -> bool {
        [&self.read, &self.written]
            .into_iter()
            .all(|side| side.as_ref().is_some_and(|origin| matches!(origin.fidelity, Fidelity::Lossless)))
    }
}

impl Adapters {
    /// Reads a message of one region and writes it as another.
    ///
    /// # Errors
    /// [`TranslationFault`], with every fault of the message at once.
    pub fn translate(
        &self,
        from: &RegionCode,
        to: &RegionCode,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<Translation, TranslationFault> {
        let adapter =
            |region: &RegionCode| self.adapter(region).ok_or_else(|| TranslationFault::NoRegion(region.clone()));
        let (sender, reader) = (adapter(from)?, adapter(to)?);
        let Mapped { message, explanation } = sender.read(bytes, limits).map_err(TranslationFault::Read)?;
        let written = reader.write(&message).map_err(TranslationFault::Write)?;
        let routes = routes(explanation, &written.explanation);
        Ok(Translation { message, written, routes })
    }
}

fn routes(read: Vec<FieldOrigin>, written: &[FieldOrigin]) -> Vec<Route> {
    let (carried, past): (Vec<_>, Vec<_>) = read.into_iter().partition(|origin| origin.field.is_some());
    let route = |origin: FieldOrigin| Route {
        name_zh: origin.field.map(|path| path.field().name_zh),
        written: origin.field.and_then(|_| written.iter().find(|other| other.field == origin.field)).cloned(),
        field: origin.field,
        read: Some(origin),
    };
    carried.into_iter().chain(past).map(route).collect()
}
