//! What browsers ask before a page of another origin may call (the Fetch standard, "CORS protocol"). gRPC-Web and Connect are
//! for browsers, so their headers are known here.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Uri};

use crate::error::{Error, Result};

/// What pages may read of a response.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "grpc-status, grpc-message, grpc-status-details-bin, grpc-encoding, grpc-accept-encoding, \
     connect-content-encoding, connect-accept-encoding",
);

/// How long browsers may remember an answer, in seconds. None takes more than two hours.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

const ANY: &str = "*";

/// The origins whose pages may call.
#[derive(Clone, Debug, Default)]
pub struct Origins(Vec<HeaderValue>);

/// What becomes of a request that may be of a page.
pub enum Asked {
    /// It is a call. These headers are added to the response.
    Call(Option<Box<HeaderMap>>),
    /// It asks whether a call may be made, which it may: the headers of the answer.
    Permitted(Box<HeaderMap>),
    /// It may not.
    Refused,
}

impl Origins {
    /// `*`, or the scheme, the host and, if it is not the scheme's, the port of each.
    ///
    /// # Errors
    /// When one is not an origin.
    pub fn new(origins: &[String]) -> Result<Self> {
        origins
            .iter()
            .map(|text| origin(text))
            .collect::<Result<_>>()
            .map(Self)
    }

    fn has(&self, origin: &HeaderValue) -> bool {
        self.0.iter().any(|known| known == origin || *known == *ANY)
    }

    /// What a cache has to know of a response to no page of theirs: it differs by origin. Only responses to GET are kept.
    fn varying(&self, parts: &Parts) -> Option<Box<HeaderMap>> {
        if self.0.is_empty() || parts.method != Method::GET {
            return None;
        }
        let vary = [(VARY, HeaderValue::from(ORIGIN))];
        Some(Box::new(vary.into_iter().collect()))
    }

    /// What a request asks.
    pub fn asked(&self, parts: &Parts) -> Asked {
        let Some(origin) = parts.headers.get(ORIGIN) else {
            return Asked::Call(self.varying(parts));
        };
        let is_question = parts.method == Method::OPTIONS
            && parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if !self.has(origin) {
            return if is_question {
                Asked::Refused
            } else {
                Asked::Call(self.varying(parts))
            };
        }
        let mut headers = HeaderMap::with_capacity(5);
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(VARY, HeaderValue::from(ORIGIN));
        if !is_question {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
            return Asked::Call(Some(Box::new(headers)));
        }
        let methods = HeaderValue::from_static("GET, POST");
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        // Calls may have any metadata.
        if let Some(wanted) = parts.headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        }
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        Asked::Permitted(Box::new(headers))
    }
}

fn origin(text: &str) -> Result<HeaderValue> {
    let bad = || {
        Error::usage(format!("{text:?} is not a valid origin"))
            .hinted("write it as browsers do: https://example.com, or http://localhost:8080; or '*' for all")
    };
    let value = HeaderValue::from_str(text).map_err(|_| bad())?;
    if text == ANY {
        return Ok(value);
    }
    let uri: Uri = text.parse().map_err(|_| bad())?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let (Some(authority), true) = (uri.authority(), is_web) else {
        return Err(bad());
    };
    let scheme = uri.scheme_str().unwrap_or_default();
    // Browsers send nothing else: no path, no user, and lower case.
    if text != format!("{scheme}://{}", authority.as_str().to_ascii_lowercase())
        || authority.as_str().contains('@')
    {
        return Err(bad());
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn asked(allowed: &[&str], request: http::request::Builder) -> Asked {
        let allowed: Vec<String> = allowed.iter().map(|&origin| origin.to_owned()).collect();
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Origins::new(&allowed).unwrap().asked(&parts)
    }

    fn question(origin: &str) -> http::request::Builder {
        Request::options("/RouteGuide/GetPerson")
            .header(ORIGIN, origin)
            .header(ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .header(ACCESS_CONTROL_REQUEST_HEADERS, "content-type,x-token")
    }

    #[test]
    fn a_page_of_an_allowed_origin_may_call_with_any_metadata() {
        let Asked::Permitted(headers) =
            asked(&["https://a.example"], question("https://a.example"))
        else {
            panic!("not permitted");
        };
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "https://a.example");
        assert_eq!(
            headers[ACCESS_CONTROL_ALLOW_HEADERS],
            "content-type,x-token"
        );
        assert_eq!(headers[VARY], "origin");
    }

    #[test]
    fn a_page_of_another_origin_may_not() {
        for allowed in [&[][..], &["https://a.example"], &["https://a.example:444"]] {
            let other = asked(allowed, question("https://b.example"));
            assert!(matches!(other, Asked::Refused), "{allowed:?}");
        }
    }

    #[test]
    fn a_star_allows_all_origins() {
        let asked = asked(&["*"], question("https://b.example"));
        assert!(matches!(asked, Asked::Permitted(_)));
    }

    #[test]
    fn the_response_to_a_page_says_what_it_may_read() {
        let call = Request::post("/").header(ORIGIN, "https://a.example");
        let Asked::Call(Some(headers)) = asked(&["https://a.example"], call) else {
            panic!("no headers");
        };
        let exposed = headers[ACCESS_CONTROL_EXPOSE_HEADERS].to_str().unwrap();
        assert!(exposed.contains("grpc-status"), "{exposed}");
        let without_origin = asked(&["https://a.example"], Request::post("/"));
        assert!(matches!(without_origin, Asked::Call(None)));
    }

    #[test]
    fn a_response_that_may_be_cached_differs_by_origin_whoever_asks() {
        let get = || Request::get("/");
        for request in [get(), get().header(ORIGIN, "https://b.example")] {
            let Asked::Call(Some(headers)) = asked(&["https://a.example"], request) else {
                panic!("no headers");
            };
            assert_eq!(headers[VARY], "origin");
        }
        assert!(matches!(asked(&[], get()), Asked::Call(None)));
    }

    #[test]
    fn what_browsers_never_send_is_not_an_origin() {
        for text in [
            "",
            "example.com",
            "https://",
            "https://example.com/",
            "https://Example.com",
            "https://user@example.com",
            "ftp://example.com",
            "https://example.com/path",
            "null",
            "**",
        ] {
            assert!(Origins::new(&[text.to_owned()]).is_err(), "{text:?}");
        }
    }
}
