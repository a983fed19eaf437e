//! The settings that hold: those of the environment before those of the profile and of its ancestors.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::elsewhere;
use super::file::File;
use super::key::{Key, Kind};
use super::setting::{Origin, Setting, Source};
use crate::error::{Error, Result};
use crate::units;

/// The variable that names another configuration file.
const FILE: &str = "ROUTEGUIDE_CONFIG";

const PROFILE: &str = "ROUTEGUIDE_PROFILE";

/// What holds unless the command line says otherwise. Clones share what commands have printed.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    by_key: BTreeMap<Key, Setting>,
    headers: BTreeMap<String, Setting>,
    profile: Option<String>,
    warnings: Vec<String>,
    /// What commands have printed, or why they failed: each runs at most once.
    printed: Arc<Mutex<HashMap<String, std::result::Result<String, String>>>>,
}

/// The value of a variable, if it is set and not empty.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The variables that are settings. The environment is gone through once: it is smaller than the table of keys.
fn variables() -> Vec<(Key, String, String)> {
    let ours = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        let rest = name.strip_prefix("ROUTEGUIDE_")?;
        let key = Key::named(&rest.to_lowercase().replace('_', "-"))?;
        let value = value.into_string().ok().filter(|value| !value.is_empty())?;
        Some((key, name, value))
    });
    ours.collect()
}

/// The names of the profiles; none if the file is not valid.
pub fn profiles() -> Vec<String> {
    let file = read().map(|(file, _)| file);
    file.map(|file| file.profiles.into_keys().collect())
        .unwrap_or_default()
}

/// Where the configuration file is, whether it exists or not. `None` if the user has no folder for it.
pub fn path() -> Option<PathBuf> {
    match variable(FILE) {
        Some(path) => Some(path.into()),
        None => Some(dirs::config_dir()?.join("routeguide").join("config.toml")),
    }
}

impl Settings {
    /// Reads the environment and the file. `profile` is the one named on the command line.
    ///
    /// # Errors
    /// At the first mistake, with its place.
    pub fn load(profile: Option<&str>) -> Result<Self> {
        let mut settings = Self::default();
        let (file, path) = read()?;
        let named = profile.map(str::to_owned).or_else(|| variable(PROFILE));
        let named = named.or_else(|| Some(file.default.as_ref()?.0.clone()));
        if let Some(name) = named {
            let chain = file.ancestors(&name).map_err(|error| match &path {
                Some(path) if !path.exists() => error.hinted(format!(
                    "profiles are in {}, which does not exist",
                    path.display()
                )),
                _ => error,
            })?;
            // The nearest profile comes last, and counts.
            for (_, profile) in chain.into_iter().rev() {
                settings.add(profile.settings.clone(), profile.headers.clone());
            }
            settings.profile = Some(name);
        }
        settings.warn_of_secrets(&file, path.as_deref());
        let mut environment = Self::default();
        for (key, name, value) in variables() {
            environment.take_variable(key, &name, &value)?;
        }
        settings.add(environment.by_key, environment.headers);
        Ok(settings)
    }

    /// Adds settings that count before those that are there, and before what these would contradict: a profile with `cacert`
    /// must not inherit `insecure`.
    fn add(&mut self, settings: BTreeMap<Key, Setting>, headers: BTreeMap<String, Setting>) {
        for (key, setting) in &settings {
            for other in key.replaces().iter().filter(|_| setting.is_on()) {
                self.by_key.remove(other);
            }
        }
        self.by_key.extend(settings);
        self.headers.extend(headers);
    }

    fn take_variable(&mut self, key: Key, name: &str, value: &str) -> Result<()> {
        let origin = Origin::Variable(name.to_owned());
        if key.kind() == Kind::Headers {
            for line in value.lines().filter(|line| !line.trim().is_empty()) {
                let (header, value) = line.split_once(':').ok_or_else(|| {
                    Error::usage(format!("{name}: a header has no colon"))
                        .hinted("write a header a line, as in authorization: Bearer …")
                })?;
                let setting = self
                    .headers
                    .entry(header.trim().to_lowercase())
                    .or_insert_with(|| Setting {
                        source: Source::Literal(Vec::new()),
                        origin: origin.clone(),
                    });
                if let Source::Literal(values) = &mut setting.source {
                    values.push(value.trim().to_owned());
                }
            }
            return Ok(());
        }
        let texts = key.kind().read(value);
        let texts = texts.map_err(|why| Error::usage(why).about(name))?;
        let source = Source::Literal(texts);
        self.by_key.insert(key, Setting { source, origin });
        Ok(())
    }

