//! The figures that have a name: what a threshold can be about, and what a comparison lists.

use super::numbers::real;
use std::fmt;

use super::distribution::Distribution;
use super::figures::Figures;
use super::plan::Plan;
use crate::schema::{did_you_mean, nearest};

/// A figure of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Named {
    Time(Times, Statistic),
    Count(Count),
    /// Calls a second.
    Rate,
}

/// Times that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    Latency,
    Service,
    Delay,
    First,
    Between,
    Message,
}

/// What is said of many times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    Min,
    Mean,
    Deviation,
    /// From 0 to 100.
    Percentile(f64),
    Max,
}

/// Calls that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Ok,
    Failed,
    CutOff,
    Late,
    Dropped,
}

/// What else can be in front of a statistic, with a dot; nothing is the latency.
const TIMES: [(&str, Times); 6] = [
    ("latency", Times::Latency),
    ("service", Times::Service),
    ("delay", Times::Delay),
    ("first", Times::First),
    ("between", Times::Between),
    ("message", Times::Message),
];

/// The names of what is not a time.
const OTHERS: [(&str, Named); 7] = [
    ("rate", Named::Rate),
    ("errors", Named::Count(Count::Failed)),
    ("ok", Named::Count(Count::Ok)),
    ("failed", Named::Count(Count::Failed)),
    ("cut_off", Named::Count(Count::CutOff)),
    ("late", Named::Count(Count::Late)),
    ("dropped", Named::Count(Count::Dropped)),
];

/// Any number may follow the p.
const STATISTICS: [&str; 8] = [
    "p50",
    "p90",
    "p99",
    "p99.9",
    "min",
    "mean",
    "deviation",
    "max",
];

impl Named {
    /// # Errors
    /// When there is no such figure; says which there are.
    pub fn parse(name: &str) -> Result<Self, String> {
        if let Some((_, other)) = OTHERS.iter().find(|(known, _)| *known == name) {
            return Ok(*other);
        }
        if let Some(statistic) = Statistic::parse(name) {
            return Ok(Self::Time(Times::Latency, statistic));
        }
        let others = OTHERS.iter().map(|(name, _)| *name);
        let Some((times, statistic)) = name.split_once('.').filter(|_| !is_percentile(name)) else {
            return Err(unknown(name, STATISTICS.into_iter().chain(others)));
        };
        let Some((_, times)) = TIMES.iter().find(|(known, _)| *known == times) else {
            return Err(unknown(times, TIMES.iter().map(|(name, _)| *name)));
        };
        let known = Statistic::parse(statistic);
        let statistic = known.ok_or_else(|| unknown(statistic, STATISTICS))?;
        Ok(Self::Time(*times, statistic))
    }

    /// # Errors
    /// Why a run by this plan is not going to have it.
    pub fn check(self, plan: &Plan) -> Result<(), &'static str> {
        let Self::Time(times, _) = self else {
            return Ok(());
        };
        match times {
            Times::Service | Times::Delay if plan.stages().is_none() => {
                Err("only an open loop has it; --rate makes one")
            }
            Times::First | Times::Between if !plan.has_many_replies() => {
                Err("only methods that reply with a stream have it")
            }
            Times::Message if !plan.ping_pong => Err("only streams with --ping-pong have it"),
            _ => Ok(()),
        }
    }

    /// Microseconds, calls a second, or a number of calls; `None` if the run has no such figure.
    pub fn value(self, figures: &Figures) -> Option<f64> {
        match self {
            Self::Time(times, statistic) => statistic.of(times.of(figures)?),
            Self::Count(count) => Some(real(count.of(figures))),
            Self::Rate => Some(figures.rate),
        }
    }
}

fn is_percentile(name: &str) -> bool {
    let number = name.strip_prefix('p');
    number.is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()))
}

fn unknown<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match did_you_mean(nearest(name, names.iter().copied())) {
        Some(question) => format!("unknown figure {name:?}: {question}"),
        None => format!(
            "unknown figure {name:?}: expected one of {}",
            names.join(", ")
        ),
    }
}

