//! What an argument does not say, a setting may.

use crate::cli::Choice;
use crate::config::{Key, Settings};
use crate::error::{Error, Result};

/// The argument if it is given, or else the setting.
///
/// # Errors
/// Those of the setting.
pub fn or<T>(
    argument: Option<T>,
    setting: impl FnOnce() -> Result<Option<T>>,
) -> Result<Option<T>> {
    match argument {
        Some(value) => Ok(Some(value)),
        None => setting(),
    }
}

/// Adds where the setting was made, if no argument is given.
///
/// # Errors
/// That of the result.
pub fn placed<T>(result: Result<T>, is_given: bool, settings: &Settings, key: Key) -> Result<T> {
    result.map_err(|error| match settings.get(key) {
        Some(setting) if !is_given => error.about(&setting.origin),
        _ => error,
    })
}

/// The list of the arguments if it has elements, or else the setting.
///
/// # Errors
/// Those of the setting.
pub fn list(arguments: &[String], settings: &Settings, key: Key) -> Result<Vec<String>> {
    match arguments {
        [] => settings.list(key),
        arguments => Ok(arguments.to_vec()),
    }
}

/// The argument if it is given, or else what the setting names.
///
/// # Errors
/// When the setting names nothing that the argument can be.
pub fn choice<T: Choice>(argument: Option<T>, settings: &Settings, key: Key) -> Result<Option<T>> {
    or(argument, || {
        let (Some(name), Some(setting)) = (settings.text(key)?, settings.get(key)) else {
            return Ok(None);
        };
        T::named(&name).map(Some).ok_or_else(|| {
            Error::usage(format!("{}: {name:?} is not a valid value", key.name()))
                .about(&setting.origin)
        })
    })
}
