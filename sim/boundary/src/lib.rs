//! The only unsafe room.
