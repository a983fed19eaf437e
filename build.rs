//! Compiles `protos/` with protox, so that the build does not need protoc. Writes the descriptor set that the program
//! embeds, with comments and imports, and generates the types and service stubs from it.

use prost::Message as _;
use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=protos");
    let mut compiler = protox::Compiler::new(["protos"])?;
    compiler
        .include_source_info(true)
        .include_imports(true)
        .open_files(["route_guide.proto", "person.proto"])?;

    let out_dir = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    fs::write(
        out_dir.join("routeguide.binpb"),
        compiler.encode_file_descriptor_set(),
    )?;
    // Calls do not need the comments.
    let mut bare = compiler.file_descriptor_set();
    for file in &mut bare.file {
        file.source_code_info = None;
    }
    fs::write(out_dir.join("bare.binpb"), bare.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
