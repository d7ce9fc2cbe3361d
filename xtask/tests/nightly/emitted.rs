//! What `cargo xtask emit` writes: read back by the types of those who will read it, and run by a shell.
//!
//! The Kubernetes job is held against `k8s-openapi`'s types, which are made from the API's own schema; the workflow against
//! `github-actions-models`. Neither has seen a cluster or a runner. Invariant: every command of ours in what is written is one that our
//! own command line takes.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use clap::Parser as _;
use github_actions_models::common::{Permission, Permissions};
use github_actions_models::workflow::job::{NormalJob, Step};
use github_actions_models::workflow::{Job, Workflow};
use k8s_openapi::api::batch::v1::Job as KubernetesJob;
use serde_json::Value;
use xtask::cli::Cli;
use xtask::exit::Exit;

use crate::folder::{Folder, Said};

fn emit(args: &[&str]) -> String {
    let said = Folder::new().xtask(&[&["emit"], args].concat());
    assert_eq!(said.code, Some(0), "{args:?}: {}", said.err);
    said.out
}

/// Fails unless our command line takes these words.
fn check_command(words: &[String]) {
    let parsed = Cli::try_parse_from(["xtask"].into_iter().chain(words.iter().map(String::as_str)));
    assert!(parsed.is_ok(), "{words:?}: {}", parsed.err().map(|error| error.to_string()).unwrap_or_default());
}

/// Runs a script with a `cargo` that only says how it was called, and returns what came after `cargo xtask`.
fn called(script: &str, env: &[(&str, &str)]) -> Vec<String> {
    let folder = Folder::new();
    let bin = folder.path("bin");
    fs::create_dir_all(&bin).expect("a temporary folder");
    let cargo = Path::new(&bin).join("cargo");
    fs::write(&cargo, "#!/bin/sh\nfor word; do printf '%s\\n' \"$word\"; done\n").expect("a temporary file");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let path = format!("{bin}:{}", std::env::var("PATH").expect("there is one"));
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
        .env("PATH", path)
        .envs(env.iter().copied())
        .output()
        .expect("bash starts");
    let said = Said::from(output);
    assert_eq!(said.code, Some(0), "{script}: {}{}", said.out, said.err);
    let words: Vec<String> = said.out.lines().map(str::to_owned).collect();
    assert_eq!(words.first().map(String::as_str), Some("xtask"), "{words:?}");
    words[1..].to_vec()
}

/// The shell finds nothing wrong with a script, without running it.
fn check_script(script: &str) {
    let output = Command::new("bash").args(["-n", "-c", script]).output().expect("bash starts");
    let said = Said::from(output);
    assert!(said.code == Some(0) && said.err.is_empty(), "{script}: {}", said.err);
}

// ---- GitHub ----

fn workflow(text: &str) -> Workflow {
    yaml_serde::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn job<'a>(workflow: &'a Workflow, name: &str) -> &'a NormalJob {
    match &workflow.jobs[name] {
        Job::NormalJob(job) => job,
        other => panic!("{name} has steps of its own: {other:?}"),
    }
}

/// All steps of a job: scripts, or what they use of others.
fn steps(job: &NormalJob) -> (Vec<&str>, Vec<&str>) {
    let (mut scripts, mut uses) = (Vec::new(), Vec::new());
    for step in &job.steps {
        match step {
            Step::Run(step) => scripts.push(&*step.run),
            Step::Uses(step) => uses.push(step.uses.raw()),
            other => panic!("no step of ours waits: {other:?}"),
        }
    }
    (scripts, uses)
}

/// The script that calls us.
fn ours(job: &NormalJob) -> &str {
    let scripts = steps(job).0;
    scripts.into_iter().find(|script| script.contains("cargo xtask")).expect("there is one")
}

/// The keys of a mapping.
fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("a mapping").keys().map(String::as_str).collect()
}

#[test]
fn the_workflow_of_this_repository_is_what_is_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.github/workflows/nightly.yml");
    let committed = fs::read_to_string(path).expect("it is committed");
    assert_eq!(
        committed,
        emit(&["github"]),
        "next: cargo xtask emit github --out .github/workflows/nightly.yml"
    );
}

