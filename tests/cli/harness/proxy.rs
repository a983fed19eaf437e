//! Proxies: CONNECT over HTTP, and SOCKS 5. Each notes the targets it is asked for.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A proxy on a free port.
pub struct Proxy {
    addr: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

type Asked = Arc<Mutex<Vec<String>>>;

impl Proxy {
    /// CONNECT. With credentials in base64, it asks for them.
    pub fn http(credentials: Option<&'static str>) -> Self {
        Self::start(move |client, asked| http(client, credentials, asked))
    }

    /// Answers every CONNECT with this line.
    pub fn refusing(status: &'static str) -> Self {
        Self::start(move |mut client, _| {
            read_head(&mut client)?;
            write!(client, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n")
        })
    }

    /// SOCKS 5. With a user and a password, it asks for them.
    pub fn socks(user: Option<(&'static str, &'static str)>) -> Self {
        Self::start(move |client, asked| socks(client, user, asked))
    }

    fn start(serve: impl Fn(TcpStream, &Asked) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (addr, asked) = (listener.local_addr().unwrap(), Asked::default());
        let (serve, log) = (Arc::new(serve), Arc::clone(&asked));
        // Ends with the test's process: nothing wakes up an accept.
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                let (serve, log) = (Arc::clone(&serve), Arc::clone(&log));
                // Either side may go away at any time.
                std::thread::spawn(move || serve(client, &log));
            }
        });
        Self { addr, asked }
    }

    pub fn addr(&self) -> String {
        self.addr.to_string()
    }

    /// The targets asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Reads up to the empty line.
fn read_head(client: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn http(mut client: TcpStream, credentials: Option<&str>, asked: &Asked) -> io::Result<()> {
    let head = read_head(&mut client)?;
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let shown = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        let is_it = name.eq_ignore_ascii_case("proxy-authorization");
        is_it.then(|| value.to_owned())
    };
    let shown = head.lines().find_map(shown);
    if let Some(credentials) = credentials
        && shown != Some(format!("Basic {credentials}"))
    {
        return client.write_all(
            b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n",
        );
    }
    asked.lock().unwrap().push(target.clone());
    match TcpStream::connect(target) {
        Ok(server) => {
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
            relay(client, server)
        }
        Err(_) => client.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"),
    }
}

fn socks(mut client: TcpStream, user: Option<(&str, &str)>, asked: &Asked) -> io::Result<()> {
    let mut read = |len: usize| {
        let mut bytes = vec![0; len];
        client.read_exact(&mut bytes).map(|()| bytes)
    };
    let greeting = read(2)?;
    let methods = read(greeting[1].into())?;
    let method = if user.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        return client.write_all(&[5, 0xff]);
    }
    client.write_all(&[5, method])?;
    if let Some((name, password)) = user {
        let mut read = |len: usize| {
            let mut bytes = vec![0; len];
            client.read_exact(&mut bytes).map(|()| bytes)
        };
        let head = read(2)?;
        let shown_name = read(head[1].into())?;
        let len = read(1)?[0];
        let shown_password = read(len.into())?;
        let is_right = shown_name == name.as_bytes() && shown_password == password.as_bytes();
        client.write_all(&[1, u8::from(!is_right)])?;
        if !is_right {
            return Ok(());
        }
    }
    let mut read = |len: usize| {
        let mut bytes = vec![0; len];
        client.read_exact(&mut bytes).map(|()| bytes)
    };
    let kind = read(4)?[3];
    let host = match kind {
        1 => Ipv4Addr::from(<[u8; 4]>::try_from(read(4)?).unwrap()).to_string(),
        4 => format!(
            "[{}]",
            Ipv6Addr::from(<[u8; 16]>::try_from(read(16)?).unwrap())
        ),
        _ => {
            let len = read(1)?[0];
            String::from_utf8(read(len.into())?).unwrap()
        }
    };
    let port = u16::from_be_bytes(<[u8; 2]>::try_from(read(2)?).unwrap());
    let target = format!("{host}:{port}");
    asked.lock().unwrap().push(target.clone());
    match TcpStream::connect(target) {
        Ok(server) => {
            client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
            relay(client, server)
        }
        // Connection refused.
        Err(_) => client.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]),
    }
}

/// Copies both ways until both sides have ended.
fn relay(client: TcpStream, server: TcpStream) -> io::Result<()> {
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    let there = std::thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let (mut from_server, mut to_client) = (server, client);
    let _ = io::copy(&mut from_server, &mut to_client);
    let _ = to_client.shutdown(Shutdown::Write);
    let _ = there.join();
    Ok(())
}
