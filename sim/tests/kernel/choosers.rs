//! choosers
