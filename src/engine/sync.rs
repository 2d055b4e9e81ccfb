//! The atomics, locks and the bounded queue that the engine is built from, exchangeable for a model checker's.
//!
//! With the feature `loom` every primitive below is loom's, so that the model checks run the engine's own code under
//! every order of steps that the memory model allows.

#[cfg(feature = "loom")]
pub use loom::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering, fence};
#[cfg(feature = "loom")]
pub use loom::sync::{Condvar, Mutex, MutexGuard};
#[cfg(feature = "loom")]
pub use loom::thread::yield_now;

#[cfg(not(feature = "loom"))]
pub use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering, fence};
#[cfg(not(feature = "loom"))]
pub use std::sync::{Condvar, Mutex, MutexGuard};
#[cfg(not(feature = "loom"))]
pub use std::thread::yield_now;

/// Takes a lock. A thread that panicked while it held one has ended the process, so a poisoned lock is never met.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    match mutex.lock() {
        Ok(guard) => guard,
        Err(poisoned) => poisoned.into_inner(),
    }
}

/// A bounded queue of many producers and one consumer.
pub struct BoundedQueue<T> {
    #[cfg(not(feature = "loom"))]
    inner: crossbeam::queue::ArrayQueue<T>,
    #[cfg(feature = "loom")]
    inner: Mutex<std::collections::VecDeque<T>>,
    #[cfg(feature = "loom")]
    capacity: usize,
}

#[cfg(not(feature = "loom"))]
impl<T> BoundedQueue<T> {
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { inner: crossbeam::queue::ArrayQueue::new(capacity) }
    }

    /// Puts a value behind the others, or gives it back when the queue is full.
    ///
    /// # Errors
    /// The value itself when the queue is full.
    pub fn push(&self, value: T) -> Result<(), T> {
        self.inner.push(value)
    }

    pub fn pop(&self) -> Option<T> {
        self.inner.pop()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.len()
    }
}

#[cfg(feature = "loom")]
impl<T> BoundedQueue<T> {
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { inner: Mutex::new(std::collections::VecDeque::new()), capacity }
    }

    /// Puts a value behind the others, or gives it back when the queue is full.
    ///
    /// # Errors
    /// The value itself when the queue is full.
    pub fn push(&self, value: T) -> Result<(), T> {
        let mut inner = lock(&self.inner);
        if inner.len() == self.capacity {
            return Err(value);
        }
        inner.push_back(value);
        Ok(())
    }

    pub fn pop(&self) -> Option<T> {
        lock(&self.inner).pop_front()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        lock(&self.inner).is_empty()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.inner).len()
    }
}
