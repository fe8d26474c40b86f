//! The tables of scenes.
mod certificates;
mod document;
mod encoding;
mod steps;

use super::Scene;

/// Every scene, in the order of the manifest.
pub(super) fn all() -> impl Iterator<Item = &'static Scene> {
    [steps::SCENES, certificates::SCENES, encoding::SCENES, document::SCENES].into_iter().flatten()
}
