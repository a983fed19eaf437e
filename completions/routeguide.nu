module completions {

  # Serve RouteGuide over gRPC, and call it from shell pipelines
  export extern routeguide [
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete routeguide serve missing" [] {
    [ "reply" "status" ]
  }

  def "nu-complete routeguide serve protocols" [] {
    [ "grpc" "grpc-web" "connect" ]
  }

  def "nu-complete routeguide serve log_format" [] {
    [ "text" "json" ]
  }

  def "nu-complete routeguide serve log" [] {
    [ "error" "warn" "info" "debug" ]
  }

  # Run the RouteGuide server
  export extern "routeguide serve" [
    --listen(-l): string      # Where to listen: host:port, [::1]:port, :port (loopback) or unix:PATH; may be repeated
    --port(-p): string        # Refused with a tip: the port is part of --listen
    --people: path            # Serve these people instead of Alice and Bob: a file, sqlite:PATH or postgres://HOST/DATABASE
    --wait: string            # How long to wait at the start until the database of --people can be reached and has its tables
    --missing: string@"nu-complete routeguide serve missing" # How GetPerson answers an unknown name
    --grace: string           # How long calls in flight may continue after a signal to stop
    --drain-delay: string     # How long to go on taking calls after a signal to stop, while health already reports NOT_SERVING
    --threads: string         # Threads that serve connections; as many as the machine has cores by default
    --auth-token-file: path   # Answer only calls with a bearer token of this file, which has one on each line; health needs none
    --protocols: string@"nu-complete routeguide serve protocols" # The protocols to answer, separated by commas; all of them share the port
    --allow-origin: string    # Let pages of this origin (scheme://host or scheme://host:port) call from a browser (CORS); repeatable
    --no-reflection           # Do not describe the services to clients that ask
    --check                   # Read all configuration, say what would be served, and exit with 0 or 1; nothing is bound
    --verbose(-v)             # Print a line for every call on stderr
    --quiet(-q)               # Print only errors on stderr
    --cert: path              # Serve TLS (1.2 and 1.3) on TCP with this certificate: PEM, then those between it and its authority
    --key: path               # The certificate's private key: PEM, not encrypted
    --client-ca: path         # Require a client certificate that an authority in this PEM file has issued
    --client-name: string     # Accept only client certificates for this name; may be repeated
    --max-connections: string # Connections at the same time; more are refused with GOAWAY
    --max-connections-per-peer: string # Connections of one address at the same time; proxies share one
    --max-streams: string     # Calls at the same time on a connection
    --max-message-size: string # Size of a request message, decompressed; by default a name may have 64KiB
    --max-header-list: string # Size of the headers of a call
    --handshake-timeout: string # Time for TLS and the first frame of a connection, and for the headers of a call
    --keepalive-interval: string # Send a PING on a connection that has been silent for this long
    --keepalive-timeout: string # Close a connection whose PING is not answered in this time
    --min-ping-interval: string # Close a connection that sends a third PING earlier than this after another
    --max-stream-idle: string # End a call without a message for this long with UNAVAILABLE, except watches of health; or off
    --max-call-time: string   # End a call that takes longer with DEADLINE_EXCEEDED; or off
    --max-connection-age: string # Ask a connection to leave after this time, a tenth more or less; or off
    --max-connection-age-grace: string # End the calls of such a connection with UNAVAILABLE after this time; or off
    --max-resets: string      # Close a connection that cancels more calls than this, beyond as many as were completed
    --log-format: string@"nu-complete routeguide serve log_format" # How lines on stderr look
    --log: string@"nu-complete routeguide serve log" # Print lines of this level and above on stderr; debug shows what libraries do, too
    --metrics: string         # Serve metrics for Prometheus at host:port or :port (loopback), with /healthz and /readyz beside them
    --otlp: string            # Send traces and metrics to the OpenTelemetry collector at this URL, by OTLP over gRPC; needs a build with the feature otlp
    --help(-h)                # Print help (see more with '--help')
    ...rest: string           # Refused, with a tip if it is an address
  ]

  def "nu-complete routeguide get-person compress" [] {
    [ "gzip" "deflate" "zstd" ]
  }

  def "nu-complete routeguide get-person protocol" [] {
    [ "grpc" "grpc-web" "grpc-web-text" "connect" ]
  }

  def "nu-complete routeguide get-person codec" [] {
    [ "proto" "json" ]
  }

  def "nu-complete routeguide get-person http" [] {
    [ "auto" "1.1" "2" ]
  }

  def "nu-complete routeguide get-person output" [] {
    [ "text" "json" "envelope" "raw" ]
  }

  def "nu-complete routeguide get-person int64_numbers" [] {
    [ "all" "safe" ]
  }

  def "nu-complete routeguide get-person color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete routeguide get-person error_format" [] {
    [ "text" "json" ]
  }

  # Look up a person
  export extern "routeguide get-person" [
    --addr(-a): string        # The server: host:port, :port, [::1]:port, https://host:port for TLS, dns:///host:port or unix:PATH [env: ROUTEGUIDE_ADDR] [default: localhost:50051]
    --plaintext               # Accepted for grpcurl's users: without https://, calls are in plaintext anyway
    --port(-p): string        # Refused with a tip: the port is part of -a
    --in-process              # Call a RouteGuide server inside this process: no port, no second terminal
    --header(-H): string      # Metadata to send with calls and reflection; may be repeated. Values of -bin names are base64. @FILE reads a header a line, and ${VAR} is a variable of the environment
    --max-message-size: string # The largest message to send or accept, in bytes or with a unit: 64KiB, 4MiB [default: 4MiB]
    --people: path            # With --in-process: serve these people instead of Alice and Bob: a file, sqlite:PATH or postgres://HOST/DATABASE
    --connect-timeout: string # How long an attempt to connect or an answer of the reflection may take [default: 10s]
    --timeout: string         # The call's deadline, including connecting; in a batch, of each call; sent to the server as grpc-timeout
    --wait: string            # Keep trying to connect for this long
    --resolve: string         # The addresses of a host: HOST:PORT:ADDRESS[,ADDRESS]; may be repeated
    --connect-to: string      # Connect to another host and port: HOST:PORT:TO-HOST:TO-PORT, where an empty part means any, or the same; may be repeated
    --proxy: string           # The proxy: http://, https://, socks5:// or socks5h://[user:password@]host:port; none with an empty text [env: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY]
    --compress: string@"nu-complete routeguide get-person compress" # Compress requests; compressed replies are always accepted
    --user-agent: string      # The value of the user-agent header
    --keepalive: string       # Send a PING at this interval while calls are open, and give the connection up if it is not answered; at least 10s
    --retry: string           # Try a call again this often: if the server has not acted on it, or if it was UNAVAILABLE before any reply [default: 0]
    --profile: string         # Take settings from this profile of the configuration file; see routeguide config [env: ROUTEGUIDE_PROFILE]
    --authority: string       # The value of :authority for calls, instead of the address
    --protocol: string@"nu-complete routeguide get-person protocol" # The protocol of calls and of reflection [default: grpc]
    --codec: string@"nu-complete routeguide get-person codec" # How messages are written on the wire [default: proto]
    --http: string@"nu-complete routeguide get-person http" # The version of HTTP for gRPC-Web and Connect; gRPC has HTTP/2 [default: auto]
    --get                     # Connect: send the request in the URL of a GET, for methods without side effects
    --base-path: string       # The path below which services are: /api
    --cacert: path            # Trust the certificates in this PEM file instead of the system's
    --cert: path              # The client's certificate: PEM, or PKCS#12 with its key
    --key: path               # The key of --cert, in PEM, if it is in a file of its own
    --key-password-file: path # The file of the password of --key, or of a PKCS#12 file
    --insecure                # Accept any certificate of the server, not of a proxy: whoever is in between can read and change everything
    --server-name: string     # The name to ask for, and to expect in the certificate, instead of the address's host
    --output(-o): string@"nu-complete routeguide get-person output" # How to print replies [env: ROUTEGUIDE_OUTPUT] [default: json for call, text for get-*]
    --pretty                  # Indent messages, even when stdout is not a terminal
    --compact                 # One message per line, even on a terminal
    --emit-defaults           # Also print fields that have their default value
    --proto-names             # JSON: field names as in the .proto file, not in lowerCamelCase
    --enum-numbers            # JSON: enum values as numbers
    --int64-numbers: string@"nu-complete routeguide get-person int64_numbers" # JSON: integers of 64 bits as numbers, not as strings; with =safe, one that JavaScript would round is an error
    --color: string@"nu-complete routeguide get-person color" # When to use color [default: auto]
    --verbose(-v)             # Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    --quiet(-q)               # Print only errors on stderr
    --error-format: string@"nu-complete routeguide get-person error_format" # How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    --help(-h)                # Print help (see more with '--help')
    name: string              # Name of the person
    ...rest: string           # Refused, with a tip if there is an address
  ]

  def "nu-complete routeguide get-people compress" [] {
    [ "gzip" "deflate" "zstd" ]
  }

  def "nu-complete routeguide get-people protocol" [] {
    [ "grpc" "grpc-web" "grpc-web-text" "connect" ]
  }

  def "nu-complete routeguide get-people codec" [] {
    [ "proto" "json" ]
  }

  def "nu-complete routeguide get-people http" [] {
    [ "auto" "1.1" "2" ]
  }

  def "nu-complete routeguide get-people output" [] {
    [ "text" "json" "envelope" "raw" ]
  }

  def "nu-complete routeguide get-people int64_numbers" [] {
    [ "all" "safe" ]
  }

  def "nu-complete routeguide get-people color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete routeguide get-people error_format" [] {
    [ "text" "json" ]
  }

  # Look up people over one stream, each as soon as its name arrives
  export extern "routeguide get-people" [
    --null(-0)                # Names on stdin end with NUL, not with a newline
    --strict                  # Exit 69 if a name had no reply
    --max-messages(-n): string # Stop after N replies
    --addr(-a): string        # The server: host:port, :port, [::1]:port, https://host:port for TLS, dns:///host:port or unix:PATH [env: ROUTEGUIDE_ADDR] [default: localhost:50051]
    --plaintext               # Accepted for grpcurl's users: without https://, calls are in plaintext anyway
    --port(-p): string        # Refused with a tip: the port is part of -a
    --in-process              # Call a RouteGuide server inside this process: no port, no second terminal
    --header(-H): string      # Metadata to send with calls and reflection; may be repeated. Values of -bin names are base64. @FILE reads a header a line, and ${VAR} is a variable of the environment
    --max-message-size: string # The largest message to send or accept, in bytes or with a unit: 64KiB, 4MiB [default: 4MiB]
    --people: path            # With --in-process: serve these people instead of Alice and Bob: a file, sqlite:PATH or postgres://HOST/DATABASE
    --connect-timeout: string # How long an attempt to connect or an answer of the reflection may take [default: 10s]
    --timeout: string         # The call's deadline, including connecting; in a batch, of each call; sent to the server as grpc-timeout
    --wait: string            # Keep trying to connect for this long
    --resolve: string         # The addresses of a host: HOST:PORT:ADDRESS[,ADDRESS]; may be repeated
    --connect-to: string      # Connect to another host and port: HOST:PORT:TO-HOST:TO-PORT, where an empty part means any, or the same; may be repeated
    --proxy: string           # The proxy: http://, https://, socks5:// or socks5h://[user:password@]host:port; none with an empty text [env: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY]
    --compress: string@"nu-complete routeguide get-people compress" # Compress requests; compressed replies are always accepted
    --user-agent: string      # The value of the user-agent header
    --keepalive: string       # Send a PING at this interval while calls are open, and give the connection up if it is not answered; at least 10s
    --retry: string           # Try a call again this often: if the server has not acted on it, or if it was UNAVAILABLE before any reply [default: 0]
    --profile: string         # Take settings from this profile of the configuration file; see routeguide config [env: ROUTEGUIDE_PROFILE]
    --authority: string       # The value of :authority for calls, instead of the address
    --protocol: string@"nu-complete routeguide get-people protocol" # The protocol of calls and of reflection [default: grpc]
    --codec: string@"nu-complete routeguide get-people codec" # How messages are written on the wire [default: proto]
    --http: string@"nu-complete routeguide get-people http" # The version of HTTP for gRPC-Web and Connect; gRPC has HTTP/2 [default: auto]
    --get                     # Connect: send the request in the URL of a GET, for methods without side effects
    --base-path: string       # The path below which services are: /api
    --cacert: path            # Trust the certificates in this PEM file instead of the system's
    --cert: path              # The client's certificate: PEM, or PKCS#12 with its key
    --key: path               # The key of --cert, in PEM, if it is in a file of its own
    --key-password-file: path # The file of the password of --key, or of a PKCS#12 file
    --insecure                # Accept any certificate of the server, not of a proxy: whoever is in between can read and change everything
    --server-name: string     # The name to ask for, and to expect in the certificate, instead of the address's host
    --output(-o): string@"nu-complete routeguide get-people output" # How to print replies [env: ROUTEGUIDE_OUTPUT] [default: json for call, text for get-*]
    --pretty                  # Indent messages, even when stdout is not a terminal
    --compact                 # One message per line, even on a terminal
    --emit-defaults           # Also print fields that have their default value
    --proto-names             # JSON: field names as in the .proto file, not in lowerCamelCase
    --enum-numbers            # JSON: enum values as numbers
    --int64-numbers: string@"nu-complete routeguide get-people int64_numbers" # JSON: integers of 64 bits as numbers, not as strings; with =safe, one that JavaScript would round is an error
    --color: string@"nu-complete routeguide get-people color" # When to use color [default: auto]
    --verbose(-v)             # Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    --quiet(-q)               # Print only errors on stderr
    --error-format: string@"nu-complete routeguide get-people error_format" # How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    --help(-h)                # Print help (see more with '--help')
    ...names: string          # Names of the people; if there are none, or a single `-`, they are read from stdin
  ]

  def "nu-complete routeguide list compress" [] {
    [ "gzip" "deflate" "zstd" ]
  }

  def "nu-complete routeguide list protocol" [] {
    [ "grpc" "grpc-web" "grpc-web-text" "connect" ]
  }

  def "nu-complete routeguide list codec" [] {
    [ "proto" "json" ]
  }

  def "nu-complete routeguide list http" [] {
    [ "auto" "1.1" "2" ]
  }

  def "nu-complete routeguide list reflection" [] {
    [ "auto" "v1" "v1alpha" "off" ]
  }

  def "nu-complete routeguide list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete routeguide list error_format" [] {
    [ "text" "json" ]
  }

  # List a server's services, or a service's methods
  export extern "routeguide list" [
    --long(-l)                # Show the methods' signatures
    --protoset-out: path      # Write the schema to this file, as a FileDescriptorSet for --protoset and protoc; - is stdout
    --proto-out: directory    # Write the schema to this folder, as .proto files
    --addr(-a): string        # The server: host:port, :port, [::1]:port, https://host:port for TLS, dns:///host:port or unix:PATH [env: ROUTEGUIDE_ADDR] [default: localhost:50051]
    --plaintext               # Accepted for grpcurl's users: without https://, calls are in plaintext anyway
    --port(-p): string        # Refused with a tip: the port is part of -a
    --in-process              # Call a RouteGuide server inside this process: no port, no second terminal
    --header(-H): string      # Metadata to send with calls and reflection; may be repeated. Values of -bin names are base64. @FILE reads a header a line, and ${VAR} is a variable of the environment
    --max-message-size: string # The largest message to send or accept, in bytes or with a unit: 64KiB, 4MiB [default: 4MiB]
    --people: path            # With --in-process: serve these people instead of Alice and Bob: a file, sqlite:PATH or postgres://HOST/DATABASE
    --connect-timeout: string # How long an attempt to connect or an answer of the reflection may take [default: 10s]
    --timeout: string         # The call's deadline, including connecting; in a batch, of each call; sent to the server as grpc-timeout
    --wait: string            # Keep trying to connect for this long
    --resolve: string         # The addresses of a host: HOST:PORT:ADDRESS[,ADDRESS]; may be repeated
    --connect-to: string      # Connect to another host and port: HOST:PORT:TO-HOST:TO-PORT, where an empty part means any, or the same; may be repeated
    --proxy: string           # The proxy: http://, https://, socks5:// or socks5h://[user:password@]host:port; none with an empty text [env: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY]
    --compress: string@"nu-complete routeguide list compress" # Compress requests; compressed replies are always accepted
    --user-agent: string      # The value of the user-agent header
    --keepalive: string       # Send a PING at this interval while calls are open, and give the connection up if it is not answered; at least 10s
    --retry: string           # Try a call again this often: if the server has not acted on it, or if it was UNAVAILABLE before any reply [default: 0]
    --profile: string         # Take settings from this profile of the configuration file; see routeguide config [env: ROUTEGUIDE_PROFILE]
    --authority: string       # The value of :authority for calls, instead of the address
    --protocol: string@"nu-complete routeguide list protocol" # The protocol of calls and of reflection [default: grpc]
    --codec: string@"nu-complete routeguide list codec" # How messages are written on the wire [default: proto]
    --http: string@"nu-complete routeguide list http" # The version of HTTP for gRPC-Web and Connect; gRPC has HTTP/2 [default: auto]
    --get                     # Connect: send the request in the URL of a GET, for methods without side effects
    --base-path: string       # The path below which services are: /api
    --cacert: path            # Trust the certificates in this PEM file instead of the system's
    --cert: path              # The client's certificate: PEM, or PKCS#12 with its key
    --key: path               # The key of --cert, in PEM, if it is in a file of its own
    --key-password-file: path # The file of the password of --key, or of a PKCS#12 file
    --insecure                # Accept any certificate of the server, not of a proxy: whoever is in between can read and change everything
    --server-name: string     # The name to ask for, and to expect in the certificate, instead of the address's host
    --proto: path             # Take the schema from this .proto file instead of asking the server; may be repeated
    --import-path(-I): directory # Where to look for --proto files and their imports; may be repeated
    --protoset: path          # Take the schema from this FileDescriptorSet instead of asking the server; may be repeated
    --reflection: string@"nu-complete routeguide list reflection" # Which version of server reflection to use [default: auto]
    --color: string@"nu-complete routeguide list color" # When to use color [default: auto]
    --verbose(-v)             # Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    --quiet(-q)               # Print only errors on stderr
    --error-format: string@"nu-complete routeguide list error_format" # How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    --help(-h)                # Print help (see more with '--help')
    service?: string          # List this service's methods
    ...rest: string           # Refused, with a tip if the first argument is an address
  ]

  def "nu-complete routeguide describe output" [] {
    [ "text" "json" ]
  }

  def "nu-complete routeguide describe compress" [] {
    [ "gzip" "deflate" "zstd" ]
  }

  def "nu-complete routeguide describe protocol" [] {
    [ "grpc" "grpc-web" "grpc-web-text" "connect" ]
  }

  def "nu-complete routeguide describe codec" [] {
    [ "proto" "json" ]
  }

  def "nu-complete routeguide describe http" [] {
    [ "auto" "1.1" "2" ]
  }

  def "nu-complete routeguide describe reflection" [] {
    [ "auto" "v1" "v1alpha" "off" ]
  }

  def "nu-complete routeguide describe color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete routeguide describe error_format" [] {
    [ "text" "json" ]
  }

  # Describe a service, method, message, enum or field as .proto source
  export extern "routeguide describe" [
    --all                     # Without a symbol: print the source of everything, not only what there is
    --output(-o): string@"nu-complete routeguide describe output" # .proto source, or as JSON the symbol's descriptor; without a symbol, a FileDescriptorSet of everything
    --template                # Print a request with every field filled in, ready for `call -d`
    --protoset-out: path      # Write the schema to this file, as a FileDescriptorSet for --protoset and protoc; - is stdout
    --proto-out: directory    # Write the schema to this folder, as .proto files
    --addr(-a): string        # The server: host:port, :port, [::1]:port, https://host:port for TLS, dns:///host:port or unix:PATH [env: ROUTEGUIDE_ADDR] [default: localhost:50051]
    --plaintext               # Accepted for grpcurl's users: without https://, calls are in plaintext anyway
    --port(-p): string        # Refused with a tip: the port is part of -a
    --in-process              # Call a RouteGuide server inside this process: no port, no second terminal
    --header(-H): string      # Metadata to send with calls and reflection; may be repeated. Values of -bin names are base64. @FILE reads a header a line, and ${VAR} is a variable of the environment
    --max-message-size: string # The largest message to send or accept, in bytes or with a unit: 64KiB, 4MiB [default: 4MiB]
    --people: path            # With --in-process: serve these people instead of Alice and Bob: a file, sqlite:PATH or postgres://HOST/DATABASE
    --connect-timeout: string # How long an attempt to connect or an answer of the reflection may take [default: 10s]
    --timeout: string         # The call's deadline, including connecting; in a batch, of each call; sent to the server as grpc-timeout
    --wait: string            # Keep trying to connect for this long
    --resolve: string         # The addresses of a host: HOST:PORT:ADDRESS[,ADDRESS]; may be repeated
    --connect-to: string      # Connect to another host and port: HOST:PORT:TO-HOST:TO-PORT, where an empty part means any, or the same; may be repeated
    --proxy: string           # The proxy: http://, https://, socks5:// or socks5h://[user:password@]host:port; none with an empty text [env: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY]
    --compress: string@"nu-complete routeguide describe compress" # Compress requests; compressed replies are always accepted
    --user-agent: string      # The value of the user-agent header
    --keepalive: string       # Send a PING at this interval while calls are open, and give the connection up if it is not answered; at least 10s
    --retry: string           # Try a call again this often: if the server has not acted on it, or if it was UNAVAILABLE before any reply [default: 0]
    --profile: string         # Take settings from this profile of the configuration file; see routeguide config [env: ROUTEGUIDE_PROFILE]
    --authority: string       # The value of :authority for calls, instead of the address
    --protocol: string@"nu-complete routeguide describe protocol" # The protocol of calls and of reflection [default: grpc]
    --codec: string@"nu-complete routeguide describe codec" # How messages are written on the wire [default: proto]
    --http: string@"nu-complete routeguide describe http" # The version of HTTP for gRPC-Web and Connect; gRPC has HTTP/2 [default: auto]
    --get                     # Connect: send the request in the URL of a GET, for methods without side effects
    --base-path: string       # The path below which services are: /api
    --cacert: path            # Trust the certificates in this PEM file instead of the system's
    --cert: path              # The client's certificate: PEM, or PKCS#12 with its key
    --key: path               # The key of --cert, in PEM, if it is in a file of its own
    --key-password-file: path # The file of the password of --key, or of a PKCS#12 file
    --insecure                # Accept any certificate of the server, not of a proxy: whoever is in between can read and change everything
    --server-name: string     # The name to ask for, and to expect in the certificate, instead of the address's host
    --proto: path             # Take the schema from this .proto file instead of asking the server; may be repeated
    --import-path(-I): directory # Where to look for --proto files and their imports; may be repeated
    --protoset: path          # Take the schema from this FileDescriptorSet instead of asking the server; may be repeated
    --reflection: string@"nu-complete routeguide describe reflection" # Which version of server reflection to use [default: auto]
    --color: string@"nu-complete routeguide describe color" # When to use color [default: auto]
    --verbose(-v)             # Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    --quiet(-q)               # Print only errors on stderr
    --error-format: string@"nu-complete routeguide describe error_format" # How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    --help(-h)                # Print help (see more with '--help')
    symbol?: string           # What to describe, by full or short name: `GetPerson`, `pkg.Service/Method`, `pkg.Message.field`
    ...rest: string           # Refused, with a tip if the first argument is an address
  ]

  def "nu-complete routeguide call input" [] {
    [ "json" "text" ]
  }

  def "nu-complete routeguide call compress" [] {
    [ "gzip" "deflate" "zstd" ]
  }

  def "nu-complete routeguide call protocol" [] {
    [ "grpc" "grpc-web" "grpc-web-text" "connect" ]
  }

  def "nu-complete routeguide call codec" [] {
    [ "proto" "json" ]
  }

  def "nu-complete routeguide call http" [] {
    [ "auto" "1.1" "2" ]
  }

  def "nu-complete routeguide call reflection" [] {
    [ "auto" "v1" "v1alpha" "off" ]
  }

  def "nu-complete routeguide call output" [] {
    [ "text" "json" "envelope" "raw" ]
  }

  def "nu-complete routeguide call int64_numbers" [] {
    [ "all" "safe" ]
  }

  def "nu-complete routeguide call color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete routeguide call error_format" [] {
    [ "text" "json" ]
  }

  # Call any method of any server
  export extern "routeguide call" [
    --data(-d): string        # Requests as JSON values, one after another; @FILE reads a file, and @-, @ or - reads stdin as it arrives
    --input: string@"nu-complete routeguide call input" # Format of -d: JSON, or protobuf text with messages separated by the record separator (0x1E)
    --allow-unknown-fields    # Ignore fields that the request does not have, instead of rejecting them
    --concurrency: string     # Calls of a batch to have in flight at once
    --keep-going              # Continue a batch after a failed call or a message that does not fit; not for a method that takes a stream
    --max-messages(-n): string # Stop after N replies
    --addr(-a): string        # The server: host:port, :port, [::1]:port, https://host:port for TLS, dns:///host:port or unix:PATH [env: ROUTEGUIDE_ADDR] [default: localhost:50051]
    --plaintext               # Accepted for grpcurl's users: without https://, calls are in plaintext anyway
    --port(-p): string        # Refused with a tip: the port is part of -a
    --in-process              # Call a RouteGuide server inside this process: no port, no second terminal
    --header(-H): string      # Metadata to send with calls and reflection; may be repeated. Values of -bin names are base64. @FILE reads a header a line, and ${VAR} is a variable of the environment
    --max-message-size: string # The largest message to send or accept, in bytes or with a unit: 64KiB, 4MiB [default: 4MiB]
    --people: path            # With --in-process: serve these people instead of Alice and Bob: a file, sqlite:PATH or postgres://HOST/DATABASE
    --connect-timeout: string # How long an attempt to connect or an answer of the reflection may take [default: 10s]
    --timeout: string         # The call's deadline, including connecting; in a batch, of each call; sent to the server as grpc-timeout
    --wait: string            # Keep trying to connect for this long
    --resolve: string         # The addresses of a host: HOST:PORT:ADDRESS[,ADDRESS]; may be repeated
    --connect-to: string      # Connect to another host and port: HOST:PORT:TO-HOST:TO-PORT, where an empty part means any, or the same; may be repeated
    --proxy: string           # The proxy: http://, https://, socks5:// or socks5h://[user:password@]host:port; none with an empty text [env: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY]
    --compress: string@"nu-complete routeguide call compress" # Compress requests; compressed replies are always accepted
    --user-agent: string      # The value of the user-agent header
    --keepalive: string       # Send a PING at this interval while calls are open, and give the connection up if it is not answered; at least 10s
    --retry: string           # Try a call again this often: if the server has not acted on it, or if it was UNAVAILABLE before any reply [default: 0]
    --profile: string         # Take settings from this profile of the configuration file; see routeguide config [env: ROUTEGUIDE_PROFILE]
    --authority: string       # The value of :authority for calls, instead of the address
    --protocol: string@"nu-complete routeguide call protocol" # The protocol of calls and of reflection [default: grpc]
    --codec: string@"nu-complete routeguide call codec" # How messages are written on the wire [default: proto]
    --http: string@"nu-complete routeguide call http" # The version of HTTP for gRPC-Web and Connect; gRPC has HTTP/2 [default: auto]
    --get                     # Connect: send the request in the URL of a GET, for methods without side effects
    --base-path: string       # The path below which services are: /api
    --cacert: path            # Trust the certificates in this PEM file instead of the system's
    --cert: path              # The client's certificate: PEM, or PKCS#12 with its key
    --key: path               # The key of --cert, in PEM, if it is in a file of its own
    --key-password-file: path # The file of the password of --key, or of a PKCS#12 file
    --insecure                # Accept any certificate of the server, not of a proxy: whoever is in between can read and change everything
    --server-name: string     # The name to ask for, and to expect in the certificate, instead of the address's host
    --proto: path             # Take the schema from this .proto file instead of asking the server; may be repeated
    --import-path(-I): directory # Where to look for --proto files and their imports; may be repeated
    --protoset: path          # Take the schema from this FileDescriptorSet instead of asking the server; may be repeated
    --reflection: string@"nu-complete routeguide call reflection" # Which version of server reflection to use [default: auto]
    --protoset-out: path      # Write the schema to this file, as a FileDescriptorSet for --protoset and protoc; - is stdout
    --proto-out: directory    # Write the schema to this folder, as .proto files
    --output(-o): string@"nu-complete routeguide call output" # How to print replies [env: ROUTEGUIDE_OUTPUT] [default: json for call, text for get-*]
    --pretty                  # Indent messages, even when stdout is not a terminal
    --compact                 # One message per line, even on a terminal
    --emit-defaults           # Also print fields that have their default value
    --proto-names             # JSON: field names as in the .proto file, not in lowerCamelCase
    --enum-numbers            # JSON: enum values as numbers
    --int64-numbers: string@"nu-complete routeguide call int64_numbers" # JSON: integers of 64 bits as numbers, not as strings; with =safe, one that JavaScript would round is an error
    --color: string@"nu-complete routeguide call color" # When to use color [default: auto]
    --verbose(-v)             # Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    --quiet(-q)               # Print only errors on stderr
    --error-format: string@"nu-complete routeguide call error_format" # How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    --help(-h)                # Print help (see more with '--help')
    method: string            # The method: `pkg.Service/Method`, `pkg.Service.Method`, or a short name that is unambiguous
    ...fields: string         # Fields of the request: name=text, name:=json, name=@file
  ]

  def "nu-complete routeguide bench input" [] {
    [ "json" "text" ]
  }

  def "nu-complete routeguide bench pick" [] {
    [ "in-turn" "random" ]
  }

  def "nu-complete routeguide bench arrival" [] {
    [ "poisson" "uniform" ]
  }

  def "nu-complete routeguide bench output" [] {
    [ "text" "json" ]
  }

  def "nu-complete routeguide bench compress" [] {
    [ "gzip" "deflate" "zstd" ]
  }

  def "nu-complete routeguide bench protocol" [] {
    [ "grpc" "grpc-web" "grpc-web-text" "connect" ]
  }

  def "nu-complete routeguide bench codec" [] {
    [ "proto" "json" ]
  }

  def "nu-complete routeguide bench http" [] {
    [ "auto" "1.1" "2" ]
  }

  def "nu-complete routeguide bench reflection" [] {
    [ "auto" "v1" "v1alpha" "off" ]
  }

  def "nu-complete routeguide bench color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete routeguide bench error_format" [] {
    [ "text" "json" ]
  }

  # Measure a method under load: latencies, rates, errors
  export extern "routeguide bench" [
    --data(-d): string        # Requests as JSON values, one after another; @FILE reads a file, and @-, @ or - reads stdin as it arrives
    --input: string@"nu-complete routeguide bench input" # Format of -d: JSON, or protobuf text with messages separated by the record separator (0x1E)
    --allow-unknown-fields    # Ignore fields that the request does not have, instead of rejecting them
    --pick: string@"nu-complete routeguide bench pick" # Which of several messages a call takes [default: in-turn]
    --csv: path               # The rows of {{csv COLUMN}}: a file of comma-separated values whose first line names the columns; calls take them in turn
    --messages: string        # Messages of a stream of requests; by default as many as are given
    --ping-pong               # Send each message of a stream when the reply to the one before has come
    --concurrency(-c): string # Closed loop: so many calls are in flight all the time [default: 50]
    --rate(-r): string        # Open loop: calls start at this rate, however long they take: 500/s, 30/m
    --stage: string           # Open loop: a rate, or a change from one to another, and for how long: 500/s:10s, 500..5000/s:1m; may be repeated
    --arrival: string@"nu-complete routeguide bench arrival" # Open loop: when calls start, at random as those of many users, or evenly [default: poisson]
    --max-in-flight: string   # Open loop: how many calls may be in flight; beyond that they wait, and their latency counts on [default: 10000]
    --connections: string     # Connections to spread the calls over
    --threads: string         # Threads that make the load, each with connections of its own; by default as many as help on this machine
    --duration(-D): string    # How long the load lasts [default: 10s, or until -n]
    --calls(-n): string       # How many calls to make, by all segments together
    --warmup: string          # Load before the duration that is not counted [default: 0s, with --find-max a fifth of --step]
    --segment: string         # Make the part i, from 0, of a load that n processes share
    --start-at: string        # Begin at this time: RFC 3339, or seconds since 1970
    --find-max: string        # Look for the highest rate at which this holds, in an open loop: 'p99 < 20ms'; may be repeated
    --step: string            # With --find-max: how long each rate is tried [default: 10s]
    --abort-on-fail           # End the run when a threshold cannot hold any more
    --threshold: string       # Exit 3 unless this holds: 'p99 < 20ms', 'errors < 0.1%', 'rate > 5000/s', 'late == 0'; may be repeated
    --output(-o): string@"nu-complete routeguide bench output" # The report on stdout
    --json: path              # Also write the JSON of -o json to this file
    --html: path              # Also write a page with plots to this file
    --csv-out: path           # Also write a row a second to this file
    --ghz-json: path          # Also write JSON with the keys of ghz to this file
    --addr(-a): string        # The server: host:port, :port, [::1]:port, https://host:port for TLS, dns:///host:port or unix:PATH [env: ROUTEGUIDE_ADDR] [default: localhost:50051]
    --plaintext               # Accepted for grpcurl's users: without https://, calls are in plaintext anyway
    --port(-p): string        # Refused with a tip: the port is part of -a
    --in-process              # Call a RouteGuide server inside this process: no port, no second terminal
    --header(-H): string      # Metadata to send with calls and reflection; may be repeated. Values of -bin names are base64. @FILE reads a header a line, and ${VAR} is a variable of the environment
    --max-message-size: string # The largest message to send or accept, in bytes or with a unit: 64KiB, 4MiB [default: 4MiB]
    --people: path            # With --in-process: serve these people instead of Alice and Bob: a file, sqlite:PATH or postgres://HOST/DATABASE
    --connect-timeout: string # How long an attempt to connect or an answer of the reflection may take [default: 10s]
    --timeout: string         # The call's deadline, including connecting; in a batch, of each call; sent to the server as grpc-timeout
    --wait: string            # Keep trying to connect for this long
    --resolve: string         # The addresses of a host: HOST:PORT:ADDRESS[,ADDRESS]; may be repeated
    --connect-to: string      # Connect to another host and port: HOST:PORT:TO-HOST:TO-PORT, where an empty part means any, or the same; may be repeated
    --proxy: string           # The proxy: http://, https://, socks5:// or socks5h://[user:password@]host:port; none with an empty text [env: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY]
    --compress: string@"nu-complete routeguide bench compress" # Compress requests; compressed replies are always accepted
    --user-agent: string      # The value of the user-agent header
    --keepalive: string       # Send a PING at this interval while calls are open, and give the connection up if it is not answered; at least 10s
    --retry: string           # Try a call again this often: if the server has not acted on it, or if it was UNAVAILABLE before any reply [default: 0]
    --profile: string         # Take settings from this profile of the configuration file; see routeguide config [env: ROUTEGUIDE_PROFILE]
    --authority: string       # The value of :authority for calls, instead of the address
    --protocol: string@"nu-complete routeguide bench protocol" # The protocol of calls and of reflection [default: grpc]
    --codec: string@"nu-complete routeguide bench codec" # How messages are written on the wire [default: proto]
    --http: string@"nu-complete routeguide bench http" # The version of HTTP for gRPC-Web and Connect; gRPC has HTTP/2 [default: auto]
    --get                     # Connect: send the request in the URL of a GET, for methods without side effects
    --base-path: string       # The path below which services are: /api
    --cacert: path            # Trust the certificates in this PEM file instead of the system's
    --cert: path              # The client's certificate: PEM, or PKCS#12 with its key
    --key: path               # The key of --cert, in PEM, if it is in a file of its own
    --key-password-file: path # The file of the password of --key, or of a PKCS#12 file
    --insecure                # Accept any certificate of the server, not of a proxy: whoever is in between can read and change everything
    --server-name: string     # The name to ask for, and to expect in the certificate, instead of the address's host
    --proto: path             # Take the schema from this .proto file instead of asking the server; may be repeated
    --import-path(-I): directory # Where to look for --proto files and their imports; may be repeated
    --protoset: path          # Take the schema from this FileDescriptorSet instead of asking the server; may be repeated
    --reflection: string@"nu-complete routeguide bench reflection" # Which version of server reflection to use [default: auto]
    --color: string@"nu-complete routeguide bench color" # When to use color [default: auto]
    --verbose(-v)             # Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    --quiet(-q)               # Print only errors on stderr
    --error-format: string@"nu-complete routeguide bench error_format" # How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    --help(-h)                # Print help (see more with '--help')
    method: string            # The method: `pkg.Service/Method`, `pkg.Service.Method`, or a short name that is unambiguous
    ...fields: string         # Fields of the request: name=text, name:=json, name=@file
  ]

  def "nu-complete routeguide bench report output" [] {
    [ "text" "json" ]
  }

  def "nu-complete routeguide bench report color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete routeguide bench report error_format" [] {
    [ "text" "json" ]
  }

  # Make reports again from the JSON of a run
  export extern "routeguide bench report" [
    --threshold: string       # Exit 3 unless this holds: 'p99 < 20ms', 'errors < 0.1%', 'rate > 5000/s', 'late == 0'; may be repeated
    --output(-o): string@"nu-complete routeguide bench report output" # The report on stdout
    --json: path              # Also write the JSON of -o json to this file
    --html: path              # Also write a page with plots to this file
    --csv-out: path           # Also write a row a second to this file
    --ghz-json: path          # Also write JSON with the keys of ghz to this file
    --color: string@"nu-complete routeguide bench report color" # When to use color [default: auto]
    --verbose(-v)             # Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    --quiet(-q)               # Print only errors on stderr
    --error-format: string@"nu-complete routeguide bench report error_format" # How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    --help(-h)                # Print help (see more with '--help')
    ...files: path            # The JSON of runs, which are reported one after another; - is stdin
  ]

  def "nu-complete routeguide bench compare output" [] {
    [ "text" "json" ]
  }

  def "nu-complete routeguide bench compare color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete routeguide bench compare error_format" [] {
    [ "text" "json" ]
  }

  # Compare two runs: the changes, and which are larger than the runs' own variation
  export extern "routeguide bench compare" [
    --threshold: string       # Exit 3 unless this holds: 'p99 < 1.1x' against the old run, or without an x for the new run alone; may be repeated
    --output(-o): string@"nu-complete routeguide bench compare output" # How to print it
    --color: string@"nu-complete routeguide bench compare color" # When to use color [default: auto]
    --verbose(-v)             # Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    --quiet(-q)               # Print only errors on stderr
    --error-format: string@"nu-complete routeguide bench compare error_format" # How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    --help(-h)                # Print help (see more with '--help')
    old: path                 # The JSON of the run before
    new: path                 # The JSON of the run after
  ]

  def "nu-complete routeguide bench merge output" [] {
    [ "text" "json" ]
  }

  def "nu-complete routeguide bench merge color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete routeguide bench merge error_format" [] {
    [ "text" "json" ]
  }

  # Put the parts of a distributed run together, exactly, and judge thresholds on the whole
  export extern "routeguide bench merge" [
    --threshold: string       # Exit 3 unless this holds: 'p99 < 20ms', 'errors < 0.1%', 'rate > 5000/s', 'late == 0'; may be repeated
    --output(-o): string@"nu-complete routeguide bench merge output" # The report on stdout
    --json: path              # Also write the JSON of -o json to this file
    --html: path              # Also write a page with plots to this file
    --csv-out: path           # Also write a row a second to this file
    --ghz-json: path          # Also write JSON with the keys of ghz to this file
    --color: string@"nu-complete routeguide bench merge color" # When to use color [default: auto]
    --verbose(-v)             # Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    --quiet(-q)               # Print only errors on stderr
    --error-format: string@"nu-complete routeguide bench merge error_format" # How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    --help(-h)                # Print help (see more with '--help')
    ...files: path            # The JSON of each part
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "routeguide bench help" [
  ]

  # Make reports again from the JSON of a run
  export extern "routeguide bench help report" [
  ]

  # Compare two runs: the changes, and which are larger than the runs' own variation
  export extern "routeguide bench help compare" [
  ]

  # Put the parts of a distributed run together, exactly, and judge thresholds on the whole
  export extern "routeguide bench help merge" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "routeguide bench help help" [
  ]

  def "nu-complete routeguide health compress" [] {
    [ "gzip" "deflate" "zstd" ]
  }

  def "nu-complete routeguide health protocol" [] {
    [ "grpc" "grpc-web" "grpc-web-text" "connect" ]
  }

  def "nu-complete routeguide health codec" [] {
    [ "proto" "json" ]
  }

  def "nu-complete routeguide health http" [] {
    [ "auto" "1.1" "2" ]
  }

  def "nu-complete routeguide health color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete routeguide health error_format" [] {
    [ "text" "json" ]
  }

  # Check whether a server, or one of its services, is serving
  export extern "routeguide health" [
    --watch                   # Print every change until interrupted
    --list                    # Print all services, each with its status; exit code 1 if one is not SERVING
    --addr(-a): string        # The server: host:port, :port, [::1]:port, https://host:port for TLS, dns:///host:port or unix:PATH [env: ROUTEGUIDE_ADDR] [default: localhost:50051]
    --plaintext               # Accepted for grpcurl's users: without https://, calls are in plaintext anyway
    --port(-p): string        # Refused with a tip: the port is part of -a
    --in-process              # Call a RouteGuide server inside this process: no port, no second terminal
    --header(-H): string      # Metadata to send with calls and reflection; may be repeated. Values of -bin names are base64. @FILE reads a header a line, and ${VAR} is a variable of the environment
    --max-message-size: string # The largest message to send or accept, in bytes or with a unit: 64KiB, 4MiB [default: 4MiB]
    --people: path            # With --in-process: serve these people instead of Alice and Bob: a file, sqlite:PATH or postgres://HOST/DATABASE
    --connect-timeout: string # How long an attempt to connect or an answer of the reflection may take [default: 10s]
    --timeout: string         # The call's deadline, including connecting; in a batch, of each call; sent to the server as grpc-timeout
    --wait: string            # Keep trying to connect for this long
    --resolve: string         # The addresses of a host: HOST:PORT:ADDRESS[,ADDRESS]; may be repeated
    --connect-to: string      # Connect to another host and port: HOST:PORT:TO-HOST:TO-PORT, where an empty part means any, or the same; may be repeated
    --proxy: string           # The proxy: http://, https://, socks5:// or socks5h://[user:password@]host:port; none with an empty text [env: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY]
    --compress: string@"nu-complete routeguide health compress" # Compress requests; compressed replies are always accepted
    --user-agent: string      # The value of the user-agent header
    --keepalive: string       # Send a PING at this interval while calls are open, and give the connection up if it is not answered; at least 10s
    --retry: string           # Try a call again this often: if the server has not acted on it, or if it was UNAVAILABLE before any reply [default: 0]
    --profile: string         # Take settings from this profile of the configuration file; see routeguide config [env: ROUTEGUIDE_PROFILE]
    --authority: string       # The value of :authority for calls, instead of the address
    --protocol: string@"nu-complete routeguide health protocol" # The protocol of calls and of reflection [default: grpc]
    --codec: string@"nu-complete routeguide health codec" # How messages are written on the wire [default: proto]
    --http: string@"nu-complete routeguide health http" # The version of HTTP for gRPC-Web and Connect; gRPC has HTTP/2 [default: auto]
    --get                     # Connect: send the request in the URL of a GET, for methods without side effects
    --base-path: string       # The path below which services are: /api
    --cacert: path            # Trust the certificates in this PEM file instead of the system's
    --cert: path              # The client's certificate: PEM, or PKCS#12 with its key
    --key: path               # The key of --cert, in PEM, if it is in a file of its own
    --key-password-file: path # The file of the password of --key, or of a PKCS#12 file
    --insecure                # Accept any certificate of the server, not of a proxy: whoever is in between can read and change everything
    --server-name: string     # The name to ask for, and to expect in the certificate, instead of the address's host
    --color: string@"nu-complete routeguide health color" # When to use color [default: auto]
    --verbose(-v)             # Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    --quiet(-q)               # Print only errors on stderr
    --error-format: string@"nu-complete routeguide health error_format" # How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    --help(-h)                # Print help (see more with '--help')
    service?: string          # The service; the whole server if omitted
  ]

  # Write people into a database, and read them from it
  export extern "routeguide people" [
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete routeguide people import on_conflict" [] {
    [ "error" "skip" "update" ]
  }

  def "nu-complete routeguide people import color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete routeguide people import error_format" [] {
    [ "text" "json" ]
  }

  # Write people into a database: Person messages in JSON, an array or one after another
  export extern "routeguide people import" [
    --to: string              # The database: sqlite:PATH or postgres://HOST/DATABASE
    --replace                 # Remove everyone who is there first, all in one transaction: a mistake, or an input without people, changes nothing
    --on-conflict: string@"nu-complete routeguide people import on_conflict" # What to do with a person whose name exists
    --color: string@"nu-complete routeguide people import color" # When to use color [default: auto]
    --verbose(-v)             # Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    --quiet(-q)               # Print only errors on stderr
    --error-format: string@"nu-complete routeguide people import error_format" # How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    --help(-h)                # Print help (see more with '--help')
    file?: path               # The file; stdin if there is none, or if it is -
  ]

  def "nu-complete routeguide people export color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete routeguide people export error_format" [] {
    [ "text" "json" ]
  }

  # Print all people as JSON, one a line, ordered by the bytes of their names
  export extern "routeguide people export" [
    --from: string            # The database: sqlite:PATH or postgres://HOST/DATABASE
    --color: string@"nu-complete routeguide people export color" # When to use color [default: auto]
    --verbose(-v)             # Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    --quiet(-q)               # Print only errors on stderr
    --error-format: string@"nu-complete routeguide people export error_format" # How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete routeguide people count output" [] {
    [ "text" "json" ]
  }

  def "nu-complete routeguide people count color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete routeguide people count error_format" [] {
    [ "text" "json" ]
  }

  # Print how many people there are
  export extern "routeguide people count" [
    --from: string            # The database: sqlite:PATH or postgres://HOST/DATABASE
    --output(-o): string@"nu-complete routeguide people count output" # How to print it
    --color: string@"nu-complete routeguide people count color" # When to use color [default: auto]
    --verbose(-v)             # Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    --quiet(-q)               # Print only errors on stderr
    --error-format: string@"nu-complete routeguide people count error_format" # How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete routeguide people migrate color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete routeguide people migrate error_format" [] {
    [ "text" "json" ]
  }

  # Create the tables, or upgrade those of an earlier version
  export extern "routeguide people migrate" [
    --to: string              # The database: sqlite:PATH or postgres://HOST/DATABASE
    --color: string@"nu-complete routeguide people migrate color" # When to use color [default: auto]
    --verbose(-v)             # Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    --quiet(-q)               # Print only errors on stderr
    --error-format: string@"nu-complete routeguide people migrate error_format" # How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete routeguide config output" [] {
    [ "text" "json" ]
  }

  def "nu-complete routeguide config color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete routeguide config error_format" [] {
    [ "text" "json" ]
  }

  # Show the settings that hold, and where each comes from
  export extern "routeguide config" [
    --profile: string         # Show the settings of this profile [env: ROUTEGUIDE_PROFILE]
    --output(-o): string@"nu-complete routeguide config output" # How to show them
    --color: string@"nu-complete routeguide config color" # When to use color [default: auto]
    --verbose(-v)             # Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    --quiet(-q)               # Print only errors on stderr
    --error-format: string@"nu-complete routeguide config error_format" # How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    --help(-h)                # Print help (see more with '--help')
  ]

  # Print where the configuration file is, whether it exists or not
  export extern "routeguide config path" [
    --help(-h)                # Print help
  ]

  # Check the configuration file: all of it, not only the profile in use
  export extern "routeguide config check" [
    --help(-h)                # Print help
  ]

  # Edit the configuration file in $VISUAL or $EDITOR, and check it
  export extern "routeguide config edit" [
    --help(-h)                # Print help
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "routeguide config help" [
  ]

  # Print where the configuration file is, whether it exists or not
  export extern "routeguide config help path" [
  ]

  # Check the configuration file: all of it, not only the profile in use
  export extern "routeguide config help check" [
  ]

  # Edit the configuration file in $VISUAL or $EDITOR, and check it
  export extern "routeguide config help edit" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "routeguide config help help" [
  ]

  def "nu-complete routeguide shell compress" [] {
    [ "gzip" "deflate" "zstd" ]
  }

  def "nu-complete routeguide shell protocol" [] {
    [ "grpc" "grpc-web" "grpc-web-text" "connect" ]
  }

  def "nu-complete routeguide shell codec" [] {
    [ "proto" "json" ]
  }

  def "nu-complete routeguide shell http" [] {
    [ "auto" "1.1" "2" ]
  }

  def "nu-complete routeguide shell reflection" [] {
    [ "auto" "v1" "v1alpha" "off" ]
  }

  def "nu-complete routeguide shell output" [] {
    [ "text" "json" "envelope" "raw" ]
  }

  def "nu-complete routeguide shell int64_numbers" [] {
    [ "all" "safe" ]
  }

  def "nu-complete routeguide shell color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete routeguide shell error_format" [] {
    [ "text" "json" ]
  }

  # Type the same commands at a prompt, over one connection
  export extern "routeguide shell" [
    --command(-c): string     # Run these lines, with ; between them, instead of showing a prompt; may be repeated
    --file(-f): path          # Run the lines of this file, instead of showing a prompt
    --keep-going              # Continue a script after a line that fails; the exit code is that of the first failure
    --vi                      # The keys of vi at the prompt, instead of those of Emacs
    --addr(-a): string        # The server: host:port, :port, [::1]:port, https://host:port for TLS, dns:///host:port or unix:PATH [env: ROUTEGUIDE_ADDR] [default: localhost:50051]
    --plaintext               # Accepted for grpcurl's users: without https://, calls are in plaintext anyway
    --port(-p): string        # Refused with a tip: the port is part of -a
    --in-process              # Call a RouteGuide server inside this process: no port, no second terminal
    --header(-H): string      # Metadata to send with calls and reflection; may be repeated. Values of -bin names are base64. @FILE reads a header a line, and ${VAR} is a variable of the environment
    --max-message-size: string # The largest message to send or accept, in bytes or with a unit: 64KiB, 4MiB [default: 4MiB]
    --people: path            # With --in-process: serve these people instead of Alice and Bob: a file, sqlite:PATH or postgres://HOST/DATABASE
    --connect-timeout: string # How long an attempt to connect or an answer of the reflection may take [default: 10s]
    --timeout: string         # The call's deadline, including connecting; in a batch, of each call; sent to the server as grpc-timeout
    --wait: string            # Keep trying to connect for this long
    --resolve: string         # The addresses of a host: HOST:PORT:ADDRESS[,ADDRESS]; may be repeated
    --connect-to: string      # Connect to another host and port: HOST:PORT:TO-HOST:TO-PORT, where an empty part means any, or the same; may be repeated
    --proxy: string           # The proxy: http://, https://, socks5:// or socks5h://[user:password@]host:port; none with an empty text [env: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY]
    --compress: string@"nu-complete routeguide shell compress" # Compress requests; compressed replies are always accepted
    --user-agent: string      # The value of the user-agent header
    --keepalive: string       # Send a PING at this interval while calls are open, and give the connection up if it is not answered; at least 10s
    --retry: string           # Try a call again this often: if the server has not acted on it, or if it was UNAVAILABLE before any reply [default: 0]
    --profile: string         # Take settings from this profile of the configuration file; see routeguide config [env: ROUTEGUIDE_PROFILE]
    --authority: string       # The value of :authority for calls, instead of the address
    --protocol: string@"nu-complete routeguide shell protocol" # The protocol of calls and of reflection [default: grpc]
    --codec: string@"nu-complete routeguide shell codec" # How messages are written on the wire [default: proto]
    --http: string@"nu-complete routeguide shell http" # The version of HTTP for gRPC-Web and Connect; gRPC has HTTP/2 [default: auto]
    --get                     # Connect: send the request in the URL of a GET, for methods without side effects
    --base-path: string       # The path below which services are: /api
    --cacert: path            # Trust the certificates in this PEM file instead of the system's
    --cert: path              # The client's certificate: PEM, or PKCS#12 with its key
    --key: path               # The key of --cert, in PEM, if it is in a file of its own
    --key-password-file: path # The file of the password of --key, or of a PKCS#12 file
    --insecure                # Accept any certificate of the server, not of a proxy: whoever is in between can read and change everything
    --server-name: string     # The name to ask for, and to expect in the certificate, instead of the address's host
    --proto: path             # Take the schema from this .proto file instead of asking the server; may be repeated
    --import-path(-I): directory # Where to look for --proto files and their imports; may be repeated
    --protoset: path          # Take the schema from this FileDescriptorSet instead of asking the server; may be repeated
    --reflection: string@"nu-complete routeguide shell reflection" # Which version of server reflection to use [default: auto]
    --output(-o): string@"nu-complete routeguide shell output" # How to print replies [env: ROUTEGUIDE_OUTPUT] [default: json for call, text for get-*]
    --pretty                  # Indent messages, even when stdout is not a terminal
    --compact                 # One message per line, even on a terminal
    --emit-defaults           # Also print fields that have their default value
    --proto-names             # JSON: field names as in the .proto file, not in lowerCamelCase
    --enum-numbers            # JSON: enum values as numbers
    --int64-numbers: string@"nu-complete routeguide shell int64_numbers" # JSON: integers of 64 bits as numbers, not as strings; with =safe, one that JavaScript would round is an error
    --color: string@"nu-complete routeguide shell color" # When to use color [default: auto]
    --verbose(-v)             # Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    --quiet(-q)               # Print only errors on stderr
    --error-format: string@"nu-complete routeguide shell error_format" # How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete routeguide completions shell" [] {
    [ "bash" "zsh" "fish" "powershell" "elvish" "nushell" ]
  }

  # Print a shell completion script
  export extern "routeguide completions" [
    --help(-h)                # Print help (see more with '--help')
    shell: string@"nu-complete routeguide completions shell"
  ]

  # Print the manual page, or write all of them to a folder
  export extern "routeguide man" [
    --help(-h)                # Print help (see more with '--help')
    dir?: directory           # Write routeguide.1 and a page for each command here
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "routeguide help" [
  ]

  # Run the RouteGuide server
  export extern "routeguide help serve" [
  ]

  # Look up a person
  export extern "routeguide help get-person" [
  ]

  # Look up people over one stream, each as soon as its name arrives
  export extern "routeguide help get-people" [
  ]

  # List a server's services, or a service's methods
  export extern "routeguide help list" [
  ]

  # Describe a service, method, message, enum or field as .proto source
  export extern "routeguide help describe" [
  ]

  # Call any method of any server
  export extern "routeguide help call" [
  ]

  # Measure a method under load: latencies, rates, errors
  export extern "routeguide help bench" [
  ]

  # Check whether a server, or one of its services, is serving
  export extern "routeguide help health" [
  ]

  # Write people into a database, and read them from it
  export extern "routeguide help people" [
  ]

  # Show the settings that hold, and where each comes from
  export extern "routeguide help config" [
  ]

  # Type the same commands at a prompt, over one connection
  export extern "routeguide help shell" [
  ]

  # Print a shell completion script
  export extern "routeguide help completions" [
  ]

  # Print the manual page, or write all of them to a folder
  export extern "routeguide help man" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "routeguide help help" [
  ]

}

export use completions *
