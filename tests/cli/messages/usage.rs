//! A command line that is not valid.

use insta::assert_snapshot;

use super::super::harness::routeguide;
use super::transcript;

fn get_person(args: &[&str]) -> super::Program {
    routeguide(["get-person", "Alice"]).args(args)
}

#[test]
fn a_name_that_does_not_exist() {
    assert_snapshot!(transcript([
        routeguide(["get-persn"]),
        routeguide(["get-people", "--max-mesages", "3"]),
    ]), @"
    $ routeguide get-persn
    error: unrecognized subcommand 'get-persn'

      tip: some similar subcommands exist: 'get-people', 'get-person'

    Usage: routeguide <COMMAND>

    For more information, try '--help'.
    [exit code 2]

    $ routeguide get-people --max-mesages 3
    error: unexpected argument '--max-mesages' found

      tip: a similar argument exists: '--max-messages'

    Usage: routeguide get-people --max-messages <N> [NAME]...

    For more information, try '--help'.
    [exit code 2]
    ");
}

#[test]
fn a_missing_argument() {
    assert_snapshot!(transcript([
        routeguide(["get-person"]),
        routeguide(["call"]),
        routeguide(["describe", "--template"]),
    ]), @"
    $ routeguide get-person
    error: the following required arguments were not provided:
      <NAME>

    Usage: routeguide get-person <NAME>

    For more information, try '--help'.
    [exit code 2]

    $ routeguide call
    error: the following required arguments were not provided:
      <METHOD>

    Usage: routeguide call <METHOD> [FIELD]...

    For more information, try '--help'.
    [exit code 2]

    $ routeguide describe --template
    error: the following required arguments were not provided:
      <SYMBOL>

    Usage: routeguide describe --template <SYMBOL>

    For more information, try '--help'.
    [exit code 2]
    ");
}

#[test]
fn arguments_that_exclude_each_other() {
    assert_snapshot!(transcript([
        get_person(&["--in-process", "--addr", "localhost:50051"]),
        get_person(&["-q", "-v"]),
        get_person(&["--pretty", "--compact"]),
        routeguide(["call", "GetPerson", "name=Alice", "-d", "{}"]),
        routeguide(["describe", "Person", "--template", "-o", "json"]),
    ]), @r#"
    $ routeguide get-person Alice --in-process --addr localhost:50051
    error: the argument '--in-process' cannot be used with '--addr <ADDR>'

    Usage: routeguide get-person --in-process <NAME>

    For more information, try '--help'.
    [exit code 2]

    $ routeguide get-person Alice -q -v
    error: the argument '--quiet' cannot be used with '--verbose...'

    Usage: routeguide get-person --quiet <NAME>

    For more information, try '--help'.
    [exit code 2]

    $ routeguide get-person Alice --pretty --compact
    error: the argument '--pretty' cannot be used with '--compact'

    Usage: routeguide get-person --pretty <NAME>

    For more information, try '--help'.
    [exit code 2]

    $ routeguide call GetPerson name=Alice -d '{}'
    error: "name=Alice" cannot be used together with -d
    hint: a request comes either from FIELD arguments or from -d
    [exit code 2]

    $ routeguide describe Person --template -o json
    error: the argument '--template' cannot be used with '--output <FORMAT>'

    Usage: routeguide describe --template <SYMBOL>

    For more information, try '--help'.
    [exit code 2]
    "#);
}

#[test]
fn an_argument_that_needs_another() {
    assert_snapshot!(transcript([
        get_person(&["--people", "people.json"]),
        routeguide(["list", "-I", "protos"]),
    ]), @"
    $ routeguide get-person Alice --people people.json
    error: the following required arguments were not provided:
      --in-process

    Usage: routeguide get-person --in-process --people <FILE|URL> <NAME>

    For more information, try '--help'.
    [exit code 2]

    $ routeguide list -I protos
    error: --import-path is for --proto, and there is none
    [exit code 2]
    ");
}

#[test]
fn a_value_that_is_not_one_of_those_possible() {
    assert_snapshot!(transcript([
        get_person(&["-o", "yaml"]),
        routeguide(["call", "GetPerson", "--input", "yaml"]),
        routeguide(["list", "--reflection", "v2"]),
        routeguide(["serve", "--missing", "maybe"]),
        routeguide(["completions", "tcsh"]),
    ]), @"
    $ routeguide get-person Alice -o yaml
    error: invalid value 'yaml' for '--output <FORMAT>'
      [possible values: text, json, envelope, raw]

    For more information, try '--help'.
    [exit code 2]

    $ routeguide call GetPerson --input yaml
    error: invalid value 'yaml' for '--input <FORMAT>'
      [possible values: json, text]

    For more information, try '--help'.
    [exit code 2]

    $ routeguide list --reflection v2
    error: invalid value 'v2' for '--reflection <VERSION>'
      [possible values: auto, v1, v1alpha, off]

    For more information, try '--help'.
    [exit code 2]

    $ routeguide serve --missing maybe
    error: invalid value 'maybe' for '--missing <HOW>'
      [possible values: reply, status]

    For more information, try '--help'.
    [exit code 2]

    $ routeguide completions tcsh
    error: invalid value 'tcsh' for '<SHELL>'
      [possible values: bash, zsh, fish, powershell, elvish, nushell]

      tip: a similar value exists: 'zsh'

    For more information, try '--help'.
    [exit code 2]
    ");
}

#[test]
fn a_duration() {
    assert_snapshot!(transcript([
        get_person(&["--timeout", "0"]),
        get_person(&["--timeout=-1"]),
        get_person(&["--timeout", "1e30"]),
        get_person(&["--connect-timeout", "soon"]),
        get_person(&["--wait", "5 parsecs"]),
        get_person(&["--wait", ""]),
    ]), @"
    $ routeguide get-person Alice --timeout 0
    error: invalid value '0' for '--timeout <DURATION>': must be from 1ms to 99999999s

    For more information, try '--help'.
    [exit code 2]

    $ routeguide get-person Alice --timeout=-1
    error: invalid value '-1' for '--timeout <DURATION>': must be from 1ms to 99999999s

    For more information, try '--help'.
    [exit code 2]

    $ routeguide get-person Alice --timeout 1e30
    error: invalid value '1e30' for '--timeout <DURATION>': must be from 1ms to 99999999s

    For more information, try '--help'.
    [exit code 2]

    $ routeguide get-person Alice --connect-timeout soon
    error: invalid value 'soon' for '--connect-timeout <DURATION>': expected a duration such as 500ms, 10s or 1m30s

    For more information, try '--help'.
    [exit code 2]

    $ routeguide get-person Alice --wait '5 parsecs'
    error: invalid value '5 parsecs' for '--wait <DURATION>': expected a duration such as 500ms, 10s or 1m30s

    For more information, try '--help'.
    [exit code 2]

    $ routeguide get-person Alice --wait ''
    error: invalid value '' for '--wait <DURATION>': expected a duration such as 500ms, 10s or 1m30s

    For more information, try '--help'.
    [exit code 2]
    ");
}

#[test]
fn a_size() {
    assert_snapshot!(transcript([
        get_person(&["--max-message-size", "0"]),
        get_person(&["--max-message-size", "4GiB"]),
        get_person(&["--max-message-size", "4KB"]),
        get_person(&["--max-message-size", "KiB"]),
    ]), @r#"
    $ routeguide get-person Alice --max-message-size 0
    error: invalid value '0' for '--max-message-size <SIZE>': must be at least 1 byte and less than 4GiB

    For more information, try '--help'.
    [exit code 2]

    $ routeguide get-person Alice --max-message-size 4GiB
    error: invalid value '4GiB' for '--max-message-size <SIZE>': must be at least 1 byte and less than 4GiB

    For more information, try '--help'.
    [exit code 2]

    $ routeguide get-person Alice --max-message-size 4KB
    error: invalid value '4KB' for '--max-message-size <SIZE>': unknown unit "KB": use KiB, MiB or GiB

    For more information, try '--help'.
    [exit code 2]

    $ routeguide get-person Alice --max-message-size KiB
    error: invalid value 'KiB' for '--max-message-size <SIZE>': expected a number of bytes, such as 65536 or 64KiB

    For more information, try '--help'.
    [exit code 2]
    "#);
}

#[test]
fn a_number() {
    assert_snapshot!(transcript([
        routeguide(["call", "GetPerson", "--concurrency", "0"]),
        routeguide(["call", "GetPerson", "-n", "0"]),
        routeguide(["get-people", "-n", "some"]),
        routeguide(["get-people", "-n", "-1"]),
        routeguide(["get-people", "-n", "18446744073709551616"]),
        routeguide(["list", "--retry", "4294967296"]),
    ]), @"
    $ routeguide call GetPerson --concurrency 0
    error: invalid value '0' for '--concurrency <N>': expected a whole number from 1 to 1000

    For more information, try '--help'.
    [exit code 2]

    $ routeguide call GetPerson -n 0
    error: invalid value '0' for '--max-messages <N>': expected a whole number that is at least 1

    For more information, try '--help'.
    [exit code 2]

    $ routeguide get-people -n some
    error: invalid value 'some' for '--max-messages <N>': expected a whole number that is at least 1

    For more information, try '--help'.
    [exit code 2]

    $ routeguide get-people -n -1
    error: invalid value '-1' for '--max-messages <N>': expected a whole number that is at least 1

    For more information, try '--help'.
    [exit code 2]

    $ routeguide get-people -n 18446744073709551616
    error: invalid value '18446744073709551616' for '--max-messages <N>': it is too large; without the flag, there is no limit

    For more information, try '--help'.
    [exit code 2]

    $ routeguide list --retry 4294967296
    error: invalid value '4294967296' for '--retry <N>': it is too large

    For more information, try '--help'.
    [exit code 2]
    ");
}

#[test]
fn an_argument_that_is_not_utf_8() {
    use std::os::unix::ffi::OsStrExt as _;
    let name = std::ffi::OsStr::from_bytes(b"Z\xff");
    assert_snapshot!(transcript([
        routeguide(["get-person".as_ref(), name]),
    ]), @"
    $ routeguide get-person 'Z�'
    error: invalid UTF-8 was detected in one or more arguments

    Usage: routeguide get-person [OPTIONS] <NAME>

    For more information, try '--help'.
    [exit code 2]
    ");
}

/// Raw bytes would act on the terminal.
#[test]
fn raw_output_to_a_terminal() {
    use super::super::harness::Terminal;
    let terminal = Terminal::open();
    assert_snapshot!(transcript([
        get_person(&["-o", "raw"]).stdout(terminal.stdout()),
    ]), @"
    $ routeguide get-person Alice -o raw
    error: -o raw does not write to a terminal
    hint: redirect stdout to a file, or pipe it through `xxd`
    [exit code 2]
    ");
}

#[test]
fn keep_going_without_a_batch() {
    assert_snapshot!(transcript([
        routeguide(["call", "GetPeople", "--in-process", "--keep-going", "-d", "{}"]),
    ]), @"
    $ routeguide call GetPeople --in-process --keep-going -d '{}'
    error: --keep-going is for batches, and RouteGuide.GetPeople takes a stream: all of its messages are one call
    [exit code 2]
    ");
}

#[test]
fn what_a_name_or_a_symbol_is_not() {
    assert_snapshot!(transcript([
        routeguide(["get-person", "--in-process", "name=Alice"]),
        routeguide(["describe", "--in-process", "RouteGuide", "GetPerson"]),
        routeguide(["--", "list"]),
    ]), @r#"
    $ routeguide get-person --in-process name=Alice
    error: NOT_FOUND: no person named "name=Alice"
    hint: the name alone is enough: get-person "Alice"
    [exit code 69]

    $ routeguide describe --in-process RouteGuide GetPerson
    error: unexpected argument "GetPerson"
    hint: one symbol at a time; a method of a service is RouteGuide/GetPerson
    [exit code 2]

    $ routeguide -- list
    error: unexpected argument 'list' found

      tip: leave out the -- in front of the command

    Usage: routeguide <COMMAND>

    For more information, try '--help'.
    [exit code 2]
    "#);
}
