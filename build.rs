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
    // Calls need neither the comments nor the options: for one option, prost-reflect makes a pool of all well-known types.
    let mut bare = compiler.file_descriptor_set();
    for file in &mut bare.file {
        file.source_code_info = None;
        for method in file.service.iter_mut().flat_map(|it| &mut it.method) {
            method.options = None;
        }
    }
    fs::write(out_dir.join("bare.binpb"), bare.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(compiler.file_descriptor_set())?;

    let mut health = protox::Compiler::new(["protos"])?;
    health
        .include_source_info(true)
        .open_file("grpc/health/v1/health.proto")?;
    fs::write(
        out_dir.join("health.binpb"),
        health.encode_file_descriptor_set(),
    )?;
    // The server has its own layer for calls, and the client makes calls by descriptor.
    tonic_prost_build::configure()
        .build_client(false)
        .build_server(false)
        .compile_fds(health.file_descriptor_set())?;
    Ok(())
}
