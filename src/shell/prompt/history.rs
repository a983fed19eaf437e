//! The history as reedline asks for it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reedline::{
    CommandLineSearch, HistoryItem, HistoryItemId, HistorySessionId, ReedlineError,
    ReedlineErrorVariants, Result, SearchDirection, SearchQuery,
};

use super::Assist;
use super::screen::Screen;
use super::store::Store;

/// Clones share the lines.
#[derive(Clone)]
pub(super) struct History {
    assist: Arc<dyn Assist>,
    screen: Arc<Screen>,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    /// The one in use.
    store: Store,
    others: Vec<Store>,
    /// A line that was not sent by the user is not kept.
    is_paused: bool,
}

impl History {
    pub(super) fn new(assist: Arc<dyn Assist>, screen: Arc<Screen>) -> Self {
        let shared = Shared {
            store: Store::default(),
            others: Vec::new(),
            is_paused: false,
        };
        Self {
            assist,
            screen,
            shared: Arc::new(Mutex::new(shared)),
        }
    }

    /// Goes on with the lines of this file. Those of others are kept for when they are used again.
    pub(super) fn open(&self, path: Option<PathBuf>) {
        let mut shared = self.lock();
        if shared.store.file == path {
            return;
        }
        let known = shared.others.iter().position(|it| it.file == path);
        let next = match known {
            Some(at) => shared.others.swap_remove(at),
            None => Store::open(path),
        };
        let last = std::mem::replace(&mut shared.store, next);
        shared.others.push(last);
    }

    pub(super) fn pause(&self, is_paused: bool) {
        self.lock().is_paused = is_paused;
    }

    pub(super) fn refresh(&self) {
        self.lock().store.refresh();
    }

    pub(super) fn last(&self, count: usize) -> Vec<String> {
        self.lock().store.last(count)
    }

    pub(super) fn take_warnings(&self) -> Vec<String> {
        self.lock().store.take_warnings()
    }