/// The types pass over keys that they do not know.
#[test]
fn a_workflow_has_no_key_that_nobody_reads() {
    let whole: Value = yaml_serde::from_str(&emit(&["github"])).expect("it is YAML");
    let check = |found: &Value, known: &[&str]| {
        let unknown: Vec<_> = keys(found).into_iter().filter(|key| !known.contains(key)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    };
    check(&whole, &["name", "on", "permissions", "concurrency", "jobs"]);
    for job in whole["jobs"].as_object().expect("by name").values() {
        check(job, &["needs", "if", "runs-on", "timeout-minutes", "permissions", "strategy", "steps"]);
        for step in job["steps"].as_array().expect("a list") {
            check(step, &["id", "if", "name", "uses", "with", "run", "env"]);
        }
    }
}

#[test]
fn a_workflow_may_do_little_and_uses_what_is_pinned() {
    let text = emit(&["github", "--shards", "3"]);
    let workflow = workflow(&text);
    let read = |names: &[&str]| {
        let all = names.iter().map(|name| ((*name).to_owned(), Permission::Read));
        Permissions::Explicit(all.collect())
    };
    assert_eq!(workflow.permissions, read(&["contents"]));
    let [shard, night] = ["shard", "night"].map(|name| job(&workflow, name));
    assert_eq!(shard.permissions, Permissions::default(), "those of the workflow");
    assert_eq!(night.permissions, read(&["contents", "actions"]));
    assert_eq!(night.needs, ["shard"]);
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.github/workflows/ci.yml");
    let ci = fs::read_to_string(committed).expect("it is committed");
    let mut actions = BTreeSet::new();
    for uses in [shard, night].into_iter().flat_map(|job| steps(job).1) {
        let (action, commit) = uses.split_once('@').expect("a version");
        let is_hash = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_hash && text.contains(&format!("{uses} # v")), "{uses}");
        assert!(action != "actions/checkout" || ci.contains(uses), "one version of it: {uses}");
        actions.insert(action);
    }
    let expected = ["actions/checkout", "actions/download-artifact", "actions/upload-artifact"];
    assert_eq!(actions, BTreeSet::from(expected));
    for script in [shard, night].into_iter().flat_map(|job| steps(job).0) {
        check_script(script);
        assert!(!script.contains("${{"), "a shell gets words through its environment: {script}");
    }
}

#[test]
fn a_workflow_calls_a_night_for_each_shard_and_one_that_merges() {
    let text = emit(&["github", "canary", "late-listener/pr43@reverse", "--shards", "3", "--for", "90s"]);
    let workflow = workflow(&text);
    let [shard, night] = ["shard", "night"].map(|name| job(&workflow, name));
    let env = [("NIGHT", "12"), ("BUDGET", "1h"), ("PHOTOFINISH_SHARD", "2/3")];
    let words = called(ours(shard), &env);
    let expected =
        "nightly canary late-listener/pr43@reverse --shard auto --night 12 --budget 1h --out shard";
    assert_eq!(words.join(" "), expected);
    check_command(&words);
    assert!(
        text.contains("        shard: [1, 2, 3]\n") && text.contains("inputs.budget || '1m30s'"),
        "{text}"
    );
    assert!(!emit(&["github", "--seeds", "9"]).contains("inputs"), "seeds are what they are");
    let words = called(ours(night), &[]);
    assert_eq!(words.join(" "), "nightly --merge shards --corpus corpus --out night");
    check_command(&words);
}

/// Whoever starts it by hand may ask for more than a night's time, and has the time that it takes.
#[test]
fn a_budget_that_is_asked_for_by_hand_fits_into_its_job() {
    let timeout = |args: &[&str]| {
        let whole: Value = yaml_serde::from_str(&emit(args)).expect("it is YAML");
        whole["jobs"]["shard"]["timeout-minutes"].clone()
    };
    assert_eq!(timeout(&["github", "--for", "90s"]), "${{ inputs.budget && 360 || 42 }}");
    assert_eq!(timeout(&["github", "--for", "10h"]), "${{ inputs.budget && 640 || 640 }}");
    assert_eq!(timeout(&["github", "--seeds", "9"]), 360);
}

