//! How often one account, address or phone may ask.
//!
//! A token bucket each, kept as one moment: when the bucket will be full again (GCRA). All buckets stand in one table of
//! fixed size, in sets of eight under a small lock. A bucket that is full again is as good as none and its place is free;
//! where all eight are in use, the one nearest to full gives way. So a flood from many addresses uses no more memory, and
//! costs others at worst a bucket that was nearly full. The lock is a plain mutex: it is held for a few loads, and two
//! requests seldom meet in one set.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::problem::Problem;
use crate::domain::clock::Clock;
use crate::domain::ids::ResidentNo;
use crate::engine::sync::lock;
use crate::identity::phone::PhoneHash;

const WAYS: usize = 8;

/// Who is counted, for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limited {
    /// Every request of an account.
    Account(ResidentNo),
    /// Log-ins from one address.
    LoginsFrom(IpAddr),
    /// Log-ins to one phone, whoever tries: guesses at a password.
    LoginsTo(PhoneHash),
    /// Sign-ups from one address.
    SignUpsFrom(IpAddr),
    /// Every request without a valid token from one address.
    StrangersAt(IpAddr),
}

/// So many at once, and one more after each interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    pub burst: u32,
    pub interval: Duration,
}

/// The rules, and whether loopback is counted by address.
#[derive(Debug, Clone, Copy)]
pub struct RateRules {
    pub account: Rule,
    pub logins_from: Rule,
    pub logins_to: Rule,
    pub sign_ups_from: Rule,
    pub strangers_at: Rule,
    /// How many buckets are kept; rounded up to whole sets of a power of two.
    pub buckets: usize,
}

impl RateRules {
    /// Generous for people, narrow for guessing and for programs.
    pub const PRODUCTION: Self = Self {
        account: Rule { burst: 40, interval: Duration::from_millis(50) },
        logins_from: Rule { burst: 10, interval: Duration::from_secs(6) },
        logins_to: Rule { burst: 10, interval: Duration::from_secs(90) },
        sign_ups_from: Rule { burst: 20, interval: Duration::from_secs(180) },
        // A whole office behind one address looks for a court; a crawler is slowed down.
        strangers_at: Rule { burst: 300, interval: Duration::from_millis(10) },
        buckets: 1 << 18,
    };
}

/// The buckets of all who are counted.
pub struct RateLimits {
    rules: RateRules,
    clock: Arc<dyn Clock>,
    hasher: RandomState,
    seed: u64,
    sets: Box<[Mutex<[Bucket; WAYS]>]>,
}

/// Nobody's while `full_at_us` is not in the future.
#[derive(Clone, Copy, Default)]
struct Bucket {
    key: u64,
    full_at_us: u64,
}

impl RateLimits {
    #[must_use]
    pub fn new(rules: RateRules, clock: Arc<dyn Clock>) -> Self {
        let sets = rules.buckets.div_ceil(WAYS).next_power_of_two();
        Self {
            rules,
            clock,
            seed: RandomState::new().hash_one(0u8),
            hasher: RandomState::new(),
            sets: (0..sets).map(|_| Mutex::new([Bucket::default(); WAYS])).collect(),
        }
    }

    /// Takes one from the bucket.
    ///
    /// # Errors
    /// `rate-limited` when it is empty, with the seconds until it isn't.
    pub fn check(&self, who: Limited) -> Result<(), Problem> {
        let (rule, who) = match who {
            Limited::Account(_) => (self.rules.account, who),
            Limited::LoginsTo(_) => (self.rules.logins_to, who),
            Limited::LoginsFrom(address) => match counted(address) {
                Some(network) => (self.rules.logins_from, Limited::LoginsFrom(network)),
                None => return Ok(()),
            },
            Limited::SignUpsFrom(address) => match counted(address) {
                Some(network) => (self.rules.sign_ups_from, Limited::SignUpsFrom(network)),
                None => return Ok(()),
            },
            Limited::StrangersAt(address) => match counted(address) {
                Some(network) => (self.rules.strangers_at, Limited::StrangersAt(network)),
                None => return Ok(()),
            },
        };
        self.take(rule, self.key_of(who)).map_err(|wait| {
            let retry_after_s = u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
            Problem::RateLimited { retry_after_s }
        })
    }

