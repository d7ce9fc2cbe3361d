//! What a test author touches.
pub mod scenario;
