//! The marks themselves.
//!
//! Does not know who listens. Invariant: no argument is evaluated unless somebody does, and then each at most once.

/// Whether something goes wrong here, which it never does outside a simulation.
///
/// A site is switched on for a whole run with odds of 1 in 4, and then says yes with its own odds, each time: 1 in 4 unless
/// given. So most of the program stays as it is, and what goes wrong goes wrong more than once. Each of it is a choice: a replay
/// gives it again, and the boring answer is no.
///
/// ```
/// use photofinish_marks::buggify;
///
/// fn send(packet: &[u8]) -> bool {
///     !packet.is_empty() && !buggify!(1, 100)
/// }
/// let batch = if buggify!() { 1 } else { 64 };
/// assert_eq!((send(b"hello"), batch), (true, 64));
/// ```
#[macro_export]
macro_rules! buggify {
    () => {
        $crate::buggify!(1, 4)
    };
    ($strikes:expr, $of:expr $(,)?) => {
        match $crate::hooks() {
            ::core::option::Option::None => false,
            ::core::option::Option::Some(hooks) => {
                let odds = $crate::Odds { strikes: $strikes, of: $of };
                (hooks.buggify)($crate::__site!(Buggify, "something goes wrong"), odds)
            }
        }
    };
}

/// This holds whenever the program comes by: in a simulation, a run where it does not fails. Outside one the condition is not
/// evaluated.
///
/// The message is a literal, by which the mark is known. What follows it is as for `format!`, and evaluated only when the
/// condition is false.
///
/// ```
/// use photofinish_marks::always;
///
/// let (sent, acknowledged) = (3, 2);
/// always!(acknowledged <= sent, "no more is acknowledged than was sent");
/// always!(acknowledged <= sent, "no more is acknowledged than was sent", "{acknowledged} of {sent}");
/// always!({ panic!("this is no simulation") }, "never evaluated");
/// ```
#[macro_export]
macro_rules! always {
    ($condition:expr, $message:literal $(, $($detail:tt)*)?) => {
        $crate::__pass!(Always, $condition, $message $(, $($detail)*)?)
    };
}

/// This holds at least once, in some run of many: a sweep lists those that never did. Outside a simulation the condition is
/// not evaluated.
///
/// It says of a rare case that the search does reach it: without one, a test that passes may have tested nothing.
///
/// ```
/// use photofinish_marks::sometimes;
///
/// let queue = [1, 2, 3];
/// sometimes!(queue.len() > 100, "the queue grows long");
/// ```
#[macro_export]
macro_rules! sometimes {
    ($condition:expr, $message:literal $(,)?) => {
        $crate::__pass!(Sometimes, $condition, $message)
    };
}

/// This holds when the program comes by for the last time: in a simulation, a run that returns and where it did not fails.
/// Outside one the condition is not evaluated.
///
/// A run in which the program never comes by says nothing of it.
///
/// ```
/// use photofinish_marks::eventually;
///
/// let mut pending = vec!["a", "b"];
/// while let Some(_job) = pending.pop() {
///     eventually!(pending.is_empty(), "every job is done in the end");
/// }
/// ```
#[macro_export]
macro_rules! eventually {
    ($condition:expr, $message:literal $(, $($detail:tt)*)?) => {
        $crate::__pass!(Eventually, $condition, $message $(, $($detail)*)?)
    };
}

/// Some run comes by: a sweep lists those that no run of it reached.
///
/// ```
/// use photofinish_marks::reachable;
///
/// fn retry(attempt: u32) {
///     if attempt > 3 {
///         reachable!("a call is given up");
///     }
/// }
/// retry(4);
/// ```
#[macro_export]
macro_rules! reachable {
    ($message:literal $(,)?) => {
        $crate::__pass!(Reachable, true, $message)
    };
}

/// No run comes by: in a simulation, a run that does fails, and goes on. Outside one nothing happens, unlike at std's macro of
/// that name.
///
/// ```
/// let state = "closing";
/// match state {
///     "open" | "closing" => {}
///     _ => photofinish_marks::unreachable!("a connection has a known state", "it is {state:?}"),
/// }
/// ```
#[macro_export]
macro_rules! unreachable {
    ($message:literal $(, $($detail:tt)*)?) => {
        $crate::__pass!(Unreachable, true, $message $(, $($detail)*)?)
    };
}

// Whoever simulates the program finds its marks by the name of this static, whose number changes with the layout of `Site`.
#[doc(hidden)]
#[macro_export]
macro_rules! __site {
    ($asks:ident, $message:literal) => {{
        static PHOTOFINISH_MARK_1: $crate::Site = $crate::Site {
            asks: $crate::Asks::$asks,
            message: $message,
            file: ::core::file!(),
            line: ::core::line!(),
            column: ::core::column!(),
        };
        &PHOTOFINISH_MARK_1
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __pass {
    ($asks:ident, $condition:expr, $message:literal $(,)?) => {
        if let ::core::option::Option::Some(hooks) = $crate::hooks() {
            (hooks.passed)($crate::__site!($asks, $message), $condition, ::core::option::Option::None);
        }
    };
    ($asks:ident, $condition:expr, $message:literal, $($detail:tt)+) => {
        if let ::core::option::Option::Some(hooks) = $crate::hooks() {
            let site = $crate::__site!($asks, $message);
            let value: bool = $condition;
            match value == site.asks.wanted() {
                true => (hooks.passed)(site, value, ::core::option::Option::None),
                false => (hooks.passed)(
                    site,
                    value,
                    ::core::option::Option::Some(::core::format_args!($($detail)+)),
                ),
            }
        }
    };
}
