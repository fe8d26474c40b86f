//! Provincial message to standard model and back; the rules are data, one folder a region.
