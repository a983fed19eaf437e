//! A word that a TAB may complete to.

/// One candidate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// The whole word, what is typed of it included.
    pub text: String,
    pub help: Option<String>,
    /// More follows in the same word: there is no space after it.
    pub is_open: bool,
    /// It names a file.
    pub is_path: bool,
    /// The full name of the field that it names.
    pub field: Option<String>,
}

impl Candidate {
    /// A word.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// The start of a word.
    pub fn open(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_open: true,
            ..Self::default()
        }
    }

    #[must_use]
    pub fn described(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

/// All candidates, in the order in which they are offered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    /// How many bytes of the word they have in common and need not be shown: up to the `=` in front of a value, or the last
    /// `/` of a path.
    pub kept: usize,
    pub list: Vec<Candidate>,
}

impl Candidates {
    pub fn none() -> Self {
        Self::default()
    }

    /// Words of which nothing is kept.
    pub fn words(list: impl IntoIterator<Item = Candidate>) -> Self {
        Self {
            kept: 0,
            list: list.into_iter().collect(),
        }
    }

    /// Words, and others after them.
    pub fn and(mut self, others: Self) -> Self {
        self.list.extend(others.list);
        self
    }

    /// The same, behind this part of the word.
    pub fn behind(mut self, head: &str) -> Self {
        self.kept += head.len();
        for candidate in &mut self.list {
            candidate.text.insert_str(0, head);
        }
        self
    }
}
