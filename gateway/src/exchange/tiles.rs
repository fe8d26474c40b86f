//! The public files of the ledger, as tlog-tiles asks for them: the log that grows below `/`, those that are closed below `/shards/N`,
//! the oldest as 0. Of each: `checkpoint` and `tile/…`, the same below `cosigned/` with a head that enough witnesses saw, and below
//! `sm3/` those of its companion.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use ledger::LedgerError;
use ledger::audit::Directory;
use ledger::checkpoint::Checkpoint;
use ledger::companion::{CompanionFiles, FOLDER};
use ledger::note::NOTE_BYTES_MAX;
use ledger::shards::Shard;
use ledger::tile::{PublicFile, PublicFiles as _};

use crate::gateway::Gateway;
use crate::problem::Problem;

/// A bundle holds at most 256 entries of 65,535 bytes, each with its length.
const FILE_BYTES_MAX: usize = 256 * (65_535 + 2);

pub(super) async fn checkpoint(State(gateway): State<Gateway>) -> Response {
    note(gateway.log().head())
}

pub(super) async fn cosigned(State(gateway): State<Gateway>) -> Result<Response, Problem> {
    answer(&gateway, None, Named::Cosigned).await
}

pub(super) async fn tile(State(gateway): State<Gateway>, Path(path): Path<String>) -> Result<Response, Problem> {
    answer(&gateway, None, named(&format!("tile/{path}"))?).await
}

pub(super) async fn companion(State(gateway): State<Gateway>, Path(path): Path<String>) -> Result<Response, Problem> {
    answer(&gateway, None, named(&format!("{FOLDER}/{path}"))?).await
}

pub(super) async fn shard(
    State(gateway): State<Gateway>,
    Path((place, path)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let place = place.parse().map_err(|_| Problem::TileUnknown)?;
    answer(&gateway, Some(place), named(&path)?).await
}

/// A public file of a log.
#[derive(Debug, Clone, Copy)]
enum Named {
    Checkpoint,
    Cosigned,
    File(PublicFile),
    CompanionCheckpoint,
    CompanionFile(PublicFile),
}

/// Only paths that name a file are looked for: nothing of the path reaches the file system as it was sent.
fn named(path: &str) -> Result<Named, Problem> {
    let file = |path| match PublicFile::from_path(path) {
        Some(PublicFile::Checkpoint) | None => Err(Problem::TileUnknown),
        Some(file) => Ok(file),
    };
    match path.split_once('/') {
        None if path == "checkpoint" => Ok(Named::Checkpoint),
        Some(("cosigned", "checkpoint")) => Ok(Named::Cosigned),
        Some(("cosigned", path)) => Ok(Named::File(file(path)?)),
        Some((FOLDER, "checkpoint")) => Ok(Named::CompanionCheckpoint),
        Some((FOLDER, path)) => Ok(Named::CompanionFile(file(path)?)),
        _ => Ok(Named::File(file(path)?)),
    }
}

async fn answer(gateway: &Gateway, closed: Option<usize>, named: Named) -> Result<Response, Problem> {
    let read = gateway.read_public(closed, move |gateway, shard| read(gateway, shard, named));
    let found = read.await.map_err(|_| Problem::LedgerUnavailable)?;
    match (named, found) {
        (Named::Cosigned, None) => Err(Problem::NotCosigned),
        (_, None) => Err(Problem::TileUnknown),
        (Named::File(_) | Named::CompanionFile(_), Some(bytes)) => Ok(immutable(bytes)),
        (_, Some(bytes)) => Ok(note(bytes)),
    }
}

fn read(gateway: &Gateway, shard: &Shard, named: Named) -> Result<Option<Vec<u8>>, LedgerError> {
    let (log, public) = (shard.log(), Directory::new(&shard.log().config().public_dir));
    match named {
        Named::Checkpoint => Ok(Some(log.head().into_bytes())),
        Named::Cosigned => Ok(gateway.cosigned(shard).map(|cosigned| cosigned.note.into_bytes())),
        Named::File(file) => public.read(&file.path(), FILE_BYTES_MAX),
        Named::CompanionCheckpoint => public.folder(FOLDER).read("checkpoint", NOTE_BYTES_MAX),
        Named::CompanionFile(file) => {
            let size = Checkpoint::from_unverified_note(log.head().as_bytes())?.size;
            CompanionFiles::new(&public, size).read(&file.path(), FILE_BYTES_MAX)
        }
    }
}

fn note(note: impl Into<Vec<u8>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note.into()).into_response()
}

/// A tile of one size never changes.
fn immutable(bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, bytes).into_response()
}
