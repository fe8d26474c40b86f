//! Electronic seals: formats, containers, the steps of a verification and its report.
