//! The code of a response that has no code of its own.

use http::StatusCode;
use tonic::Code;

/// http-grpc-status-mapping, whose table is Connect's ("HTTP to Error Code") too.
pub fn code_of_http(status: StatusCode) -> Code {
    match status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_inferred_from_the_http_status() {
        for (http, code) in [
            (400, Code::Internal),
            (401, Code::Unauthenticated),
            (403, Code::PermissionDenied),
            (404, Code::Unimplemented),
            (429, Code::Unavailable),
            (502, Code::Unavailable),
            (503, Code::Unavailable),
            (504, Code::Unavailable),
            (200, Code::Unknown),
            (302, Code::Unknown),
            (409, Code::Unknown),
            (499, Code::Unknown),
            (500, Code::Unknown),
        ] {
            let status = StatusCode::from_u16(http).unwrap();
            assert_eq!(code_of_http(status), code, "{http}");
        }
    }
}
