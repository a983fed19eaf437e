module completions {

  # Serve RouteGuide over gRPC, and call it from shell pipelines
  export extern routeguide [
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete routeguide serve missing" [] {
    [ "reply" "status" ]
  }

  # Run the RouteGuide server
  export extern "routeguide serve" [
    --listen(-l): string      # Where to listen: host:port, [::1]:port, :port (loopback) or unix:PATH; may be repeated
    --port(-p): string        # Refused with a tip: the port is part of --listen
    --people: path            # Serve the people in this file instead of Alice and Bob: Person messages in JSON, an array or one per line
    --missing: string@"nu-complete routeguide serve missing" # How GetPerson answers an unknown name
    --grace: string           # How long calls in flight may continue after a signal to stop
    --verbose(-v)             # Print a line for every call on stderr
    --quiet(-q)               # Print only errors on stderr
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete routeguide get-person output" [] {
    [ "text" "json" "envelope" "raw" ]
  }

  def "nu-complete routeguide get-person color" [] {
    [ "auto" "always" "never" ]
  }

  # Look up a person
  export extern "routeguide get-person" [
    --addr(-a): string        # The server: host:port, :port, [::1]:port, http://host:port, dns:///host:port or unix:PATH [env: ROUTEGUIDE_ADDR] [default: localhost:50051]
    --plaintext               # Accepted for grpcurl's users: without https://, calls are in plaintext anyway
    --port(-p): string        # Refused with a tip: the port is part of -a
    --in-process              # Call a RouteGuide server inside this process: no port, no second terminal
    --header(-H): string      # Metadata to send with calls and reflection; may be repeated. Values of -bin names are base64
    --max-message-size: string # The largest message to send or accept, in bytes or with a unit: 64KiB, 4MiB
    --people: path            # With --in-process: serve the people in this file instead of Alice and Bob
    --connect-timeout: string # How long an attempt to connect or an answer of the reflection may take
    --timeout: string         # The call's deadline, including connecting; sent to the server as grpc-timeout
    --wait: string            # Keep trying to connect for this long
    --output(-o): string@"nu-complete routeguide get-person output" # How to print replies [env: ROUTEGUIDE_OUTPUT] [default: json for call, text for get-*]
    --pretty                  # Indent messages, even when stdout is not a terminal
    --compact                 # One message per line, even on a terminal
    --emit-defaults           # Also print fields that have their default value
    --proto-names             # JSON: field names as in the .proto file, not in lowerCamelCase
    --enum-numbers            # JSON: enum values as numbers
    --color: string@"nu-complete routeguide get-person color" # When to use color
    --verbose(-v)             # Show the connection, the metadata and the status on stderr
    --quiet(-q)               # Print only errors on stderr
    --help(-h)                # Print help (see more with '--help')
    name: string              # Name of the person
  ]

  def "nu-complete routeguide get-people output" [] {
    [ "text" "json" "envelope" "raw" ]
  }

  def "nu-complete routeguide get-people color" [] {
    [ "auto" "always" "never" ]
  }

  # Look up people over one stream, each as soon as its name arrives
  export extern "routeguide get-people" [
    --null(-0)                # Names on stdin end with NUL, not with a newline
    --strict                  # Exit 69 if a name had no reply
    --max-messages(-n): string # Stop after N replies
    --addr(-a): string        # The server: host:port, :port, [::1]:port, http://host:port, dns:///host:port or unix:PATH [env: ROUTEGUIDE_ADDR] [default: localhost:50051]
    --plaintext               # Accepted for grpcurl's users: without https://, calls are in plaintext anyway
    --port(-p): string        # Refused with a tip: the port is part of -a
    --in-process              # Call a RouteGuide server inside this process: no port, no second terminal
    --header(-H): string      # Metadata to send with calls and reflection; may be repeated. Values of -bin names are base64
    --max-message-size: string # The largest message to send or accept, in bytes or with a unit: 64KiB, 4MiB
    --people: path            # With --in-process: serve the people in this file instead of Alice and Bob
    --connect-timeout: string # How long an attempt to connect or an answer of the reflection may take
    --timeout: string         # The call's deadline, including connecting; sent to the server as grpc-timeout
    --wait: string            # Keep trying to connect for this long
    --output(-o): string@"nu-complete routeguide get-people output" # How to print replies [env: ROUTEGUIDE_OUTPUT] [default: json for call, text for get-*]
    --pretty                  # Indent messages, even when stdout is not a terminal
    --compact                 # One message per line, even on a terminal
    --emit-defaults           # Also print fields that have their default value
    --proto-names             # JSON: field names as in the .proto file, not in lowerCamelCase
    --enum-numbers            # JSON: enum values as numbers
    --color: string@"nu-complete routeguide get-people color" # When to use color
    --verbose(-v)             # Show the connection, the metadata and the status on stderr
    --quiet(-q)               # Print only errors on stderr
    --help(-h)                # Print help (see more with '--help')
    ...names: string          # Names of the people; if there are none, or a single `-`, they are read from stdin
  ]

  def "nu-complete routeguide list reflection" [] {
    [ "auto" "v1" "v1alpha" "off" ]
  }

  def "nu-complete routeguide list color" [] {
    [ "auto" "always" "never" ]
  }

  # List a server's services, or a service's methods
  export extern "routeguide list" [
    --long(-l)                # Show the methods' signatures
    --protoset-out: path      # Write the schema to this file, as a FileDescriptorSet for --protoset and protoc; - is stdout
    --proto-out: directory    # Write the schema to this folder, as .proto files
    --addr(-a): string        # The server: host:port, :port, [::1]:port, http://host:port, dns:///host:port or unix:PATH [env: ROUTEGUIDE_ADDR] [default: localhost:50051]
    --plaintext               # Accepted for grpcurl's users: without https://, calls are in plaintext anyway
    --port(-p): string        # Refused with a tip: the port is part of -a
    --in-process              # Call a RouteGuide server inside this process: no port, no second terminal
    --header(-H): string      # Metadata to send with calls and reflection; may be repeated. Values of -bin names are base64
    --max-message-size: string # The largest message to send or accept, in bytes or with a unit: 64KiB, 4MiB
    --people: path            # With --in-process: serve the people in this file instead of Alice and Bob
    --connect-timeout: string # How long an attempt to connect or an answer of the reflection may take
    --timeout: string         # The call's deadline, including connecting; sent to the server as grpc-timeout
    --wait: string            # Keep trying to connect for this long
    --proto: path             # Take the schema from this .proto file instead of asking the server; may be repeated
    --import-path(-I): directory # Where to look for --proto files and their imports; may be repeated
    --protoset: path          # Take the schema from this FileDescriptorSet instead of asking the server; may be repeated
    --reflection: string@"nu-complete routeguide list reflection" # Which version of server reflection to use
    --color: string@"nu-complete routeguide list color" # When to use color
    --verbose(-v)             # Show the connection, the metadata and the status on stderr
    --quiet(-q)               # Print only errors on stderr
    --help(-h)                # Print help (see more with '--help')
    service?: string          # List this service's methods
    ...rest: string           # Refused, with a tip if the first argument is an address
  ]

  def "nu-complete routeguide describe output" [] {
    [ "text" "json" ]
  }

  def "nu-complete routeguide describe reflection" [] {
    [ "auto" "v1" "v1alpha" "off" ]
  }

  def "nu-complete routeguide describe color" [] {
    [ "auto" "always" "never" ]
  }

  # Describe a service, method, message, enum or field as .proto source
  export extern "routeguide describe" [
    --all                     # Without a symbol: print the source of everything, not only what there is
    --output(-o): string@"nu-complete routeguide describe output" # .proto source, or the descriptor as JSON
    --template                # Print a request with every field filled in, ready for `call -d`
    --protoset-out: path      # Write the schema to this file, as a FileDescriptorSet for --protoset and protoc; - is stdout
    --proto-out: directory    # Write the schema to this folder, as .proto files
    --addr(-a): string        # The server: host:port, :port, [::1]:port, http://host:port, dns:///host:port or unix:PATH [env: ROUTEGUIDE_ADDR] [default: localhost:50051]
    --plaintext               # Accepted for grpcurl's users: without https://, calls are in plaintext anyway
    --port(-p): string        # Refused with a tip: the port is part of -a
    --in-process              # Call a RouteGuide server inside this process: no port, no second terminal
    --header(-H): string      # Metadata to send with calls and reflection; may be repeated. Values of -bin names are base64
    --max-message-size: string # The largest message to send or accept, in bytes or with a unit: 64KiB, 4MiB
    --people: path            # With --in-process: serve the people in this file instead of Alice and Bob
    --connect-timeout: string # How long an attempt to connect or an answer of the reflection may take
    --timeout: string         # The call's deadline, including connecting; sent to the server as grpc-timeout
    --wait: string            # Keep trying to connect for this long
    --proto: path             # Take the schema from this .proto file instead of asking the server; may be repeated
    --import-path(-I): directory # Where to look for --proto files and their imports; may be repeated
    --protoset: path          # Take the schema from this FileDescriptorSet instead of asking the server; may be repeated
    --reflection: string@"nu-complete routeguide describe reflection" # Which version of server reflection to use
    --color: string@"nu-complete routeguide describe color" # When to use color
    --verbose(-v)             # Show the connection, the metadata and the status on stderr
    --quiet(-q)               # Print only errors on stderr
    --help(-h)                # Print help (see more with '--help')
    symbol?: string           # What to describe, by full or short name: `GetPerson`, `pkg.Service/Method`, `pkg.Message.field`
    ...rest: string           # Refused, with a tip if the first argument is an address
  ]

  def "nu-complete routeguide call input" [] {
    [ "json" "text" ]
  }

  def "nu-complete routeguide call reflection" [] {
    [ "auto" "v1" "v1alpha" "off" ]
  }

  def "nu-complete routeguide call output" [] {
    [ "text" "json" "envelope" "raw" ]
  }

  def "nu-complete routeguide call color" [] {
    [ "auto" "always" "never" ]
  }

  # Call any method of any server
  export extern "routeguide call" [
    --data(-d): string        # Requests as JSON values, one after another; @FILE reads a file, and @-, @ or - reads stdin as it arrives
    --input: string@"nu-complete routeguide call input" # Format of -d: JSON, or protobuf text with messages separated by the record separator (0x1E)
    --allow-unknown-fields    # Ignore fields that the request does not have, instead of rejecting them
    --concurrency: string     # Calls of a batch to have in flight at once
    --keep-going              # Continue a batch after a failed call or a message that does not fit
    --max-messages(-n): string # Stop after N replies
    --addr(-a): string        # The server: host:port, :port, [::1]:port, http://host:port, dns:///host:port or unix:PATH [env: ROUTEGUIDE_ADDR] [default: localhost:50051]
    --plaintext               # Accepted for grpcurl's users: without https://, calls are in plaintext anyway
    --port(-p): string        # Refused with a tip: the port is part of -a
    --in-process              # Call a RouteGuide server inside this process: no port, no second terminal
    --header(-H): string      # Metadata to send with calls and reflection; may be repeated. Values of -bin names are base64
    --max-message-size: string # The largest message to send or accept, in bytes or with a unit: 64KiB, 4MiB
    --people: path            # With --in-process: serve the people in this file instead of Alice and Bob
    --connect-timeout: string # How long an attempt to connect or an answer of the reflection may take
    --timeout: string         # The call's deadline, including connecting; sent to the server as grpc-timeout
    --wait: string            # Keep trying to connect for this long
    --proto: path             # Take the schema from this .proto file instead of asking the server; may be repeated
    --import-path(-I): directory # Where to look for --proto files and their imports; may be repeated
    --protoset: path          # Take the schema from this FileDescriptorSet instead of asking the server; may be repeated
    --reflection: string@"nu-complete routeguide call reflection" # Which version of server reflection to use
    --protoset-out: path      # Write the schema to this file, as a FileDescriptorSet for --protoset and protoc; - is stdout
    --proto-out: directory    # Write the schema to this folder, as .proto files
    --output(-o): string@"nu-complete routeguide call output" # How to print replies [env: ROUTEGUIDE_OUTPUT] [default: json for call, text for get-*]
    --pretty                  # Indent messages, even when stdout is not a terminal
    --compact                 # One message per line, even on a terminal
    --emit-defaults           # Also print fields that have their default value
    --proto-names             # JSON: field names as in the .proto file, not in lowerCamelCase
    --enum-numbers            # JSON: enum values as numbers
    --color: string@"nu-complete routeguide call color" # When to use color
    --verbose(-v)             # Show the connection, the metadata and the status on stderr
    --quiet(-q)               # Print only errors on stderr
    --help(-h)                # Print help (see more with '--help')
    method: string            # The method: `pkg.Service/Method`, `pkg.Service.Method`, or a short name that is unambiguous
    ...fields: string         # Fields of the request: name=text, name:=json, name=@file
  ]

  def "nu-complete routeguide health color" [] {
    [ "auto" "always" "never" ]
  }

  # Check whether a server, or one of its services, is serving
  export extern "routeguide health" [
    --watch                   # Print every change until interrupted
    --addr(-a): string        # The server: host:port, :port, [::1]:port, http://host:port, dns:///host:port or unix:PATH [env: ROUTEGUIDE_ADDR] [default: localhost:50051]
    --plaintext               # Accepted for grpcurl's users: without https://, calls are in plaintext anyway
    --port(-p): string        # Refused with a tip: the port is part of -a
    --in-process              # Call a RouteGuide server inside this process: no port, no second terminal
    --header(-H): string      # Metadata to send with calls and reflection; may be repeated. Values of -bin names are base64
    --max-message-size: string # The largest message to send or accept, in bytes or with a unit: 64KiB, 4MiB
    --people: path            # With --in-process: serve the people in this file instead of Alice and Bob
    --connect-timeout: string # How long an attempt to connect or an answer of the reflection may take
    --timeout: string         # The call's deadline, including connecting; sent to the server as grpc-timeout
    --wait: string            # Keep trying to connect for this long
    --color: string@"nu-complete routeguide health color" # When to use color
    --verbose(-v)             # Show the connection, the metadata and the status on stderr
    --quiet(-q)               # Print only errors on stderr
    --help(-h)                # Print help (see more with '--help')
    service?: string          # The service; the whole server if omitted
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

  # Check whether a server, or one of its services, is serving
  export extern "routeguide help health" [
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
