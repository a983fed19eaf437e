//! The protocol arguments as values.

use super::settings::{choice, or, placed};
use crate::call::Manner;
use crate::cli::{CodecArg, HttpArg, ProtocolArg, ProtocolArgs};
use crate::config::{Key, Settings};
use crate::error::{Error, Result};
use crate::protocol::{Codec, Protocol, Wire};
use crate::transport::HttpVersions;

/// How calls are written, and which versions of HTTP they may go over.
///
/// # Errors
/// When arguments contradict one another, or a setting is not valid.
pub fn manner(args: &ProtocolArgs, settings: &Settings) -> Result<(Manner, HttpVersions)> {
    let protocol = choice(args.protocol, settings, Key::Protocol)?;
    let wire = match protocol.unwrap_or(ProtocolArg::Grpc) {
        ProtocolArg::Grpc => Wire::Grpc,
        ProtocolArg::GrpcWeb => Wire::Web,
        ProtocolArg::GrpcWebText => Wire::WebText,
        ProtocolArg::Connect => Wire::ConnectStream,
    };
    let codec = match choice(args.codec, settings, Key::Codec)? {
        None | Some(CodecArg::Proto) => Codec::Proto,
        Some(CodecArg::Json) => Codec::Json,
    };
    // What is set for one protocol does not count for another that is asked for.
    let is_other = |key| args.protocol.is_some() && settings.get(key).is_some();
    let is_grpc = wire == Wire::Grpc;
    let http = match choice(args.http, settings, Key::Http)? {
        Some(HttpArg::Http1) if is_grpc && args.http.is_none() && is_other(Key::Http) => None,
        Some(HttpArg::Http1) if is_grpc => {
            return Err(Error::usage("gRPC needs HTTP/2, and --http is 1.1")
                .hinted("--protocol grpc-web and --protocol connect are for HTTP/1.1, too"));
        }
        http => http,
    };
    let versions = match http {
        _ if is_grpc => HttpVersions::Http2,
        None | Some(HttpArg::Auto) => HttpVersions::Auto,
        Some(HttpArg::Http1) => HttpVersions::Http1,
        Some(HttpArg::Http2) => HttpVersions::Http2,
    };
    let is_connect = wire.protocol() == Protocol::Connect;
    let mut uses_get = args.get || settings.flag(Key::Get)?;
    if uses_get && !is_connect {
        if args.get || !is_other(Key::Get) {
            return Err(Error::usage("--get is for Connect").hinted("add --protocol connect"));
        }
        uses_get = false;
    }
    let manner = Manner::new(wire, codec, uses_get);
    let base_path = or(args.base_path.clone(), || settings.text(Key::BasePath))?;
    let manner = match base_path {
        Some(path) => {
            let is_given = args.base_path.is_some();
            placed(manner.below(&path), is_given, settings, Key::BasePath)?
        }
        None => manner,
    };
    Ok((manner, versions))
}
