//! The accept loop: TLS 1.3, limits on connections, a deadline for everything, and an end that waits for running requests.

mod connections;
mod stream;
mod tls;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

pub use stream::{Framing, Heads};
pub use tls::{TlsFault, acceptor, open_acceptor};

use crate::config::Limits;
use connections::Connections;
use stream::Watched;

/// Size of a request's head, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Requests at one time over one HTTP/2 connection.
const STREAMS_MAX: u32 = 32;

/// 对端: who is at the other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// The client certificate that the handshake verified, DER; `None` where none was presented.
    pub certificate: Option<Arc<[u8]>>,
    /// The bytes of the heads as they came, for HTTP/1.
    pub heads: Heads,
}

/// 服务: a bound address, ready to be served.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    limits: Limits,
}

impl Server {
    /// Binds the address.
    ///
    /// # Errors
    /// When the system refuses it.
    pub async fn bind(listen: SocketAddr, limits: Limits) -> std::io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(listen).await?, limits })
    }

    /// The address that was bound; of interest where port 0 was asked for.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn local_address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` is done; then no connection is accepted any more, and running requests get the shutdown time to end.
    pub async fn run(self, tls: TlsAcceptor, router: Router, stop: impl Future<Output = ()>) {
        let graceful = GracefulShutdown::new();
        let connections = Connections::new(self.limits.connections, self.limits.connections_per_address);
        let builder = Arc::new(builder(&self.limits));
        let mut stop = std::pin::pin!(stop);
        loop {
            let (stream, address) = tokio::select! {
                () = &mut stop => break,
                accepted = self.listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        // Out of descriptors, most likely: without a pause this loop would burn a core.
                        tracing::warn!(kind = ?error.kind(), "accept failed");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
            };
            // Over the limit the connection is closed at once: answering would cost what the limit is to save.
            let Some(place) = connections.enter(address.ip()) else { continue };
            let (tls, router, limits, watcher) = (tls.clone(), router.clone(), self.limits.clone(), graceful.watcher());
            let builder = Arc::clone(&builder);
            tokio::spawn(async move {
                let served = serve(stream, address.ip(), &tls, router, &limits, &builder, watcher).await;
                tracing::debug!(served, "connection ended");
                drop(place);
            });
        }
        if timeout(self.limits.shutdown, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests were still running at the end of the shutdown time");
        }
    }
}

async fn serve(
    stream: TcpStream,
    address: IpAddr,
    tls: &TlsAcceptor,
    router: Router,
    limits: &Limits,
    builder: &Builder<TokioExecutor>,
    watcher: hyper_util::server::graceful::Watcher,
) -> bool {
    // Answers are small and whole: waiting for more to send only delays them.
    let _ = stream.set_nodelay(true);
    let Ok(Ok(stream)) = timeout(limits.handshake, tls.accept(stream)).await else { return false };
    let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let heads = if http2 { Heads::not_watched() } else { Heads::new(HEAD_BYTES_MAX) };
    let peer = Peer { address, certificate: certificate.map(|der| Arc::from(der.as_ref())), heads: heads.clone() };
    let bytes = Watched::new(stream, heads.clone(), limits.first_request, limits.write_stall);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        let framing = peer.heads.take(&request);
        request.extensions_mut().insert(framing);
        request.extensions_mut().insert(peer.clone());
        let request: Request = request.map(Body::new);
        router.clone().oneshot(request)
    });
    // ALPN has said which protocol comes; guessing from the first bytes would wait for them without a deadline.
    let builder = if http2 { builder.clone().http2_only() } else { builder.clone().http1_only() };
    let connection = builder.serve_connection(TokioIo::new(bytes), service).into_owned();
    watcher.watch(connection).await.is_ok()
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_BYTES_MAX)
        .keep_alive(true)
        .half_close(false);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(u32::try_from(HEAD_BYTES_MAX).unwrap_or(u32::MAX))
        .keep_alive_interval(limits.head)
        .keep_alive_timeout(limits.head);
    builder
}
