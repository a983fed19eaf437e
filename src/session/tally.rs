//! Which names had no reply. A server answers in order and skips names that it does not know: a reply means that the
//! names before it were skipped, and the end of the call that the remaining ones were.

use std::collections::{HashMap, VecDeque};

/// How many names a report shows.
const SHOWN: usize = 10;

/// How much of each name it shows, in characters.
const CLIPPED: usize = 60;

/// How many waiting names to remember. More wait only if a server does not answer for long; they are still counted.
const REMEMBERED: usize = 100_000;

/// How many bytes those names may take.
const REMEMBERED_BYTES: usize = 8 << 20;

/// Matches replies with names. Its memory is bounded, whatever the server does.
#[derive(Debug, Default)]
pub struct Tally {
    asked: u64,
    answered: u64,
    waiting: Waiting,
    /// The first skipped names.
    skipped: Vec<Box<[u8]>>,
}

/// Names that may still be answered, in the order of the requests.
#[derive(Debug, Default)]
struct Waiting {
    /// The names, concatenated, and the length of each: millions pass through, and most wait only for a moment.
    bytes: Vec<u8>,
    lengths: VecDeque<usize>,
    /// Where the first name starts in `bytes`.
    start: usize,
    /// How often each name is among them. Built on the first reply that matches none of them. A server that answers in
    /// order never sends one, and for it, looking at the front of the queue is enough.
    index: Option<HashMap<Box<[u8]>, u32>>,
}

impl Tally {
    /// A name was sent.
    pub fn ask(&mut self, name: &[u8]) {
        self.asked += 1;
        self.waiting.push(name);
    }

    /// A reply arrived.
    pub fn answer(&mut self, name: &[u8]) {
        self.answered += 1;
        if self.waiting.front() == Some(name) {
            self.waiting.pop();
        } else if self.waiting.contains(name) {
            while let Some(front) = self.waiting.front() {
                let is_answer = front == name;
                if !is_answer && self.skipped.len() < SHOWN {
                    self.skipped.push(front.into());
                }
                self.waiting.pop();
                if is_answer {
                    return;
                }
            }
        } else if let Some(at) = self.skipped.iter().position(|skipped| **skipped == *name) {
            // It was not skipped: this server does not answer in order.
            self.skipped.remove(at);
        }
    }

    /// Whether this name still waits for a reply.
    pub fn is_waiting(&mut self, name: &[u8]) -> bool {
        self.waiting.contains(name)
    }

    /// Whether every name that was sent has its reply.
    pub fn is_settled(&self) -> bool {
        self.answered >= self.asked
    }

    /// After the last reply: how many names had none, and the first of them. `None` if every name had one.
    pub fn report(&self) -> Option<String> {
        let missing = self.asked.saturating_sub(self.answered);
        if missing == 0 {
            return None;
        }
        let shown: Vec<String> = self
            .skipped
            .iter()
            .map(AsRef::as_ref)
            .chain(self.waiting.names())
            .take(SHOWN.min(usize::try_from(missing).unwrap_or(SHOWN)))
            .map(|name| clipped(&String::from_utf8_lossy(name)))
            .collect();
        let more = if (shown.len() as u64) < missing {
            ", …"
        } else {
            ""
        };
        let names = if self.asked == 1 { "name" } else { "names" };
        Some(format!(
            "{missing} of {} {names} had no reply: {}{more}",
            self.asked,
            shown.join(", ")
        ))
    }
}

