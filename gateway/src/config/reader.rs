//! Reads a TOML file key by key: every fault is found, and what nobody asked for is refused.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::{Table, Value};

use super::ConfigFault;

const PATH: &str = "a path";

/// Takes keys out of the table one by one, so that what remains is unknown.
pub(crate) struct Reader<'a> {
    sections: Table,
    folder: &'a Path,
    faults: Vec<ConfigFault>,
}

/// Reads a file with `read`, which is handed its text and its folder.
pub(crate) fn load<T>(
    path: &Path,
    read: impl FnOnce(&str, &Path) -> Result<T, Vec<ConfigFault>>,
) -> Result<T, Vec<ConfigFault>> {
    let text = std::fs::read_to_string(path).map_err(|_| vec![ConfigFault::Unreadable { path: path.to_owned() }])?;
    read(&text, path.parent().unwrap_or(Path::new("")))
}

impl<'a> Reader<'a> {
    /// Reads a text whose relative paths start at `folder`; `take` takes every key that there may be in these sections.
    ///
    /// # Errors
    /// Every fault, in reading order.
    pub(crate) fn read<T>(
        text: &str,
        folder: &'a Path,
        sections: &[&str],
        take: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Result<T, Vec<ConfigFault>> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            vec![ConfigFault::NotToml { reason: error.to_string().trim_end().replace('\n', " ") }]
        })?;
        let mut reader = Reader { sections: table, folder, faults: Vec::new() };
        let taken = take(&mut reader);
        reader.refuse_the_rest(sections);
        match taken {
            Some(taken) if reader.faults.is_empty() => Ok(taken),
            Some(_) | None => Err(reader.faults),
        }
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        let (section, name) = key.split_once('.')?;
        self.sections.get_mut(section)?.as_table_mut()?.remove(name)
    }

    pub(crate) fn optional<T>(
        &mut self,
        key: &str,
        expected: &'static str,
        parse: fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.take(key)?;
        let parsed = parse(&value);
        if parsed.is_none() {
            self.faults.push(ConfigFault::Value { key: key.to_owned(), expected });
        }
        parsed
    }

    pub(crate) fn required<T>(
        &mut self,
        key: &str,
        expected: &'static str,
        parse: fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let faults = self.faults.len();
        let parsed = self.optional(key, expected, parse);
        if parsed.is_none() && self.faults.len() == faults {
            self.faults.push(ConfigFault::Missing { key: key.to_owned() });
        }
        parsed
    }

    /// A path that must be stated.
    pub(crate) fn path(&mut self, key: &str) -> Option<PathBuf> {
        self.required(key, PATH, text).map(|path| self.folder.join(path))
    }

    /// A path that may be absent.
    pub(crate) fn optional_path(&mut self, key: &str) -> Option<PathBuf> {
        self.optional(key, PATH, text).map(|path| self.folder.join(path))
    }

    /// A list of tables, each with exactly these paths; none where nothing is said.
    pub(crate) fn tables_of_paths<const N: usize>(
        &mut self,
        key: &str,
        expected: &'static str,
        names: [&str; N],
    ) -> Vec<[PathBuf; N]> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let row = |row: &Value| {
            let table = row.as_table().filter(|table| table.len() == N)?;
            let path = |name: &str| Some(self.folder.join(text(table.get(name)?)?));
            <[PathBuf; N]>::try_from(names.into_iter().map(path).collect::<Option<Vec<_>>>()?).ok()
        };
        let rows = value.as_array().and_then(|rows| rows.iter().map(row).collect());
        rows.unwrap_or_else(|| {
            self.faults.push(ConfigFault::Value { key: key.to_owned(), expected });
            Vec::new()
        })
    }

    /// Where to listen.
    pub(crate) fn listen(&mut self) -> Option<SocketAddr> {
        self.required("server.listen", "an address and port such as \"127.0.0.1:8443\"", |value| {
            value.as_str()?.parse().ok()
        })
    }

    pub(crate) fn number(&mut self, key: &str, default: usize) -> usize {
        self.optional(key, "a whole number from 1", |value| {
            usize::try_from(value.as_integer()?).ok().filter(|n| *n > 0)
        })
        .unwrap_or(default)
    }

    pub(crate) fn seconds(&mut self, key: &str, default: u64) -> Duration {
        self.optional_seconds(key).unwrap_or(Duration::from_secs(default))
    }

    pub(crate) fn optional_seconds(&mut self, key: &str) -> Option<Duration> {
        let seconds = self.optional(key, "seconds from 1 to 3600", |value| {
            u64::try_from(value.as_integer()?).ok().filter(|seconds| (1..=3600).contains(seconds))
        });
        seconds.map(Duration::from_secs)
    }

    fn refuse_the_rest(&mut self, sections: &[&str]) {
        for (section, value) in &self.sections {
            let unknown: Vec<String> = match value {
                Value::Table(keys) if sections.contains(&section.as_str()) => {
                    keys.keys().map(|name| format!("{section}.{name}")).collect()
                }
                _ => vec![section.clone()],
            };
            self.faults.extend(unknown.into_iter().map(|key| ConfigFault::UnknownKey { key }));
        }
    }
}

/// A text that is not empty.
pub(crate) fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
