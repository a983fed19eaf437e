//! What the users of an input get of it, and what they leave.

use std::sync::Arc;
use std::task::Waker;

use super::super::chunks::{Device, Reader};
use super::super::names::{Names, Separator, encode};
use super::*;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn names(input: &'static str) -> (Requests, Failure) {
    let chunks = Chunks::of_bytes("-d", input);
    read(chunks, Names::new(Separator::Line))
}

fn is_pending(requests: &mut Requests) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    requests.poll_next(&mut context).is_pending()
}

fn all(mut requests: Requests) -> Vec<Bytes> {
    let mut all = Vec::new();
    block_on(async {
        while let Some(message) = requests.next().await {
            all.push(message.unwrap());
        }
    });
    all
}

#[test]
fn messages_are_the_same_with_and_without_a_reference_each() {
    let input = "A\nB\n\nBob\nC";
    let expected = ["A", "B", "Bob", "C"].map(encode);
    assert_eq!(all(names(input).0), expected);
    let (mut requests, _) = names(input);
    let slices = block_on(async {
        let mut slices = Vec::new();
        while let Some(message) = poll_fn(|cx| {
            requests
                .poll_next_slice(cx)
                .map(|next| next.map(<[u8]>::to_vec))
        })
        .await
        {
            slices.push(message);
        }
        slices
    });
    assert_eq!(slices, expected);
}

#[test]
fn given_messages_come_in_their_order() {
    for given_names in [&[][..], &["A"], &["A", "", "C"]] {
        let messages: Vec<Bytes> = given_names.iter().map(|name| encode(name)).collect();
        assert_eq!(all(given(messages.clone()).0), messages);
    }
}

#[test]
fn bad_input_is_reported_when_all_before_it_is_taken_and_does_not_end_the_stream() {
    let chunks = Chunks::of_bytes("-d", &b"A\nB\n\xff\nC\n"[..]);
    let (mut requests, mut failure) = read(chunks, Names::new(Separator::Line));
    block_on(async {
        assert_eq!(requests.next().await.unwrap().unwrap(), encode("A"));
        assert_eq!(requests.next().await.unwrap().unwrap(), encode("B"));
        {
            let wait = failure.wait();
            tokio::pin!(wait);
            let polled = wait.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending());
        }
        assert!(is_pending(&mut requests));
        let error = failure.wait().await.to_string();
        assert_eq!(error, "standard input, line 3: not valid UTF-8 (byte 1)");
        assert!(is_pending(&mut requests));
    });
}

#[test]
fn what_is_not_taken_is_left_to_the_next_user_of_the_input() {
    let reader = Reader::new(Device::Memory, Bytes::from_static(b"A\nB\nC"));
    let users = |_| {
        let chunks = Chunks::new("-d", Arc::clone(&reader));
        read(chunks, Names::new(Separator::Line)).0
    };
    let [mut first, mut second] = [0, 1].map(users);
    assert_eq!(block_on(first.next()).unwrap().unwrap(), encode("A"));
    drop(first);
    assert_eq!(block_on(second.next()).unwrap().unwrap(), encode("B"));
    assert_eq!(block_on(second.next()).unwrap().unwrap(), encode("C"));
    assert!(block_on(second.next()).is_none());
}

#[cfg(unix)]
#[test]
fn the_start_of_a_message_is_left_to_the_next_user_of_the_input() {
    use std::io::Write as _;
    use std::os::fd::OwnedFd;

    let (pipe, mut writer) = std::io::pipe().unwrap();
    let file = std::fs::File::from(OwnedFd::from(pipe));
    let reader = Reader::new(Device::File(Arc::new(file)), Bytes::new());
    let user = || {
        let chunks = Chunks::new("pipe", Arc::clone(&reader));
        read(chunks, Names::new(Separator::Line)).0
    };
    writer.write_all(b"A\nBo").unwrap();
    let mut first = user();
    block_on(async {
        assert_eq!(first.next().await.unwrap().unwrap(), encode("A"));
        assert!(is_pending(&mut first));
    });
    drop(first);
    writer.write_all(b"b\n").unwrap();
    assert_eq!(block_on(user().next()).unwrap().unwrap(), encode("Bob"));
}
