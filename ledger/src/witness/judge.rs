//! Whether a checkpoint continues the remembered one: arithmetic alone, over nothing but its arguments.

use super::{AddCheckpoint, Refused, Seen};
use crate::checkpoint::Checkpoint;
use crate::merkle::{empty_root, verify_consistency};

/// Judges a checkpoint that its log signed, in the order of the protocol.
///
/// A second tree of the remembered size is told from an outdated request first: what proves a lie must not pass as a mistake.
///
/// # Errors
/// [`Refused::Malformed`], [`Refused::OtherTree`], [`Refused::OtherSize`], [`Refused::Inconsistent`]
pub(super) fn continues(seen: Option<&Seen>, request: &AddCheckpoint, checkpoint: &Checkpoint) -> Result<(), Refused> {
    if request.old_size > checkpoint.size {
        return Err(Refused::Malformed);
    }
    let (size, root) = seen.map_or((0, empty_root()), |seen| (seen.size, seen.root));
    if size == checkpoint.size && root != checkpoint.root {
        // A first checkpoint of no entries with a root of its own proves nothing but that it is wrong.
        return Err(if seen.is_some() { Refused::OtherTree { size } } else { Refused::Inconsistent });
    }
    if request.old_size != size {
        return Err(Refused::OtherSize { size });
    }
    verify_consistency(size, &root, checkpoint.size, &checkpoint.root, &request.proof)
        .map_err(|_| Refused::Inconsistent)
}
