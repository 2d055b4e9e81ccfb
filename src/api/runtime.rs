//! The threads that serve: workers, each a runtime of its own, and an acceptor a listener.
//!
//! A connection lives on one worker to its end: its requests, their commands on the worker's lane and the waiting for
//! them never leave the thread, so nothing is handed between cores but the record itself. Everything is spawned with
//! `tokio::spawn` on a current-thread runtime, which stays on the thread as a local set would and costs a queue less.
//!
//! Connections are counted: at the bound nothing more is accepted, and the kernel's own queue holds who comes. Without
//! file descriptors the acceptor waits and tries again. Shutting down stops the acceptors first, lets every connection
//! finish what is under way, and cuts what is left after a bounded time.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use metrics::Gauge;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, watch};

use super::connection;
use super::entrance::Entrance;
use super::front::Front;
use super::proxies::{Scheme, Sender};
use super::settled;
use super::tls::Tls;
use crate::engine::lane::LaneOwner;
use crate::engine::sync::lock;

/// How many connections the kernel keeps for us while we don't accept.
const BACKLOG: i32 = 4096;
/// After so long without a sign from its other end, though there is something to send, a connection is cut.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(30);
/// How long the acceptor waits when there are no file descriptors.
const ACCEPT_BACK_OFF: Duration = Duration::from_millis(100);
/// After so many tasks a worker looks at what other threads woke: its reaper is such a one.
const REMOTE_LOOK_TASKS: u32 = 8;

/// What bounds the serving.
#[derive(Debug, Clone, Copy)]
pub struct RuntimeLimits {
    pub connections_max: usize,
    pub drain_max: Duration,
}

impl Default for RuntimeLimits {
    fn default() -> Self {
        Self { connections_max: 20_000, drain_max: Duration::from_secs(20) }
    }
}

/// The running workers. Dropping them without `shutdown` leaves them running.
pub struct Workers {
    limits: RuntimeLimits,
    places: Arc<Semaphore>,
    draining: watch::Sender<bool>,
    workers: Vec<Worker>,
    acceptors: Mutex<Vec<Acceptor>>,
}

struct Worker {
    inbox: mpsc::UnboundedSender<Arrival>,
    connections: Arc<Connections>,
    /// Ends with the number of connections that were cut.
    thread: JoinHandle<usize>,
}

struct Acceptor {
    stop: Arc<Notify>,
    thread: JoinHandle<()>,
}

/// An accepted connection on its way to a worker. As many as there are places.
struct Arrival {
    stream: TcpStream,
    peer: IpAddr,
    tls: Option<Arc<Tls>>,
    front: Arc<Front>,
    place: OwnedSemaphorePermit,
}

/// How a shutdown went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut because they took too long.
    pub cut: usize,
}

/// A socket that listens at an address.
///
/// # Errors
/// What the system says.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // So that a restart finds its address though old connections still linger; it lets no second server in.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

impl Workers {
    /// Starts one worker for each lane.
    ///
    /// # Errors
    /// When the system gives no thread or no runtime.
    pub fn start<R: Send + 'static, L: AsRef<LaneOwner<R>> + Send + 'static>(
        limits: RuntimeLimits,
        lanes: Vec<L>,
    ) -> io::Result<Self> {
        let (draining, is_draining) = watch::channel(false);
        let workers = lanes
            .into_iter()
            .enumerate()
            .map(|(index, lane)| Worker::start(index, lane, limits.drain_max, is_draining.clone()))
            .collect::<io::Result<Vec<_>>>()?;
        Ok(Self {
            limits,
            places: Arc::new(Semaphore::new(limits.connections_max)),
            draining,
            workers,
            acceptors: Mutex::new(Vec::new()),
        })
    }

