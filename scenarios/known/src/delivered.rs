//! What a channel owes: every message arrives once, and those of one sender in their order.
//!
//! Does not know which channel. Invariant: what is lost, doubled or overtaken panics, and nothing else.

/// A message: who sent it, and its number among those of that sender.
pub(crate) type Message = (usize, usize);

/// The messages of senders who send so many each.
pub(crate) fn messages(senders: usize, each: usize) -> Vec<Message> {
    (0..senders).flat_map(|sender| (0..each).map(move |number| (sender, number))).collect()
}

/// Holds what the receivers took, each in its order, against what was sent.
pub(crate) fn check(sent: &[Message], taken: &[Vec<Message>]) {
    for (earlier, later) in taken.iter().flat_map(|taken| pairs(taken)) {
        assert!(earlier.0 != later.0 || earlier.1 < later.1, "{later:?} was taken before {earlier:?}");
    }
    let sorted = |mut messages: Vec<Message>| {
        messages.sort_unstable();
        messages
    };
    assert_eq!(sorted(taken.concat()), sorted(sent.to_vec()), "what was taken, and what was sent");
}

/// Every two that follow each other, not only at once.
fn pairs(taken: &[Message]) -> impl Iterator<Item = (Message, Message)> {
    taken
        .iter()
        .enumerate()
        .flat_map(|(index, &later)| taken[..index].iter().map(move |&earlier| (earlier, later)))
}
