//! How those who wait for a batch are woken, which decides the throughput of the whole: a channel for each request, on the runtime
//! that people use and on one thread, and one notification a batch and lane, which is how the service does it.
//!
//! `cargo bench --bench wake_up`. A round is 64 requests that queue a record each and wait until another thread has settled it; the
//! settling itself costs nothing, so what is measured is handing over and waking.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use kaichang::api::settled::{install_lane, reap, settled, with_lane};
use kaichang::engine::lane::{Intake, LaneNo, LaneOwner};
use kaichang::engine::log::Outcome;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};

const WAITING: usize = 64;

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn now() -> Instant {
    Instant::now()
}

/// A channel for each request: the settling thread wakes every one by itself.
fn a_channel_each(runtime: &Runtime, rounds: u64) -> Duration {
    let (queue, mut queued) = mpsc::unbounded_channel::<oneshot::Sender<()>>();
    let settling = std::thread::spawn(move || {
        while let Some(waiting) = queued.blocking_recv() {
            // Who has gone away is no matter here.
            let _ = waiting.send(());
        }
    });
    let began = now();
    runtime.block_on(async {
        for _ in 0..rounds {
            let requests: Vec<_> = (0..WAITING)
                .map(|_| {
                    let queue = queue.clone();
                    tokio::spawn(async move {
                        let (settle, settled) = oneshot::channel();
                        queue.send(settle).expect("the thread that settles runs");
                        settled.await.expect("settled");
                    })
                })
                .collect();
            for request in requests {
                request.await.expect("no panic");
            }
        }
    });
    let took = began.elapsed();
    drop(queue);
    settling.join().expect("no panic");
    took
}

/// One notification a batch and lane: the lane's own thread wakes those whose tickets are settled.
fn a_notification_a_lane(rounds: u64) -> Duration {
    let (intake, mut owners) = Intake::<u64>::new(1, 4096);
    let ended = Arc::new(AtomicBool::new(false));
    let settling = std::thread::spawn({
        let (intake, ended) = (Arc::clone(&intake), Arc::clone(&ended));
        move || {
            let mut taken = Vec::new();
            while !ended.load(Ordering::Acquire) {
                intake.wait_for_records();
                intake.take(1024, &mut taken);
                let count = u32::try_from(taken.len()).expect("few");
                taken.clear();
                if count > 0 {
                    intake.settle(LaneNo::new(0), count, Outcome::Durable);
                    intake.notify(LaneNo::new(0));
                }
            }
        }
    });
    let owner = owners.pop().expect("one lane");
    // A thread has one lane, so each measurement has a thread.
    let worker = std::thread::spawn(move || {
        install_lane(owner);
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            tokio::spawn(reap());
            let began = now();
            for _ in 0..rounds {
                let requests: Vec<_> = (0..WAITING)
                    .map(|_| {
                        tokio::spawn(async {
                            let ticket = with_lane::<LaneOwner<u64>, _>(|lane| {
                                lane.permit().map(|permit| permit.push(1))
                            });
                            assert_eq!(settled(ticket.expect("room")).await, Outcome::Durable);
                        })
                    })
                    .collect();
                for request in requests {
                    request.await.expect("no panic");
                }
            }
            began.elapsed()
        })
    });
    let took = worker.join().expect("no panic");
    ended.store(true, Ordering::Release);
    intake.wake_committer();
    settling.join().expect("no panic");
    took
}

fn wake_up(c: &mut Criterion) {
    let mut group = c.benchmark_group("wake_up");
    let many = Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    let one = Builder::new_current_thread().build().expect("a runtime");
    group.bench_function("a_channel_each/two_threads", |b| {
        b.iter_custom(|rounds| a_channel_each(&many, rounds));
    });
    group.bench_function("a_channel_each/one_thread", |b| {
        b.iter_custom(|rounds| a_channel_each(&one, rounds));
    });
    group.bench_function("a_notification_a_lane/one_thread", |b| {
        b.iter_custom(a_notification_a_lane);
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1));
    targets = wake_up
}
criterion_main!(benches);