    /// Accounts are numbered by us: nobody can choose one to meet another's bucket, so a cheap mix will do for the most frequent.
    fn key_of(&self, who: Limited) -> u64 {
        match who {
            Limited::Account(no) => {
                let mixed = (u64::from(no.get()) ^ self.seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                mixed ^ mixed >> 29
            }
            Limited::LoginsFrom(_)
            | Limited::LoginsTo(_)
            | Limited::SignUpsFrom(_)
            | Limited::StrangersAt(_) => self.hasher.hash_one(who),
        }
    }

    fn take(&self, rule: Rule, key: u64) -> Result<(), Duration> {
        let now_us = micros(self.clock.monotonic());
        let interval_us = micros(rule.interval);
        let set = (key >> 32) as usize & (self.sets.len() - 1);
        let mut set = lock(&self.sets[set]);
        let mut place = 0;
        for (index, bucket) in set.iter().enumerate() {
            if bucket.key == key {
                place = index;
                break;
            }
            if bucket.full_at_us < set[place].full_at_us {
                place = index;
            }
        }
        let bucket = &mut set[place];
        let full_at_us = if bucket.key == key { bucket.full_at_us.max(now_us) } else { now_us };
        let after_us = full_at_us + interval_us;
        let latest_us = now_us + interval_us * u64::from(rule.burst);
        if after_us > latest_us {
            return Err(Duration::from_micros(after_us - latest_us));
        }
        *bucket = Bucket { key, full_at_us: after_us };
        Ok(())
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX / 2)
}

/// What is counted of an address: nothing of loopback, all of IPv4, of IPv6 the /64 that one customer has to himself.
fn counted(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        address if address.is_loopback() => None,
        IpAddr::V4(address) => Some(address.into()),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Some(IpAddr::from([a, b, c, d, 0, 0, 0, 0]))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::domain::time::UtcMillis;

    #[derive(Default)]
    struct HandClock(AtomicU64);

    impl HandClock {
        fn pass(&self, duration: Duration) {
            self.0.fetch_add(micros(duration), Ordering::Relaxed);
        }
    }

    impl Clock for HandClock {
        fn now(&self) -> UtcMillis {
            UtcMillis::new(0)
        }

        fn monotonic(&self) -> Duration {
            Duration::from_micros(self.0.load(Ordering::Relaxed))
        }
    }

    fn limits(buckets: usize) -> (Arc<HandClock>, RateLimits) {
        let clock = Arc::new(HandClock::default());
        let rules = RateRules { buckets, ..RateRules::PRODUCTION };
        (Arc::clone(&clock), RateLimits::new(rules, clock))
    }

    #[test]
    fn a_burst_is_let_through_and_then_one_for_each_interval() {
        let (clock, limits) = limits(64);
        let one = Limited::Account(ResidentNo::new(1));
        for _ in 0..40 {
            assert_eq!(limits.check(one), Ok(()));
        }
        assert_eq!(limits.check(one), Err(Problem::RateLimited { retry_after_s: 1 }));
        assert_eq!(limits.check(Limited::Account(ResidentNo::new(2))), Ok(()), "another's bucket is full");
        clock.pass(Duration::from_millis(50));
        assert_eq!(limits.check(one), Ok(()));
        assert!(limits.check(one).is_err());
        clock.pass(Duration::from_secs(3600));
        assert_eq!((0..100).filter(|_| limits.check(one).is_ok()).count(), 40, "a burst, however long ago");
    }

    #[test]
    fn guesses_wait_long_and_loopback_is_not_counted_by_address() {
        let (_, limits) = limits(64);
        let phone = Limited::LoginsTo(PhoneHash::from_bytes([1; 16]));
        assert!((0..10).all(|_| limits.check(phone).is_ok()));
        assert_eq!(limits.check(phone), Err(Problem::RateLimited { retry_after_s: 90 }));
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            let address: IpAddr = address.parse().expect("an address");
            assert!((0..100).all(|_| limits.check(Limited::LoginsFrom(address)).is_ok()));
        }
        let mut passed = 0;
        for last in 0..100u16 {
            let address = IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
            passed += u32::from(limits.check(Limited::SignUpsFrom(address)).is_ok());
        }
        assert_eq!(passed, 20, "one customer has one /64");
    }

    #[test]
    fn a_flood_of_addresses_takes_no_more_memory_and_frees_nobody_who_is_limited() {
        let (_, limits) = limits(8);
        let guesser = Limited::LoginsTo(PhoneHash::from_bytes([1; 16]));
        while limits.check(guesser).is_ok() {}
        for number in 0..10_000u32 {
            let _ = limits.check(Limited::LoginsFrom(IpAddr::from(number.to_be_bytes())));
        }
        assert!(limits.check(guesser).is_err(), "the emptiest bucket is the last to give way");
        assert_eq!(limits.sets.len(), 1);
    }
}
