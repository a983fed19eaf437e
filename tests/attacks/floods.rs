//! Millions of frames that are small, legal one by one, and useless.

use super::attacker::{Attacker, Flood, GET_PEOPLE, PRIORITY};
use super::beside::Victim;
use super::harness::raw::frame::{DATA, Frame, INITIAL_WINDOW_SIZE, RST_STREAM, WINDOW_UPDATE};

const FRAMES: usize = 1_000_000;

/// A flood ends with the connection; or the server does not mind, and answers the call behind it.
#[track_caller]
fn is_bounded(attacker: &mut Attacker, frames: &[Frame]) {
    match attacker.flood(frames, FRAMES / frames.len()) {
        Flood::CutOff => _ = attacker.wait_for_end(),
        Flood::Stalled => panic!("the server does not read, and answers are read"),
        Flood::Taken => _ = attacker.call(),
    }
}

#[track_caller]
fn flood(frames: &[Frame]) {
    Victim::with([]).withstands(|victim| {
        while victim.goes_on() {
            is_bounded(&mut Attacker::connect(victim.addr()), frames);
        }
    });
}

#[test]
fn settings() {
    flood(&[
        Frame::settings(&[(INITIAL_WINDOW_SIZE, 1)]),
        Frame::settings(&[(INITIAL_WINDOW_SIZE, 1 << 20)]),
    ]);
}

/// Their acknowledgements are not read: the server must not collect them.
#[test]
fn settings_from_a_client_that_does_not_read() {
    Victim::with([]).withstands(|victim| {
        let attacker = Attacker::deaf(victim.addr(), &[]);
        let flood = attacker.flood(&[Frame::settings(&[])], 3 * FRAMES);
        assert_ne!(flood, Flood::Taken);
        victim.hold();
    });
}

#[test]
fn priorities() {
    let priorities: Vec<Frame> = (0..1_000)
        .map(|n| Frame::new(PRIORITY, 0, 2 * n + 1, [0, 0, 0, 0, 16]))
        .collect();
    flood(&priorities);
}

#[test]
fn window_updates_of_a_connection() {
    flood(&[Frame::new(WINDOW_UPDATE, 0, 0, [0, 0, 0, 1])]);
}

#[test]
fn window_updates_of_a_stream() {
    Victim::with([]).withstands(|victim| {
        while victim.goes_on() {
            let mut attacker = Attacker::connect(victim.addr());
            let stream = attacker.open(GET_PEOPLE);
            let update = Frame::new(WINDOW_UPDATE, 0, stream, [0, 0, 0, 1]);
            is_bounded(&mut attacker, &[update]);
        }
    });
}

#[test]
fn empty_data() {
    Victim::with([]).withstands(|victim| {
        while victim.goes_on() {
            let mut attacker = Attacker::connect(victim.addr());
            let stream = attacker.open(GET_PEOPLE);
            is_bounded(&mut attacker, &[Frame::new(DATA, 0, stream, [])]);
        }
    });
}

#[test]
fn resets_of_a_stream_that_is_closed() {
    Victim::with([]).withstands(|victim| {
        while victim.goes_on() {
            let mut attacker = Attacker::connect(victim.addr());
            let stream = attacker.open(GET_PEOPLE);
            is_bounded(
                &mut attacker,
                &[Frame::new(RST_STREAM, 0, stream, [0, 0, 0, 8])],
            );
        }
    });
}

/// Types that HTTP/2 does not know are ignored (RFC 9113, section 5.5).
#[test]
fn frames_of_an_unknown_type() {
    flood(&[Frame::new(0xbe, 0, 0, [])]);
}
