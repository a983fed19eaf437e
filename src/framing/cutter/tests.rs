use super::*;
use crate::framing::{Packer, Sent};

const TWO: &[u8] = &[0, 0, 0, 0, 3, b'a', b'b', b'c', 0, 0, 0, 0, 0];

fn messages(cutter: &mut Cutter) -> Vec<Bytes> {
    std::iter::from_fn(|| cutter.next().unwrap()).collect()
}

#[test]
fn messages_are_cut_out_however_their_bytes_are_split() {
    for first in 0..=TWO.len() {
        for second in first..=TWO.len() {
            let mut cutter = Cutter::new(10);
            let mut found = Vec::new();
            for part in [&TWO[..first], &TWO[first..second], &TWO[second..]] {
                cutter.push(Bytes::from_static(part));
                found.append(&mut messages(&mut cutter));
            }
            assert_eq!(found, [&b"abc"[..], b""], "cut at {first} and {second}");
            assert!(cutter.is_at_boundary());
        }
    }
}

#[test]
fn a_message_in_one_large_chunk_is_not_copied() {
    let mut chunk = BytesMut::new();
    let mut packer = Packer::default();
    packer.push(&[7; SMALL]);
    packer.push(b"next");
    chunk.extend_from_slice(&packer.take(usize::MAX, &mut Sent::default()));
    let chunk = chunk.freeze();
    let mut cutter = Cutter::new(SMALL);
    cutter.push(chunk.clone());
    let message = cutter.next().unwrap().unwrap();
    assert_eq!(message.as_ptr(), chunk[PREFIX..].as_ptr());
    assert_eq!(cutter.next().unwrap().unwrap(), &b"next"[..]);
}

#[test]
fn a_bad_message_is_detected_by_its_prefix() {
    for (prefix, bad) in [
        ([0, 0, 0, 0, 11], BadFrame::TooLarge(11)),
        ([0, 255, 255, 255, 255], BadFrame::TooLarge(0xffff_ffff)),
        ([1, 0, 0, 0, 1], BadFrame::Compressed),
        ([2, 0, 0, 0, 1], BadFrame::Flag(2)),
    ] {
        let mut cutter = Cutter::new(10);
        cutter.push(Bytes::copy_from_slice(&prefix));
        assert_eq!(cutter.next(), Err(bad));
    }
}

#[test]
fn compressed_messages_are_cut_out_decompressed() {
    for encoding in [Encoding::Gzip, Encoding::Deflate, Encoding::Zstd] {
        let mut packer = Packer::new(Some(encoding));
        packer.push(b"abc");
        packer.push(b"");
        let data = packer.take(usize::MAX, &mut Sent::default());
        let mut cutter = Cutter::new(100);
        cutter.set_encoding(encoding);
        cutter.push(data);
        cutter.push(Bytes::from_static(&TWO[..8]));
        assert_eq!(cutter.peek().unwrap(), Some(&b"abc"[..]));
        cutter.skip();
        assert_eq!(messages(&mut cutter), [&b""[..], b"abc"]);
        assert!(cutter.is_at_boundary());
    }
}

#[test]
fn every_byte_is_given_back_once() {
    for size in 1..=TWO.len() {
        let mut cutter = Cutter::new(10);
        let mut given_back = 0;
        for part in TWO.chunks(size) {
            cutter.push(Bytes::from_static(part));
            messages(&mut cutter);
            given_back += cutter.take_consumed() + cutter.take_incomplete();
        }
        assert_eq!(given_back, TWO.len(), "in parts of {size}");
    }
}

#[test]
fn bytes_are_given_back_only_when_their_message_is_taken() {
    let mut cutter = Cutter::new(10);
    cutter.push(Bytes::from_static(TWO));
    assert!(cutter.next().unwrap().is_some());
    assert_eq!(cutter.take_consumed(), 8);
}

/// A message, and the end of a stream of gRPC-Web.
const ENDED: &[u8] = b"\0\0\0\0\x03abc\x80\0\0\0\x02hi";

fn ending() -> Cutter {
    let mut cutter = Cutter::new(10);
    cutter.set_end_flag(0x80);
    cutter
}

