//! The configuration file: text → profiles. Everything in it is checked, also what is not used now.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key::{KEYS, Key, Kind};
use super::near::nearest;
use super::setting::{Origin, Place, Setting, Source, contradiction};
use crate::error::{Error, Result};

/// A profile as it is written.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// The profile whose settings hold where this one has none.
    pub inherits: Option<(String, Place)>,
    pub settings: BTreeMap<Key, Setting>,
    /// By name, in lowercase.
    pub headers: BTreeMap<String, Setting>,
}

/// The file.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// The profile that is used unless another one is named.
    pub default: Option<(String, Place)>,
    pub profiles: BTreeMap<String, Profile>,
}

/// The text of a file, where it is from, and what is wrong with it.
struct Document<'t> {
    text: &'t str,
    path: &'t Path,
    mistakes: RefCell<Vec<Mistake>>,
}

/// Something that is not valid, and the line and column where it is.
struct Mistake {
    at: (usize, usize),
    error: Error,
}

impl Mistake {
    fn new(place: &Place, error: Error) -> Self {
        Self {
            at: (place.line, place.column),
            error: error.about(place),
        }
    }

    fn hinted(self, hint: impl Into<String>) -> Self {
        Self {
            error: self.error.hinted(hint),
            ..self
        }
    }
}

type Checked<T> = std::result::Result<T, Mistake>;

impl File {
    /// What is valid of a file, and every mistake in it, with its place.
    pub fn parse(text: &str, path: &Path) -> (Self, Vec<Error>) {
        let document = Document {
            text,
            path,
            mistakes: RefCell::default(),
        };
        let mut file = Self::default();
        match DeTable::parse(text) {
            Ok(table) => document.file(table.get_ref(), &mut file),
            Err(error) => {
                let span = error.span().unwrap_or_default();
                // The library's words, which name what TOML expects.
                let why = error.message().lines().collect::<Vec<_>>().join(", ");
                document.mistake(document.error(&span, format!("not valid TOML: {why}")));
            }
        }
        let mut mistakes = document.mistakes.into_inner();
        mistakes.extend(file.unknown_profiles());
        mistakes.sort_by_key(|mistake| mistake.at);
        let mut mistakes: Vec<Error> = mistakes.into_iter().map(|it| it.error).collect();
        if mistakes.is_empty() {
            let endless = file
                .profiles
                .keys()
                .filter_map(|name| file.ancestors(name).err());
            mistakes.extend(endless);
        }
        (file, mistakes)
    }

    /// Where profiles are named that do not exist.
    fn unknown_profiles(&self) -> impl Iterator<Item = Mistake> {
        let parents = self.profiles.values().filter_map(|it| it.inherits.as_ref());
        let names = parents.chain(self.default.as_ref());
        names.filter_map(|(name, place)| Some(Mistake::new(place, self.find(name).err()?)))
    }

    /// # Errors
    /// When there is no such profile.
    pub fn find(&self, name: &str) -> Result<&Profile> {
        self.profiles.get(name).ok_or_else(|| {
            let error = Error::usage(format!("there is no profile {name:?}"));
            let names: Vec<&str> = self.profiles.keys().map(String::as_str).collect();
            match (nearest(name, &names), names.as_slice()) {
                (Some(near), _) => error.hinted(format!("did you mean {near:?}?")),
                (None, []) => error,
                (None, names) => error.hinted(format!("the profiles are {}", names.join(", "))),
            }
        })
    }

    /// A profile and those that it inherits from, the nearest first.
    ///
    /// # Errors
    /// When there is no such profile, or it inherits from itself.
    pub fn ancestors<'a>(&'a self, name: &'a str) -> Result<Vec<(&'a str, &'a Profile)>> {
        let mut found: Vec<(&str, &Profile)> = Vec::new();
        let mut next = Some(name);
        while let Some(name) = next {
            let profile = self.find(name)?;
            if found.iter().any(|(known, _)| *known == name) {
                let error = Error::usage(format!("the profile {name:?} inherits from itself"));
                return Err(match &profile.inherits {
                    Some((_, place)) => error.about(place),
                    None => error,
                });
            }
            found.push((name, profile));
            next = profile.inherits.as_ref().map(|(name, _)| name.as_str());
        }
        Ok(found)
    }
}

