//! The arguments of `serve` about TLS.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};

/// How the server proves who it is, and who may connect.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS")]
pub struct ServeTlsArgs {
    /// Serve TLS (1.2 and 1.3) on TCP with this certificate: PEM, then those between it and its authority
    ///
    /// The files are read again when they change, and at SIGHUP; open connections go on. Unix sockets stay in plaintext.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "key")]
    pub cert: Option<PathBuf>,

    /// The certificate's private key: PEM, not encrypted
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "cert")]
    pub key: Option<PathBuf>,

    /// Require a client certificate that an authority in this PEM file has issued
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "cert")]
    pub client_ca: Option<PathBuf>,

    /// Accept only client certificates for this name; may be repeated
    ///
    /// A certificate's names are the DNS names and URIs among its alternative names, or if there are none, its common
    /// name.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new(), requires = "client_ca")]
    pub client_name: Vec<String>,
}
