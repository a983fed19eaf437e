//! Collects the output of a process.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use super::LIMIT;

/// Everything read from one end of a pipe or terminal so far.
#[derive(Clone)]
pub struct Capture(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    ended: bool,
}

impl Capture {
    /// Reads on its own thread until the end. An error is an end too: reading a closed terminal fails.
    pub fn of(mut reader: impl Read + Send + 'static) -> Self {
        let capture = Self(Arc::default());
        let shared = Arc::clone(&capture.0);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                let len = reader.read(&mut buffer).unwrap_or(0);
                let mut state = shared.0.lock().unwrap();
                state.bytes.extend_from_slice(&buffer[..len]);
                state.ended = len == 0;
                shared.1.notify_all();
                if state.ended {
                    return;
                }
            }
        });
        capture
    }

    /// What has been read so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.0.lock().unwrap().bytes).into_owned()
    }

    /// Waits until the text read so far meets `condition`.
    #[track_caller]
    pub fn wait_until(&self, what: &str, condition: impl Fn(&str) -> bool) -> String {
        let give_up = Instant::now() + LIMIT;
        let mut state = self.0.0.lock().unwrap();
        loop {
            let text = String::from_utf8_lossy(&state.bytes);
            if condition(&text) {
                return text.into_owned();
            }
            let left = give_up.saturating_duration_since(Instant::now());
            assert!(
                !state.ended && !left.is_zero(),
                "timed out waiting for {what}, got {text:?}"
            );
            state = self.0.1.wait_timeout(state, left).unwrap().0;
        }
    }

    /// Waits until `text` has been read.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_until(&format!("{text:?}"), |all| all.contains(text))
    }

    /// Waits for the end.
    #[track_caller]
    pub fn all(&self) -> String {
        let give_up = Instant::now() + LIMIT;
        let mut state = self.0.0.lock().unwrap();
        while !state.ended {
            let left = give_up.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "timed out waiting for the end of the output"
            );
            state = self.0.1.wait_timeout(state, left).unwrap().0;
        }
        String::from_utf8_lossy(&state.bytes).into_owned()
    }
}