    /// Sets a value in a shell, from what is typed.
    ///
    /// # Errors
    /// When it is not valid.
    pub fn set(&mut self, key: Key, text: &str) -> Result<()> {
        let texts = key.kind().read(text);
        let texts = texts.map_err(|why| Error::usage(why).about(key.name()))?;
        self.set_texts(key, texts);
        Ok(())
    }

    /// Sets the texts of a value in a shell, which are valid.
    pub fn set_texts(&mut self, key: Key, texts: Vec<String>) {
        let setting = Setting {
            source: Source::Literal(texts),
            origin: Origin::Shell,
        };
        self.add(BTreeMap::from([(key, setting)]), BTreeMap::new());
    }

    /// Sets a header in a shell.
    pub fn set_header(&mut self, name: &str, values: Vec<String>) {
        let setting = Setting {
            source: Source::Literal(values),
            origin: Origin::Shell,
        };
        self.headers.insert(name.to_lowercase(), setting);
    }

    /// Removes a value, wherever it was set. Returns whether there was one.
    pub fn unset(&mut self, key: Key) -> bool {
        self.by_key.remove(&key).is_some()
    }

    /// Removes a header. Returns whether there was one.
    pub fn unset_header(&mut self, name: &str) -> bool {
        self.headers.remove(&name.to_lowercase()).is_some()
    }

    /// Adds what was set in a shell to other settings.
    #[must_use]
    pub fn with_those_of_the_shell(mut self, shell: &Self) -> Self {
        let is_ours = |setting: &&Setting| setting.origin == Origin::Shell;
        let ours = |(key, setting): (&Key, &Setting)| {
            Some((*key, is_ours(&setting).then(|| setting.clone())?))
        };
        let headers = |(name, setting): (&String, &Setting)| {
            Some((name.clone(), is_ours(&setting).then(|| setting.clone())?))
        };
        let (settings, headers) = (
            shell.by_key.iter().filter_map(ours).collect(),
            shell.headers.iter().filter_map(headers).collect(),
        );
        self.add(settings, headers);
        self
    }

    /// A secret that is written out should not be in a file that others can read.
    fn warn_of_secrets(&mut self, file: &File, path: Option<&Path>) {
        let has_secret = file.profiles.values().any(|profile| {
            let literal = |setting: &Setting| matches!(setting.source, Source::Literal(_));
            let header = |(name, setting): (&String, &Setting)| is_secret(name) && literal(setting);
            let proxy = profile.settings.get(&Key::Proxy);
            profile.headers.iter().any(header)
                || proxy.is_some_and(|proxy| proxy.source.to_string().contains('@'))
        });
        if let Some(path) = path
            && has_secret
            && others_can_read(path)
        {
            self.warnings.push(format!(
                "{} has a secret, and other users can read it: chmod 600 it, or use {{ command = … }}",
                path.display()
            ));
        }
    }

    /// What a user should know about the configuration.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The profile that is used.
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    pub fn get(&self, key: Key) -> Option<&Setting> {
        self.by_key.get(&key)
    }

