//! What the shrinker gives, for judges that are honest and for others: over predicates on plans, and over programs on the kernel.
//!
//! Knows no real thread and no clock. Invariant: nothing here depends on anything but the numbers written here.

mod machine;
mod predicates;
mod programs;
mod properties;
mod raising;
mod relocating;
mod stopping;
mod toy;