    /// Serves what comes in at a listener, enciphered or plain, with a router and an entrance made for each worker: what its handlers share should be cloned
    /// deeply enough that two workers don't count references in the same place.
    ///
    /// # Errors
    /// When the system gives no thread, or the listener can't be used.
    pub fn listen(
        &self,
        listener: TcpListener,
        tls: Option<Arc<Tls>>,
        routes: impl Fn() -> (Router, Entrance),
    ) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        let homes = self.workers.iter().map(|worker| {
            let (router, entrance) = routes();
            Home {
                inbox: worker.inbox.clone(),
                connections: Arc::clone(&worker.connections),
                front: Arc::new(Front::new(router, entrance)),
            }
        });
        let homes: Vec<Home> = homes.collect();
        let stop = Arc::new(Notify::new());
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (places, stopped) = (Arc::clone(&self.places), Arc::clone(&stop));
        let thread = thread::Builder::new().name("accept".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = stopped.notified() => {}
                    () = accept(listener, tls.as_ref(), &places, &homes) => {}
                }
            });
        })?;
        lock(&self.acceptors).push(Acceptor { stop, thread });
        Ok(())
    }

    /// How many connections there are now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.limits.connections_max - self.places.available_permits()
    }

    /// Stops accepting, finishes what is under way within the bound, and ends the threads.
    pub fn shutdown(self) -> Drained {
        for acceptor in lock(&self.acceptors).drain(..) {
            acceptor.stop.notify_one();
            if acceptor.thread.join().is_err() {
                tracing::error!("the acceptor had panicked");
            }
        }
        self.draining.send_replace(true);
        // All begin to drain before one is waited for.
        let threads: Vec<_> = self.workers.into_iter().map(|worker| worker.thread).collect();
        let mut cut = 0;
        for thread in threads {
            match thread.join() {
                Ok(of_worker) => cut += of_worker,
                Err(_) => tracing::error!("a worker had panicked"),
            }
        }
        Drained { cut }
    }
}

/// Where an acceptor brings connections.
struct Home {
    inbox: mpsc::UnboundedSender<Arrival>,
    connections: Arc<Connections>,
    front: Arc<Front>,
}

async fn accept(listener: TcpListener, tls: Option<&Arc<Tls>>, places: &Arc<Semaphore>, homes: &[Home]) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(fault) => {
            tracing::error!(%fault, "the listener can't be used");
            return;
        }
    };
    let mut next = 0;
    let mut failing = false;
    loop {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(places).acquire_owned().await else { return };
        let accepted = listener.accept().await.and_then(|(stream, peer)| Ok((prepared(stream)?, peer.ip())));
        match accepted {
            Ok((stream, peer)) => {
                failing = false;
                next = (next + 1) % homes.len();
                // The worker with the fewest; of equals each in its turn.
                let Some(home) = (0..homes.len())
                    .map(|step| &homes[(next + step) % homes.len()])
                    .min_by_key(|home| home.connections.count())
                else {
                    return;
                };
                home.connections.announce();
                let (tls, front) = (tls.map(Arc::clone), Arc::clone(&home.front));
                let arrival = Arrival { stream, peer, tls, front, place };
                if home.inbox.send(arrival).is_err() {
                    // The worker is gone; this is the end of the process too.
                    return;
                }
            }
            Err(fault) if is_of_one_connection(&fault) => {}
            Err(fault) => {
                if !failing {
                    tracing::error!(%fault, "no connection can be accepted; trying on");
                }
                failing = true;
                tokio::time::sleep(ACCEPT_BACK_OFF).await;
            }
        }
    }
}

fn prepared(stream: tokio::net::TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    SockRef::from(&stream).set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX))?;
    stream.into_std()
}

fn is_of_one_connection(fault: &io::Error) -> bool {
    matches!(
        fault.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::NotConnected
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::Interrupted
    )
}

impl Worker {
    fn start<R: Send + 'static, L: AsRef<LaneOwner<R>> + Send + 'static>(
        index: usize,
        lane: L,
        drain_max: Duration,
        draining: watch::Receiver<bool>,
    ) -> io::Result<Self> {
        let (inbox, arrivals) = mpsc::unbounded_channel();
        let connections = Arc::new(Connections::default());
        let intake = Arc::clone(lane.as_ref().intake());
        let (resting, resumed) = (Arc::clone(&intake), Arc::clone(&intake));
        let runtime = Builder::new_current_thread()
            .enable_all()
            .on_thread_park(move || resting.attendance().rest())
            .on_thread_unpark(move || resumed.attendance().begin())
            .global_queue_interval(REMOTE_LOOK_TASKS)
            .thread_name("blocking")
            .build()?;
        let own = Arc::clone(&connections);
        let thread = thread::Builder::new().name(format!("worker-{index}")).spawn(move || {
            settled::install_lane(lane);
            set_draining_signal(draining);
            intake.attendance().begin();
            let cut = work(&runtime, arrivals, &own, drain_max);
            intake.attendance().rest();
            // A blocking task (a password) may still run: nobody waits for its end any more.
            runtime.shutdown_background();
            cut
        })?;
        Ok(Self { inbox, connections, thread })
    }
}

