//! Lines from other threads above the prompt.
//!
//! They wait here until reedline asks, once in every turn of its loop: its own queue blocks at 20 lines. What it has not
//! printed when a read ends comes back.

use std::collections::VecDeque;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::output::draw;

/// More is not held: whoever prints waits.
const MOST: usize = 1024 * 1024;

/// How long they wait at most. Without a read, nothing is taken from here.
const WAIT: Duration = Duration::from_millis(100);

/// How much is printed between two keys.
const CHUNK: usize = 64 * 1024;

/// Erases the row (ECMA-48, EL 2). reedline does it with spaces, which are copied with the text, and wrap when the terminal
/// gets narrower.
const ERASE: &str = "\x1b[2K";

/// Prints above the prompt.
#[derive(Clone)]
pub struct Printer(pub(super) Arc<Queue>);

impl Printer {
    /// Prints whole lines, and keeps the start of a line until its end comes. On the terminal's side it is stderr that is
    /// written to, as for everything that reedline draws. While no `read` runs, nothing is printed.
    ///
    /// Waits up to a tenth of a second while a megabyte is waiting already.
    pub fn print(&self, bytes: &[u8]) {
        self.0.add(bytes);
    }

    /// Whether to print at once, because no read follows: there is no prompt to print above.
    pub fn set_direct(&self, is_direct: bool) {
        self.0.lock().is_direct = is_direct;
        self.print(b"");
    }
}

#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    taken: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<u8>,
    /// Given to reedline since the last turn of its loop, where it has printed what was given before.
    given: Vec<u8>,
    reedline: Option<SyncSender<String>>,
    is_direct: bool,
}

impl Queue {
    /// What reedline reads from. The one before must not be used any more.
    pub(super) fn connect(&self, reedline: SyncSender<String>) {
        let mut state = self.lock();
        state.take_back();
        state.reedline = Some(reedline);
    }

    pub(super) fn add(&self, bytes: &[u8]) {
        let mut state = self.lock();
        if state.is_direct {
            state.take_back();
            state.waiting.extend(bytes);
            let text: Vec<u8> = std::mem::take(&mut state.waiting).into();
            draw(&String::from_utf8_lossy(&text));
            return;
        }
        if state.waiting.len() >= MOST {
            (state, _) = self
                .taken
                .wait_timeout_while(state, WAIT, |state| state.waiting.len() >= MOST)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting.extend(bytes);
    }

    /// Gives reedline the next lines. To be called when it has printed those before.
    pub(super) fn feed(&self) {
        self.give(CHUNK);
    }

    /// Gives reedline everything, an unfinished line included.
    pub(super) fn feed_all(&self) {
        self.give(usize::MAX);
    }

    /// Takes what has not been printed.
    pub(super) fn take(&self) -> Vec<u8> {
        let mut state = self.lock();
        state.take_back();
        self.taken.notify_all();
        std::mem::take(&mut state.waiting).into()
    }

    fn give(&self, most: usize) {
        let mut state = self.lock();
        state.given.clear();
        let end = state.end(most);
        if end == 0 {
            return;
        }
        let chunk: Vec<u8> = state.waiting.drain(..end).collect();
        let text = String::from_utf8_lossy(&chunk);
        let text = text
            .lines()
            .fold(String::new(), |text, line| text + ERASE + line + "\n");
        let is_given = match &state.reedline {
            Some(reedline) => reedline.try_send(text).is_ok(),
            None => false,
        };
        state.given = chunk;
        if !is_given {
            state.take_back();
        }
        self.taken.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The end of the last whole line within so many bytes. A line that is longer than all that may wait is cut.
    fn end(&self, most: usize) -> usize {
        if most == usize::MAX {
            return self.waiting.len();
        }
        let start = self.waiting.iter().take(most);
        match start.rev().position(|byte| *byte == b'\n') {
            Some(behind) => self.waiting.len().min(most) - behind,
            None => match self.waiting.iter().position(|byte| *byte == b'\n') {
                Some(end) => end + 1,
                None if self.waiting.len() >= MOST => self.waiting.len(),
                None => 0,
            },
        }
    }

    fn take_back(&mut self) {
        let mut all: VecDeque<u8> = std::mem::take(&mut self.given).into();
        all.append(&mut self.waiting);
        self.waiting = all;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, sync_channel};

    use super::*;

    fn queue() -> (Arc<Queue>, Receiver<String>) {
        let queue = Arc::new(Queue::default());
        let (sender, receiver) = sync_channel(1);
        queue.connect(sender);
        (queue, receiver)
    }

    #[test]
    fn a_thousand_lines_are_one_message() {
        let (queue, receiver) = queue();
        let printer = Printer(Arc::clone(&queue));
        for number in 0..1000 {
            printer.print(format!("{number}\n").as_bytes());
        }
        queue.feed();
        let message = receiver.try_recv().unwrap();
        assert_eq!(message.lines().count(), 1000);
        assert!(message.ends_with("999\n"));
        queue.feed();
        assert!(receiver.try_recv().is_err());
    }

    #[test]
    fn an_unfinished_line_waits_for_its_end() {
        let (queue, receiver) = queue();
        queue.add(b"one\ntw");
        queue.feed();
        assert_eq!(receiver.try_recv().unwrap(), "\x1b[2Kone\n");
        queue.feed();
        assert!(receiver.try_recv().is_err());
        queue.add(b"o\n");
        queue.feed();
        assert_eq!(receiver.try_recv().unwrap(), "\x1b[2Ktwo\n");
    }

    #[test]
    fn a_flood_goes_in_pieces_of_whole_lines() {
        let (queue, receiver) = queue();
        let line = "x".repeat(99) + "\n";
        queue.add(line.repeat(2000).as_bytes());
        let mut lines = 0;
        loop {
            queue.feed();
            let Ok(message) = receiver.try_recv() else {
                break;
            };
            assert!(message.len() <= CHUNK / 100 * 104 && message.ends_with('\n'));
            lines += message.lines().count();
        }
        assert_eq!(lines, 2000);
    }

    #[test]
    fn a_line_longer_than_a_piece_is_whole() {
        let (queue, receiver) = queue();
        queue.add("x".repeat(CHUNK + 1).as_bytes());
        queue.feed();
        assert!(receiver.try_recv().is_err());
        queue.add(b"\n");
        queue.feed();
        assert_eq!(receiver.try_recv().unwrap().len(), ERASE.len() + CHUNK + 2);
    }

    #[test]
    fn what_was_given_and_not_printed_comes_back_in_order() {
        let (queue, receiver) = queue();
        queue.add(b"one\n");
        queue.feed();
        queue.add(b"two\nth");
        assert_eq!(queue.take(), b"one\ntwo\nth");
        drop(receiver);
        queue.add(b"four\n");
        queue.feed();
        assert_eq!(queue.take(), b"four\n");
    }

    #[test]
    fn printing_without_a_reader_does_not_block() {
        let (queue, _receiver) = queue();
        queue.add(&vec![b'x'; MOST]);
        queue.add(b"more");
        assert_eq!(queue.take().len(), MOST + 4);
    }
}