/// What stands in the first line makes the same workflow again.
#[test]
fn a_workflow_says_how_it_was_written() {
    for args in [
        &["github"][..],
        &["github", "canary", "--shards", "3", "--for", "2h", "--cron", "5 0 * * 1-5"],
        &["github", "--seeds", "2000"],
    ] {
        let text = emit(args);
        let line = text.lines().next().and_then(|line| line.strip_prefix("# Written by `cargo xtask emit "));
        let script = line.and_then(|line| line.split_once('`')).expect("it says so").0;
        let words = called(&format!("cargo xtask emit {script}"), &[]);
        let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        assert_eq!(emit(&words), text);
    }
}

// ---- Kubernetes ----

/// The job as the API's types read it: whatever they do not know is lost on the way, and then it is not equal to what was written.
fn kubernetes(text: &str) -> Result<KubernetesJob, String> {
    let written: Value = yaml_serde::from_str(text).map_err(|error| error.to_string())?;
    let job: KubernetesJob = serde_json::from_value(written.clone()).map_err(|error| error.to_string())?;
    let again = serde_json::to_value(&job).map_err(|error| error.to_string())?;
    if again == written { Ok(job) } else { Err(format!("{again:#}\nis not\n{written:#}")) }
}

const IN_A_STORE: [&str; 7] = [
    "k8s",
    "--image",
    "registry.example/photofinish:1",
    "--store",
    "s3://nights/photofinish",
    "--number",
    "20779",
];

#[test]
fn a_job_is_what_the_api_takes() {
    let text = emit(&[&IN_A_STORE[..], &["canary", "--shards", "5", "--seeds", "4000"]].concat());
    let job = kubernetes(&text).unwrap_or_else(|what| panic!("{what}"));
    let spec = job.spec.expect("it has one");
    assert_eq!(
        (spec.completion_mode.as_deref(), spec.completions, spec.parallelism),
        (Some("Indexed"), Some(5), Some(5))
    );
    let pod = spec.template.spec.expect("it has one");
    assert_eq!((pod.restart_policy.as_deref(), pod.containers.len(), pod.volumes), (Some("Never"), 1, None));
    let container = &pod.containers[0];
    let env: Vec<_> = container.env.iter().flatten().map(|of| (&*of.name, of.value.as_deref())).collect();
    assert_eq!(env, [("PHOTOFINISH_SHARDS", Some("5"))]);
    let words = container.command.clone().expect("it has one");
    assert_eq!(
        words.join(" "),
        "cargo run -q -p xtask --features cloud -- nightly canary --shard auto --night 20779 --seeds 4000 --out \
         s3://nights/photofinish/20779"
    );
    check_command(&words[8..]);
}

/// A store that does not answer is asked again, and what is wrong the second time, too, is not.
#[test]
fn a_job_begins_a_shard_again_that_may_do_better() {
    let job = kubernetes(&emit(&IN_A_STORE)).unwrap_or_else(|what| panic!("{what}"));
    let policy = job.spec.and_then(|spec| spec.pod_failure_policy).expect("it has one");
    let codes = policy.rules[0].on_exit_codes.clone().expect("it has some").values;
    assert_eq!(codes, [Exit::Usage, Exit::Bug].map(|exit| exit as i32));
    assert!(!codes.contains(&(Exit::Unavailable as i32)));
}

#[test]
fn a_folder_for_a_job_is_on_a_volume() {
    let args = ["k8s", "--image", "p", "--store", "/my nights/\"x\"", "--claim", "disk-1"];
    let job = kubernetes(&emit(&args)).unwrap_or_else(|what| panic!("{what}"));
    let pod = job.spec.and_then(|spec| spec.template.spec).expect("it has one");
    let mounts = pod.containers[0].volume_mounts.clone().unwrap_or_default();
    assert_eq!((mounts.len(), &*mounts[0].mount_path), (1, "/my nights/\"x\""));
    let volumes = pod.volumes.unwrap_or_default();
    let claim = volumes[0].persistent_volume_claim.clone().expect("it has one");
    assert_eq!((&*volumes[0].name, &*claim.claim_name), (&*mounts[0].name, "disk-1"));
}

