//! Which names had no reply. A server answers in order and skips whom it does not know, so a reply tells that the
//! names before its own were skipped; at the end, those left were.

use std::collections::{HashMap, VecDeque};

/// Names a report shows.
const SHOWN: usize = 10;

/// And how much of each, in characters.
const CLIPPED: usize = 60;

/// Names that are remembered while they wait. More wait only at a server that answers nothing for long; their
/// number is still known then, but not who they are.
const REMEMBERED: usize = 100_000;

/// And the most bytes those names may take.
const REMEMBERED_BYTES: usize = 8 << 20;

/// Matches replies with names. Memory is bounded whatever the server does.
#[derive(Debug, Default)]
pub struct Unanswered {
    asked: u64,
    answered: u64,
    waiting: VecDeque<Box<[u8]>>,
    waiting_bytes: usize,
    /// How often each name is in `waiting`: tells at once that a reply is to none of them.
    times: HashMap<Box<[u8]>, u32>,
    /// The first that were skipped.
    skipped: Vec<Box<[u8]>>,
}

impl Unanswered {
    /// A name goes out.
    pub fn ask(&mut self, name: &[u8]) {
        self.asked += 1;
        if self.waiting.len() < REMEMBERED && self.waiting_bytes + name.len() <= REMEMBERED_BYTES {
            self.waiting.push_back(name.into());
            self.waiting_bytes += name.len();
            match self.times.get_mut(name) {
                Some(times) => *times += 1,
                None => {
                    self.times.insert(name.into(), 1);
                }
            }
        }
    }

    /// A reply came.
    pub fn answer(&mut self, name: &[u8]) {
        self.answered += 1;
        if self.is_waiting(name) {
            while let Some(front) = self.waiting.pop_front() {
                self.waiting_bytes -= front.len();
                self.forget(&front);
                if *front == *name {
                    return;
                }
                if self.skipped.len() < SHOWN {
                    self.skipped.push(front);
                }
            }
        } else if let Some(at) = self.skipped.iter().position(|skipped| **skipped == *name) {
            // Not skipped after all: this server does not answer in order.
            self.skipped.remove(at);
        }
    }

    /// Whether a reply to this name is still due.
    pub fn is_waiting(&self, name: &[u8]) -> bool {
        self.times.contains_key(name)
    }

    /// Whether every name that went out has its reply.
    pub fn is_settled(&self) -> bool {
        self.answered >= self.asked
    }

    pub fn asked(&self) -> u64 {
        self.asked
    }

    pub fn answered(&self) -> u64 {
        self.answered
    }

    /// After the last reply: says how many names had none, and who the first of them are.
    pub fn report(&self) -> Option<String> {
        let missing = self.asked.saturating_sub(self.answered);
        if missing == 0 {
            return None;
        }
        let shown: Vec<String> = self
            .skipped
            .iter()
            .chain(&self.waiting)
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

    fn forget(&mut self, name: &[u8]) {
        if let Some(times) = self.times.get_mut(name) {
            *times -= 1;
            if *times == 0 {
                self.times.remove(name);
            }
        }
    }
}

/// A name in quotes, as much of it as a line has room for.
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
        let mut unanswered = Unanswered::default();
        for name in asked {
            unanswered.ask(name.as_bytes());
        }
        for name in answered {
            unanswered.answer(name.as_bytes());
        }
        unanswered.report()
    }

    #[test]
    fn nothing_is_said_when_every_name_had_its_reply() {
        assert_eq!(report(&[], &[]), None);
        assert_eq!(report(&["a", "b", "a"], &["a", "b", "a"]), None);
    }

    #[test]
    fn skipped_names_are_told_in_their_order() {
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
    fn a_name_asked_twice_and_answered_once_is_told_once() {
        assert_eq!(
            report(&["a", "a"], &["a"]).as_deref(),
            Some("1 of 2 names had no reply: \"a\"")
        );
    }

    #[test]
    fn a_server_that_answers_out_of_order_is_not_accused() {
        assert_eq!(report(&["a", "b"], &["b", "a"]), None);
        assert_eq!(
            report(&["a", "b", "c"], &["b", "a"]).as_deref(),
            Some("1 of 3 names had no reply: \"c\"")
        );
    }

    #[test]
    fn a_server_that_spells_names_its_own_way_is_not_accused() {
        assert_eq!(report(&["alice", "bob"], &["Alice", "Bob"]), None);
    }

    #[test]
    fn only_ten_names_are_told() {
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
        let mut unanswered = Unanswered::default();
        for n in 0..REMEMBERED * 3 {
            unanswered.ask(n.to_string().as_bytes());
        }
        assert_eq!(unanswered.waiting.len(), REMEMBERED);
        let text = unanswered.report().expect("a report");
        assert!(
            text.starts_with(&format!("{} of", REMEMBERED * 3)),
            "{text}"
        );
    }
}
