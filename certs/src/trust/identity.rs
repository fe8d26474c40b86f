//! The identity of trust: one digest over everything that a verdict could depend on.

use jiff::Timestamp;

use super::{Purpose, Row, Trust};
use crate::digest::{DigestAlgorithm, Hasher};

const DOMAIN: &[u8] = b"tongbiao trust 1\0";

impl Trust {
    /// SHA-256 over the edition, the anchors of each purpose, the intermediates, the rows and the revocation data: what was judged
    /// under one identity may be kept under it, and under no other.
    pub fn identity(&self) -> [u8; 32] {
        *self.identity.get_or_init(|| self.digest())
    }

    fn digest(&self) -> [u8; 32] {
        let mut digest = Fields::new();
        match self.edition {
            Some(edition) => digest.text(&edition.version.to_string()).field(&edition.digest),
            None => digest.text("no list"),
        };
        digest.text(&self.next_update.map(|due| due.to_string()).unwrap_or_default());
        for purpose in Purpose::ALL {
            digest.list(self.anchors(purpose), |digest, anchor| {
                let moment = |limit: Option<Timestamp>| limit.map(|limit| limit.to_string()).unwrap_or_default();
                digest.field(&anchor.certificate.fingerprint());
                digest.text(&moment(anchor.not_before)).text(&moment(anchor.not_after));
            });
        }
        digest.list(&self.intermediates, |digest, certificate| {
            digest.field(&certificate.fingerprint());
        });
        digest.list(&self.rows, Fields::row);
        digest.list(&self.lists, |digest, list| {
            digest.field(&list.digest());
        });
        digest.list(&self.responses, |digest, response| {
            digest.field(&response.digest());
        });
        digest.0.finish()
    }
}

/// Each field goes in with its length before it, each list with its number of elements, so that no two contents are one text.
struct Fields(Hasher);

impl Fields {
    fn new() -> Self {
        let mut hasher = Hasher::new(DigestAlgorithm::Sha256);
        hasher.update(DOMAIN);
        Self(hasher)
    }

    fn field(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(&(bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.field(text.as_bytes())
    }

    fn list<T>(&mut self, elements: &[T], write: impl Fn(&mut Self, &T)) {
        self.text(&elements.len().to_string());
        for element in elements {
            write(self, element);
        }
    }

    fn row(&mut self, row: &Row) {
        self.text(row.region.as_str()).text(&(row.purpose as usize).to_string()).field(&row.certificate.fingerprint());
        self.text(row.organisation.as_ref().map_or("", |code| code.as_str()));
        self.list(&row.items, |digest, item| {
            digest.text(item.as_str());
        });
    }
}
