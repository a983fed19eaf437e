//! A setting: where its value is, and where it was set.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::key::Key;

/// Where a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Written out: one text, or the elements of a list.
    Literal(Vec<String>),
    /// In a file, of which a last newline does not count.
    File(PathBuf),
    /// In a variable of the environment.
    Variable(String),
    /// What a command prints.
    Command(String),
}

/// Where a setting was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This variable of the environment.
    Variable(String),
    /// The shell, or a flag that it was started with.
    Shell,
    Profile {
        name: String,
        place: Place,
    },
}

/// A place in the configuration file; lines and columns count from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub file: PathBuf,
    pub line: usize,
    pub column: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub source: Source,
    pub origin: Origin,
}

impl Setting {
    /// Whether it is anything but a flag that is off.
    pub fn is_on(&self) -> bool {
        !matches!(&self.source, Source::Literal(texts) if matches!(texts.as_slice(), [only] if only == "false"))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column } = self;
        write!(f, "{}, line {line}, column {column}", file.display())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
            Self::Shell => f.write_str("this shell"),
            Self::Profile { name, place } => write!(f, "{place} (profile {name})"),
        }
    }
}

/// Two settings of one place that exclude each other.
pub fn contradiction(settings: &BTreeMap<Key, Setting>) -> Option<[(Key, &Setting); 2]> {
    let on = || settings.iter().filter(|(_, setting)| setting.is_on());
    on().find_map(|(key, one)| {
        let (other_key, other) = on().find(|(other, _)| key.excludes().contains(other))?;
        Some([(*key, one), (*other_key, other)])
    })
}

/// As in the file, for people.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(texts) => f.write_str(&texts.join(", ")),
            Self::File(path) => write!(f, "{{ file = {:?} }}", path.display().to_string()),
            Self::Variable(name) => write!(f, "{{ env = {name:?} }}"),
            Self::Command(command) => write!(f, "{{ command = {command:?} }}"),
        }
    }
}
