//! Streams that are reset as soon as they are opened, by the client (CVE-2023-44487) or, because of what the client sends,
//! by the server (CVE-2025-8671).

use std::time::Duration;

use super::attacker::{
    Attacker, ENHANCE_YOUR_CALM, Flood, GET_PEOPLE, GET_PERSON, PRIORITY, name, request,
};
use super::beside::Victim;
use super::harness::raw::frame::{
    DATA, END_HEADERS, END_STREAM, Frame, HEADERS, RST_STREAM, WINDOW_UPDATE, header_block,
};

/// The default of `--max-resets`: resets beyond as many as calls have completed.
const ALLOWED: usize = 500;

/// After as many streams, a call shows that the server has processed them.
const CHECKED: usize = 50;

/// So many streams without being cut off are too many.
const TOO_MANY: usize = ALLOWED + 2 * CHECKED;

/// Every kind of streams is counted up to the limit, beyond which the client gets this.
#[track_caller]
fn is_told_to_calm_down(attacker: &Attacker) {
    let code = attacker.wait_for_end().map(|(code, _)| code);
    assert_eq!(code, Some(ENHANCE_YOUR_CALM));
}

/// Opens streams for nothing until the server ends the connection. Returns how many that took.
#[track_caller]
fn waste(
    attacker: &mut Attacker,
    too_many: usize,
    mut one: impl FnMut(&mut Attacker),
) -> Option<usize> {
    for wasted in 1..=too_many {
        one(attacker);
        if wasted % CHECKED == 0 && !attacker.call() {
            return Some(wasted);
        }
    }
    None
}

#[test]
fn a_burst_of_resets_is_cut_off() {
    Victim::with([]).withstands(|victim| {
        while victim.goes_on() {
            let mut attacker = Attacker::connect(victim.addr());
            let mut burst = Vec::new();
            for _ in 0..10_000 {
                let headers = attacker.headers(GET_PEOPLE, 0);
                let reset = Frame::new(RST_STREAM, 0, headers.stream, [0, 0, 0, 8]);
                burst.extend([headers, reset]);
            }
            attacker.flood(&burst, 1);
            is_told_to_calm_down(&attacker);
        }
    });
}

#[test]
fn paced_resets_are_cut_off() {
    Victim::with([]).withstands(|victim| {
        while victim.goes_on() {
            let mut attacker = Attacker::connect(victim.addr());
            let cut_off = waste(&mut attacker, TOO_MANY, |attacker| {
                let stream = attacker.open(GET_PEOPLE);
                attacker.reset(stream);
                std::thread::sleep(Duration::from_micros(800));
            });
            assert!(cut_off.is_some(), "{TOO_MANY} resets were accepted");
            is_told_to_calm_down(&attacker);
        }
    });
}

#[test]
fn resets_of_calls_that_were_answered_are_cut_off() {
    Victim::with([]).withstands(|victim| {
        let mut attacker = Attacker::connect(victim.addr());
        let cut_off = waste(&mut attacker, TOO_MANY, |attacker| {
            let stream = attacker.open(GET_PEOPLE);
            attacker.data(stream, name("Alice"), 0);
            attacker.wait("a reply", |seen| {
                seen.closed || seen.answered.contains(&stream)
            });
            attacker.reset(stream);
        });
        assert!(cut_off.is_some(), "{TOO_MANY} resets were accepted");
        is_told_to_calm_down(&attacker);
    });
}

#[test]
fn max_resets_is_the_limit() {
    Victim::with(["--max-resets", "100"]).withstands(|victim| {
        let mut attacker = Attacker::connect(victim.addr());
        let cut_off = waste(&mut attacker, 100 + 2 * CHECKED, |attacker| {
            let stream = attacker.open(GET_PEOPLE);
            attacker.reset(stream);
            std::thread::sleep(Duration::from_micros(800));
        });
        assert!(cut_off.is_some(), "200 resets were accepted");
        is_told_to_calm_down(&attacker);
    });
}