impl Document<'_> {
    /// Keeps a mistake, so that the next one is found, too.
    fn note<T>(&self, result: Checked<T>) -> Option<T> {
        result.map_err(|mistake| self.mistake(mistake)).ok()
    }

    fn mistake(&self, mistake: Mistake) {
        self.mistakes.borrow_mut().push(mistake);
    }

    fn file(&self, table: &DeTable<'_>, file: &mut File) {
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "default" => {
                    let name = self.note(self.text_of("default", value));
                    file.default = name.map(|name| (name, self.place(&value.span())));
                }
                "profiles" => {
                    let profiles = self.note(self.table_of("profiles", value));
                    for (name, profile) in profiles.into_iter().flatten() {
                        let parsed = self.note(self.profile(name.get_ref(), profile));
                        file.profiles
                            .insert(name.get_ref().to_string(), parsed.unwrap_or_default());
                    }
                }
                name => {
                    let unknown = self.unknown(name, &key.span(), &["default", "profiles"]);
                    self.mistake(unknown);
                }
            }
        }
    }

    fn place(&self, span: &Range<usize>) -> Place {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Place {
            file: self.path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        }
    }

    fn error(&self, span: &Range<usize>, why: impl Into<String>) -> Mistake {
        Mistake::new(&self.place(span), Error::usage(why))
    }

    fn unknown(&self, name: &str, span: &Range<usize>, known: &[&str]) -> Mistake {
        let error = self.error(span, format!("unknown key {name:?}"));
        match nearest(name, known) {
            Some(near) => error.hinted(format!("did you mean {near:?}?")),
            None => error.hinted(format!("the keys are {}", known.join(", "))),
        }
    }

    fn expected(&self, name: &str, what: &str, value: &Spanned<DeValue<'_>>) -> Mistake {
        let is_setting = name == "default" || Key::named(name).is_some_and(|key| key != Key::Proxy);
        let found = match value.get_ref() {
            // It may be a secret.
            DeValue::String(_) if !is_setting => "text".to_owned(),
            DeValue::Integer(_) | DeValue::Float(_) if !is_setting => "a number".to_owned(),
            DeValue::String(text) => format!("{:?}", text.as_ref()),
            DeValue::Integer(number) => format!("the number {}", number.as_str()),
            DeValue::Float(number) => format!("the number {}", number.as_str()),
            DeValue::Boolean(value) => value.to_string(),
            DeValue::Datetime(_) => "a date".to_owned(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        self.error(
            &value.span(),
            format!("{name}: expected {what}, found {found}"),
        )
    }

    fn text_of(&self, name: &str, value: &Spanned<DeValue<'_>>) -> Checked<String> {
        match value.get_ref().as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(self.expected(name, "text", value)),
        }
    }

    fn table_of<'v, 'i>(
        &self,
        name: &str,
        value: &'v Spanned<DeValue<'i>>,
    ) -> Checked<&'v DeTable<'i>> {
        value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.expected(name, "a table", value))
    }

    fn profile(&self, profile_name: &str, value: &Spanned<DeValue<'_>>) -> Checked<Profile> {
        let mut profile = Profile::default();
        let origin = |span: &Range<usize>| Origin::Profile {
            name: profile_name.to_owned(),
            place: self.place(span),
        };
        for (name, value) in self.table_of(profile_name, value)? {
            let (name, span) = (name.get_ref().as_ref(), name.span());
            if name == "inherits" {
                let parent = self.note(self.text_of(name, value));
                profile.inherits = parent.map(|parent| (parent, self.place(&value.span())));
                continue;
            }
            // As tables are named for what is in them.
            let key = match name {
                "headers" => Some(Key::Header),
                "header" => None,
                name => Key::named(name),
            };
            match key {
                Some(Key::Header) => {
                    let headers = self.note(self.table_of(name, value));
                    for (header, value) in headers.into_iter().flatten() {
                        let (name, span) = (header.get_ref().to_lowercase(), header.span());
                        let Some(source) = self.note(self.source(&name, Kind::Headers, value))
                        else {
                            continue;
                        };
                        let origin = origin(&span);
                        let setting = Setting { source, origin };
                        if profile.headers.insert(name, setting).is_some() {
                            let twice = format!("the header {:?} is there twice", header.get_ref());
                            let twice = self.error(&span, twice);
                            self.mistake(twice.hinted("several values are a list"));
                        }
                    }
                }
                Some(key) => {
                    if let Some(source) = self.note(self.source(name, key.kind(), value)) {
                        let origin = origin(&span);
                        profile.settings.insert(key, Setting { source, origin });
                    }
                }
                None => {
                    let names = KEYS.iter().map(|(key, name, _)| match key {
                        Key::Header => "headers",
                        _ => name,
                    });
                    let names: Vec<&str> = names.chain(["inherits"]).collect();
                    self.mistake(self.unknown(name, &span, &names));
                }
            }
        }
        if let Some([(one, _), (other, setting)]) = contradiction(&profile.settings)
            && let Origin::Profile { place, .. } = &setting.origin
        {
            let why = format!("{} and {} exclude each other", one.name(), other.name());
            self.mistake(Mistake::new(place, Error::usage(why)));
        }
        Ok(profile)
    }

    fn source(&self, name: &str, kind: Kind, value: &Spanned<DeValue<'_>>) -> Checked<Source> {
        let expected = || self.expected(name, &kind.expected(), value);
        let checked = |text: String| {
            kind.check(&text)
                .map_err(|why| self.error(&value.span(), format!("{name}: {text:?}: {why}")))?;
            Ok(Source::Literal(vec![self.path(kind, text)]))
        };
        match (value.get_ref(), kind) {
            (DeValue::Table(table), _) => match self.elsewhere(name, table, value)? {
                // These are needed before anything can be waited for, and to report any mistake.
                Source::Command(_) if Key::named(name).is_some_and(Key::is_about_the_console) => {
                    Err(self.error(
                        &value.span(),
                        format!("{name} cannot be what a command prints"),
                    ))
                }
                source => Ok(source),
            },
            (DeValue::Boolean(value), Kind::Flag | Kind::Level) => {
                Ok(Source::Literal(vec![value.to_string()]))
            }
            (
                DeValue::Integer(number),
                Kind::Duration | Kind::Interval | Kind::Size | Kind::Count | Kind::Level,
            ) => {
                let value = i64::from_str_radix(number.as_str(), number.radix());
                checked(value.map_or_else(|_| number.as_str().to_owned(), |it| it.to_string()))
            }
            (DeValue::Float(number), Kind::Duration | Kind::Interval) => {
                checked(number.as_str().to_owned())
            }
            (DeValue::Array(list), Kind::Texts | Kind::Paths | Kind::Headers) => {
                let texts = list
                    .iter()
                    .map(|value| Ok(self.path(kind, self.text_of(name, value)?)));
                Ok(Source::Literal(texts.collect::<Checked<_>>()?))
            }
            (DeValue::String(text), kind) if !matches!(kind, Kind::Flag | Kind::Level) => {
                checked(text.to_string())
            }
            _ => Err(expected()),
        }
    }

    /// `{ file = "…" }`, `{ env = "…" }` or `{ command = "…" }`.
    fn elsewhere(
        &self,
        name: &str,
        table: &DeTable<'_>,
        whole: &Spanned<DeValue<'_>>,
    ) -> Checked<Source> {
        let mut entries = table.iter();
        let (Some((kind, value)), None) = (entries.next(), entries.next()) else {
            let what = "one of { file = … }, { env = … } and { command = … }";
            return Err(self.expected(name, what, whole));
        };
        let text = self.text_of(kind.get_ref(), value)?;
        match kind.get_ref().as_ref() {
            "file" => Ok(Source::File(PathBuf::from(self.path(Kind::Path, text)))),
            "env" => Ok(Source::Variable(text)),
            "command" => Ok(Source::Command(text)),
            other => Err(self.unknown(other, &kind.span(), &["file", "env", "command"])),
        }
    }

    /// A path is relative to the file's folder, and may start in the home folder.
    fn path(&self, kind: Kind, text: String) -> String {
        if !matches!(kind, Kind::Path | Kind::Paths) {
            return text;
        }
        let path = match text.strip_prefix("~/") {
            Some(rest) => dirs::home_dir().map(|home| home.join(rest)),
            None => self.path.parent().map(|folder| folder.join(&text)),
        };
        path.map_or(text, |path| path.display().to_string())
    }
}
