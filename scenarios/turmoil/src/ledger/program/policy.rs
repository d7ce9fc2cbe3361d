//! What the variants do differently.
//!
//! Invariant: a policy is plain data.

/// What an attempt to deposit is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Ids {
    /// The deposit that it is for.
    OfTheDeposit,
    /// Nothing but itself.
    OfTheAttempt,
}

/// When the primary acknowledges a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Acks {
    /// When the backup has it.
    AfterReplication,
    /// When the primary has it.
    Early,
}

/// What may strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Strikes {
    /// Any two hosts are cut off from each other.
    Links,
    /// The same, and the primary crashes.
    LinksAndPrimary,
}

/// How the ledger is kept, and what it has to bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Policy {
    pub(in super::super) ids: Ids,
    pub(in super::super) acks: Acks,
    pub(in super::super) strikes: Strikes,
}

/// As it should be.
pub(in super::super) const FIXED: Policy =
    Policy { ids: Ids::OfTheDeposit, acks: Acks::AfterReplication, strikes: Strikes::LinksAndPrimary };

/// The id is drawn where the request is sent.
pub(in super::super) const BUGGY: Policy =
    Policy { ids: Ids::OfTheAttempt, strikes: Strikes::Links, ..FIXED };

/// The answer does not wait for the backup.
pub(in super::super) const ACK_EARLY: Policy = Policy { acks: Acks::Early, ..FIXED };