/// Serves what arrives until the inbox is closed, then drains. Answers how many connections were cut.
fn work(
    runtime: &Runtime,
    mut arrivals: mpsc::UnboundedReceiver<Arrival>,
    connections: &Arc<Connections>,
    drain_max: Duration,
) -> usize {
    runtime.block_on(async {
        let protocol = Arc::new(connection::protocol());
        tokio::spawn(settled::reap());
        while let Some(arrival) = arrivals.recv().await {
            let (connections, protocol) = (Arc::clone(connections), Arc::clone(&protocol));
            tokio::spawn(async move {
                let Arrival { stream, peer, tls, front, place } = arrival;
                let _member = connections.enter().await;
                let _place = place;
                let stream = match tokio::net::TcpStream::from_std(stream) {
                    Ok(stream) => stream,
                    Err(fault) => {
                        tracing::error!(%fault, "a connection can't be watched");
                        return;
                    }
                };
                let draining = &connections.draining;
                let Some(tls) = tls else {
                    let other_end = Sender { address: peer, scheme: Scheme::Plain };
                    connection::serve(stream, other_end, front, &protocol, draining).await;
                    return;
                };
                // Who doesn't come to speak TLS has asked for nothing yet.
                if let Some(stream) = tls.accept(stream).await {
                    let other_end = Sender { address: peer, scheme: Scheme::Https };
                    connection::serve(stream, other_end, front, &protocol, draining).await;
                }
            });
        }
        connections.drain();
        if tokio::time::timeout(drain_max, connections.all_gone()).await.is_err() {
            tracing::warn!(cut = connections.count(), "connections that took too long are cut");
        }
        connections.count()
    })
}

/// A worker's connections: how many, and how to wake them when it is time to end. The lock is a plain mutex, taken twice
/// in a connection's life.
#[derive(Default)]
struct Connections {
    count: AtomicUsize,
    open: Open,
    draining: AtomicBool,
    members: Mutex<Members>,
    gone: Notify,
}

/// The figure of all workers' connections.
struct Open(Gauge);

impl Default for Open {
    fn default() -> Self {
        Self(metrics::gauge!("kaichang_connections"))
    }
}

#[derive(Default)]
struct Members {
    next: u64,
    wakers: HashMap<u64, Waker>,
}

// ORDERING: Relaxed for the count, a number to choose by; `all_gone` runs on the thread of those who leave.
impl Connections {
    fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Counts a connection that is on its way.
    fn announce(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// Enters the calling task, which was announced before.
    async fn enter(self: &Arc<Self>) -> Member {
        let waker = poll_fn(|cx| std::task::Poll::Ready(cx.waker().clone())).await;
        let mut members = lock(&self.members);
        let no = members.next;
        members.next += 1;
        members.wakers.insert(no, waker);
        self.open.0.increment(1.0);
        Member { connections: Arc::clone(self), no }
    }

    fn drain(&self) {
        // ORDERING: Release pairs with the Acquire in `connection::serve`.
        self.draining.store(true, Ordering::Release);
        for waker in lock(&self.members).wakers.values() {
            waker.wake_by_ref();
        }
    }

    async fn all_gone(&self) {
        while self.count() > 0 {
            self.gone.notified().await;
        }
    }
}

/// A connection's membership; ends when dropped.
struct Member {
    connections: Arc<Connections>,
    no: u64,
}

// ORDERING: Relaxed, as in `Connections`.
impl Drop for Member {
    fn drop(&mut self) {
        lock(&self.connections.members).wakers.remove(&self.no);
        self.connections.count.fetch_sub(1, Ordering::Relaxed);
        self.connections.open.0.decrement(1.0);
        self.connections.gone.notify_one();
    }
}

thread_local! {
    static DRAINING: std::cell::OnceCell<watch::Receiver<bool>> = const { std::cell::OnceCell::new() };
}

fn set_draining_signal(draining: watch::Receiver<bool>) {
    // A worker's thread begins here, so there is none yet.
    DRAINING.with(|cell| cell.set(draining).is_ok());
}

/// Waits until this worker is to end: for answers that go on (event streams) and should end then. Never on other threads.
pub async fn draining() {
    let signal = DRAINING.with(|cell| cell.get().cloned());
    match signal {
        Some(mut signal) => {
            // An error means that the workers' owner is gone, which is the end too.
            let _ = signal.wait_for(|draining| *draining).await;
        }
        None => std::future::pending().await,
    }
}
