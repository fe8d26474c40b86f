//! Trust: digests, signatures, certificates, paths, revocation and trust lists.
