//! The keys of settings. A new one is a line here.

use super::near::nearest;
use crate::error::Error;

/// A setting. Its name is that of the long flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Addr,
    InProcess,
    People,
    Cacert,
    Cert,
    Key,
    KeyPasswordFile,
    Insecure,
    ServerName,
    Authority,
    Resolve,
    ConnectTo,
    Proxy,
    Header,
    ConnectTimeout,
    Timeout,
    Wait,
    Retry,
    MaxMessageSize,
    Compress,
    Keepalive,
    UserAgent,
    Protocol,
    Codec,
    Http,
    Get,
    BasePath,
    Proto,
    ImportPath,
    Protoset,
    Reflection,
    Output,
    Pretty,
    Compact,
    EmitDefaults,
    ProtoNames,
    EnumNumbers,
    Int64Numbers,
    Color,
    Verbose,
    Quiet,
    ErrorFormat,
}

/// What a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// A file, relative to the folder of the file that names it.
    Path,
    /// A list of texts; in a variable with blanks between them, because commas are part of `--resolve`.
    Texts,
    /// A list of files; in a variable as PATH has them.
    Paths,
    Flag,
    /// A flag that may be given twice, which is 2.
    Level,
    Duration,
    /// An interval of PINGs.
    Interval,
    Size,
    Count,
    /// One of these.
    Choice(&'static [&'static str]),
    /// A table of names and values, each one text or a list of them; in a variable, a header a line.
    Headers,
}

/// Every key with its name and what it takes, in the order in which they are shown.
pub const KEYS: &[(Key, &str, Kind)] = &[
    (Key::Addr, "addr", Kind::Text),
    (Key::InProcess, "in-process", Kind::Flag),
    (Key::People, "people", Kind::Path),
    (Key::Cacert, "cacert", Kind::Path),
    (Key::Cert, "cert", Kind::Path),
    (Key::Key, "key", Kind::Path),
    (Key::KeyPasswordFile, "key-password-file", Kind::Path),
    (Key::Insecure, "insecure", Kind::Flag),
    (Key::ServerName, "server-name", Kind::Text),
    (Key::Authority, "authority", Kind::Text),
    (Key::Resolve, "resolve", Kind::Texts),
    (Key::ConnectTo, "connect-to", Kind::Texts),
    (Key::Proxy, "proxy", Kind::Text),
    (Key::Header, "header", Kind::Headers),
    (Key::ConnectTimeout, "connect-timeout", Kind::Duration),
    (Key::Timeout, "timeout", Kind::Duration),
    (Key::Wait, "wait", Kind::Duration),
    (Key::Retry, "retry", Kind::Count),
    (Key::MaxMessageSize, "max-message-size", Kind::Size),
    (
        Key::Compress,
        "compress",
        Kind::Choice(&["gzip", "deflate", "zstd"]),
    ),
    (Key::Keepalive, "keepalive", Kind::Interval),
    (Key::UserAgent, "user-agent", Kind::Text),
    (
        Key::Protocol,
        "protocol",
        Kind::Choice(&["grpc", "grpc-web", "grpc-web-text", "connect"]),
    ),
    (Key::Codec, "codec", Kind::Choice(&["proto", "json"])),
    (Key::Http, "http", Kind::Choice(&["auto", "1.1", "2"])),
    (Key::Get, "get", Kind::Flag),
    (Key::BasePath, "base-path", Kind::Text),
    (Key::Proto, "proto", Kind::Paths),
    (Key::ImportPath, "import-path", Kind::Paths),
    (Key::Protoset, "protoset", Kind::Paths),
    (
        Key::Reflection,
        "reflection",
        Kind::Choice(&["auto", "v1", "v1alpha", "off"]),
    ),
    (
        Key::Output,
        "output",
        Kind::Choice(&["text", "json", "envelope", "raw"]),
    ),
    (Key::Pretty, "pretty", Kind::Flag),
    (Key::Compact, "compact", Kind::Flag),
    (Key::EmitDefaults, "emit-defaults", Kind::Flag),
    (Key::ProtoNames, "proto-names", Kind::Flag),
    (Key::EnumNumbers, "enum-numbers", Kind::Flag),
    (
        Key::Int64Numbers,
        "int64-numbers",
        Kind::Choice(&["all", "safe"]),
    ),
    (
        Key::Color,
        "color",
        Kind::Choice(&["auto", "always", "never"]),
    ),
    (Key::Verbose, "verbose", Kind::Level),
    (Key::Quiet, "quiet", Kind::Flag),
    (
        Key::ErrorFormat,
        "error-format",
        Kind::Choice(&["text", "json"]),
    ),
];