impl Waiting {
    fn push(&mut self, name: &[u8]) {
        let waiting = self.bytes.len() - self.start;
        if self.lengths.len() >= REMEMBERED || waiting + name.len() > REMEMBERED_BYTES {
            return;
        }
        if self.start > waiting && self.bytes.len() + name.len() > self.bytes.capacity() {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(name);
        self.lengths.push_back(name.len());
        if let Some(index) = &mut self.index {
            count(index, name);
        }
    }

    /// The first name.
    fn front(&self) -> Option<&[u8]> {
        let len = *self.lengths.front()?;
        self.bytes.get(self.start..self.start + len)
    }

    /// Removes the first name.
    fn pop(&mut self) {
        let Some(len) = self.lengths.pop_front() else {
            return;
        };
        let end = self.start + len;
        if let Some(index) = &mut self.index
            && let Some(name) = self.bytes.get(self.start..end)
            && let Some(times) = index.get_mut(name)
        {
            *times -= 1;
            if *times == 0 {
                index.remove(name);
            }
        }
        self.start = end;
        if self.lengths.is_empty() {
            self.bytes.clear();
            self.start = 0;
        }
    }

    fn contains(&mut self, name: &[u8]) -> bool {
        if let Some(index) = &self.index {
            return index.contains_key(name);
        }
        let is_there = self.names().any(|waiting| waiting == name);
        if !is_there && !self.lengths.is_empty() {
            let mut index = HashMap::new();
            for waiting in self.names() {
                count(&mut index, waiting);
            }
            self.index = Some(index);
        }
        is_there
    }

    fn names(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = self.start;
        self.lengths.iter().filter_map(move |len| {
            let name = self.bytes.get(start..start + len);
            start += len;
            name
        })
    }
}

fn count(index: &mut HashMap<Box<[u8]>, u32>, name: &[u8]) {
    match index.get_mut(name) {
        Some(times) => *times += 1,
        None => {
            index.insert(name.into(), 1);
        }
    }
}

/// A name in quotes, clipped to [`CLIPPED`] characters.
fn clipped(name: &str) -> String {
    match name.char_indices().nth(CLIPPED) {
        Some((end, _)) => format!("{:?}…", name.get(..end).unwrap_or_default()),
        None => format!("{name:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(asked: &[&str], answered: &[&str]) -> Option<String> {
        let mut tally = Tally::default();
        for name in asked {
            tally.ask(name.as_bytes());
        }
        for name in answered {
            tally.answer(name.as_bytes());
        }
        tally.report()
    }

    #[test]
    fn there_is_no_report_when_every_name_had_its_reply() {
        assert_eq!(report(&[], &[]), None);
        assert_eq!(report(&["a", "b", "a"], &["a", "b", "a"]), None);
    }

    #[test]
    fn skipped_names_are_reported_in_their_order() {
        assert_eq!(
            report(&["z", "a", "y", "b", "x"], &["a", "b"]).as_deref(),
            Some("3 of 5 names had no reply: \"z\", \"y\", \"x\"")
        );
        assert_eq!(
            report(&["z"], &[]).as_deref(),
            Some("1 of 1 name had no reply: \"z\"")
        );
    }

    #[test]
    fn a_name_sent_twice_and_answered_once_is_reported_once() {
        assert_eq!(
            report(&["a", "a"], &["a"]).as_deref(),
            Some("1 of 2 names had no reply: \"a\"")
        );
    }

    #[test]
    fn replies_out_of_order_are_matched() {
        assert_eq!(report(&["a", "b"], &["b", "a"]), None);
        assert_eq!(
            report(&["a", "b", "c"], &["b", "a"]).as_deref(),
            Some("1 of 3 names had no reply: \"c\"")
        );
    }

    #[test]
    fn replies_that_spell_the_names_differently_are_counted() {
        assert_eq!(report(&["alice", "bob"], &["Alice", "Bob"]), None);
    }

    #[test]
    fn only_ten_names_are_reported() {
        let names: Vec<String> = (0..12).map(|n| n.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let text = report(&names, &[]).expect("a report");
        assert!(
            text.starts_with("12 of 12 names had no reply: \"0\", "),
            "{text}"
        );
        assert!(text.ends_with("\"9\", …"), "{text}");
    }

    #[test]
    fn memory_is_bounded_and_the_count_is_still_right() {
        let mut tally = Tally::default();
        for n in 0..REMEMBERED * 3 {
            tally.ask(n.to_string().as_bytes());
        }
        assert_eq!(tally.waiting.lengths.len(), REMEMBERED);
        let text = tally.report().expect("a report");
        assert!(
            text.starts_with(&format!("{} of", REMEMBERED * 3)),
            "{text}"
        );
    }
}
