//! The tables of scenes.
mod archives;
mod certificates;
mod document;
mod encoding;
mod revocation;
mod signed_data;
mod stamps;
mod steps;

use super::Scene;

/// Every table, in the order of the manifest.
const TABLES: [&[Scene]; 8] = [
    steps::SCENES,
    certificates::SCENES,
    revocation::SCENES,
    encoding::SCENES,
    document::SCENES,
    archives::SCENES,
    stamps::SCENES,
    signed_data::SCENES,
];

/// Every scene.
pub(super) fn all() -> impl Iterator<Item = &'static Scene> {
    TABLES.into_iter().flatten()
}
