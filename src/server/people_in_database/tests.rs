//! What calls about a database hold, against a client of bare HTTP/2 streams and a store that counts.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{Reason, SendStream};
use http::Request;
use prost::Message as _;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::Receiver;

use super::*;
use crate::framing::{Encoding, PREFIX, Packer, Sent};
use crate::proto::Name as Message;
use crate::server::people::store::{Answer, Import, ImportOptions, Looked, Migrated};
use crate::server::{Missing, Peer, Server, Setup, Source, Store};

/// Everyone is there, and as large as `person` says. A statement waits for a permit.
struct Everyone {
    person: usize,
    /// The names of statements.
    asked: Arc<Mutex<Vec<Name>>>,
    permits: Arc<Semaphore>,
}

impl Store for Everyone {
    fn find(&self, names: Vec<Name>) -> Answer<'_, Vec<Looked>> {
        Box::pin(async move {
            self.asked.lock().unwrap().extend(names.iter().cloned());
            let _permit = self.permits.acquire().await.unwrap();
            let person = Bytes::from(vec![b'x'; self.person]);
            Ok(names.iter().map(|_| Ok(Some(person.clone()))).collect())
        })
    }
    fn check(&self) -> Answer<'_, ()> {
        unimplemented!()
    }
    fn count(&self) -> Answer<'_, u64> {
        unimplemented!()
    }
    fn migrate(&self) -> Answer<'_, Migrated> {
        unimplemented!()
    }
    fn export(&self) -> Answer<'_, Receiver<Result<Vec<Bytes>, StoreError>>> {
        unimplemented!()
    }
    fn import(&self, _: ImportOptions) -> Answer<'_, Box<dyn Import>> {
        unimplemented!()
    }
}

/// A server, and a connection to it whose streams let `window` bytes of replies through.
struct Fixture {
    client: SendRequest<Bytes>,
    asked: Arc<Mutex<Vec<Name>>>,
    permits: Arc<Semaphore>,
}

type Stream = (ResponseFuture, SendStream<Bytes>);

impl Fixture {
    async fn new(person: usize, window: u32, permits: usize) -> Self {
        let (asked, permits) = (Arc::default(), Arc::new(Semaphore::new(permits)));
        let everyone = Everyone {
            person,
            asked: Arc::clone(&asked),
            permits: Arc::clone(&permits),
        };
        let source = Source::Database(Box::new(everyone));
        let server = Server::new(Setup::new(source, Missing::Status)).unwrap();
        let (ours, theirs) = tokio::io::duplex(64 << 10);
        server.serve_connection(theirs, Peer::InProcess);
        let mut builder = Builder::new();
        builder.initial_window_size(window);
        let (client, connection) = builder.handshake(ours).await.unwrap();
        tokio::spawn(connection);
        Self {
            client: client.ready().await.unwrap(),
            asked,
            permits,
        }
    }

    /// Calls a method with these names. The stream stays open if `is_stream`.
    fn call(&mut self, method: &str, names: &[String], is_stream: bool) -> Stream {
        self.call_in(None, method, names, is_stream)
    }

