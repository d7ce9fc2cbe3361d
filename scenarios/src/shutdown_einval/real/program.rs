//! A supervisor and a daemon made from the published crate, in the way its documentation shows.
//!
//! It does not know which version it is. Invariant: nothing here works around anything.

/// The two parts, made from one version of the crate.
macro_rules! parts {
    ($(#[$about:meta])* $module:ident, $handoff:ident) => {
        $(#[$about])*
        pub(super) mod $module {
            use std::time::Instant;

            use $handoff::{
                DataDirLock, DrainReport, Drainable, Incumbent, ReadinessSnapshot, Result, Role, SealReport,
                SpawnSpec, StateSnapshot, Successor, Supervisor, detect_role,
            };

            use super::super::{Handoff, Outcome, Places};

            /// A daemon without work: it drains and seals at once.
            struct Idle;

            impl Drainable for Idle {
                fn drain(&self, _deadline: Instant) -> Result<DrainReport> {
                    Ok(DrainReport { open_conns_remaining: 0, accept_closed: true })
                }

                fn seal(&self) -> Result<SealReport> {
                    Ok(SealReport { last_revision_per_shard: vec![42], data_dir_fingerprint: [0; 32] })
                }

                fn resume_after_abort(&self) -> Result<()> {
                    Ok(())
                }

                fn snapshot_state(&self) -> StateSnapshot {
                    StateSnapshot::default()
                }
            }

            /// Serves, as the first one or as somebody's successor.
            pub(in super::super) fn serve(places: Places<'_>) -> std::result::Result<(), String> {
                let incumbent = match detect_role() {
                    Ok(Role::ColdStart { .. }) => start(places),
                    Ok(Role::Successor(successor)) => take_over(successor, places),
                    Err(error) => Err(error),
                };
                incumbent.and_then(|incumbent| incumbent.serve(Idle)).map_err(|error| error.to_string())
            }

            fn start(places: Places<'_>) -> Result<Incumbent> {
                let lock = DataDirLock::acquire(&places.data())?;
                Incumbent::bind_cold_start(&places.control(), lock)
            }

            fn take_over(successor: Successor, places: Places<'_>) -> Result<Incumbent> {
                let successor = successor.handshake(Vec::new())?.wait_for_begin()?;
                let lock = DataDirLock::acquire(&places.data())?;
                let snapshot = ReadinessSnapshot {
                    listening_on: Vec::new(),
                    healthz_ok: true,
                    advertised_revision_per_shard: vec![43],
                };
                successor.announce_and_bind(snapshot, &places.control(), lock)
            }

            /// One handoff.
            pub(in super::super) fn perform(handoff: &Handoff<'_>) -> Outcome {
                match supervise(handoff) {
                    Ok(outcome) => outcome,
                    Err(error) => Outcome::Failed(error.to_string()),
                }
            }

            fn supervise(handoff: &Handoff<'_>) -> Result<Outcome> {
                let places = handoff.places;
                let supervisor = Supervisor::new(&places.control())?.with_journal(places.journal());
                supervisor.resume_from_journal()?;
                let outcome = supervisor.perform_handoff(SpawnSpec {
                    args: handoff.arguments.clone(),
                    deadline: handoff.deadline,
                    drain_grace: handoff.drain_grace,
                    ..SpawnSpec::new(&handoff.binary)
                })?;
                Ok(match outcome.abort_reason {
                    None if outcome.committed => Outcome::Committed,
                    reason => Outcome::Aborted(reason.unwrap_or_default()),
                })
            }
        }
    };
}

parts!(
    /// With the bug.
    v0_1_2,
    beyond_handoff_0_1_2
);
parts!(
    /// With its mend.
    v0_1_3,
    beyond_handoff_0_1_3
);