impl Key {
    /// The key of that name.
    pub fn named(name: &str) -> Option<Self> {
        let found = KEYS.iter().find(|(_, known, _)| *known == name);
        found.map(|(key, ..)| *key)
    }

    /// As [`Key::named`].
    ///
    /// # Errors
    /// When there is no such key: the nearest.
    pub fn find(name: &str) -> Result<Self, Error> {
        Self::named(name).ok_or_else(|| {
            let error = Error::usage(format!("there is no setting {name:?}"));
            let names: Vec<&str> = KEYS.iter().map(|(_, name, _)| *name).collect();
            match nearest(name, &names) {
                Some(near) => error.hinted(format!("did you mean {near:?}?")),
                None => error.hinted(format!("the settings are {}", names.join(", "))),
            }
        })
    }

    pub fn name(self) -> &'static str {
        self.definition().0
    }

    pub fn kind(self) -> Kind {
        self.definition().1
    }

    /// What does not hold any more where this is set.
    pub fn replaces(self) -> &'static [Self] {
        match self {
            Self::Cert => &[Self::Key, Self::KeyPasswordFile],
            Self::Cacert => &[Self::Insecure],
            other => other.excludes(),
        }
    }

    /// Whether it is about what goes to stderr, and how.
    pub fn is_about_the_console(self) -> bool {
        matches!(
            self,
            Self::Color | Self::Verbose | Self::Quiet | Self::ErrorFormat
        )
    }

    /// What cannot be set beside this.
    pub fn excludes(self) -> &'static [Self] {
        match self {
            Self::Addr => &[Self::InProcess],
            Self::InProcess => &[Self::Addr],
            Self::Pretty => &[Self::Compact],
            Self::Compact => &[Self::Pretty],
            Self::Verbose => &[Self::Quiet],
            Self::Quiet => &[Self::Verbose],
            _ => &[],
        }
    }

    fn definition(self) -> (&'static str, Kind) {
        let found = KEYS.iter().find(|(key, ..)| *key == self);
        found.map_or(("", Kind::Text), |(_, name, kind)| (name, *kind))
    }
}

impl Kind {
    /// What it takes, for errors.
    pub fn expected(self) -> String {
        match self {
            Self::Text | Self::Path => "text".to_owned(),
            Self::Texts | Self::Paths => "a list of texts".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Level => "true, false or 2".to_owned(),
            Self::Duration | Self::Interval => "a duration such as \"5s\"".to_owned(),
            Self::Size => "a size such as \"4MiB\"".to_owned(),
            Self::Count => "a whole number".to_owned(),
            Self::Choice(choices) => format!("one of {}", choices.join(", ")),
            Self::Headers => "text or a list of texts".to_owned(),
        }
    }

    /// Reads a value that is one text, as that of a variable: splits a list, and checks what it finds.
    ///
    /// # Errors
    /// Which text is not valid, and why.
    pub fn read(self, text: &str) -> Result<Vec<String>, String> {
        let texts: Vec<String> = match self {
            Self::Paths => std::env::split_paths(text)
                .filter(|path| !path.as_os_str().is_empty())
                .map(|path| path.display().to_string())
                .collect(),
            Self::Texts => text.split_whitespace().map(str::to_owned).collect(),
            Self::Flag | Self::Level => vec![
                match text {
                    "1" | "yes" => "true",
                    "0" | "no" => "false",
                    other => other,
                }
                .to_owned(),
            ],
            _ => vec![text.to_owned()],
        };
        for text in &texts {
            self.check(text)
                .map_err(|why| format!("{text:?} is not a valid value: {why}"))?;
        }
        Ok(texts)
    }

    /// Checks a value that is written out.
    ///
    /// # Errors
    /// What was expected.
    pub fn check(self, text: &str) -> Result<(), String> {
        match self {
            Self::Flag if !matches!(text, "true" | "false") => {
                Err(format!("expected {}", self.expected()))
            }
            Self::Level if !matches!(text, "true" | "false" | "2") => {
                Err(format!("expected {}", self.expected()))
            }
            Self::Duration => crate::units::duration(text).map(drop),
            Self::Interval => crate::units::keepalive(text).map(drop),
            Self::Size => crate::units::size(text).map(drop),
            Self::Count => crate::units::count(text).map(drop),
            Self::Choice(choices) if !choices.contains(&text) => {
                Err(format!("expected {}", self.expected()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<&str> =
            KEYS.iter().map(|(_, name, _)| *name).collect();
        assert_eq!(names.len(), KEYS.len());
        for (key, name, _) in KEYS {
            assert_eq!(Key::named(name), Some(*key));
        }
    }
}
