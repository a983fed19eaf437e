//! What is said about a certificate that is about to expire. Whoever runs the server may never look at its certificate.

use std::path::Path;
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use crate::certificates::readable_time;

const DAY: Duration = Duration::from_hours(24);

/// How many days before the end it is said. Authorities that renew by themselves do so about a month before.
const NOTICE: u64 = 30;

/// What there is to say at a time.
pub fn warning(cert: &Path, not_after: SystemTime, now: SystemTime) -> Option<String> {
    let (cert, at) = (cert.display(), readable_time(not_after));
    let Ok(left) = not_after.duration_since(now) else {
        return Some(format!("the certificate in {cert} expired on {at}"));
    };
    let left = match left.as_secs() / DAY.as_secs() {
        NOTICE.. => return None,
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    Some(format!(
        "the certificate in {cert} expires in {left}, on {at}"
    ))
}

/// Does something now and once a day.
pub async fn daily(act: impl Fn()) {
    loop {
        act();
        sleep(DAY).await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::UNIX_EPOCH;

    use tokio::time::timeout;

    use super::*;

    /// What is said this long before the certificate expires.
    fn said(before: Duration) -> Option<String> {
        let end = UNIX_EPOCH + Duration::from_hours(24 * 365 * 60);
        warning(Path::new("cert.pem"), end, end - before)
    }

    #[test]
    fn a_certificate_that_expires_within_30_days_is_a_warning() {
        assert_eq!(said(30 * DAY), None);
        assert_eq!(
            said(29 * DAY + Duration::from_hours(23)).as_deref(),
            Some("the certificate in cert.pem expires in 29 days, on 2029-12-17 00:00:00 UTC")
        );
        assert_eq!(
            said(DAY).as_deref(),
            Some("the certificate in cert.pem expires in 1 day, on 2029-12-17 00:00:00 UTC")
        );
        assert_eq!(
            said(Duration::ZERO).as_deref(),
            Some(
                "the certificate in cert.pem expires in less than a day, on 2029-12-17 00:00:00 UTC"
            )
        );
    }

    #[test]
    fn a_certificate_that_has_expired_is_a_warning() {
        let end = UNIX_EPOCH + DAY;
        assert_eq!(
            warning(Path::new("cert.pem"), end, end + DAY).as_deref(),
            Some("the certificate in cert.pem expired on 1970-01-02 00:00:00 UTC")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_said_at_once_and_every_day() {
        let times = Cell::new(0);
        let three_days = 2 * DAY + Duration::from_hours(23);
        let saying = daily(|| times.set(times.get() + 1));
        assert!(timeout(three_days, saying).await.is_err());
        assert_eq!(times.get(), 3);
    }
}
