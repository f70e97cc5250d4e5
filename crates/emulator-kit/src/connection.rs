//! One connection: its faults, its handshake, its requests.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::delay_line::{PIPE, carry};
use crate::fault::FaultAction;
use crate::origin::{Origin, Switch};
use crate::service::Service;

/// Serves one TCP connection to its end. `tls` is absent on the plain listener.
pub(crate) async fn run<T: Service>(
    mut stream: TcpStream,
    service: Arc<T>,
    tls: Option<TlsAcceptor>,
    round_trip: Duration,
) {
    let accepted = Instant::now();
    let _ = stream.set_nodelay(true);
    let connection = service.connected();
    match service.connection_fault() {
        Some(FaultAction::HangConnection) => return std::future::pending().await,
        Some(FaultAction::ResetConnection) => {
            let _ = stream.set_zero_linger();
            return;
        }
        _ => {}
    }
    let origin = Origin::new(connection, tls.is_none());
    let switch = Arc::clone(&origin.switch);
    if round_trip.is_zero() {
        let socket = Socket {
            stream,
            switch: Arc::clone(&switch),
        };
        tokio::select! {
            () = talk(socket, service, tls, origin) => {}
            () = switch.thrown() => {}
        }
        return;
    }
    let (near, far) = tokio::io::duplex(PIPE);
    let talk = talk(far, service, tls, origin);
    tokio::select! {
        ((), ()) = async { tokio::join!(talk, carry(&mut stream, near, round_trip, accepted)) } => {}
        () = switch.thrown() => {}
    }
    if switch.is_reset() {
        let _ = stream.set_zero_linger();
    }
}

async fn talk<S, T>(stream: S, service: Arc<T>, tls: Option<TlsAcceptor>, origin: Origin)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: Service,
{
    let Some(acceptor) = tls else {
        return speak(stream, service, origin, false).await;
    };
    match acceptor.accept(stream).await {
        Ok(stream) => {
            let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            speak(stream, service, origin, is_h2).await;
        }
        Err(error) => {
            tracing::debug!(connection = origin.connection, %error, "TLS handshake failed")
        }
    }
}

async fn speak<S, T>(stream: S, service: Arc<T>, origin: Origin, is_h2: bool)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: Service,
{
    let connection = origin.connection;
    let service = service_fn(move |request| {
        let answer = Arc::clone(&service).serve(origin.clone(), request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let io = TokioIo::new(stream);
    let ended = if is_h2 {
        http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            // What the web server under Azure allows.
            .max_concurrent_streams(100)
            .serve_connection(io, service)
            .await
    } else {
        http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(io, service)
            .await
    };
    if let Err(error) = ended {
        tracing::debug!(connection, %error, "connection ended");
    }
}

/// A socket that ends in a reset if its switch was thrown.
struct Socket {
    stream: TcpStream,
    switch: Arc<Switch>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.switch.is_reset() {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
