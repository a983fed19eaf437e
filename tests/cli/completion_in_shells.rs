//! Completion in bash, zsh and fish themselves, on a pseudo-terminal: what a TAB types, and what the program then gets.

use super::harness::{Echo, Server, Shell};

/// Each specification holds in all three shells.
macro_rules! in_every_shell {
    ($($name:ident),* $(,)?) => {
        mod bash { $(#[test] fn $name() { super::$name(super::Shell::start("bash")); })* }
        mod zsh { $(#[test] fn $name() { super::$name(super::Shell::start("zsh")); })* }
        mod fish { $(#[test] fn $name() { super::$name(super::Shell::start("fish")); })* }
    };
}

in_every_shell!(
    a_word_with_one_candidate_is_completed_and_ends,
    methods_come_first,
    flags_come_after_a_dash,
    where_nothing_is_known_nothing_is_typed,
    fields_of_the_request_are_offered_in_their_forms,
    fields_of_a_message_come_after_its_dot,
    values_of_an_enum_come_after_the_equals_sign,
    values_of_a_bool_come_after_the_equals_sign,
    files_come_after_an_at_sign,
    files_come_after_a_redirection,
    a_folder_is_completed_without_a_space,
    characters_that_the_shell_acts_on_are_quoted,
    a_word_within_quotation_marks_is_completed,
    a_word_with_quotation_marks_in_it_is_completed,
    headers_are_completed_up_to_the_value,
    a_command_behind_a_pipe_is_completed,
    files_of_a_flag_may_be_in_the_home_folder,
    sockets_come_after_unix,
    addresses_used_before_are_offered,
    the_shell_still_completes_its_variables,
    a_variable_in_the_address_is_followed,
    members_of_a_oneof_exclude_each_other,
    elements_come_after_a_bracket,
);

// bash does not tell a completion what is in front of the command.
mod zsh_with_variables {
    #[test]
    fn a_variable_before_the_command_counts() {
        super::a_variable_before_the_command_counts(super::Shell::start("zsh"));
    }
}
mod fish_with_variables {
    #[test]
    fn a_variable_before_the_command_counts() {
        super::a_variable_before_the_command_counts(super::Shell::start("fish"));
    }
}

fn a_word_with_one_candidate_is_completed_and_ends(mut shell: Shell) {
    assert_eq!(
        shell.runs("cal\t--in-p\tGetPer\tx"),
        "[call][--in-process][GetPerson][x]"
    );
}

fn methods_come_first(mut shell: Shell) {
    let methods = ["/GetPeople", "/GetPerson"];
    let shown = shell.shows("call --in-process ", &methods);
    assert!(!shown.contains("--addr"), "{shown:?}");
    assert_eq!(
        shell.runs("call --in-process Rou\tr\tx"),
        "[call][--in-process][RouteGuide/GetPerson][x]"
    );
}

fn flags_come_after_a_dash(mut shell: Shell) {
    let shown = shell.shows("list -", &["--long", "--addr"]);
    assert!(!shown.contains("health"), "{shown:?}");
    assert_eq!(shell.runs("list --lo\tx"), "[list][--long][x]");
}

fn where_nothing_is_known_nothing_is_typed(mut shell: Shell) {
    for line in [
        "get-person ",
        "get-people --in-process ",
        "call --in-process GetPerson name=",
        "call --timeout ",
        "call -d ",
        "call --in-process NoSuchMethod ",
        "no-such-command ",
        "list --no-such-flag=",
    ] {
        let plain = shell.runs(&format!("{line}x"));
        assert_eq!(shell.runs(&format!("{line}\tx")), plain, "{line:?}");
    }
}

fn fields_of_the_request_are_offered_in_their_forms(mut shell: Shell) {
    let echo = Echo::start();
    let call = format!("call -a {} Echo/Unary", echo.addr());
    let run = format!("[call][-a][{}][Echo/Unary]", echo.addr());
    for (typed, word) in [
        ("na", "name=x"),
        ("hob", "hobbies[]=x"),
        ("add", "address.x"),
        ("del", "delay_ms=x"),
    ] {
        let words = shell.runs(&format!("{call} {typed}\tx"));
        assert_eq!(words, format!("{run}[{word}]"), "{typed}");
    }
    shell.shows(&format!("{call} "), &["name=", "hobbies[]=", "address."]);
    // fish would type a space behind a bracket.
    let (rest, map) = match shell.name() {
        "fish" => ("'{}'", "labels:={}"),
        _ => ("'a]=b'", "labels[a]=b"),
    };
    let words = shell.runs(&format!("{call} lab\t{rest}"));
    assert_eq!(words, format!("{run}[{map}]"));
}

fn fields_of_a_message_come_after_its_dot(mut shell: Shell) {
    let echo = Echo::start();
    let call = format!("call -a {} Echo/Unary", echo.addr());
    let run = format!("[call][-a][{}][Echo/Unary]", echo.addr());
    assert_eq!(
        shell.runs(&format!("{call} add\tci\tSeoul address.s\tMain")),
        format!("{run}[address.city=Seoul][address.street=Main]")
    );
}

fn values_of_an_enum_come_after_the_equals_sign(mut shell: Shell) {
    let echo = Echo::start();
    let call = format!("call -a {} Echo/Unary", echo.addr());
    let run = format!("[call][-a][{}][Echo/Unary]", echo.addr());
    assert_eq!(
        shell.runs(&format!("{call} colo\tCOLOR_R\tx")),
        format!("{run}[color=COLOR_RED][x]")
    );
    shell.shows(&format!("{call} color="), &["COLOR_RED", "COLOR_GREEN"]);
}

fn values_of_a_bool_come_after_the_equals_sign(mut shell: Shell) {
    let echo = Echo::start();
    let call = format!("call -a {} Echo/Unary", echo.addr());
    let run = format!("[call][-a][{}][Echo/Unary]", echo.addr());
    assert_eq!(
        shell.runs(&format!("{call} active=t\tactive:=f\tx")),
        format!("{run}[active=true][active:=false][x]")
    );
}

fn files_come_after_an_at_sign(mut shell: Shell) {
    shell.home().write("request.json", "{}");
    for (typed, words) in [
        ("-d @req", "[-d][@request.json]"),
        ("-d@req", "[-d@request.json]"),
        ("--data=@req", "[--data=@request.json]"),
        ("M photo=@req", "[M][photo=@request.json]"),
        ("M photo:=@req", "[M][photo:=@request.json]"),
        ("M @req", "[M][@request.json]"),
        ("-d @~/req", "[-d][@~/request.json]"),
    ] {
        let run = shell.runs(&format!("call {typed}\tx"));
        assert_eq!(run, format!("[call]{words}[x]"), "{typed}");
    }
}

/// The line fails in a shell that has not completed the name.
fn files_come_after_a_redirection(mut shell: Shell) {
    shell.home().write("my request.json", "{}");
    for typed in ["< my", "<my", "<'my"] {
        let run = shell.runs(&format!("call M {typed}\tx"));
        assert_eq!(run, "[call][M][x]", "{typed}");
    }
    let run = shell.runs("call --in-p\t < my\t");
    assert_eq!(run, "[call][--in-process]");
}

fn a_folder_is_completed_without_a_space(mut shell: Shell) {
    std::fs::create_dir(shell.home().join("requests")).unwrap();
    shell.home().write("requests/one.json", "{}");
    assert_eq!(
        shell.runs("call M name=@req\to\tx"),
        "[call][M][name=@requests/one.json][x]"
    );
    assert_eq!(shell.runs("man req\tx"), "[man][requests/x]");
}

fn characters_that_the_shell_acts_on_are_quoted(mut shell: Shell) {
    shell.home().write("it's [a] $file & more!.json", "{}");
    for typed in ["-d @it", "M name=@it", "--protoset it"] {
        let run = shell.runs(&format!("call {typed}\tx"));
        let words = typed.replace(' ', "][");
        assert_eq!(
            run,
            format!("[call][{words}'s [a] $file & more!.json][x]"),
            "{typed}"
        );
    }
}

fn a_word_within_quotation_marks_is_completed(mut shell: Shell) {
    shell.home().write("my request.json", "{}");
    for typed in ["\"@my re", "'@my re", "@my\\ re"] {
        let run = shell.runs(&format!("call -d {typed}\tx"));
        assert_eq!(run, "[call][-d][@my request.json][x]", "{typed}");
    }
}

fn a_word_with_quotation_marks_in_it_is_completed(mut shell: Shell) {
    shell.home().write("my request.json", "{}");
    for typed in ["name=@\"my re", "name=@'my re", "\"name\"=@my\\ re"] {
        let run = shell.runs(&format!("call M {typed}\tx"));
        assert_eq!(run, "[call][M][name=@my request.json][x]", "{typed}");
    }
}

fn headers_are_completed_up_to_the_value(mut shell: Shell) {
    assert_eq!(shell.runs("list -H auth\tx"), "[list][-H][authorization:x]");
}

fn a_command_behind_a_pipe_is_completed(mut shell: Shell) {
    assert_eq!(
        shell.runs("get-person a | routeguide get-people --stri\t--in-p\t"),
        "[get-people][--strict][--in-process]"
    );
}

fn files_of_a_flag_may_be_in_the_home_folder(mut shell: Shell) {
    shell.home().write("echo.protoset", "");
    let home = shell.home().path().display().to_string();
    assert_eq!(
        shell.runs("list --protoset ~/ec\tx"),
        format!("[list][--protoset][{home}/echo.protoset][x]")
    );
}

fn sockets_come_after_unix(mut shell: Shell) {
    shell.home().write("server.sock", "");
    assert_eq!(
        shell.runs("list -a un\tser\tx"),
        "[list][-a][unix:server.sock][x]"
    );
    assert_eq!(
        shell.runs("list -aunix:./s\tx"),
        "[list][-aunix:./server.sock][x]"
    );
}

fn addresses_used_before_are_offered(mut shell: Shell) {
    let server = Server::start();
    let addr = server.addr();
    let listed = shell.runs(&format!("list -a {addr} Rou\tx"));
    assert_eq!(listed, format!("[list][-a][{addr}][RouteGuide][x]"));
    assert_eq!(
        shell.runs("list -a 127\tx"),
        format!("[list][-a][{addr}][x]")
    );
    assert_eq!(
        shell.runs("list --addr=127.0.0.1:\tx"),
        format!("[list][--addr={addr}][x]")
    );
    assert_eq!(
        shell.runs("list -a loc\tx"),
        "[list][-a][localhost:50051][x]"
    );
}

fn the_shell_still_completes_its_variables(mut shell: Shell) {
    shell.exports("SERVER_TO_CALL", "localhost:1");
    let run = shell.runs("list -a $SERVER_TO\t -q");
    assert_eq!(run, "[list][-a][localhost:1][-q]");
}

fn a_variable_in_the_address_is_followed(mut shell: Shell) {
    let server = Server::start();
    shell.exports("SERVER", server.addr());
    let run = shell.runs("list -a $SERVER Rou\tx");
    assert_eq!(run, format!("[list][-a][{}][RouteGuide][x]", server.addr()));
}

fn members_of_a_oneof_exclude_each_other(mut shell: Shell) {
    let echo = Echo::start();
    let call = format!("call -a {} Echo/Unary", echo.addr());
    let run = format!("[call][-a][{}][Echo/Unary]", echo.addr());
    // Else it might be `phone`, too.
    assert_eq!(
        shell.runs(&format!("{call} mail=a ph\tx")),
        format!("{run}[mail=a][photo=x]")
    );
}

fn elements_come_after_a_bracket(mut shell: Shell) {
    shell.home().write(
        "shop.proto",
        "syntax = \"proto3\"; service Shop { rpc Pay(Order) returns (Order); } \
         message Order { string name = 1; repeated Order parts = 2; map<string, Order> gifts = 3; int32 age = 4; }",
    );
    let call = "call --proto shop.proto Pay";
    let run = "[call][--proto][shop.proto][Pay]";
    // Outside of quotation marks, zsh completes the variables of a subscript. Within them, bash ends the word.
    let mark = if shell.name() == "zsh" { "'" } else { "" };
    assert_eq!(
        shell.runs(&format!("{call} {mark}parts[\tn\tx{mark}")),
        format!("{run}[parts[0].name=x]")
    );
    assert_eq!(
        shell.runs(&format!(
            "{call} 'gifts[a].name=x' {mark}gifts[\tag\t1{mark}"
        )),
        format!("{run}[gifts[a].name=x][gifts[a].age=1]")
    );
}

fn a_variable_before_the_command_counts(mut shell: Shell) {
    let server = Server::start();
    let before = format!("OTHER='a b' ROUTEGUIDE_ADDR={} ", server.addr());
    assert_eq!(
        shell.runs_with(&before, "list Rou\tx"),
        "[list][RouteGuide][x]"
    );
}
