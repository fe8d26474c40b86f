//! `GET /checkpoint`, `/cosigned/checkpoint` and `/tile/…`: the public files of the log, as tlog-tiles asks for them, and those of its
//! companion below `/sm3`.

use std::path::Path as FilePath;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use ledger::LedgerError;
use ledger::audit::Directory;
use ledger::checkpoint::Checkpoint;
use ledger::companion::{CompanionFiles, FOLDER};
use ledger::note::NOTE_BYTES_MAX;
use ledger::tile::{PublicFile, PublicFiles as _};

use crate::gateway::Gateway;
use crate::problem::Problem;
use crate::witness::Witnesses;

/// A bundle holds at most 256 entries of 65,535 bytes, each with its length.
const FILE_BYTES_MAX: usize = 256 * (65_535 + 2);

pub(super) async fn checkpoint(State(gateway): State<Gateway>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], gateway.log().head()).into_response()
}

/// The newest checkpoint that enough witnesses saw, under a prefix of its own: the same tiles, a head that no region can deny.
pub(super) async fn cosigned(State(gateway): State<Gateway>) -> Result<Response, Problem> {
    let cosigned = gateway.witnesses().and_then(Witnesses::cosigned).ok_or(Problem::NotCosigned)?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], cosigned.note).into_response())
}

pub(super) async fn tile(State(gateway): State<Gateway>, Path(path): Path<String>) -> Result<Response, Problem> {
    let file = named(&path)?;
    let bytes = gateway.read_public(move |folder| Directory::new(folder).read(&file.path(), FILE_BYTES_MAX)).await;
    immutable(bytes)
}

/// The newest checkpoint of the companion, under a prefix of its own: the same entries under SM3.
pub(super) async fn companion(State(gateway): State<Gateway>) -> Result<Response, Problem> {
    let read = |folder: &FilePath| Directory::new(folder.join(FOLDER)).read("checkpoint", NOTE_BYTES_MAX);
    let note = gateway.read_public(read).await.map_err(|_| Problem::LedgerUnavailable)?.ok_or(Problem::TileUnknown)?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

pub(super) async fn companion_tile(
    State(gateway): State<Gateway>,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let file = named(&path)?;
    let size = Checkpoint::from_unverified_note(gateway.log().head().as_bytes()).map_or(0, |head| head.size);
    let read =
        move |folder: &FilePath| CompanionFiles::new(&Directory::new(folder), size).read(&file.path(), FILE_BYTES_MAX);
    immutable(gateway.read_public(read).await)
}

/// Only paths that name a tile are looked for: nothing of the path reaches the file system as it was sent.
fn named(path: &str) -> Result<PublicFile, Problem> {
    PublicFile::from_path(&format!("tile/{path}")).ok_or(Problem::TileUnknown)
}

/// A tile of one size never changes.
fn immutable(bytes: Result<Option<Vec<u8>>, LedgerError>) -> Result<Response, Problem> {
    let bytes = bytes.map_err(|_| Problem::LedgerUnavailable)?.ok_or(Problem::TileUnknown)?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, bytes).into_response())
}
