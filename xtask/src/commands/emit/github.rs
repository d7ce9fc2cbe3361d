//! A night as a workflow of GitHub Actions. `.github/workflows/nightly.yml` is what this prints.
//!
//! Knows no scenario. Invariant: a word of a user's reaches a shell through the environment or quoted, never through an expression.

use super::words::yaml;
use super::{GithubArgs, LONGEST};

/// The actions that are used, by the commits of their releases.
const CHECKOUT: &str = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2";
const UPLOAD: &str = "actions/upload-artifact@b7c566a772e6b6bfb58ed0dc250532a479d7789f # v6.0.0";
const DOWNLOAD: &str = "actions/download-artifact@37930b1c2abaa49bbe596cd826c3c89aef350131 # v7.0.0";

/// What every job begins with.
const PREPARE: &str = r#"      - uses: {CHECKOUT}
        with:
          persist-credentials: false
      # The version stands once, as `rust-version` in Cargo.toml.
      - name: Install Rust
        run: |
          version=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
          rustup toolchain install "$version" --profile minimal
          rustup default "$version"
"#;

/// What can be said when it is started by hand.
const INPUTS: &str = "
    inputs:
      budget:
        description: How long each shard sweeps; its job ends after {LONGEST} minutes
        default: {BUDGET}";

const WORKFLOW: &str = r#"# Written by `{COMMAND}`, which prints it: change that, not this.
#
# Each night has seeds of its own, by the number of this run: attempts of one run search the same seeds again. Whatever a job does
# can be typed anywhere; see `cargo xtask nightly --help`.
name: nightly

on:
  schedule:
    - cron: {CRON}
  workflow_dispatch:{INPUTS}

permissions:
  contents: read

# One night after the other: each begins with the corpus that the one before it left.
concurrency:
  group: nightly-${{ github.ref }}
  cancel-in-progress: false

jobs:
  shard:
    runs-on: ubuntu-24.04
    timeout-minutes: {MINUTES}
    strategy:
      # What the others find is wanted also if one fails.
      fail-fast: false
      matrix:
        shard: [{SHARDS}]
    steps:
{PREPARE}      - run: cargo xtask nightly{PROGRAMS} --shard auto --night "$NIGHT" {AMOUNT} --out shard
        env:
          NIGHT: ${{ github.run_number }}
{BUDGET}          PHOTOFINISH_SHARD: ${{ matrix.shard }}/${{ strategy.job-total }}
      - uses: {UPLOAD}
        # Also what a shard found that was cut short.
        if: ${{ always() }}
        with:
          name: photofinish-shard-${{ matrix.shard }}
          path: shard
          if-no-files-found: error
          retention-days: 7
          # A second attempt takes the place of the first.
          overwrite: true

  night:
    needs: shard
    # Shards that died are named, and the others told.
    if: ${{ !cancelled() }}
    runs-on: ubuntu-24.04
    timeout-minutes: 90
    permissions:
      contents: read
      # For the artifact of the night before.
      actions: read
    steps:
{PREPARE}      - name: Find the corpus of the night before
        id: before
        env:
          GH_TOKEN: ${{ github.token }}
        run: |
          # Of this branch and of this repository, not of a fork's.
          of_ours='.expired == false and .workflow_run.head_branch == env.GITHUB_REF_NAME and .workflow_run.head_repository_id == .workflow_run.repository_id'
          run=$(gh api "repos/$GITHUB_REPOSITORY/actions/artifacts?name=photofinish-corpus&per_page=100" \
            --jq "[.artifacts[] | select($of_ours)] | sort_by(.created_at) | last | .workflow_run.id // empty")
          echo "run=$run" >> "$GITHUB_OUTPUT"
      - uses: {DOWNLOAD}
        if: ${{ steps.before.outputs.run != '' }}
        with:
          name: photofinish-corpus
          path: corpus
          run-id: ${{ steps.before.outputs.run }}
          github-token: ${{ github.token }}
      - uses: {DOWNLOAD}
        with:
          pattern: photofinish-shard-*
          path: shards
      - run: cargo xtask nightly --merge shards --corpus corpus --out night
      - uses: {UPLOAD}
        # Also if the night failed: what it found is what the next one is to know.
        if: ${{ always() }}
        with:
          name: photofinish-corpus
          path: corpus
          if-no-files-found: ignore
          retention-days: 90
          overwrite: true
      - uses: {UPLOAD}
        # index.html with a page for each failure, junit.xml, summary.md.
        if: ${{ always() }}
        with:
          name: photofinish-night
          path: night
          if-no-files-found: ignore
          overwrite: true
"#;

/// The workflow.
pub(super) fn workflow(args: &GithubArgs) -> String {
    let night = &args.night;
    // What goes by time can have more of it by hand.
    let budget = night.duration();
    let minutes = night.minutes();
    let longest = minutes.max(LONGEST);
    let (amount, minutes, inputs, variable) = match night.seeds {
        Some(seeds) => (format!("--seeds {seeds}"), minutes.to_string(), String::new(), String::new()),
        None => (
            String::from("--budget \"$BUDGET\""),
            // Expressions do not add: whoever starts it by hand has as long as GitHub gives a job.
            format!("${{{{ inputs.budget && {longest} || {minutes} }}}}"),
            INPUTS.replace("{BUDGET}", &budget).replace("{LONGEST}", &longest.to_string()),
            format!("          BUDGET: ${{{{ inputs.budget || '{budget}' }}}}\n"),
        ),
    };
    let shards: Vec<String> = (1..=night.shards).map(|shard| shard.to_string()).collect();
    let words = [
        ("{PREPARE}", PREPARE.to_owned()),
        ("{COMMAND}", command(args)),
        ("{CRON}", yaml(&args.cron)),
        ("{AMOUNT}", amount),
        ("{INPUTS}", inputs),
        ("{BUDGET}", variable),
        ("{MINUTES}", minutes),
        ("{SHARDS}", shards.join(", ")),
        ("{PROGRAMS}", night.programs()),
        ("{CHECKOUT}", CHECKOUT.to_owned()),
        ("{UPLOAD}", UPLOAD.to_owned()),
        ("{DOWNLOAD}", DOWNLOAD.to_owned()),
    ];
    words.iter().fold(WORKFLOW.to_owned(), |text, (name, words)| text.replace(name, words))
}

/// The command that prints the same again.
fn command(args: &GithubArgs) -> String {
    let GithubArgs { night, cron } = args;
    let mut command = format!("cargo xtask emit github{}", night.programs());
    if night.shards != 8 {
        command += &format!(" --shards {}", night.shards);
    }
    if night.seeds.is_some() || night.duration() != "20m" {
        command += &format!(" {}", night.amount().join(" "));
    }
    if cron != "17 2 * * *" {
        command += &format!(" --cron '{cron}'");
    }
    command
}
