//! Header blocks that never end, or that are small on the wire and large in memory.

use super::attacker::{Attacker, Flood, GET_PERSON, name, request};
use super::beside::Victim;
use super::client::{Client, End};
use super::harness::raw::frame::{
    CONTINUATION, END_HEADERS, END_STREAM, Frame, HEADERS, header_block,
};
use super::harness::{Server, block_on};

/// A header block that goes on with `part` for ever.
#[track_caller]
fn endless(part: &[u8]) {
    const FRAMES: usize = 500_000;

    Victim::with([]).withstands(|victim| {
        while victim.goes_on() {
            let mut attacker = Attacker::connect(victim.addr());
            let stream = attacker.new_stream();
            let block = header_block(&request(GET_PERSON));
            attacker.send(&Frame::new(HEADERS, 0, stream, block));
            let frames = FRAMES.min((1 << 28) / (part.len() + 9));
            let flood = attacker.flood(&[Frame::new(CONTINUATION, 0, stream, part)], frames);
            assert_eq!(flood, Flood::CutOff);
            attacker.wait_for_end();
        }
    });
}

#[test]
fn endless_empty_continuations_are_cut_off() {
    endless(&[]);
}

#[test]
fn endless_continuations_with_a_field_each_are_cut_off() {
    endless(&header_block(&[("a", "b")]));
}

#[test]
fn endless_continuations_of_full_size_are_cut_off() {
    endless(&header_block(&[("large", &"x".repeat(16_000))]));
}

/// A value in the table of the server, and 16,000 references to it of one byte each (RFC 7541, section 7.3).
#[test]
fn a_bomb_of_references_is_refused() {
    Victim::with([]).withstands(|victim| {
        while victim.goes_on() {
            let mut attacker = Attacker::connect(victim.addr());
            let mut field = header_block(&[("bomb", &"x".repeat(4_000))]);
            // Literal with incremental indexing, which makes it entry 62 (RFC 7541, sections 2.3.3 and 6.2.1).
            field[0] = 0x40;
            for _ in 0..100 {
                let mut block = header_block(&request(GET_PERSON));
                block.extend(&field);
                // An indexed field (RFC 7541, section 6.1).
                block.resize(16_000, 0x80 + 62);
                let stream = attacker.new_stream();
                attacker.send(&Frame::new(
                    HEADERS,
                    END_HEADERS | END_STREAM,
                    stream,
                    block,
                ));
                attacker.wait("the end of a request", |seen| seen.is_over(stream));
                assert!(attacker.look(|seen| seen.answered.is_empty()));
            }
        }
    });
}

/// `431 Request Header Fields Too Large` or RESOURCE_EXHAUSTED.
fn is_refused(end: &End) -> bool {
    end.http == 431 || end.code == Some(8)
}

#[test]
fn headers_beyond_the_limit_are_an_error_and_the_connection_stays_open() {
    for (args, refused) in [
        (&[][..], [17 << 10, 30 << 10]),
        (&["--max-header-list", "4096"], [5 << 10, 8 << 10]),
    ] {
        let server = Server::started(args);
        block_on(async {
            let mut client = Client::connect(server.addr()).await;
            for len in refused {
                let large = "x".repeat(len);
                let end = client.unary(GET_PERSON, &[("large", &large)], "").await;
                let end = end.unwrap();
                assert!(is_refused(&end), "{len} bytes: {end:?}");
                client.get_person().await.unwrap();
            }
            let small = "x".repeat(3 << 10);
            let alice = name("Alice");
            let end = client.unary(GET_PERSON, &[("small", &small)], alice).await;
            assert_eq!(end.unwrap().code, Some(0));
        });
    }
}

/// Far beyond the limit, the connection may end; not without a reason.
#[test]
fn headers_of_a_megabyte_are_refused() {
    Victim::with([]).withstands(|victim| {
        while victim.goes_on() {
            let mut attacker = Attacker::connect(victim.addr());
            let stream = attacker.new_stream();
            let mut block = header_block(&request(GET_PERSON));
            block.extend(header_block(&[("large", &"x".repeat(1 << 20))]));
            let mut kind = HEADERS;
            for part in block.chunks(16_000) {
                attacker.send(&Frame::new(kind, 0, stream, part));
                kind = CONTINUATION;
            }
            attacker.send(&Frame::new(CONTINUATION, END_HEADERS, stream, []));
            attacker.wait("a refusal", |seen| seen.is_over(stream));
            let told = attacker.look(|seen| seen.goaway.is_some() || seen.ended.contains(&stream));
            assert!(told, "the connection ended without a reason");
        }
    });
}
