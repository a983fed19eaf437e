//! A timer of the kernel that the runtime waits for as it waits for sockets. See timerfd_create(2).

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

const MOMENT: Duration = Duration::from_nanos(1);

pub struct Timer(AsyncFd<OwnedFd>);

impl Timer {
    /// Needs a runtime, in which it is used.
    pub fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        #[expect(
            deprecated,
            reason = "its successor is unsafe, for descriptors that may change; an OwnedFd does not"
        )]
        AsyncFd::with_interest(timer, Interest::READABLE).map(Self)
    }

    /// Waits until `at`. It may end sooner, after a wait that was given up.
    pub async fn sleep(&self, at: Instant) -> io::Result<()> {
        // Zero would turn the timer off.
        let rest = at.saturating_duration_since(Instant::now()).max(MOMENT);
        let once = Itimerspec {
            it_interval: Timespec::default(),
            it_value: rest.try_into().map_err(io::Error::other)?,
        };
        timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
        // The count of expirations is not read: setting the timer again resets it.
        self.0.readable().await?.clear_ready();
        Ok(())
    }
}
