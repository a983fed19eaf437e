//! Whether Enter sends a line.

use std::sync::Arc;

use reedline::ValidationResult;

use super::Assist;

pub(super) struct Validator(pub(super) Arc<dyn Assist>);

impl reedline::Validator for Validator {
    fn validate(&self, line: &str) -> ValidationResult {
        if self.0.is_complete(line) {
            ValidationResult::Complete
        } else {
            ValidationResult::Incomplete
        }
    }
}
