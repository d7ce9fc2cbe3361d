//! Ordinary programs with races in them, and the oracles that judge them.