/// A client that cancels calls, as one with short deadlines does, is not an attacker while as many complete.
#[test]
fn a_client_that_completes_as_many_calls_as_it_resets_is_served() {
    let victim = Victim::with([]);
    let mut client = Attacker::connect(victim.addr());
    for n in 0..2 * ALLOWED {
        let stream = client.open(GET_PEOPLE);
        client.data(stream, name("Alice"), 0);
        client.wait("a reply", |seen| {
            seen.closed || seen.answered.contains(&stream)
        });
        client.reset(stream);
        assert!(client.call(), "cut off after {n} resets");
    }
}

/// Makes the server reset a stream again and again, until it ends the connection.
#[track_caller]
fn provoke(mut one: impl FnMut(&mut Attacker) + Send) {
    /// With hyper, the server was cut off after 1,024.
    const TOO_MANY: usize = 1_200;

    Victim::with([]).withstands(|victim| {
        while victim.goes_on() {
            let mut attacker = Attacker::connect(victim.addr());
            let cut_off = waste(&mut attacker, TOO_MANY, &mut one);
            assert!(cut_off.is_some(), "{TOO_MANY} resets were provoked");
            attacker.wait_for_end();
        }
    });
}

/// Sends a frame of this type on a new stream.
fn open_and_send(attacker: &mut Attacker, flags: u8, kind: u8, payload: &[u8]) {
    let headers = attacker.headers(GET_PEOPLE, flags);
    attacker.send(&headers);
    attacker.send(&Frame::new(kind, 0, headers.stream, payload));
}

#[test]
fn window_updates_of_0_are_cut_off() {
    provoke(|attacker| open_and_send(attacker, 0, WINDOW_UPDATE, &[0; 4]));
}

#[test]
fn windows_that_overflow_are_cut_off() {
    let most = i32::MAX.to_be_bytes();
    provoke(|attacker| open_and_send(attacker, 0, WINDOW_UPDATE, &most));
}

#[test]
fn data_after_the_end_is_cut_off() {
    provoke(|attacker| open_and_send(attacker, END_STREAM, DATA, &[0; 5]));
}

#[test]
fn headers_after_the_end_are_cut_off() {
    provoke(|attacker| {
        let mut headers = attacker.headers(GET_PEOPLE, END_STREAM);
        attacker.send(&headers);
        headers.flags = END_HEADERS;
        attacker.send(&headers);
    });
}

#[test]
fn priorities_of_a_wrong_length_are_cut_off() {
    provoke(|attacker| open_and_send(attacker, 0, PRIORITY, &[0; 4]));
}

#[test]
fn streams_that_depend_on_themselves_are_cut_off() {
    provoke(|attacker| {
        let stream = attacker.open(GET_PEOPLE);
        let mut priority = stream.to_be_bytes().to_vec();
        priority.push(16);
        attacker.send(&Frame::new(PRIORITY, 0, stream, priority));
    });
}

#[test]
fn malformed_requests_are_cut_off() {
    provoke(|attacker| {
        let mut fields = request(GET_PERSON).to_vec();
        fields.push(("connection", "keep-alive"));
        let stream = attacker.new_stream();
        let block = header_block(&fields);
        attacker.send(&Frame::new(HEADERS, END_HEADERS, stream, block));
    });
}

#[test]
fn requests_with_a_wrong_content_length_are_cut_off() {
    provoke(|attacker| {
        let mut fields = request(GET_PERSON).to_vec();
        fields.push(("content-length", "1"));
        let stream = attacker.new_stream();
        let block = header_block(&fields);
        attacker.send(&Frame::new(HEADERS, END_HEADERS, stream, block));
        attacker.data(stream, name("Alice"), END_STREAM);
    });
}

/// Streams beyond the limit are refused, which is a reset too.
#[test]
fn streams_beyond_the_limit_are_cut_off() {
    Victim::with([]).withstands(|victim| {
        while victim.goes_on() {
            let mut attacker = Attacker::connect(victim.addr());
            let streams: Vec<Frame> = (0..20_000)
                .map(|_| attacker.headers(GET_PEOPLE, 0))
                .collect();
            assert_ne!(attacker.flood(&streams, 1), Flood::Stalled);
            attacker.wait_for_end();
        }
    });
}
