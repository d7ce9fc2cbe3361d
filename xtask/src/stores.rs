//! Places where the shards of a sweep leave their files: a folder, or part of an object store, named by its URL.
//!
//! Knows names and bytes. Invariant: a file is there with all its bytes or not at all, and none is deleted.

use std::error::Error;
use std::fmt;
use std::path::Path as Local;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, ObjectStoreScheme, PutPayload};
use thiserror::Error;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::exit::{Exit, ExitCause};

/// A place.
pub struct Store {
    /// As it was typed.
    name: String,
    store: Box<dyn ObjectStore>,
    /// The part of the store that is meant.
    folder: Path,
    runtime: Runtime,
}

/// A file that is in a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where: the place as it was typed, and what is below it.
    pub at: String,
    /// Its own name.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// What is done with a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Read,
    Write,
}

/// Why a place cannot be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no such place, or it is of a kind that nobody knows.
    #[error(
        "{name} is no folder and no object store: {why}\nnext: a folder, or a URL such as s3://BUCKET/FOLDER, gs://…, az://… or file:///…"
    )]
    Name {
        /// What was typed.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// It is of a kind that this build leaves out.
    #[error(
        "{name} is in an object store that this build of xtask cannot reach\nnext: `cargo run -q -p xtask --features cloud -- …` \
         in place of `cargo xtask …`"
    )]
    Cloud {
        /// What was typed.
        name: String,
    },
    /// Nothing is there.
    #[error(
        "there is no folder {name}\nnext: the folder in which shards of a sweep are, as `--out` of each named it"
    )]
    Nothing {
        /// What was typed.
        name: String,
    },
    /// It did not answer, or refused.
    #[error("{what} {at} failed: {source}\nnext: {next}")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// On what.
        at: String,
        /// What the store said.
        source: Box<object_store::Error>,
        /// What to type.
        next: &'static str,
    },
    /// This machine cannot wait for it.
    #[error("waiting for {name} is not possible: {source}\nnext: the same command once the machine has room")]
    Machine {
        /// What was typed.
        name: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl ExitCause for StoreError {
    fn exit(&self) -> Exit {
        match self {
            Self::Io { source, .. } if is_for_now(source) => Exit::Unavailable,
            Self::Machine { .. } => Exit::Unavailable,
            Self::Io { .. } | Self::Name { .. } | Self::Cloud { .. } | Self::Nothing { .. } => Exit::Usage,
        }
    }
}

/// Whether a store may do another time what it did not do: neither it nor the file system below has said that it never will.
fn is_for_now(error: &object_store::Error) -> bool {
    use std::io::ErrorKind as Kind;
    let object_store::Error::Generic { source, .. } = error else {
        return matches!(error, object_store::Error::JoinError { .. });
    };
    let mut cause: Option<&(dyn Error + 'static)> = Some(&**source);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let is_for_good = |kind: Kind| {
            matches!(
                kind,
                Kind::PermissionDenied | Kind::ReadOnlyFilesystem | Kind::IsADirectory | Kind::NotADirectory
            )
        };
        if kind.is_some_and(is_for_good) {
            return false;
        }
        cause = error.source();
    }
    true
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Whether a place is named by a URL, and not a folder.
#[must_use]
pub fn is_url(name: &str) -> bool {
    name.contains("://")
}

impl Store {
    /// A place that is read. A folder must be there.
    ///
    /// # Errors
    /// There is no such place.
    pub fn to_read(name: &str) -> Result<Self, StoreError> {
        if !is_url(name) && !Local::new(name).is_dir() {
            return Err(StoreError::Nothing { name: name.to_owned() });
        }
        Self::open(name, Use::Read)
    }

    /// A place that is written to. A folder is made; another place is asked for something, so that whoever has no business there
    /// knows it at once.
    ///
    /// # Errors
    /// The place cannot be written to.
    pub fn to_write(name: &str) -> Result<Self, StoreError> {
        let store = Self::open(name, Use::Write)?;
        if is_url(name) {
            store.names()?;
        }
        Ok(store)
    }

    fn open(name: &str, to: Use) -> Result<Self, StoreError> {
        let wrong = |why: String| StoreError::Name { name: name.to_owned(), why };
        let url = if is_url(name) {
            name.parse().map_err(|error: url::ParseError| wrong(error.to_string()))?
        } else {
            folder(name, to).map_err(|error| wrong(error.to_string()))?
        };
        match ObjectStoreScheme::parse(&url).map_err(|error| wrong(error.to_string()))?.0 {
            ObjectStoreScheme::Local => {}
            ObjectStoreScheme::AmazonS3
            | ObjectStoreScheme::GoogleCloudStorage
            | ObjectStoreScheme::MicrosoftAzure => {
                if !cfg!(feature = "cloud") {
                    return Err(StoreError::Cloud { name: name.to_owned() });
                }
            }
            _ => return Err(wrong(format!("nothing can be left at {}", url.scheme()))),
        }
        // Who one is to the store, and where it is if not where they all are: AWS_ACCESS_KEY_ID, GOOGLE_SERVICE_ACCOUNT and their kin.
        // Other variables may be called as its options are: `TOKEN`, `REGION`.
        let is_its = |name: &str| ["AWS_", "GOOGLE_", "AZURE_"].iter().any(|kin| name.starts_with(kin));
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| is_its(name));
        let (store, folder) =
            object_store::parse_url_opts(&url, variables).map_err(|error| wrong(error.to_string()))?;
        let machine = |source| StoreError::Machine { name: name.to_owned(), source };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(machine)?;
        Ok(Self { name: name.to_owned(), store, folder, runtime })
    }

    /// The files whose names are wanted, in the place itself and in folders below it, by name.
    ///
    /// # Errors
    /// The place cannot be read.
    pub fn read(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<Kept>, StoreError> {
        let mut kept = Vec::new();
        for path in self.names()? {
            let Some(name) = path.filename().filter(|name| wanted(name)).map(str::to_owned) else { continue };
            let at = self.at(&path);
            let bytes = self.runtime.block_on(async { self.store.get(&path).await?.bytes().await });
            let bytes = bytes.map_err(failed("reading", &at, "the same command again"))?;
            kept.push(Kept { at, name, bytes: bytes.to_vec() });
        }
        Ok(kept)
    }

    /// Writes a file and says where it is.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, name: &str, bytes: Vec<u8>) -> Result<String, StoreError> {
        let path = self.folder.clone().join(name);
        let at = self.at(&path);
        let written = self.runtime.block_on(self.store.put(&path, PutPayload::from(bytes)));
        let next = "the same command with `--out` and a place that can be written";
        written.map_err(failed("writing", &at, next))?;
        Ok(at)
    }

    /// Everything that is there, by name.
    fn names(&self) -> Result<Vec<Path>, StoreError> {
        let (mut names, mut folders) = (Vec::new(), vec![self.folder.clone()]);
        while let Some(folder) = folders.pop() {
            let listed = self.runtime.block_on(self.store.list_with_delimiter(Some(&folder)));
            let next = "see who may read it, and that the machine may reach it";
            let listed = listed.map_err(failed("looking into", &self.at(&folder), next))?;
            folders.extend(listed.common_prefixes);
            names.extend(listed.objects.into_iter().map(|object| object.location));
        }
        names.sort();
        Ok(names)
    }

    /// Where something is, as people find it.
    fn at(&self, path: &Path) -> String {
        let below: Vec<String> = path
            .prefix_match(&self.folder)
            .into_iter()
            .flatten()
            .map(|part| part.as_ref().to_owned())
            .collect();
        let name = self.name.trim_end_matches('/');
        if below.is_empty() { name.to_owned() } else { format!("{name}/{}", below.join("/")) }
    }
}

