//! `config`: the settings that hold, and the configuration file.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Serialize;

use crate::cli::{ConfigAction, ConfigArgs, ConfigFormat};
use crate::config::{self, File, KEYS, Key, Origin, Setting, Settings, Source};
use crate::error::{Error, Result};
use crate::output::Console;
use crate::secret::{masked, without_password};
use crate::session::{Context, endpoint, headers, output};

pub async fn run(args: &ConfigArgs, context: &mut Context) -> Result<()> {
    match &args.action {
        None => show(args, context).await,
        Some(ConfigAction::Path) => {
            let path = path()?;
            context.print(&format!("{}\n", path.display())).await
        }
        Some(ConfigAction::Check) => {
            let console = output::console(&args.console, context);
            let path = path()?;
            let profiles = check(&path, &console)?;
            console.notice(&format!(
                "{}: {}",
                path.display(),
                crate::output::count(profiles as u64, "profile", "profiles")
            ));
            Ok(())
        }
        Some(ConfigAction::Edit) => edit(&path()?, &output::console(&args.console, context)),
    }
}

fn path() -> Result<PathBuf> {
    config::path().ok_or_else(|| {
        Error::failed("there is no folder for configuration: HOME is not set")
            .hinted("name the file with ROUTEGUIDE_CONFIG")
    })
}

/// Checks the file. Returns how many profiles it has.
///
/// # Errors
/// The last mistake, after the others are reported.
fn check(path: &Path, console: &Console) -> Result<usize> {
    let text = config::read_text(path).map_err(|error| {
        if path.exists() {
            error
        } else {
            error.hinted("routeguide config edit writes it")
        }
    })?;
    let (file, mut mistakes) = File::parse(&text, path);
    mistakes.extend(headers::mistakes(&file));
    mistakes.extend(endpoint::mistakes(&file));
    let Some(last) = mistakes.pop() else {
        return Ok(file.profiles.len());
    };
    for mistake in &mistakes {
        console.report(mistake);
    }
    Err(last)
}

/// A setting as it is shown.
#[derive(Serialize)]
struct Shown {
    key: String,
    value: String,
    origin: Place,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Place {
    Variable {
        name: String,
    },
    Shell,
    Profile {
        name: String,
        file: PathBuf,
        line: usize,
        column: usize,
    },
}

async fn show(args: &ConfigArgs, context: &mut Context) -> Result<()> {
    let settings = shown(&context.settings);
    let text = match args.output {
        ConfigFormat::Json => {
            let json =
                serde_json::to_string_pretty(&settings.iter().map(|it| &it.0).collect::<Vec<_>>());
            json.map_err(|error| Error::failed("cannot print the settings").caused_by(error))?
                + "\n"
        }
        ConfigFormat::Text => {
            if settings.is_empty() {
                let console = output::console(&args.console, context);
                let file = config::path().map(|path| format!(" {}", path.display()));
                console.notice(&format!(
                    "there are no settings; routeguide config edit writes the file{}",
                    file.unwrap_or_default()
                ));
            }
            lines(&settings)
        }
    };
    context.print(&text).await
}

/// The settings that hold, one a line, with the place of each.
pub fn in_force(settings: &Settings) -> String {
    lines(&shown(settings))
}

fn lines(settings: &[(Shown, String)]) -> String {
    let widths = settings.iter().map(|(it, _)| it.key.len() + it.value.len());
    let width = widths.max().unwrap_or(0) + 3;
    let line = |(it, origin): &(Shown, String)| {
        let setting = format!("{} = {}", it.key, it.value);
        format!("{setting:width$}  # {origin}\n")
    };
    settings.iter().map(line).collect()
}

/// Every setting that holds, with its origin in words. Nothing is run or read to show it.
fn shown(settings: &Settings) -> Vec<(Shown, String)> {
    let mut all = Vec::new();
    for (key, name, _) in KEYS {
        if *key == Key::Header {
            for (header, setting) in settings.headers() {
                let value = value(setting, |text| masked(header, text).into_owned());
                all.push(entry(format!("headers.{header}"), value, setting));
            }
        } else if let Some(setting) = settings.get(*key) {
            let value = value(setting, |text| match key {
                Key::Proxy | Key::People => without_password(text),
                _ => text.to_owned(),
            });
            all.push(entry((*name).to_owned(), value, setting));
        }
    }
    all
}

fn value(setting: &Setting, show: impl Fn(&str) -> String) -> String {
    match &setting.source {
        Source::Literal(texts) => {
            let texts: Vec<String> = texts.iter().map(|text| show(text)).collect();
            texts.join(", ")
        }
        elsewhere => elsewhere.to_string(),
    }
}

fn entry(key: String, value: String, setting: &Setting) -> (Shown, String) {
    let origin = match &setting.origin {
        Origin::Variable(name) => Place::Variable { name: name.clone() },
        Origin::Shell => Place::Shell,
        Origin::Profile { name, place } => Place::Profile {
            name: name.clone(),
            file: place.file.clone(),
            line: place.line,
            column: place.column,
        },
    };
    (Shown { key, value, origin }, setting.origin.to_string())
}

/// What a new file has.
const TEMPLATE: &str = "\
# Profiles of routeguide. A key is the long name of a flag of the client commands.
# Flags count before variables of the environment, and these before a profile.

# default = \"local\"

# [profiles.local]
# addr = \"localhost:50051\"

# [profiles.staging]
# inherits = \"local\"
# addr = \"https://staging.example.org\"
# headers = { authorization = { command = \"print-a-token\" } }
";

const DEFAULT_EDITOR: &str = if cfg!(windows) { "notepad" } else { "vi" };

/// Opens the file in the user's editor, and checks it.
fn edit(path: &Path, console: &Console) -> Result<()> {
    let cannot = |what: &str| format!("cannot {what} {}", path.display());
    if !path.exists() {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| Error::failed(cannot("make the folder of")).caused_by(error))?;
        }
        create(path).map_err(|error| Error::failed(cannot("write")).caused_by(error))?;
    }
    run_editor(path)?;
    check(path, console)
        .map(drop)
        .map_err(|error| match error.hint() {
            Some(_) => error,
            None => error.hinted("routeguide config edit opens the file again"),
        })
}

/// Opens a file in the user's editor, and waits for its end.
///
/// # Errors
/// When the editor cannot be run, or fails.
pub fn run_editor(path: &Path) -> Result<()> {
    let named = ["VISUAL", "EDITOR"].into_iter().find_map(|name| {
        std::env::var(name)
            .ok()
            .filter(|editor| !editor.trim().is_empty())
    });
    let editor = named.unwrap_or_else(|| DEFAULT_EDITOR.to_owned());
    let status = opening(&editor, path).status().map_err(|error| {
        Error::failed(format!("cannot run {editor:?}"))
            .caused_by(error)
            .hinted("name your editor with EDITOR")
    })?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::failed(format!("the editor {editor:?} failed")))
    }
}

/// The editor may have arguments, and quotation marks: as in git, the shell reads it.
#[cfg(not(windows))]
fn opening(editor: &str, path: &Path) -> Command {
    let mut shell = config::shell(&format!("{editor} \"$@\""));
    shell.arg(editor).arg(path);
    shell
}

#[cfg(windows)]
fn opening(editor: &str, path: &Path) -> Command {
    let mut words = editor.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or(DEFAULT_EDITOR));
    command.args(words).arg(path);
    command
}

/// Writes the template to a file that only its user can read: it may get secrets.
fn create(path: &Path) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(TEMPLATE.as_bytes())
}
