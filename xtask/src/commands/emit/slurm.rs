//! A night as a job array of Slurm: each task is a shard.
//!
//! Knows no cluster. Invariant: a word of a user's is one word of the shell.

use photofinish::line::quoted;

use super::SlurmArgs;
use super::words::ours;

/// The script for `sbatch`.
pub(super) fn script(args: &SlurmArgs) -> String {
    let SlurmArgs { night, store } = args;
    let (shards, minutes) = (night.shards, night.minutes());
    let time = format!("{:02}:{:02}:00", minutes / 60, minutes % 60);
    let (ours, store) = (ours(store), quoted(store.trim_end_matches('/')));
    let (programs, amount) = (night.programs(), night.amount().join(" "));
    format!(
        r#"#!/usr/bin/env bash
#SBATCH --job-name=photofinish
#SBATCH --array=1-{shards}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --time={time}
#SBATCH --output=photofinish-%A_%a.log
#
# Written by `cargo xtask emit slurm`. Start it with `sbatch FILE` in a clone of the repository that all nodes see: each task is a shard.
# The seeds are those of the array's number; a task that died is begun again with `NIGHT=<that number> sbatch --array=<task> FILE`.
# When all have ended: {ours} nightly --merge {store}/<that number>
set -euo pipefail
cd "${{SLURM_SUBMIT_DIR:?start it with sbatch}}"

night=${{NIGHT:-$SLURM_ARRAY_JOB_ID}}
# How many there are also if only some are begun again.
export PHOTOFINISH_SHARDS={shards}

# The shard finishes what it has in hand when its time is up.
exec {ours} nightly{programs} --shard auto --night "$night" {amount} --out {store}/"$night"
"#
    )
}
