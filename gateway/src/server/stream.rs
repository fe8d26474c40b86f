//! A connection's bytes, watched: a deadline for the first request, one for stalled writes, and the heads as they really came.
//!
//! hyper resolves Content-Length beside Transfer-Encoding in favour of the latter and forgets that the former was there. A proxy
//! in front that resolves it the other way can be made to see other requests than we do, so the bytes are looked at here, and such
//! a request is refused by whoever handles it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How the bytes of a request's head frame its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// In one way, or the protocol leaves no doubt.
    Clear,
    /// Content-Length and Transfer-Encoding, or either of them twice.
    Ambiguous,
    /// The bytes of this head came together with those of the last request.
    Pipelined,
}

/// 报头: the bytes of the head that is being received, shared by the connection and its requests.
#[derive(Debug, Clone)]
pub struct Heads(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    bytes: Vec<u8>,
    limit: usize,
    watching: Watching,
    seen_first: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Watching {
    /// Bytes that come belong to a head.
    Head,
    /// Bytes that come belong to a body.
    Body,
    /// The protocol frames its messages itself.
    Never,
}

impl Heads {
    pub(super) fn new(limit: usize) -> Self {
        Self::with(limit, Watching::Head)
    }

    pub(super) fn not_watched() -> Self {
        Self::with(0, Watching::Never)
    }

    fn with(limit: usize, watching: Watching) -> Self {
        Self(Arc::new(Mutex::new(State { bytes: Vec::new(), limit, watching, seen_first: false })))
    }

    /// Called for each request when its head was read: what its bytes say.
    pub(super) fn take<B>(&self, request: &hyper::Request<B>) -> Framing {
        let mut state = self.lock();
        state.seen_first = true;
        if state.watching == Watching::Never {
            return Framing::Clear;
        }
        state.watching = Watching::Body;
        let bytes = std::mem::take(&mut state.bytes);
        framing(&bytes, request.method().as_str())
    }

    /// To be called when the body of a request was read whole: what comes next is a head.
    pub fn body_ended(&self) {
        let mut state = self.lock();
        if state.watching == Watching::Body {
            state.watching = Watching::Head;
        }
    }

    fn received(&self, bytes: &[u8]) {
        let mut state = self.lock();
        let room = state.limit.saturating_sub(state.bytes.len());
        if state.watching == Watching::Head {
            state.bytes.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        }
    }

    fn seen_first(&self) -> bool {
        self.lock().seen_first
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The head was parsed already, so its lines are clean: names without spaces, no folding.
fn framing(bytes: &[u8], method: &str) -> Framing {
    // Empty lines before a request are allowed (RFC 9112 2.2).
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
    let Some(head) = bytes.get(start..).filter(|head| head.starts_with(method.as_bytes())) else {
        return Framing::Pipelined;
    };
    let lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let framings = lines.take_while(|line| !line.is_empty()).filter(|line| {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"transfer-encoding")
    });
    if framings.count() > 1 { Framing::Ambiguous } else { Framing::Clear }
}

/// The stream of a connection.
#[derive(Debug)]
pub(super) struct Watched<S> {
    stream: S,
    heads: Heads,
    first_request: Pin<Box<Sleep>>,
    write_stall: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, heads: Heads, first_request: Duration, write_stall: Duration) -> Self {
        Self { stream, heads, first_request: Box::pin(sleep(first_request)), write_stall, stalled: None }
    }

    /// A write that makes no progress ends the connection after a while: a client that does not read holds memory.
    fn judge_write<T>(&mut self, progress: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            self.stalled = None;
            return progress;
        }
        let limit = self.write_stall;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + limit)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_pending() && !self.heads.seen_first() {
            ready!(self.first_request.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        self.heads.received(buffer.filled().get(before..).unwrap_or_default());
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge_write(progress, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.stream).poll_flush(context);
        self.judge_write(progress, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.stream).poll_shutdown(context);
        self.judge_write(progress, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_a_head_say_how_its_body_is_framed() {
        let rows: [(&[u8], Framing); 6] = [
            (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", Framing::Clear),
            (b"\r\nPOST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", Framing::Clear),
            (b"POST / HTTP/1.1\r\ncontent-length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", Framing::Ambiguous),
            (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", Framing::Ambiguous),
            (b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nTransfer-Encoding: x", Framing::Clear),
            (b"", Framing::Pipelined),
        ];
        for (bytes, expected) in rows {
            assert_eq!(framing(bytes, "POST"), expected, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_second_head_in_the_bytes_of_the_first_is_noticed() {
        let heads = Heads::new(1000);
        heads.received(b"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
        let request = hyper::Request::get("/a").body(()).unwrap();
        assert_eq!(heads.take(&request), Framing::Clear);
        heads.body_ended();
        assert_eq!(heads.take(&request), Framing::Pipelined);
        heads.body_ended();
        heads.received(b"GET /a HTTP/1.1\r\n\r\n");
        assert_eq!(heads.take(&request), Framing::Clear);
    }
}
