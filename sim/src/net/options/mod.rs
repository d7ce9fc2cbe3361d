//! Socket options: their names, values and bytes.
//!
//! Does not know the states of a socket. Invariant: an option that would change behaviour we do not have is unmodelled;
//! one that is stored without effect says why at its field.

mod name;
mod store;
mod value;

pub use name::Name;
pub use store::{Holder, Options, get, set};
pub use value::bytes;
pub(crate) use value::{doubled, int, timeout_ns, timeval};
