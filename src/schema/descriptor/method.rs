//! What the options of a method say.

use prost_reflect::MethodDescriptor;
use prost_reflect::prost_types::MethodOptions;
use prost_reflect::prost_types::method_options::IdempotencyLevel;

/// Whether a method has `option idempotency_level = NO_SIDE_EFFECTS`, so that its requests may be in URLs, which caches answer
/// and proxies try again.
pub fn has_no_side_effects(method: &MethodDescriptor) -> bool {
    let options = method.method_descriptor_proto().options.as_ref();
    let level = options.map(MethodOptions::idempotency_level);
    level == Some(IdempotencyLevel::NoSideEffects)
}
