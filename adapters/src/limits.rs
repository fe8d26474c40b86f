//! How much of a foreign message is read before it is refused.

/// The limits of one message, checked before and while it is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest message, in bytes.
    pub bytes_max: usize,
    /// Deepest nesting of elements or objects; the outermost one is level 1.
    pub depth_max: usize,
    /// Most elements or values in one message.
    pub values_max: usize,
    /// Longest single value, in bytes.
    pub value_bytes_max: usize,
}

impl Limits {
    /// What a concluding message may need, ten times over: real ones are under 20 KB.
    pub const MESSAGE: Self =
        Self { bytes_max: 256 * 1024, depth_max: 8, values_max: 1_000, value_bytes_max: 128 * 1024 };
}
