//! A night as an indexed job of Kubernetes: each index is a shard, and one that dies is begun again.
//!
//! Knows no cluster. Invariant: words of a user's stand in strings, so that no word makes another manifest than it says.

use photofinish::line::quoted;

use super::KubernetesArgs;
use super::words::{is_url, ours, yaml};
use crate::commands::nightly::today;

/// What is filled in.
const JOB: &str = r#"# Written by `cargo xtask emit k8s`. Send it with `kubectl create -f FILE`; each index is a shard of night {number}.
# When it is complete, in a clone of the same commit:
#   {merge}
apiVersion: batch/v1
kind: Job
metadata:
  name: photofinish-{number}
  labels:
    app.kubernetes.io/name: photofinish
spec:
  completionMode: Indexed
  completions: {shards}
  parallelism: {shards}
  # A shard that dies is begun again; the others go on.
  backoffLimitPerIndex: 2
  maxFailedIndexes: {shards}
  podFailurePolicy:
    rules:
      # Wrong usage and a bug of ours are so the second time, too.
      - action: FailIndex
        onExitCodes:
          containerName: shard
          operator: In
          values: [2, 70]
      # A node that is taken away is nobody's fault.
      - action: Ignore
        onPodConditions:
          - type: DisruptionTarget
            status: "True"
  activeDeadlineSeconds: {deadline}
  ttlSecondsAfterFinished: 604800
  template:
    metadata:
      labels:
        app.kubernetes.io/name: photofinish
    spec:
      restartPolicy: Never
      automountServiceAccountToken: false
      containers:
        - name: shard
          image: {image}
          command:
{command}          env:
            # Which index it is, Kubernetes says in JOB_COMPLETION_INDEX.
            - name: PHOTOFINISH_SHARDS
              value: "{shards}"
          envFrom:
            # Who one is to the object store: AWS_ACCESS_KEY_ID and the like.
            - secretRef:
                name: photofinish-store
                optional: true
          resources:
            requests:
              cpu: "2"
              memory: 4Gi
{mounts}{volumes}"#;

/// The job.
pub(super) fn job(args: &KubernetesArgs) -> String {
    let KubernetesArgs { night, image, store, claim, number } = args;
    let number = number.unwrap_or_else(today);
    let store = format!("{}/{number}", store.trim_end_matches('/'));
    let mut command: Vec<String> = ours(&store)
        .split(' ')
        .chain(["nightly"])
        .map(str::to_owned)
        .chain(night.scenarios.clone())
        .collect();
    let number = number.to_string();
    command.extend(["--shard", "auto", "--night", &number].map(str::to_owned));
    command.extend(night.amount());
    command.extend([String::from("--out"), store.clone()]);
    let command: String = command.iter().map(|word| format!("            - {}\n", yaml(word))).collect();
    let (mounts, volumes) = volume(args);
    let (shards, seconds) = (night.shards, night.minutes() * 60);
    let merge = match is_url(&store) {
        true => format!("{} nightly --merge {}", ours(&store), quoted(&store)),
        false => {
            format!("cargo xtask nightly --merge {}, where the claim {claim} is mounted", quoted(&store))
        }
    };
    let words = [
        ("{merge}", merge),
        ("{number}", number),
        ("{shards}", shards.to_string()),
        // Every shard may be begun three times.
        ("{deadline}", (seconds * 3).to_string()),
        ("{image}", yaml(image)),
        ("{command}", command),
        ("{mounts}", mounts),
        ("{volumes}", volumes),
    ];
    words.iter().fold(JOB.to_owned(), |text, (name, words)| text.replace(name, words))
}

/// Where a folder comes from, if the store is one.
fn volume(args: &KubernetesArgs) -> (String, String) {
    let KubernetesArgs { store, claim, .. } = args;
    if is_url(store) {
        return (String::new(), String::new());
    }
    let mounts = format!(
        "          volumeMounts:\n            - name: store\n              mountPath: {}\n",
        yaml(store)
    );
    let volumes = format!(
        "      volumes:\n        - name: store\n          persistentVolumeClaim:\n            claimName: {}\n",
        yaml(claim)
    );
    (mounts, volumes)
}