    /// The headers, by name.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.headers
            .iter()
            .map(|(name, setting)| (name.as_str(), setting))
    }

    /// What holds although the settings as a whole are not valid: how to report that.
    pub fn of_errors() -> Self {
        let mut settings = Self::default();
        for (key, name, value) in variables() {
            if key.is_about_the_console() {
                let _ = settings.take_variable(key, &name, &value);
            }
        }
        settings
    }

    /// The settings without those that commands print, for completion: it has no time for them.
    #[must_use]
    pub fn without_commands(mut self) -> Self {
        let is_at_hand = |setting: &Setting| !matches!(setting.source, Source::Command(_));
        self.by_key.retain(|_, setting| is_at_hand(setting));
        self.headers.retain(|_, setting| is_at_hand(setting));
        self
    }

    /// Whether a value is what a command prints.
    pub fn runs_commands(&self) -> bool {
        let mut all = self.by_key.values().chain(self.headers.values());
        all.any(|setting| matches!(setting.source, Source::Command(_)))
    }

    /// # Errors
    /// When the value is elsewhere and cannot be had from there or is not valid, here and below.
    pub fn text(&self, key: Key) -> Result<Option<String>> {
        Ok(self.list(key)?.into_iter().next())
    }

    /// # Errors
    /// As [`Settings::text`].
    pub fn flag(&self, key: Key) -> Result<bool> {
        Ok(self.text(key)?.as_deref() == Some("true"))
    }

    /// How often a flag is given.
    ///
    /// # Errors
    /// As [`Settings::text`].
    pub fn level(&self, key: Key) -> Result<u8> {
        Ok(match self.text(key)?.as_deref() {
            Some("true") => 1,
            Some("2") => 2,
            _ => 0,
        })
    }

    /// # Errors
    /// As [`Settings::text`].
    pub fn list(&self, key: Key) -> Result<Vec<String>> {
        match self.get(key) {
            Some(setting) => self.resolve(key.kind(), setting),
            None => Ok(Vec::new()),
        }
    }

    /// # Errors
    /// As [`Settings::text`].
    pub fn path(&self, key: Key) -> Result<Option<PathBuf>> {
        Ok(self.text(key)?.map(PathBuf::from))
    }

    /// # Errors
    /// As [`Settings::text`].
    pub fn paths(&self, key: Key) -> Result<Vec<PathBuf>> {
        Ok(self.list(key)?.into_iter().map(PathBuf::from).collect())
    }

    /// # Errors
    /// As [`Settings::text`], and when it is not a duration.
    pub fn duration(&self, key: Key) -> Result<Option<Duration>> {
        self.parsed(key, units::duration)
    }

    /// # Errors
    /// As [`Settings::text`], and when it is not a size.
    pub fn size(&self, key: Key) -> Result<Option<usize>> {
        self.parsed(key, units::size)
    }

    /// # Errors
    /// As [`Settings::text`], and when it is not a number.
    pub fn count(&self, key: Key) -> Result<Option<u32>> {
        self.parsed(key, units::count)
    }

    fn parsed<T>(
        &self,
        key: Key,
        parse: impl Fn(&str) -> std::result::Result<T, String>,
    ) -> Result<Option<T>> {
        let (Some(text), Some(setting)) = (self.text(key)?, self.get(key)) else {
            return Ok(None);
        };
        let parsed = parse(&text).map_err(|why| {
            Error::usage(format!("{}: {text:?}: {why}", key.name())).about(&setting.origin)
        })?;
        Ok(Some(parsed))
    }

    /// The values of a header.
    ///
    /// # Errors
    /// As [`Settings::text`].
    pub fn header_values(&self, setting: &Setting) -> Result<Vec<String>> {
        self.resolve(Kind::Headers, setting)
    }

    /// The texts of a setting, from where they are.
    fn resolve(&self, kind: Kind, setting: &Setting) -> Result<Vec<String>> {
        let text = match &setting.source {
            Source::Literal(texts) => return Ok(texts.clone()),
            Source::File(path) => elsewhere::read(path)
                .map(without_newline)
                .map_err(|error| error.about(&setting.origin))?,
            Source::Variable(name) => variable(name).ok_or_else(|| {
                Error::failed(format!("the variable {name} is not set")).about(&setting.origin)
            })?,
            Source::Command(command) => {
                let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
                let result = printed
                    .entry(command.clone())
                    .or_insert_with(|| elsewhere::run(command).map(without_newline));
                let result = result.clone();
                result.map_err(|why| Error::failed(why).about(&setting.origin))?
            }
        };
        kind.read(&text)
            .map_err(|why| Error::usage(why).about(&setting.origin))
    }
}

/// Whether a header of this name holds a secret.
fn is_secret(name: &str) -> bool {
    crate::secret::is_secret(name)
}

fn without_newline(mut text: String) -> String {
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    text
}

/// The file, and where it is. One that does not exist has no profiles, unless it was named.
fn read() -> Result<(File, Option<PathBuf>)> {
    let Some(path) = path() else {
        return Ok((File::default(), None));
    };
    let is_named = variable(FILE).is_some();
    if !is_named && !path.exists() {
        return Ok((File::default(), Some(path)));
    }
    let text = elsewhere::read(&path);
    let text = text.map_err(|error| if is_named { error.about(FILE) } else { error })?;
    let (file, mistakes) = File::parse(&text, &path);
    match mistakes.into_iter().next() {
        Some(mistake) => Err(mistake),
        None => Ok((file, Some(path))),
    }
}

#[cfg(unix)]
fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).map(|metadata| metadata.permissions().mode());
    mode.is_ok_and(|mode| mode & 0o044 != 0)
}

#[cfg(not(unix))]
fn others_can_read(_: &Path) -> bool {
    false
}
