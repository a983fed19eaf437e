use unicode_width::UnicodeWidthStr as _;

use super::{WIDTH, blocks, text, wrapped};
use crate::bench::testing;

#[test]
fn a_closed_loop() {
    insta::assert_snapshot!(text(&testing::closed()), @"
    Method      RouteGuide/GetPerson (unary)
    Target      http://localhost:50051
    Load        closed loop, 100 in flight; 8 connections by 2 threads; for 10s;
                after a warm-up of 1s; timeout 5s
    Started     2026-11-27T18:00:00Z
    Ran for     10s

    Calls
      started   12,100
      ok        12,000     100%
      failed         0       0%
      cut off      100  under way at the end

    Rate        1,200/s
    Sent        12,000 messages, 1,200/s, 82.0 KiB, 8.20 KiB/s
    Received    12,000 messages, 1,200/s, 645 KiB, 64.5 KiB/s

               latency
    min     244    µs
    mean      1.40 ms
    std dev   2.26 ms
    p50     908    µs
    p75       1.56 ms
    p90       2.67 ms
    p95       3.85 ms
    p99       8.58 ms
    p99.9    27.0  ms
    p99.99   63.6  ms
    max     109    ms

    Histogram of the latency
      ≤ 406    µs   1,958   16.32%  ███████████████████████████████
      ≤ 674    µs   2,285   19.04%  ████████████████████████████████████▏
      ≤   1.12 ms   3,030   25.25%  ████████████████████████████████████████████████
      ≤   1.86 ms   2,473   20.61%  ███████████████████████████████████████▏
      ≤   3.10 ms   1,344   11.20%  █████████████████████▎
      ≤   5.15 ms     570    4.75%  █████████
      ≤   8.57 ms     217    1.81%  ███▍
      ≤  14.2  ms      80    0.67%  █▎
      ≤  23.7  ms      29    0.24%  ▍
      ≤  39.4  ms      10    0.08%  ▏
      ≤  65.4  ms       3    0.03%  ▏
      ≤ 109    ms       1   <0.01%  ▏

    Status codes
      OK  12,000     100%

    Connections 8 asked for, 8 opened
    ");
}

#[test]
fn what_is_not_grpc_with_protobuf_is_named_in_the_load() {
    for (protocol, codec, expected) in [
        ("grpc", "json", "; gRPC with JSON; "),
        ("grpc-web", "proto", "; gRPC-Web; "),
        ("connect", "json", "; Connect with JSON; "),
        ("of-tomorrow", "proto", "; of-tomorrow; "),
    ] {
        let mut figures = testing::closed();
        figures.load.protocol = protocol.to_owned();
        figures.load.codec = codec.to_owned();
        let text = text(&figures);
        let unwrapped = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(unwrapped.contains(expected), "{text}");
    }
}

#[test]
fn an_open_loop_with_failures_and_thresholds() {
    insta::assert_snapshot!(text(&testing::open()), @"
    Method      RouteGuide/GetPerson (unary)
    Target      http://localhost:50051
    Load        open loop, Poisson: 500/s for 10s, then 500/s to 510/s in 10s; at
                most 1,000 in flight; 8 connections by 2 threads; after a warm-up of
                1s; timeout 5s
    Started     2026-11-27T18:00:00Z
    Ran for     20s

    Calls
      started   10,007
      ok         9,934   99.34%
      failed        66    0.66%
      cut off        7  under way at the end
      late          21  sent more than 10 ms after they were due
      dropped        3  due and not sent at the end

    Rate        500/s of 502.5/s asked for
    Sent        10,000 messages, 500/s, 68.4 KiB, 3.42 KiB/s
    Received    9,934 messages, 496.7/s, 534 KiB, 26.7 KiB/s

               latency     service       delay
    min       1.26 ms     1.24 ms    25    µs
    mean      6.47 ms     6.34 ms   129    µs
    std dev  10.3  ms    10.1  ms   207    µs
    p50       4.16 ms     4.08 ms    83    µs
    p75       7.20 ms     7.05 ms   144    µs
    p90      12.4  ms    12.2  ms   248    µs
    p95      17.9  ms    17.5  ms   357    µs
    p99      40.7  ms    39.9  ms   813    µs
    p99.9   123    ms   120    ms     2.46 ms
    p99.99  351    ms   344    ms     7.03 ms
    max     382    ms   375    ms     7.65 ms
      latency: from when the call was due
      service: from when it was sent
      delay: from when it was due until it was sent

    Histogram of the latency
      ≤   2.03 ms   1,916   19.16%  ███████████████████████████████████████▎
      ≤   3.27 ms   1,898   18.98%  ██████████████████████████████████████▉
      ≤   5.26 ms   2,337   23.37%  ████████████████████████████████████████████████
      ≤   8.47 ms   1,908   19.08%  ███████████████████████████████████████▏
      ≤  13.6  ms   1,102   11.02%  ██████████████████████▋
      ≤  21.9  ms     503    5.03%  ██████████▎
      ≤  35.3  ms     206    2.06%  ████▏
      ≤  56.9  ms      81    0.81%  █▋
      ≤  91.6  ms      31    0.31%  ▋
      ≤ 147    ms      11    0.11%  ▏
      ≤ 237    ms       5    0.05%  ▏
      ≤ 382    ms       2    0.02%  ▏

    Status codes
      OK                 9,934   99.34%
      UNAVAILABLE           54    0.54%
      DEADLINE_EXCEEDED     12    0.12%

    Errors
      50  UNAVAILABLE: the server is shutting down
      12  DEADLINE_EXCEEDED: the call took longer than the 500ms that it was given
          by the server, which has so many others to answer
       4  others

    Connections 8 asked for, 9 opened, 1 lost

    Thresholds
      holds          p99 < 50ms               42.1ms
      DOES NOT HOLD  errors < 0.1%            0.66%
      DOES NOT HOLD  first-message p50 < 1ms  no such figure
    ");
}

#[test]
fn streams() {
    insta::assert_snapshot!(text(&testing::streaming()), @"
    Method      chat.v1.Chat/Talk (bidirectional streaming)
    Target      http://localhost:50051
    Load        closed loop, 100 in flight; 8 connections by 2 threads; 50 messages
                a stream in turn with their replies; for 10s; after a warm-up of 1s;
                timeout 5s
    Started     2026-11-27T18:00:00Z
    Ran for     5s

    Calls
      started   100
      ok        100     100%
      failed      0       0%
      cut off     0  under way at the end

    Rate        20/s
    Sent        5,000 messages, 1,000/s, 161 KiB, 32.2 KiB/s
    Received    5,000 messages, 1,000/s, 11.4 MiB, 2.29 MiB/s

               latency   first msg     between     message
    min      29.4  ms     1.47 ms   588    µs   559    µs
    mean    157    ms     7.83 ms     3.13 ms     2.98 ms
    std dev 161    ms     8.03 ms     3.21 ms     3.05 ms
    p50     111    ms     5.54 ms     2.22 ms     2.11 ms
    p75     189    ms     9.43 ms     3.77 ms     3.58 ms
    p90     305    ms    15.2  ms     6.09 ms     5.79 ms
    p95     427    ms    21.4  ms     8.54 ms     8.12 ms
    p99     681    ms    34.1  ms    13.6  ms    13.0  ms
    p99.9     1.16 s     58.0  ms    23.2  ms    22.0  ms
    p99.99    1.16 s     58.0  ms    23.2  ms    22.0  ms
    max       1.16 s     58.0  ms    23.2  ms    22.0  ms
      first msg: from the start until the first reply
      between: from one reply to the next
      message: from a request to its reply

    Histogram of the latency
      ≤  39.9  ms   12   12.00%  ██████████████████████████████████████▎
      ≤  54.2  ms    6    6.00%  ███████████████████▏
      ≤  73.7  ms   13   13.00%  █████████████████████████████████████████▍
      ≤ 100    ms   15   15.00%  ███████████████████████████████████████████████▊
      ≤ 136    ms   16   16.00%  ███████████████████████████████████████████████████
      ≤ 185    ms   12   12.00%  ██████████████████████████████████████▎
      ≤ 251    ms   11   11.00%  ███████████████████████████████████
      ≤ 341    ms    6    6.00%  ███████████████████▏
      ≤ 463    ms    4    4.00%  ████████████▊
      ≤ 629    ms    2    2.00%  ██████▍
      ≤ 854    ms    2    2.00%  ██████▍
      ≤   1.16 s     1    1.00%  ███▏

    Status codes
      OK  100     100%

    Connections 8 asked for, 8 opened
    ");
}

#[test]
fn a_run_in_which_no_call_ended() {
    insta::assert_snapshot!(text(&testing::empty()), @"
    Method      RouteGuide/GetPerson (unary)
    Target      http://localhost:50051
    Load        closed loop, 100 in flight; 8 connections by 2 threads; for 10s;
                after a warm-up of 1s; timeout 5s
    Started     2026-11-27T18:00:00Z
    Ran for     0.4s, ended early

    Calls
      started   100
      ok          0       0%
      failed      0       0%
      cut off   100  under way at the end

    Rate        0/s
    Sent        0 messages, 0/s, 0 B, 0 B/s
    Received    0 messages, 0/s, 0 B, 0 B/s

    No call ended.

    Connections 8 asked for, 8 opened
    ");
}

#[test]
fn every_line_fits_into_80_columns() {
    let mut widest = testing::open();
    let streams = testing::streaming();
    widest.first_message = streams.first_message;
    widest.between_messages = streams.between_messages;
    widest.message = streams.message;
    for figures in [testing::closed(), widest, testing::empty()] {
        for line in text(&figures).lines() {
            assert!(line.width() <= WIDTH, "{line}");
        }
    }
}

#[test]
fn text_of_a_server_stays_in_its_line_and_does_not_act_on_the_terminal() {
    let mut figures = testing::open();
    figures.errors[0].error = "UNKNOWN: a\nb\u{1b}[2J\u{202e}c".to_owned();
    let text = text(&figures);
    assert!(text.contains(r"UNKNOWN: a\nb\u{1b}[2J\u{202e}c"), "{text}");
}

#[test]
fn a_word_that_is_too_long_is_not_broken() {
    assert_eq!(
        wrapped("a bb cc dddddddd e", 5),
        ["a bb", "cc", "dddddddd", "e"]
    );
}

#[test]
fn one_call_of_a_million_has_a_bar() {
    assert_eq!(blocks(1, 1_000_000, 40), "▏");
    assert_eq!(blocks(1_000_000, 1_000_000, 2), "██");
    assert_eq!(blocks(0, 1_000_000, 40), "");
}

#[test]
fn streams_that_do_not_end_have_times_all_the_same() {
    let mut figures = testing::empty();
    figures.first_message = testing::streaming().first_message;
    let text = text(&figures);
    assert!(text.contains("No call ended."), "{text}");
    assert!(text.contains("first msg"), "{text}");
    assert!(text.contains("first msg: from the start"), "{text}");
    assert!(!text.contains("Histogram"), "{text}");
}
