//! The words of a command line → the argument that the cursor is in, by clap's definitions.

use clap::{Arg, Command, Id};

/// What the word at the cursor is.
pub enum Place<'a> {
    /// The name of a command.
    Command,
    /// The name of a flag.
    Flag,
    /// A value of this argument, which starts at this byte of the word.
    Value(&'a Arg, usize),
    /// Nothing that is known.
    Unknown,
}

/// A command line that is not complete.
pub struct Line<'a> {
    pub command: &'a Command,
    pub place: Place<'a>,
    /// The flags before the cursor.
    pub flags: Vec<Id>,
    /// The arguments before the cursor that are not flags.
    pub values: Vec<String>,
    /// After `--`, nothing is a flag.
    no_flags: bool,
    /// The flag that the next word is the value of.
    waiting: Option<&'a Arg>,
}

impl<'a> Line<'a> {
    /// Whether the word may be a command, though it may be an argument, too: `bench report`, `bench METHOD`.
    pub fn may_be_command(&self) -> bool {
        self.values.is_empty() && self.waiting.is_none() && self.command.has_subcommands()
    }

    /// Reads the words before the cursor, and the one that it is in.
    pub fn read(root: &'a Command, before: &[String], word: &str) -> Self {
        let mut line = Self {
            command: root,
            place: Place::Unknown,
            flags: Vec::new(),
            values: Vec::new(),
            no_flags: false,
            waiting: None,
        };
        for word in before {
            line.pass(word);
        }
        line.place = line.place_of(word);
        line
    }

    fn pass(&mut self, word: &str) {
        if self.waiting.take().is_some() {
            return;
        }
        if !self.no_flags && word == "--" {
            self.no_flags = true;
        } else if !self.no_flags && word.len() > 1 && word.starts_with('-') {
            let (flags, value) = self.flags_of(word);
            self.flags
                .extend(flags.iter().map(|arg| arg.get_id().clone()));
            self.waiting = flags
                .last()
                .copied()
                .filter(|arg| takes_value(arg) && value.is_none());
        } else if let Some(command) = self.command.find_subcommand(word) {
            self.command = command;
        } else {
            self.values.push(word.to_owned());
        }
    }

    fn place_of(&self, word: &str) -> Place<'a> {
        if let Some(flag) = self.waiting {
            return Place::Value(flag, 0);
        }
        if !self.no_flags && word.starts_with('-') {
            let (flags, value) = self.flags_of(word);
            return match (flags.last(), value) {
                (Some(flag), Some(start)) => Place::Value(flag, start),
                (None, Some(_)) => Place::Unknown,
                _ => Place::Flag,
            };
        }
        let mut arguments: Vec<&Arg> = self.command.get_positionals().collect();
        if self.command.has_subcommands() && arguments.is_empty() {
            return if self.values.is_empty() {
                Place::Command
            } else {
                Place::Unknown
            };
        }
        arguments.sort_by_key(|arg| arg.get_index());
        let at = self.values.len();
        let argument = arguments.get(at).or_else(|| {
            let last = arguments.last()?;
            let is_list = matches!(last.get_action(), clap::ArgAction::Append);
            is_list.then_some(last)
        });
        match argument {
            Some(argument) if !argument.is_hide_set() => Place::Value(argument, 0),
            _ => Place::Unknown,
        }
    }

    /// The flags that a word names, and where the value of the last one starts if it is in the word too.
    fn flags_of(&self, word: &str) -> (Vec<&'a Arg>, Option<usize>) {
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, _)) => (name, Some("--".len() + name.len() + 1)),
                None => (long, None),
            };
            let flag = self.find(|arg| arg.get_long() == Some(name));
            return (flag.into_iter().collect(), value);
        }
        let mut flags = Vec::new();
        for (at, c) in word.char_indices().skip(1) {
            let Some(flag) = self.find(|arg| arg.get_short() == Some(c)) else {
                break;
            };
            flags.push(flag);
            let rest = at + c.len_utf8();
            if takes_value(flag) && rest < word.len() {
                let is_equal = word.get(rest..).is_some_and(|rest| rest.starts_with('='));
                return (flags, Some(rest + usize::from(is_equal)));
            }
        }
        (flags, None)
    }

    fn find(&self, is_it: impl Fn(&Arg) -> bool) -> Option<&'a Arg> {
        self.command.get_arguments().find(|arg| is_it(arg))
    }
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}
