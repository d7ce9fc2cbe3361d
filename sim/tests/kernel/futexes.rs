//! futexes