    /// Keeps a line as the `Assist` lets it be kept.
    pub(super) fn add(&self, line: &str) {
        let mut shared = self.lock();
        if !shared.is_paused
            && !line.trim().is_empty()
            && let Some(safe) = self.assist.for_history(line)
        {
            shared.store.add(line, safe);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl reedline::History for History {
    fn save(&mut self, item: HistoryItem) -> Result<HistoryItem> {
        self.add(&item.command_line);
        Ok(item)
    }

    fn load(&self, id: HistoryItemId) -> Result<HistoryItem> {
        let shared = self.lock();
        let entry = usize::try_from(id.0)
            .ok()
            .and_then(|at| shared.store.entries.get(at));
        match entry {
            Some(entry) => Ok(item(id.0, &entry.line)),
            None => unsupported("a line that is not there"),
        }
    }

    fn count(&self, query: SearchQuery) -> Result<i64> {
        self.search(query)
            .map(|found| found.len().try_into().unwrap_or(i64::MAX))
    }

    /// In a walk, lines equal to the one that the walk is at are skipped.
    fn search(&self, query: SearchQuery) -> Result<Vec<HistoryItem>> {
        let shared = self.lock();
        let entries = &shared.store.entries;
        let at = |id: Option<HistoryItemId>| id.and_then(|id| usize::try_from(id.0).ok());
        let (start, end) = (at(query.start_id), at(query.end_id));
        let is_backward = query.direction == SearchDirection::Backward;
        let (low, high) = if is_backward {
            (end, start)
        } else {
            (start, end)
        };
        let low = low.map_or(0, |low| low.saturating_add(1));
        let high = high.unwrap_or(entries.len());
        let current = start.and_then(|start| entries.get(start));
        let text = query.filter.command_line.as_ref();
        let mut range = low..high;
        let mut next = || {
            if is_backward {
                range.next_back()
            } else {
                range.next()
            }
        };
        let limit = query.limit.map_or(usize::MAX, |limit| {
            usize::try_from(limit).unwrap_or_default()
        });
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(at) = next()
        {
            let Some(entry) = entries.get(at) else {
                continue;
            };
            let is_current = current.is_some_and(|current| current.line == entry.line);
            if !is_current && matches(text, &entry.line) {
                found.push(item(i64::try_from(at).unwrap_or(i64::MAX), &entry.line));
            }
        }
        if let Some(CommandLineSearch::Substring(_)) = text {
            // A search that finds no more stays where it is.
            match found.first() {
                Some(first) => self.screen.found(&first.command_line),
                None if current.is_none() => self.screen.found(""),
                None => {}
            }
        }
        Ok(found)
    }

    fn update(
        &mut self,
        _id: HistoryItemId,
        _updater: &dyn Fn(HistoryItem) -> HistoryItem,
    ) -> Result<()> {
        unsupported("changing lines")
    }

    fn clear(&mut self) -> Result<()> {
        unsupported("clearing")
    }

    fn delete(&mut self, _id: HistoryItemId) -> Result<()> {
        unsupported("deleting lines")
    }

    fn sync(&mut self) -> std::io::Result<()> {
        self.refresh();
        Ok(())
    }

    fn session(&self) -> Option<HistorySessionId> {
        None
    }
}

fn item(id: i64, line: &str) -> HistoryItem {
    HistoryItem {
        id: Some(HistoryItemId::new(id)),
        ..HistoryItem::from_command_line(line)
    }
}

fn matches(text: Option<&CommandLineSearch>, line: &str) -> bool {
    match text {
        None => true,
        Some(CommandLineSearch::Prefix(text)) => line.starts_with(text),
        Some(CommandLineSearch::Substring(text)) => line.contains(text),
        Some(CommandLineSearch::Exact(text)) => line == text,
    }
}

fn unsupported<T>(feature: &'static str) -> Result<T> {
    Err(ReedlineError(
        ReedlineErrorVariants::HistoryFeatureUnsupported {
            history: "the shell's",
            feature,
        },
    ))
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use reedline::{History as _, SearchFilter};

    use super::super::{Part, Suggested};
    use super::*;

    struct Redacting;

    impl Assist for Redacting {
        fn complete(&self, _line: &str, _cursor: usize) -> Vec<Suggested> {
            Vec::new()
        }

        fn hint(&self, _line: &str) -> String {
            String::new()
        }

        fn check(&self, _line: &str) -> Option<(Range<usize>, String)> {
            None
        }

        fn is_complete(&self, _line: &str) -> bool {
            true
        }

        fn paint(&self, _line: &str) -> Vec<(Range<usize>, Part)> {
            Vec::new()
        }

        fn for_history(&self, line: &str) -> Option<String> {
            (!line.starts_with(' ')).then(|| line.replace("secret", "***"))
        }
    }

    fn history(lines: &[&str]) -> History {
        let history = History::new(Arc::new(Redacting), Arc::default());
        for line in lines {
            history.add(line);
        }
        history
    }

    /// The lines that pressing a key again and again shows.
    fn walk(history: &History, text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        let mut start_id = None;
        loop {
            let text = CommandLineSearch::Prefix(text.to_owned());
            let query = SearchQuery {
                start_id,
                filter: SearchFilter::from_text_search(text, None),
                ..SearchQuery::last_with_search(SearchFilter::anything(None))
            };
            let Some(item) = history.search(query).unwrap().pop() else {
                return seen;
            };
            start_id = item.id;
            seen.push(item.command_line);
        }
    }

    #[test]
    fn a_walk_goes_from_the_last_line_to_the_first() {
        let history = history(&["one", "two", "three"]);
        assert_eq!(walk(&history, ""), ["three", "two", "one"]);
        assert_eq!(walk(&history, "t"), ["three", "two"]);
    }

    #[test]
    fn a_walk_skips_what_it_shows_already() {
        let history = history(&["list a", "status", "list a"]);
        assert_eq!(walk(&history, "list"), ["list a"]);
    }

    #[test]
    fn secrets_are_redacted_and_some_lines_are_not_kept() {
        let history = history(&["header secret", " hidden", "  ", "list"]);
        assert_eq!(history.last(9), ["header ***", "list"]);
        assert_eq!(walk(&history, "h"), ["header secret"]);
    }

    #[test]
    fn lines_of_another_file_are_kept_apart() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(&["list"]);
        history.open(Some(folder.path().join("messages")));
        history.add("Alice");
        assert_eq!(history.last(9), ["Alice"]);
        history.open(None);
        assert_eq!(history.last(9), ["list"]);
        history.open(Some(folder.path().join("messages")));
        assert_eq!(history.last(9), ["Alice"]);
    }

    #[test]
    fn a_line_that_the_user_did_not_send_is_not_kept() {
        let mut history = history(&[]);
        history.pause(true);
        history
            .save(HistoryItem::from_command_line("half"))
            .unwrap();
        history.pause(false);
        assert!(history.last(9).is_empty());
    }
}
