//! The codes of errors ("Error Codes").

use http::StatusCode;
use tonic::Code;

/// The codes of errors, their names and the HTTP statuses of unary responses with them.
const CODES: [(Code, &str, u16); 16] = [
    (Code::Cancelled, "canceled", 499),
    (Code::Unknown, "unknown", 500),
    (Code::InvalidArgument, "invalid_argument", 400),
    (Code::DeadlineExceeded, "deadline_exceeded", 504),
    (Code::NotFound, "not_found", 404),
    (Code::AlreadyExists, "already_exists", 409),
    (Code::PermissionDenied, "permission_denied", 403),
    (Code::ResourceExhausted, "resource_exhausted", 429),
    (Code::FailedPrecondition, "failed_precondition", 400),
    (Code::Aborted, "aborted", 409),
    (Code::OutOfRange, "out_of_range", 400),
    (Code::Unimplemented, "unimplemented", 501),
    (Code::Internal, "internal", 500),
    (Code::Unavailable, "unavailable", 503),
    (Code::DataLoss, "data_loss", 500),
    (Code::Unauthenticated, "unauthenticated", 401),
];

/// The name of a code. OK has none, for an error never has it.
pub fn name_of_code(code: Code) -> &'static str {
    let found = CODES.iter().find(|(known, ..)| *known == code);
    found.map_or("unknown", |(_, name, _)| name)
}

/// The code with this name. There are no other codes, and no numbers.
pub fn code_named(name: &str) -> Option<Code> {
    let found = CODES.iter().find(|(_, known, _)| *known == name);
    found.map(|(code, ..)| *code)
}

/// The HTTP status of a unary response with this code.
pub fn http_status(code: Code) -> StatusCode {
    let found = CODES.iter().find(|(known, ..)| *known == code);
    let status = found.and_then(|(_, _, status)| StatusCode::from_u16(*status).ok());
    status.unwrap_or(StatusCode::OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_but_ok_has_a_name_of_its_own_and_a_status() {
        for number in 1..=16 {
            let code = Code::from_i32(number);
            assert_eq!(code_named(name_of_code(code)), Some(code));
            assert!(http_status(code).as_u16() >= 400, "{code:?}");
        }
        assert_eq!(http_status(Code::Ok), StatusCode::OK);
    }

    #[test]
    fn cancelled_is_spelled_as_in_the_specification() {
        assert_eq!(name_of_code(Code::Cancelled), "canceled");
        assert_eq!(http_status(Code::Cancelled).as_u16(), 499);
    }

    #[test]
    fn only_these_names_are_codes() {
        for name in ["", "ok", "CANCELED", "cancelled", "5", "code_5", "NotFound"] {
            assert_eq!(code_named(name), None, "{name}");
        }
    }
}