    /// The same, with messages in this encoding.
    fn call_in(
        &mut self,
        encoding: Option<Encoding>,
        method: &str,
        names: &[String],
        is_stream: bool,
    ) -> Stream {
        let request = Request::post(format!("http://localhost/RouteGuide/{method}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("grpc-encoding", encoding.map_or("identity", |_| "gzip"));
        let (response, mut stream) = self
            .client
            .send_request(request.body(()).unwrap(), false)
            .unwrap();
        let mut packer = Packer::new(encoding);
        for name in names {
            packer.push(&Message { name: name.clone() }.encode_to_vec());
        }
        let mut sent = Sent::default();
        let data = packer.take(packer.len(), &mut sent);
        stream.send_data(data, !is_stream).unwrap();
        (response, stream)
    }

    /// How many names statements have had, once that does not change any more.
    async fn asked(&self) -> usize {
        let (mut asked, mut still) = (0, 0);
        while still < 1000 {
            tokio::task::yield_now().await;
            let now = self.asked.lock().unwrap().len();
            still = if now == asked { still + 1 } else { 0 };
            asked = now;
        }
        asked
    }
}

fn names(call: usize, count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("{call}.{number}"))
        .collect()
}

/// Streams that do not read, with more names than have room, ask for as many as the connection may hold, and for one more
/// each; for as many again, if people are not as large as expected.
#[tokio::test]
async fn streams_that_do_not_read_ask_for_what_their_connection_may_hold() {
    const STREAMS: usize = 50;
    for (person, rounds) in [(PERSON / 2, 1), (20 << 10, 2)] {
        let mut fixture = Fixture::new(person, 0, 1 << 20).await;
        let streams: Vec<Stream> = (0..STREAMS)
            .map(|call| fixture.call("GetPeople", &names(call, 500), true))
            .collect();
        let asked = fixture.asked().await;
        let most = rounds * (QUESTIONS / (NAME + PERSON) + STREAMS);
        assert!(
            (STREAMS..=most).contains(&asked),
            "{asked} of {most} at {person} bytes"
        );
        drop(streams);
    }
}

#[tokio::test]
async fn a_stream_beside_those_that_do_not_read_is_answered() {
    const PERSON: usize = 100;
    // Which is less than a reply.
    let mut fixture = Fixture::new(PERSON, 50, 1 << 20).await;
    let streams: Vec<Stream> = (0..50)
        .map(|call| fixture.call("GetPeople", &names(call, 500), true))
        .collect();
    fixture.asked().await;
    let (response, _stream) = fixture.call("GetPeople", &names(50, 500), false);
    let mut replies = response.await.unwrap().into_body();
    let mut len = 0;
    while let Some(data) = replies.data().await {
        let data = data.unwrap();
        len += data.len();
        replies.flow_control().release_capacity(data.len()).unwrap();
    }
    assert_eq!(len, 500 * (PERSON + PREFIX));
    drop(streams);
}

#[tokio::test]
async fn large_people_and_long_names_are_answered_in_order() {
    for person in [10, 1000, 200 << 10] {
        let mut fixture = Fixture::new(person, 1 << 30, 1 << 20).await;
        let mut names = names(0, 300);
        for (at, len) in [
            (10, 5 << 10),
            (20, 60 << 10),
            (21, 60 << 10),
            (299, 60 << 10),
        ] {
            names[at] = format!("{at}{}", "x".repeat(len));
        }
        let (response, _stream) = fixture.call("GetPeople", &names, false);
        let mut replies = response.await.unwrap().into_body();
        let mut len = 0;
        while let Some(data) = replies.data().await {
            let data = data.unwrap();
            len += data.len();
            replies.flow_control().release_capacity(data.len()).unwrap();
        }
        assert_eq!(len, names.len() * (person + PREFIX));
        let trailers = replies.trailers().await.unwrap().unwrap();
        assert_eq!(trailers["grpc-status"], "0");
    }
}

#[tokio::test]
async fn a_unary_call_that_is_reset_leaves_the_queue() {
    let mut fixture = Fixture::new(10, 1 << 20, 0).await;
    let mut waiting = Vec::new();
    for call in 0..4 {
        waiting.push(fixture.call("GetPerson", &names(call, 1), false));
        assert_eq!(fixture.asked().await, call + 1);
    }
    let (_response, mut reset) = fixture.call("GetPerson", &["reset".to_owned()], false);
    let last = fixture.call("GetPerson", &["last".to_owned()], false);
    assert_eq!(fixture.asked().await, 4);
    reset.send_reset(Reason::CANCEL);
    fixture.asked().await;
    fixture.permits.add_permits(10);
    for (response, _) in waiting.into_iter().chain([last]) {
        response.await.unwrap();
    }
    let asked = fixture.asked.lock().unwrap();
    assert!(asked.iter().all(|name| &**name != "reset"), "{asked:?}");
}

#[tokio::test]
async fn long_names_that_come_compressed_are_bounded_too() {
    const LEN: usize = 60 << 10;
    let mut fixture = Fixture::new(10, 1 << 20, 0).await;
    let mut calls: Vec<Stream> = (0..20)
        .map(|call| {
            let name = format!("{call}{}", "x".repeat(LEN));
            fixture.call_in(Some(Encoding::Gzip), "GetPerson", &[name], false)
        })
        .collect();
    fixture.asked().await;
    // The others go on waiting.
    calls.retain_mut(|(response, _)| response.now_or_never().is_none());
    assert_eq!(calls.len(), QUESTIONS / LEN);
}

/// On the wire they are a few bytes, so that all of them arrive at once, and the streams gather them in turns.
#[tokio::test]
async fn long_names_of_streams_that_come_compressed_are_bounded_too() {
    const LEN: usize = 3 << 10;
    const STREAMS: usize = 50;
    let mut fixture = Fixture::new(10, 0, 1 << 20).await;
    let streams: Vec<Stream> = (0..STREAMS)
        .map(|call| {
            let names = names(call, 40).into_iter();
            let names: Vec<String> = names.map(|name| name + &"x".repeat(LEN)).collect();
            fixture.call_in(Some(Encoding::Gzip), "GetPeople", &names, true)
        })
        .collect();
    let asked = fixture.asked().await;
    let most = QUESTIONS / (NAME + LEN) + STREAMS;
    assert!((STREAMS..=most).contains(&asked), "{asked} of {most}");
    drop(streams);
}
