//! Numbers that the search chooses: how large a workload is, which of several things is done.
//!
//! Does not know who chooses. Invariant: where nobody does, each is the first of its range.

use core::ops::{Range, RangeInclusive};
use core::panic::Location;

use crate::hooks::{Choice, hooks};

/// A number below `bound` that the search chooses: each with the same odds, in each run anew. 0 is the boring one, to which a failing
/// run is brought back where the failure does not need another.
///
/// It is a choice of the run like who runs next: recorded in the trace, given again by a replay, and told among the run's events with
/// the place that asked. It is no scheduling point, and any thread may ask at any time.
///
/// Outside a simulation nobody chooses, and it is always 0: the same code that runs natively has the smallest workload there is.
///
/// ```
/// use photofinish_marks::choose;
///
/// for _ in 0..1 + choose(8) {
///     // One operation; in a simulation, one to eight.
/// }
/// assert_eq!(choose(8), 0, "this is no simulation");
/// ```
///
/// # Panics
/// If `bound` is 0, for then there is no such number.
#[track_caller]
#[must_use]
pub fn choose(bound: u64) -> u64 {
    assert!(
        bound > 0,
        "photofinish::choose(0): no number is below 0, and the bound says how many there are to choose from"
    );
    let number = ask(&Choice { from: 0, bound, place: Location::caller(), words: None });
    u64::try_from(number).expect("whoever listens chooses below the bound")
}

/// A number below `bound` that the search chooses, as [`choose`] does, and what each means: a story then tells the words, and not the
/// number. Of one that means nothing at all, as that no fault strikes, the words are empty, and nothing is told.
///
/// ```
/// use photofinish_marks::choose_as;
///
/// let days = choose_as(31, |days| format!("the letter is {days} days late"));
/// assert_eq!(days, 0, "this is no simulation");
/// ```
///
/// # Panics
/// If `bound` is 0, for then there is no such number.
#[track_caller]
#[must_use]
pub fn choose_as(bound: u64, words: impl Fn(u64) -> String) -> u64 {
    assert!(
        bound > 0,
        "photofinish::choose_as(0): no number is below 0, and the bound says how many there are to choose from"
    );
    let below = |number: i128| u64::try_from(number).expect("whoever listens chooses below the bound");
    let words = |number| words(below(number));
    below(ask(&Choice { from: 0, bound, place: Location::caller(), words: Some(&words) }))
}

/// A number of this range that the search chooses, as [`choose`] does; the first is the boring one, and the only one outside a
/// simulation.
///
/// The smaller the number, the simpler the run should be: a range of sizes begins with the smallest that makes sense.
///
/// ```
/// use photofinish_marks::choose_in;
///
/// let threads: usize = choose_in(2..=8);
/// let kind = ["read", "write", "sync"][choose_in(0..3)];
/// assert_eq!((threads, kind), (2, "read"), "this is no simulation");
/// ```
///
/// # Panics
/// If the range is empty, or has all 2^64 numbers of its type in it.
#[track_caller]
#[must_use]
pub fn choose_in<T: Whole>(range: impl Choices<T>) -> T {
    let (from, to) = range.ends();
    assert!(
        from <= to,
        "photofinish::choose_in: this range from {from} to {to} is empty, so there is no number to choose"
    );
    let bound = u64::try_from(to - from + 1);
    let bound = bound.unwrap_or_else(|_| {
        panic!(
            "photofinish::choose_in: from {from} to {to} are more numbers than can be chosen from, 2^64 - 1"
        )
    });
    T::narrow(ask(&Choice { from, bound, place: Location::caller(), words: None }))
}

// Never a part of the program's own code, whose loads are points at which it may be preempted.
#[inline(never)]
fn ask(choice: &Choice<'_>) -> i128 {
    hooks().map_or(choice.from, |hooks| (hooks.choose)(choice))
}

/// A range of whole numbers: `0..5`, `1..=8`.
pub trait Choices<T>: sealed::Sealed {
    /// The first number and the last; a last before the first, if there is none.
    #[doc(hidden)]
    fn ends(self) -> (i128, i128);
}

/// A whole number of at most 64 bits.
pub trait Whole: Copy + sealed::Sealed {
    #[doc(hidden)]
    fn widen(self) -> i128;
    #[doc(hidden)]
    fn narrow(wide: i128) -> Self;
}

impl<T: Whole> Choices<T> for Range<T> {
    fn ends(self) -> (i128, i128) {
        (self.start.widen(), self.end.widen() - 1)
    }
}

impl<T: Whole> Choices<T> for RangeInclusive<T> {
    fn ends(self) -> (i128, i128) {
        (self.start().widen(), self.end().widen())
    }
}

mod sealed {
    /// Implemented here alone.
    pub trait Sealed {}

    impl<T> Sealed for core::ops::Range<T> {}
    impl<T> Sealed for core::ops::RangeInclusive<T> {}
}

macro_rules! whole {
    ($($number:ty)*) => {$(
        impl sealed::Sealed for $number {}

        impl Whole for $number {
            fn widen(self) -> i128 {
                self as i128
            }

            fn narrow(wide: i128) -> Self {
                Self::try_from(wide).expect("whoever listens chooses within the range")
            }
        }
    )*};
}

whole!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);