fn failed(
    what: &'static str,
    at: &str,
    next: &'static str,
) -> impl FnOnce(object_store::Error) -> StoreError {
    let at = at.to_owned();
    move |source| StoreError::Io { what, at, source: Box::new(source), next }
}

/// A folder as a URL; one that is to be written to is made.
fn folder(name: &str, to: Use) -> std::io::Result<Url> {
    if to == Use::Write {
        std::fs::create_dir_all(name)?;
    }
    let path = Local::new(name).canonicalize()?;
    Url::from_directory_path(&path).map_err(|()| std::io::Error::other("it has no URL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A temporary folder, and what is in it.
    struct Temporary(std::path::PathBuf);

    impl Temporary {
        fn new(name: &str) -> Self {
            Self(std::env::temp_dir().join(format!("photofinish-stores-{name}-{}", std::process::id())))
        }

        fn name(&self) -> &str {
            self.0.to_str().expect("temporary folders are text")
        }
    }

    impl Drop for Temporary {
        fn drop(&mut self) {
            // One that was never made is gone already.
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_is_written_is_read_by_folder_and_by_url() {
        let place = Temporary::new("both ways");
        let below = format!("{}/a b/c", place.name());
        let at = Store::to_write(&below).expect("it is made").write("shard-1-of-2.json", b"one".to_vec());
        assert_eq!(at.expect("it is written"), format!("{below}/shard-1-of-2.json"));
        let url = Url::from_directory_path(&place.0).expect("it has one").to_string();
        Store::to_write(&url)
            .expect("it is there")
            .write("shard-2-of-2.json", b"two".to_vec())
            .expect("it is written");
        let read = |name: &str| {
            let kept = Store::to_read(name).expect("it is there").read(|name| name.ends_with(".json"));
            kept.expect("it is read").into_iter().map(|kept| (kept.at, kept.bytes)).collect::<Vec<_>>()
        };
        let expected = |name: &str| {
            let name = name.trim_end_matches('/');
            vec![
                (format!("{name}/a b/c/shard-1-of-2.json"), b"one".to_vec()),
                (format!("{name}/shard-2-of-2.json"), b"two".to_vec()),
            ]
        };
        assert_eq!(read(place.name()), expected(place.name()));
        assert_eq!(read(&url), expected(&url));
    }

    #[test]
    fn what_is_no_place_is_refused_with_what_to_type() {
        let file = Temporary::new("file");
        std::fs::create_dir_all(&file.0).expect("a temporary folder");
        let plain = file.0.join("plain");
        std::fs::write(&plain, "no folder").expect("a temporary file");
        let plain = plain.to_str().expect("text");
        let nowhere = format!("{}/nowhere", file.name());
        for (refused, words) in [
            (Store::to_read(&nowhere), "there is no folder"),
            (Store::to_read(plain), "there is no folder"),
            (Store::to_write(plain), "is no folder and no object store"),
            (Store::to_read("gopher://a/b"), "is no folder and no object store"),
            (Store::to_read("https://example.com/b"), "nothing can be left at https"),
            (Store::to_read("memory:///b"), "nothing can be left at memory"),
        ] {
            let said = refused.expect_err(words).to_string();
            assert!(said.contains(words) && said.contains("\nnext: "), "{said}");
        }
        assert!(!Local::new(&nowhere).exists(), "what is read is not made");
    }

    #[test]
    fn what_may_do_another_time_is_told_apart_from_what_never_does() {
        use std::io::{Error, ErrorKind};
        let check = |source: object_store::Error, expected: Exit| {
            let said = source.to_string();
            let error = failed("writing", "s3://b/f", "the same command again")(source);
            assert_eq!(error.exit(), expected, "{said}");
        };
        let generic = |kind: ErrorKind| object_store::Error::Generic {
            store: "S3",
            source: Box::new(Error::from(kind)),
        };
        check(generic(ErrorKind::ConnectionReset), Exit::Unavailable);
        check(generic(ErrorKind::StorageFull), Exit::Unavailable);
        check(generic(ErrorKind::ReadOnlyFilesystem), Exit::Usage);
        let (path, source) = (String::from("f"), Box::new(Error::from(ErrorKind::Other)));
        check(object_store::Error::PermissionDenied { path, source }, Exit::Usage);
        let place = Temporary::new("for good");
        let store = Store::to_write(place.name()).expect("it is made");
        std::fs::create_dir(place.0.join("shard")).expect("it is ours");
        let error = store.write("shard", b"one".to_vec()).expect_err("a folder is there");
        assert_eq!(error.exit(), Exit::Usage, "{error:?}");
    }

    #[cfg(not(feature = "cloud"))]
    #[test]
    fn what_this_build_leaves_out_is_said_with_how_to_get_it() {
        for name in ["s3://bucket/a", "gs://bucket/a", "az://container/a"] {
            let said = Store::to_read(name).expect_err("it is left out").to_string();
            assert!(said.starts_with(name) && said.contains("--features cloud"), "{said}");
        }
    }
}
