//! Clients that connect and then say nothing, or very little: they have the handshake time and no more.

use std::net::TcpStream;
use std::time::Duration;

use super::attacker::{Attacker, GET_PERSON, request, wait_for_close};
use super::beside::Victim;
use super::harness::Server;
use super::harness::raw::frame::{CONTINUATION, END_STREAM, Frame, HEADERS, PREFACE, header_block};
use std::io::Write as _;

const SOCKETS: usize = 300;
const SECOND: [&str; 2] = ["--handshake-timeout", "1s"];

/// Connects so many times, sends the beginning of a greeting, and waits until the server has closed every connection.
#[track_caller]
fn all_are_closed_after(beginning: &[u8]) {
    Victim::with(SECOND).withstands(|victim| {
        // A client that has greeted may be silent for as long as it likes.
        let mut greeted = Attacker::connect(victim.addr());
        let sockets: Vec<TcpStream> = (0..SOCKETS)
            .map(|_| {
                let mut socket = TcpStream::connect(victim.addr()).unwrap();
                socket.write_all(beginning).unwrap();
                socket
            })
            .collect();
        for socket in &sockets {
            wait_for_close(socket);
        }
        victim.hold();
        assert!(greeted.call());
    });
}

#[test]
fn before_the_preface() {
    all_are_closed_after(b"");
}

#[test]
fn in_the_middle_of_the_preface() {
    all_are_closed_after(&PREFACE[..12]);
}

#[test]
fn before_the_settings() {
    all_are_closed_after(PREFACE);
}

#[test]
fn in_the_middle_of_the_settings() {
    let settings = Frame::settings(&[(3, 100)]).encode();
    all_are_closed_after(&[PREFACE, &settings[..10]].concat());
}

/// The default is ten seconds.
#[test]
fn without_a_flag() {
    let server = Server::start();
    let silent = TcpStream::connect(server.addr()).unwrap();
    wait_for_close(&silent);
}

/// Sends bytes one by one, four in the handshake time.
#[track_caller]
fn drip(victim: &Victim, mut socket: &TcpStream, bytes: &[u8]) {
    for byte in bytes {
        if socket.write_all(&[*byte]).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(250));
    }
    wait_for_close(socket);
    victim.hold();
}

#[test]
fn a_preface_byte_by_byte() {
    Victim::with(SECOND).withstands(|victim| {
        let socket = TcpStream::connect(victim.addr()).unwrap();
        // At 24 bytes it would be complete.
        drip(victim, &socket, &PREFACE[..23]);
    });
}

/// Headers have the handshake time too, from their first byte.
#[test]
fn headers_byte_by_byte() {
    Victim::with(SECOND).withstands(|victim| {
        let mut socket = TcpStream::connect(victim.addr()).unwrap();
        let greeting = [PREFACE, &Frame::settings(&[]).encode()].concat();
        socket.write_all(&greeting).unwrap();
        let headers = Frame::new(HEADERS, END_STREAM, 1, header_block(&request(GET_PERSON)));
        drip(victim, &socket, &headers.encode());
    });
}

#[test]
fn continuations_one_by_one() {
    Victim::with(SECOND).withstands(|victim| {
        let mut attacker = Attacker::connect(victim.addr());
        let stream = attacker.new_stream();
        let block = header_block(&request(GET_PERSON));
        attacker.send(&Frame::new(HEADERS, END_STREAM, stream, block));
        let more = Frame::new(CONTINUATION, 0, stream, header_block(&[("a", "b")]));
        let is_cut_off = (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(250));
            !attacker.send(&more)
        });
        assert!(is_cut_off, "100 frames were accepted");
        attacker.wait_for_end();
        victim.hold();
    });
}
