//! The schema that inputs are read with: one of everything.

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;
use routeguide::protobuf::{LayoutId, Layouts};

static LAYOUTS: LazyLock<(Layouts, LayoutId)> = LazyLock::new(|| {
    let schemas = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/schemas");
    let files = protox::compile(["rich.proto"], [schemas]).expect("the tests' schema");
    let pool = DescriptorPool::from_file_descriptor_set(files).expect("the tests' schema");
    let mut layouts = Layouts::new(pool);
    let id = layouts.find("rich.Everything").expect("its message");
    (layouts, id)
});

pub fn everything() -> (Layouts, LayoutId) {
    LAYOUTS.clone()
}
