//! The bytes of a connection, with an eye on heads that hyper refuses by itself.
//!
//! hyper answers a head that it cannot read with a bare status, before anybody
//! else hears of the request. That answer goes through here on its way out,
//! and becomes a problem as every other refusal is one.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use ::http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::line::Line;
use crate::Error;
use crate::error::Kind;
use crate::error::problem::{Setting, render};
use crate::input::Violations;

/// The most headers of a request, and the most bytes of its target: hyper's own limits.
const MOST_HEADERS: usize = 100;
const LONGEST_TARGET: usize = 65_534;

/// A connection's bytes.
pub(super) struct Wire<I> {
    inner: I,
    heads: Heads,
    line: Line,
    /// The most bytes of a head.
    head_limit: usize,
    /// Whether the last write left nothing behind: a new one then begins with what hyper has just made.
    whole: bool,
    /// What goes out in place of hyper's own words: the bytes, how many are gone, and how many hyper wrote.
    instead: Option<(Vec<u8>, usize, usize)>,
    /// The service's name, the domain of its errors.
    name: &'static str,
}

/// Whether bytes have come since the last request that could be read.
#[derive(Debug, Clone, Default)]
pub(super) struct Heads(Arc<AtomicBool>);

impl Heads {
    /// A request was read.
    pub(super) fn read(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl<I> Wire<I> {
    /// `heads` is told of every request that could be read.
    pub(super) fn new(inner: I, heads: Heads, head_limit: usize, name: &'static str) -> Self {
        Self {
            inner,
            heads,
            line: Line::default(),
            head_limit,
            whole: true,
            instead: None,
            name,
        }
    }

    /// The whole answer in place of a bare one.
    fn replace(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        if !self.whole || !self.heads.0.load(Ordering::Relaxed) {
            return None;
        }
        let (status, phrase) = bare(bytes)?;
        let body = self.problem(status, phrase);
        let head = format!(
            "HTTP/1.1 {} {phrase}\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n\
             connection: close\r\ncontent-length: {}\r\n\r\n",
            status.as_str(),
            body.len()
        );
        Some([head.into_bytes(), body].concat())
    }

    fn problem(&self, status: StatusCode, phrase: &str) -> Vec<u8> {
        let (mut detail, is_long) = self.refusal(status, phrase);
        let mut found = Violations::new();
        if let (true, Some((name, length))) = (is_long, self.line.longest_parameter()) {
            let taken = format!("takes {length} of the bytes that were read");
            detail = format!("{detail}; its query parameter `{name}` {taken}");
            found.add_parameter(name, "TOO_LONG", format!("It {taken}."));
        }
        let kind = Kind::of_status(status);
        let mut error = Error::new(kind, "UNREADABLE_HEAD", format!("{detail}."));
        if !found.is_empty() {
            error = error.with_violations(found);
        }
        let setting = Setting {
            domain: Some(self.name),
            ..Setting::default()
        };
        render(&error, setting)
    }

    /// What hyper refuses, and whether that is because of a length.
    fn refusal(&self, status: StatusCode, phrase: &str) -> (String, bool) {
        let limit = self.head_limit;
        match status {
            StatusCode::URI_TOO_LONG => (
                format!("The target of the request is longer than {LONGEST_TARGET} bytes"),
                true,
            ),
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE if self.line.read() >= limit => (
                format!("The head of the request is longer than {limit} bytes"),
                true,
            ),
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (
                format!("The head of the request has more than {MOST_HEADERS} headers"),
                false,
            ),
            _ => (
                format!("The head of the request cannot be read: {phrase}"),
                false,
            ),
        }
    }
}

/// Status and reason of an answer that hyper made by itself: a 4xx with no headers but these three.
fn bare(bytes: &[u8]) -> Option<(StatusCode, &str)> {
    let rest = bytes.strip_prefix(b"HTTP/1.1 ")?;
    if rest.first() != Some(&b'4') {
        return None;
    }
    let head = std::str::from_utf8(rest).ok()?.strip_suffix("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let (status, phrase) = lines.next()?.split_once(' ')?;
    let is_ours = |line: &str| {
        ["connection: close", "content-length: 0"].contains(&line) || line.starts_with("date: ")
    };
    if !lines.all(is_ours) {
        return None;
    }
    Some((status.parse().ok()?, phrase))
}

impl<I: AsyncRead + Unpin> AsyncRead for Wire<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        if polled.is_ready() {
            let this = &mut *self;
            this.heads.0.store(true, Ordering::Relaxed);
            this.line.take(&buffer.filled()[before..], this.head_limit);
        }
        polled
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Wire<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.instead.is_none() {
            self.instead = self.replace(bytes).map(|all| (all, 0, bytes.len()));
        }
        let this = &mut *self;
        while let Some((all, gone, asked)) = &mut this.instead {
            if *gone == all.len() {
                let asked = *asked;
                this.instead = None;
                return Poll::Ready(Ok(asked));
            }
            match Pin::new(&mut this.inner).poll_write(context, &all[*gone..]) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => *gone += written,
                other => return other,
            }
        }
        let polled = Pin::new(&mut this.inner).poll_write(context, bytes);
        if let Poll::Ready(Ok(written)) = &polled {
            this.line.answered();
            this.whole = *written == bytes.len();
        }
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut filled = slices.iter().filter(|slice| !slice.is_empty());
        if let (Some(only), None) = (filled.next(), filled.next()) {
            return self.poll_write(context, only);
        }
        let polled = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        if let Poll::Ready(Ok(written)) = &polled {
            self.line.answered();
            self.whole = *written == slices.iter().map(|slice| slice.len()).sum::<usize>();
        }
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_hyper_says_by_itself_is_bare() {
        let own = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: Sat, 21 Nov 2026 16:00:00 GMT\r\n\r\n";
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        assert_eq!(bare(own), Some((status, "Request Header Fields Too Large")));
        for other in [
            &b"HTTP/1.1 404 Not Found\r\nx-request-id: 1\r\ncontent-length: 0\r\n\r\n"[..],
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\nno",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 4",
            b"",
        ] {
            assert_eq!(bare(other), None);
        }
    }
}
