//! Waiting until a time, more precisely than the runtime's timers, which have a resolution of a millisecond.
//!
//! - `timerfd` and `thread`: what wakes the worker up. On Linux the runtime itself waits for it; elsewhere it is a thread. On
//!   a busy machine each thread that has to be woken waits for a core, for up to a millisecond or two.

#[cfg(any(not(target_os = "linux"), test))]
mod thread;
#[cfg(target_os = "linux")]
mod timerfd;

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

#[cfg(not(target_os = "linux"))]
use thread::Timer;
#[cfg(target_os = "linux")]
use timerfd::Timer;

/// A wait is at least this long: to wake up for each of a hundred thousand calls a second would take more time than the calls.
const SHORTEST: Duration = Duration::from_micros(200);

/// A clock to wait by.
pub struct Clock(Timer);

impl Clock {
    /// # Errors
    /// When the system refuses a timer.
    pub fn new() -> io::Result<Self> {
        Timer::new().map(Self)
    }

    /// Waits until `at`, and a little longer if that is nearly now.
    pub async fn sleep_until(&self, at: Instant) {
        let now = Instant::now();
        if at <= now {
            return;
        }
        let at = at.max(now + SHORTEST);
        // A wait that was given up may have left a wake-up behind.
        while Instant::now() < at {
            let mut sleep = pin!(self.0.sleep(at));
            let slept = poll_fn(|cx| match sleep.as_mut().poll(cx) {
                // The runtime asks the system rarely while it has other things to do.
                Poll::Pending if Instant::now() >= at => Poll::Ready(Ok(())),
                slept => slept,
            });
            if slept.await.is_err() {
                return tokio::time::sleep_until(at.into()).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wait_does_not_end_before_its_time() {
        let clock = Clock::new().unwrap();
        for micros in [1, 150, 300, 1700, 5000] {
            let at = Instant::now() + Duration::from_micros(micros);
            clock.sleep_until(at).await;
            assert!(Instant::now() >= at);
        }
    }

    #[tokio::test]
    async fn a_wait_that_is_given_up_does_not_end_the_next_one() {
        let clock = Clock::new().unwrap();
        let soon = clock.sleep_until(Instant::now() + Duration::from_millis(2));
        tokio::select! {
            biased;
            () = soon => panic!("it waits"),
            () = tokio::task::yield_now() => {}
        }
        let at = Instant::now() + Duration::from_millis(20);
        clock.sleep_until(at).await;
        assert!(Instant::now() >= at);
    }

    /// A wait that was given up does not delay the next one.
    macro_rules! the_last_wait_counts {
        ($timer:ty) => {
            let timer = <$timer>::new().unwrap();
            let (late, soon) = (Duration::from_mins(10), Duration::from_millis(5));
            let mut given_up = Box::pin(timer.sleep(Instant::now() + late));
            let polled = poll_fn(|cx| Poll::Ready(given_up.as_mut().poll(cx).is_pending()));
            assert!(polled.await);
            drop(given_up);
            let wait = timer.sleep(Instant::now() + soon);
            let waited = tokio::time::timeout(Duration::from_mins(1), wait).await;
            waited.expect("the last one counts").unwrap();
        };
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_timer_of_the_kernel_waits_for_the_last_time() {
        the_last_wait_counts!(timerfd::Timer);
    }

    #[tokio::test]
    async fn a_thread_waits_for_the_last_time() {
        the_last_wait_counts!(thread::Timer);
    }

    #[tokio::test]
    async fn a_time_that_is_past_is_not_waited_for() {
        let clock = Clock::new().unwrap();
        let mut wait = std::pin::pin!(clock.sleep_until(Instant::now()));
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(wait.as_mut().poll(cx)));
        assert!(polled.await.is_ready());
    }
}