/// The check can fail: a word that the API does not know, and a value of another type.
#[test]
fn a_job_that_the_api_does_not_take_is_noticed() {
    let text = emit(&IN_A_STORE);
    assert!(kubernetes(&text.replace("completionMode", "completionsMode")).is_err());
    assert!(kubernetes(&text.replace("parallelism: 8", "parallelism: many")).is_err());
    assert!(
        kubernetes(&text.replace("    app.kubernetes.io/name: photofinish\nspec", "  app: x\nspec")).is_err()
    );
}

// ---- Slurm ----

#[test]
fn a_script_calls_a_night_for_each_task() {
    let script =
        emit(&["slurm", "canary", "--store", "/shared/my nights/", "--shards", "5", "--for", "2h30m"]);
    check_script(&script);
    assert!(
        script.contains("\n#SBATCH --array=1-5\n") && script.contains("\n#SBATCH --time=03:10:00\n"),
        "{script}"
    );
    let folder = std::env::temp_dir();
    let env = [
        ("SLURM_SUBMIT_DIR", folder.to_str().expect("it is text")),
        ("SLURM_ARRAY_JOB_ID", "4711"),
        ("SLURM_ARRAY_TASK_ID", "3"),
    ];
    let words = called(&script, &env);
    let expected = ["nightly", "canary", "--shard", "auto", "--night", "4711", "--budget", "2h30m", "--out"];
    assert_eq!(
        (&words[..9], &*words[9], words.len()),
        (&expected.map(str::to_owned)[..], "/shared/my nights/4711", 10)
    );
    check_command(&words);
    let again = called(&script, &[&env[..], &[("NIGHT", "4000")]].concat());
    assert_eq!((&*again[5], &*again[9]), ("4000", "/shared/my nights/4000"), "a task that is begun again");
}

// ---- all of them ----

#[test]
fn what_is_written_is_known() {
    insta::assert_snapshot!("job", emit(&IN_A_STORE));
    insta::assert_snapshot!("script", emit(&["slurm", "--store", "/shared/nights"]));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = Folder::new();
    let check = |args: &[&str], words: &str| {
        let said = folder.xtask(&[&["emit"], args].concat());
        assert_eq!((said.code, &*said.out), (Some(2), ""), "{args:?}: {}", said.err);
        assert!(said.err.contains(words), "{args:?}: {}", said.err);
    };
    check(&["nomad"], "unrecognized subcommand");
    check(&["github", "--shards", "0"], "1..=256");
    check(&["github", "--shards", "257"], "1..=256");
    check(&["github", "--cron", "@daily"], "five fields");
    check(&["github", "--for", "1h", "--seeds", "5"], "cannot be used with");
    check(&["github", "a b"], "cargo xtask list");
    check(&["github", "${{ secrets.x }}"], "cargo xtask list");
    check(&["k8s", "--image", "p"], "--store");
    check(&["k8s", "--store", "s3://x"], "--image");
    check(&["k8s", "--store", "out", "--image", "p"], "another place on each machine");
    check(&["slurm", "--store", "out"], "another place on each machine");
    check(&["slurm", "--store", "/x", "--out", "/no/such/folder/file"], "next: ");
}

#[test]
fn a_file_is_written_where_it_is_wanted() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path("")).expect("a temporary folder");
    let file = folder.path("night.sh");
    let args = ["slurm", "--store", "/shared"];
    let said = folder.xtask(&[&["emit"], &args[..], &["--out", &file]].concat());
    assert_eq!((said.code, &*said.out), (Some(0), ""), "{}", said.err);
    assert_eq!(fs::read_to_string(&file).expect("it is written"), emit(&args));
}