#[test]
fn the_end_of_a_stream_is_taken_after_its_messages_however_the_bytes_are_split() {
    for split in 0..ENDED.len() {
        let (first, second) = ENDED.split_at(split);
        let mut cutter = ending();
        let mut found = Vec::new();
        for part in [first, second] {
            assert_eq!(cutter.take_end(), Ok(None), "split at {split}");
            cutter.push(Bytes::from_static(part));
            found.append(&mut messages(&mut cutter));
            assert_eq!(cutter.peek(), Ok(None));
        }
        assert_eq!(found, [&b"abc"[..]]);
        assert!(!cutter.is_at_boundary());
        assert_eq!(cutter.len_of_next(), Some(PREFIX + 2));
        assert_eq!(cutter.take_end(), Ok(Some(Bytes::from_static(b"hi"))));
        assert!(cutter.is_at_boundary());
        assert_eq!((cutter.next(), cutter.take_end()), (Ok(None), Ok(None)));
    }
}

#[test]
fn nothing_follows_the_end_of_a_stream() {
    for more in [&b"\0"[..], b"\0\0\0\0\0", ENDED] {
        let mut cutter = ending();
        cutter.push(Bytes::from_static(ENDED));
        cutter.push(Bytes::from_static(more));
        messages(&mut cutter);
        assert!(cutter.take_end().unwrap().is_some());
        assert_eq!(cutter.next(), Err(BadFrame::AfterEnd), "{more:?}");
        assert_eq!(cutter.take_end(), Err(BadFrame::AfterEnd));
    }
}

#[test]
fn the_end_of_a_stream_may_be_compressed() {
    let data = Encoding::Gzip.compress(b"grpc-status: 0\r\n");
    let prefix = [0x81, 0, 0, 0, u8::try_from(data.len()).unwrap()];
    let mut cutter = ending();
    cutter.push([&prefix[..], &data].concat().into());
    assert_eq!(cutter.take_end(), Err(BadFrame::Compressed));
    cutter.set_encoding(Encoding::Gzip);
    let end = cutter.take_end().unwrap();
    assert_eq!(end.as_deref(), Some(&b"grpc-status: 0\r\n"[..]));
}

#[test]
fn only_the_flag_that_was_agreed_on_ends_a_stream() {
    for flag in [2, 3, 0x82, 0xc0] {
        let mut cutter = ending();
        cutter.push(Bytes::copy_from_slice(&[flag, 0, 0, 0, 0]));
        assert_eq!(cutter.next(), Err(BadFrame::Flag(flag)));
        assert_eq!(cutter.take_end(), Err(BadFrame::Flag(flag)));
    }
}

#[test]
fn the_end_of_a_stream_has_a_limit_of_its_own_where_messages_are_small() {
    let mut cutter = Cutter::new(0);
    cutter.set_end_flag(2);
    let [_, _, a, b] = u32::try_from(END).unwrap().to_be_bytes();
    cutter.push(Bytes::copy_from_slice(&[2, 0, 0, a, b]));
    assert_eq!(cutter.take_end(), Ok(None));
    let mut cutter = Cutter::new(0);
    cutter.set_end_flag(2);
    cutter.push(Bytes::copy_from_slice(&[2, 0, 0, a, b + 1]));
    assert_eq!(cutter.take_end(), Err(BadFrame::TooLarge(END + 1)));
    let mut cutter = Cutter::new(0);
    cutter.set_end_flag(2);
    cutter.set_encoding(Encoding::Gzip);
    let data = Encoding::Gzip.compress(&vec![0; END + 1]);
    let prefix = [3, 0, 0, 0, u8::try_from(data.len()).unwrap()];
    cutter.push([&prefix[..], &data].concat().into());
    assert_eq!(cutter.take_end(), Err(BadFrame::Expanding));
}

#[test]
fn the_end_is_found_behind_messages() {
    let end = [0x80, 0, 0, 0, 1, b'x'];
    let bytes = [TWO, &end[..]].concat();
    for split in 0..=bytes.len() {
        let mut cutter = Cutter::new(10);
        assert!(!cutter.holds_end());
        cutter.set_end_flag(0x80);
        cutter.push(Bytes::copy_from_slice(&bytes[..split]));
        assert_eq!(cutter.holds_end(), split == bytes.len(), "{split}");
        // The first message is taken, if it is here.
        let _ = cutter.next().unwrap();
        cutter.push(Bytes::copy_from_slice(&bytes[split..]));
        assert!(cutter.holds_end(), "{split}");
    }
}
