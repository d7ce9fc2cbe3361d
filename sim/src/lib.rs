//! The deterministic kernel as plain data.
#![forbid(unsafe_code)]
