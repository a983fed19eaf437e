//! `traceparent`: the trace that a call is part of (W3C Trace Context, section 3.2).

/// The trace and the span that a client calls from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: String,
    parent_id: String,
    is_sampled: bool,
}

impl TraceContext {
    /// Reads the header. A version that is not known yet may have more after the flags.
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.splitn(5, '-');
        let [version, trace_id, parent_id, flags] = [
            hex(parts.next()?, 2)?,
            hex(parts.next()?, 32)?,
            hex(parts.next()?, 16)?,
            hex(parts.next()?, 2)?,
        ];
        let has_more = parts.next().is_some();
        let is_zero = |id: &str| id.bytes().all(|digit| digit == b'0');
        if version == "ff"
            || (version == "00" && has_more)
            || is_zero(trace_id)
            || is_zero(parent_id)
        {
            return None;
        }
        Some(Self {
            trace_id: trace_id.to_owned(),
            parent_id: parent_id.to_owned(),
            is_sampled: u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1),
        })
    }

    /// 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        &self.trace_id
    }

    /// The span of the client, 16 hexadecimal digits.
    #[cfg(any(test, feature = "otlp"))]
    pub fn parent_id(&self) -> &str {
        &self.parent_id
    }

    /// Whether the client records its span.
    #[cfg(any(test, feature = "otlp"))]
    pub fn is_sampled(&self) -> bool {
        self.is_sampled
    }
}

/// This many hexadecimal digits in lower case.
fn hex(text: &str, len: usize) -> Option<&str> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == len && text.bytes().all(is_digit)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn a_valid_header_has_a_trace_and_a_parent() {
        let context = TraceContext::parse(&format!("00-{TRACE}-00f067aa0ba902b7-01"));
        let context = context.expect("a context");
        assert_eq!(context.trace_id(), TRACE);
        assert_eq!(context.parent_id(), "00f067aa0ba902b7");
        assert!(context.is_sampled());
        let later = format!("cc-{TRACE}-00f067aa0ba902b7-00-what-the-future-holds");
        assert!(!TraceContext::parse(&later).expect("a context").is_sampled());
    }

    #[test]
    fn any_other_header_is_ignored() {
        for header in [
            String::new(),
            TRACE.to_owned(),
            format!("00-{TRACE}-00f067aa0ba902b7"),
            format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
            format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-0000000000000000-01"),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01".to_owned(),
            format!("00-{TRACE}-é0f067aa0ba902b7-01"),
        ] {
            assert_eq!(TraceContext::parse(&header), None, "{header}");
        }
    }
}