impl Times {
    pub fn of(self, figures: &Figures) -> Option<&Distribution> {
        match self {
            Self::Latency => Some(&figures.latency),
            Self::Service => figures.service_time.as_ref(),
            Self::Delay => figures.delay.as_ref(),
            Self::First => figures.first_message.as_ref(),
            Self::Between => figures.between_messages.as_ref(),
            Self::Message => figures.message.as_ref(),
        }
    }
}

impl Statistic {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "min" => Self::Min,
            "mean" => Self::Mean,
            "deviation" => Self::Deviation,
            "max" => Self::Max,
            name if is_percentile(name) => {
                let percent = name.get(1..)?.parse().ok()?;
                (0.0..=100.0).contains(&percent).then_some(())?;
                Self::Percentile(percent)
            }
            _ => return None,
        })
    }

    /// In microseconds; `None` if there are no times.
    pub fn of(self, times: &Distribution) -> Option<f64> {
        match self {
            Self::Min => times.min().map(real),
            Self::Mean => times.mean(),
            Self::Deviation => times.deviation(),
            Self::Percentile(percent) => times.percentile(percent).map(real),
            Self::Max => times.max().map(real),
        }
    }
}

impl Count {
    pub fn of(self, figures: &Figures) -> u64 {
        let calls = &figures.calls;
        match self {
            Self::Ok => calls.ok,
            Self::Failed => calls.failed,
            Self::CutOff => calls.cut_off,
            Self::Late => calls.late,
            Self::Dropped => calls.dropped,
        }
    }

    /// What 100 % of it are: the calls that ended, were sent or were due.
    pub fn all(self, figures: &Figures) -> u64 {
        let calls = &figures.calls;
        match self {
            Self::Ok | Self::Failed => calls.ended(),
            Self::CutOff | Self::Late => calls.started,
            Self::Dropped => calls.started + calls.dropped,
        }
    }

    /// In percent; `None` if there are no calls.
    pub fn percent(self, figures: &Figures) -> Option<f64> {
        let all = self.all(figures);
        (all > 0).then(|| 100.0 * real(self.of(figures)) / real(all))
    }
}

/// As it is written in a threshold.
impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (times, statistic) = match self {
            Self::Time(times, statistic) => (times, statistic),
            other => {
                let name = OTHERS.iter().find(|(_, known)| known == other);
                return f.write_str(name.map_or("", |(name, _)| name));
            }
        };
        let name = TIMES.iter().find(|(_, known)| known == times);
        if let Some((name, _)) = name.filter(|_| *times != Times::Latency) {
            write!(f, "{name}.")?;
        }
        match statistic {
            Statistic::Min => f.write_str("min"),
            Statistic::Mean => f.write_str("mean"),
            Statistic::Deviation => f.write_str("deviation"),
            Statistic::Percentile(percent) => write!(f, "p{percent}"),
            Statistic::Max => f.write_str("max"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_shown_as_it_is_written() {
        for name in [
            "p50",
            "p99.9",
            "p100",
            "min",
            "mean",
            "deviation",
            "max",
            "rate",
            "errors",
            "ok",
            "cut_off",
            "late",
            "dropped",
            "service.p99",
            "delay.p99.99",
            "first.mean",
            "between.max",
            "message.p1",
        ] {
            assert_eq!(Named::parse(name).unwrap().to_string(), name);
        }
        assert_eq!(Named::parse("latency.p99"), Named::parse("p99"));
        assert_eq!(Named::parse("failed"), Named::parse("errors"));
    }

    #[test]
    fn an_unknown_figure_gets_the_nearest_name() {
        for (name, why) in [
            ("erors", "unknown figure \"erors\": did you mean errors?"),
            (
                "servce.p99",
                "unknown figure \"servce\": did you mean service?",
            ),
            (
                "service.maximum",
                "unknown figure \"maximum\": did you mean max?",
            ),
        ] {
            assert_eq!(Named::parse(name), Err(why.to_owned()));
        }
        let why = Named::parse("speed").unwrap_err();
        assert!(why.contains("expected one of p50, p90"), "{why}");
        for name in ["p101", "p-1", "p", "p99.9.9", "", "p99.x"] {
            assert!(Named::parse(name).is_err(), "{name}");
        }
    }
}
