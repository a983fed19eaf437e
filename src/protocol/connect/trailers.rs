//! Trailers of a unary response, which are headers with a prefix ("Unary-Response").

use http::{HeaderMap, HeaderName};

const PREFIX: &str = "trailer-";

/// Adds trailers to the headers of a response. One whose name would be too long is left out.
pub fn join_trailers(headers: &mut HeaderMap, trailers: &HeaderMap) {
    for (name, value) in trailers {
        if let Ok(name) = HeaderName::try_from(format!("{PREFIX}{name}")) {
            // Fails only if there are tens of thousands.
            let _ = headers.try_append(name, value.clone());
        }
    }
}

/// Takes the trailers out of the headers of a response.
pub fn split_trailers(headers: &mut HeaderMap) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    let names: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with(PREFIX))
        .cloned()
        .collect();
    for name in names {
        let bare = name.as_str().strip_prefix(PREFIX).unwrap_or_default();
        let Ok(bare) = HeaderName::try_from(bare) else {
            // Nothing follows the prefix: it is some other header.
            continue;
        };
        for value in headers.get_all(&name) {
            let _ = trailers.try_append(bare.clone(), value.clone());
        }
        headers.remove(name);
    }
    trailers
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn map(fields: &[(&str, &'static str)]) -> HeaderMap {
        let fields = fields.iter();
        fields
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn trailers_are_headers_with_a_prefix() {
        let mut headers = map(&[("a", "1")]);
        join_trailers(
            &mut headers,
            &map(&[("a", "2"), ("b-bin", "+/8"), ("a", "3")]),
        );
        let expected = map(&[
            ("a", "1"),
            ("trailer-a", "2"),
            ("trailer-b-bin", "+/8"),
            ("trailer-a", "3"),
        ]);
        assert_eq!(headers, expected);
    }

    #[test]
    fn headers_and_trailers_are_split_again() {
        let mut headers = map(&[("a", "1"), ("Trailer-A", "2"), ("trailer-a", "3")]);
        assert_eq!(split_trailers(&mut headers), map(&[("a", "2"), ("a", "3")]));
        assert_eq!(headers, map(&[("a", "1")]));
    }

    #[test]
    fn the_header_trailer_of_http_stays() {
        let http = map(&[("trailer", "x"), ("trailer-", "y"), ("trailers", "z")]);
        let mut headers = http.clone();
        assert!(split_trailers(&mut headers).is_empty());
        assert_eq!(headers, http);
    }
}
