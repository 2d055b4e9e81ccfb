//! A day's units behave as a set of numbers.

use std::collections::BTreeSet;

use kaichang::domain::units::{UNITS_PER_DAY, UnitMask, UnitSpan};
use proptest::prelude::*;

fn set_of(mask: UnitMask) -> BTreeSet<u8> {
    (0..UNITS_PER_DAY).filter(|unit| mask.bits() >> unit & 1 == 1).collect()
}

proptest! {
    #[test]
    fn a_span_is_the_units_from_its_first_to_before_its_end(first in any::<u8>(), count in any::<u8>()) {
        let fits = count > 0 && u16::from(first) + u16::from(count) <= u16::from(UNITS_PER_DAY);
        match UnitSpan::new(first, count) {
            Ok(span) => {
                prop_assert!(fits);
                prop_assert_eq!(set_of(span.mask()), (first..first + count).collect::<BTreeSet<_>>());
            }
            Err(_) => prop_assert!(!fits),
        }
    }

    #[test]
    fn masks_are_sets(a in any::<u64>(), b in any::<u64>()) {
        let (a, b) = (UnitMask::from_bits(a), UnitMask::from_bits(b));
        let (x, y) = (set_of(a), set_of(b));
        prop_assert_eq!(set_of(a.union(b)), &x | &y);
        prop_assert_eq!(set_of(a.without(b)), &x - &y);
        prop_assert_eq!(a.overlaps(b), !x.is_disjoint(&y));
        prop_assert_eq!(a.contains(b), y.is_subset(&x));
        prop_assert_eq!(a.count() as usize, x.len());
        prop_assert_eq!(set_of(a.complement()).len(), usize::from(UNITS_PER_DAY) - x.len());
    }
}
