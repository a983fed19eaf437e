//! What one connection can make the server keep: requests that are not complete, and replies that nobody reads.

use super::attacker::{Attacker, Flood, GET_PEOPLE, GET_PERSON, REFUSED_STREAM, name};
use super::beside::Victim;
use super::harness::raw::frame::{DATA, END_STREAM, Frame, INITIAL_WINDOW_SIZE};
use super::harness::{Server, people_file, wait_until_settled};

/// Sends what `next` makes on each of the streams, as far as the server's windows allow, until it takes no more.
fn fill(
    attacker: &Attacker,
    streams: &[u32],
    mut next: impl FnMut(&Attacker, u32) -> usize,
) -> usize {
    let mut sent = 0;
    wait_until_settled(|| {
        for stream in streams {
            sent += next(attacker, *stream);
        }
        sent
    });
    sent
}

/// Sends names in DATA frames of this size, as many as the window has room for.
fn send_names(attacker: &Attacker, stream: u32, size: usize) -> usize {
    let message = name("Alice");
    let names = message.repeat(size.div_ceil(message.len()));
    let frames = names.chunks(size);
    let once: Vec<u8> = frames
        .flat_map(|part| Frame::new(DATA, 0, stream, part).encode())
        .collect();
    let times = (attacker.room(stream) / names.len()).min((1 << 16) / once.len());
    attacker.use_up(stream, times * names.len());
    if times > 0 && attacker.send_bytes(&once.repeat(times)) {
        times * names.len()
    } else {
        0
    }
}

/// A client whose streams have no room for a reply.
fn unread(victim: &Victim) -> Attacker {
    Attacker::with_settings(victim.addr(), &[(INITIAL_WINDOW_SIZE, 0)])
}

#[test]
fn data_of_one_byte_on_90_streams_that_nobody_reads() {
    Victim::with([]).withstands(|victim| {
        let mut attacker = unread(victim);
        let streams: Vec<u32> = (0..90).map(|_| attacker.open(GET_PEOPLE)).collect();
        let sent = fill(&attacker, &streams, |attacker, stream| {
            send_names(attacker, stream, 1)
        });
        assert!(sent < 32 << 20, "the server took {sent} bytes");
        victim.hold();
    });
}

#[test]
fn names_on_100_streams_that_nobody_reads() {
    Victim::with([]).withstands(|victim| {
        let mut attacker = unread(victim);
        let streams: Vec<u32> = (0..100).map(|_| attacker.open(GET_PEOPLE)).collect();
        let sent = fill(&attacker, &streams, |attacker, stream| {
            send_names(attacker, stream, 12 << 8)
        });
        assert!(sent < 32 << 20, "the server took {sent} bytes");
        victim.hold();
    });
}

/// Ten such connections, as many as are open to an attacker below the limit.
#[test]
fn names_on_1000_streams_that_nobody_reads() {
    Victim::with([]).withstands(|victim| {
        let attackers: Vec<Attacker> = (0..10)
            .map(|_| {
                let mut attacker = unread(victim);
                let streams: Vec<u32> = (0..100).map(|_| attacker.open(GET_PEOPLE)).collect();
                fill(&attacker, &streams, |attacker, stream| {
                    send_names(attacker, stream, 12)
                });
                attacker
            })
            .collect();
        victim.hold();
        drop(attackers);
    });
}

/// Each name of a few bytes asks for 60 KB, and nothing but the socket holds the replies up.
#[test]
fn large_replies_that_a_client_does_not_take_off_its_socket() {
    large_replies(i32::MAX.cast_unsigned(), Attacker::stop_reading);
}

#[test]
fn large_replies_that_streams_have_no_room_for() {
    large_replies(0, |_| {});
}

#[track_caller]
fn large_replies(window: u32, then: fn(&Attacker)) {
    let hobby = "x".repeat(60_000);
    let alice = format!(r#"[{{"name":"Alice","hobbies":["{hobby}"]}}]"#);
    let (_folder, people) = people_file(alice);
    let server = Server::started(["--people".as_ref(), people.as_os_str()]);
    Victim::of(server).withstands(|victim| {
        let mut attacker = Attacker::with_settings(victim.addr(), &[(INITIAL_WINDOW_SIZE, window)]);
        then(&attacker);
        let streams: Vec<u32> = (0..100).map(|_| attacker.open(GET_PEOPLE)).collect();
        fill(&attacker, &streams, |attacker, stream| {
            send_names(attacker, stream, 12)
        });
        victim.hold();
    });
}

#[test]
fn calls_of_a_client_that_does_not_read() {
    Victim::with([]).withstands(|victim| {
        let mut attacker = Attacker::deaf(victim.addr(), &[]);
        for _ in 0..1_000 {
            let mut calls = Vec::new();
            for _ in 0..100 {
                let headers = attacker.headers(GET_PERSON, 0);
                let data = Frame::new(DATA, END_STREAM, headers.stream, name("Alice"));
                calls.extend([headers, data]);
            }
            if attacker.flood(&calls, 1) != Flood::Taken {
                break;
            }
        }
        victim.hold();
    });
}

/// The length prefix promises 64 KiB, the decode limit, and the last byte never comes.
#[test]
fn messages_at_the_limit_that_never_end_on_100_streams() {
    Victim::with([]).withstands(|victim| {
        let mut attacker = Attacker::connect(victim.addr());
        let streams: Vec<u32> = (0..100).map(|_| attacker.open(GET_PEOPLE)).collect();
        for stream in &streams {
            attacker.data(*stream, [0, 0, 1, 0, 0], 0);
        }
        let mut left = vec![(64 << 10) - 1; streams.len()];
        let sent = fill(&attacker, &streams, |attacker, stream| {
            let left = &mut left[stream as usize / 2];
            let now = attacker.room(stream).min(*left).min(16 << 10);
            *left -= now;
            if now > 0 {
                attacker.data(stream, vec![b'x'; now], 0);
            }
            now
        });
        assert!(sent > 0);
        let beyond = attacker.open(GET_PEOPLE);
        attacker.wait("a stream beyond the limit to be refused", |seen| {
            seen.resets.get(&beyond) == Some(&REFUSED_STREAM)
        });
        victim.hold();
        let ended = attacker.look(|seen| seen.closed);
        assert!(!ended, "a slow client is not an attacker");
    });
}

/// The same in frames of one byte.
#[test]
fn messages_that_never_end_in_data_of_one_byte() {
    Victim::with([]).withstands(|victim| {
        let mut attacker = Attacker::connect(victim.addr());
        let streams: Vec<u32> = (0..90).map(|_| attacker.open(GET_PEOPLE)).collect();
        for stream in &streams {
            attacker.data(*stream, [0, 0, 1, 0, 0], 0);
        }
        let mut left = vec![(64 << 10) - 1; streams.len()];
        fill(&attacker, &streams, |attacker, stream| {
            let left = &mut left[stream as usize / 2];
            let now = attacker.room(stream).min(*left).min(1 << 10);
            *left -= now;
            let bytes = Frame::new(DATA, 0, stream, *b"x").encode().repeat(now);
            attacker.use_up(stream, now);
            if attacker.send_bytes(&bytes) { now } else { 0 }
        });
        victim.hold();
    });
}
