//! Scripts of calls, and what each is answered.
//!
//! Does not know contents. Invariant: after every line of a script, whatever came of it, the tree agrees with itself.

use super::node::Body;
use super::{
    Ask, Birth, Bounds, Follow, Found, Kind, Last, Linkable, MOUNT, Move, Right, Spot, Time, Tree, Who,
    Within,
};
use crate::errno::Errno;
use crate::file::lock::FileNumber;

pub(super) const ROOT: FileNumber = FileNumber(1);
const NOW: Time = Time { sec: 7, nsec: 0 };

/// A tree, the number that comes next, and what is held.
pub(super) struct Trial {
    pub(super) tree: Tree,
    next: u32,
    pub(super) held: Vec<FileNumber>,
}

impl Trial {
    pub(super) fn new(user: u32) -> Self {
        let mut tree = Tree::new(Who { user, groups: vec![user] });
        tree.add_root(ROOT, NOW);
        Self { tree, next: 2, held: Vec::new() }
    }

    fn birth(&mut self) -> Birth {
        self.next += 1;
        Birth { number: FileNumber(self.next - 1), now: NOW, mask: 0o022 }
    }

    fn spot(&self, path: &str, follow: Follow) -> Result<Spot, Errno> {
        match self.tree.walk(ROOT, ROOT, path.as_bytes(), follow)? {
            Found::Inside(spot) => Ok(spot),
            Found::Outside(path) => panic!("{} is outside", String::from_utf8_lossy(&path)),
        }
    }

    /// One line of a script: a call and its paths.
    pub(super) fn run(&mut self, line: &str) -> Result<(), Errno> {
        let words: Vec<&str> = line.split(' ').collect();
        let birth = self.birth();
        match words[..] {
            ["mkdir", path] => {
                self.spot(path, Follow::Never).and_then(|at| self.tree.make_folder(&at, 0o777, birth))
            }
            ["touch", path] => self.open(path, ask(Some(0o666)), birth),
            ["cat", path] => self.open(path, ask(None), birth),
            ["new", path] => self.open(path, Ask { exclusive: true, ..ask(Some(0o666)) }, birth),
            ["ls", path] => self.open(path, Ask { folder: true, ..ask(None) }, birth),
            ["over", path] => {
                self.open(path, Ask { truncate: true, right: Right::WRITE, ..ask(None) }, birth)
            }
            ["ln", "-s", to, path] => {
                self.spot(path, Follow::Never).and_then(|at| self.tree.make_link(&at, to.as_bytes(), birth))
            }
            ["ln", old, new] => {
                let (old, new) = (self.spot(old, Follow::No)?, self.spot(new, Follow::Never)?);
                self.tree.link(&old, &new, NOW)
            }
            ["rm", path] => self.spot(path, Follow::Never).and_then(|at| self.tree.unlink(&at, NOW)),
            ["rmdir", path] => {
                self.spot(path, Follow::Never).and_then(|at| self.tree.remove_folder(&at, NOW))
            }
            ["mv", old, new] => self.rename(old, new, Move::Replace),
            ["mv", "-n", old, new] => self.rename(old, new, Move::Keep),
            ["mv", "-x", old, new] => self.rename(old, new, Move::Exchange),
            ["chmod", mode, path] => {
                let node = self.spot(path, Follow::Yes).and_then(|at| self.tree.there(&at))?;
                let mode = u32::from_str_radix(mode, 8).expect("octal digits");
                self.tree.change_mode(node, mode, NOW)
            }
            ["hold", path] => {
                let node = self.spot(path, Follow::Yes).and_then(|at| self.tree.there(&at))?;
                self.tree.hold(node);
                self.held.push(node);
                Ok(())
            }
            ["nameless", path] => {
                let folder = self.spot(path, Follow::Yes).and_then(|at| self.tree.may_make_nameless(&at))?;
                self.tree.make_nameless(folder, 0o600, Linkable::Yes, birth);
                self.held.push(birth.number);
                Ok(())
            }
            ["name", path] => {
                let new = self.spot(path, Follow::Never)?;
                let last = *self.held.last().ok_or(Errno::EBADF)?;
                self.tree.link(&Spot::of(last), &new, NOW)
            }
            ["let", "go"] => {
                let last = self.held.pop().ok_or(Errno::EBADF)?;
                self.tree.let_go(last);
                Ok(())
            }
            ["let", "go", "first"] => {
                let first = if self.held.is_empty() { Err(Errno::EBADF) } else { Ok(self.held.remove(0)) };
                self.tree.let_go(first?);
                Ok(())
            }
            _ => panic!("{line}"),
        }
    }

    fn open(&mut self, path: &str, ask: Ask, birth: Birth) -> Result<(), Errno> {
        let follow = if ask.exclusive { Follow::No } else { Follow::Yes };
        let spot = self.spot(path, follow)?;
        self.tree.open(&spot, ask, birth).map(|_| ())
    }

    fn rename(&mut self, old: &str, new: &str, how: Move) -> Result<(), Errno> {
        let (old, new) = (self.spot(old, Follow::Never)?, self.spot(new, Follow::Never)?);
        self.tree.rename(&old, &new, how, NOW)
    }

    /// Every name is known at both ends, every count is right, and all lead up to the root.
    pub(super) fn check(&self) {
        for (number, node) in &self.tree.nodes {
            let live = node.names.iter().filter(|name| name.live);
            for name in live.clone() {
                assert_eq!(self.tree.child(name.folder, &name.name), Some(*number));
            }
            let mut links = u32::try_from(live.count()).expect("a count");
            if let Body::Folder(inside) = &node.body {
                let folders =
                    inside.values().filter(|node| self.tree.node(**node).kind() == Kind::Folder).count();
                let is_there = links == 1 || *number == ROOT;
                links = if is_there { 2 + u32::try_from(folders).expect("a count") } else { 0 };
                for (name, node) in inside {
                    let is_known = |it: &super::Name| it.live && it.folder == *number && it.name == *name;
                    assert!(self.tree.node(*node).names.iter().any(is_known));
                }
            }
            assert_eq!(node.links, links, "{number:?}: {node:?}");
            assert!(node.links > 0 || node.holds > 0, "nobody can reach {number:?}");
        }
    }
}

fn ask(create: Option<u32>) -> Ask {
    Ask { right: Right::READ, create, exclusive: false, truncate: false, folder: false, place: false }
}

/// Runs a script, whose lines end in the error that is expected, if any.
fn script(user: u32, lines: &[(&str, Option<Errno>)]) {
    let mut trial = Trial::new(user);
    for (line, expected) in lines {
        assert_eq!(trial.run(line).err(), *expected, "{line}");
        trial.check();
    }
}

const OK: Option<Errno> = None;

#[test]
fn names_are_made_and_removed_as_by_namei() {
    script(
        0,
        &[
            ("mkdir d", OK),
            ("mkdir d", Some(Errno::EEXIST)),
            ("mkdir d/.", Some(Errno::EEXIST)),
            ("mkdir x/..", Some(Errno::ENOENT)),
            ("touch d/.", Some(Errno::EISDIR)),
            ("new d/.", Some(Errno::EEXIST)),
            ("mkdir e/", OK),
            ("touch f", OK),
            ("touch f/", Some(Errno::EISDIR)),
            ("touch d", Some(Errno::EISDIR)),
            ("new f", Some(Errno::EEXIST)),
            ("cat g", Some(Errno::ENOENT)),
            ("cat f/", Some(Errno::ENOTDIR)),
            ("cat f/x", Some(Errno::ENOTDIR)),
            ("ls f", Some(Errno::ENOTDIR)),
            ("ls d/", OK),
            ("over d", Some(Errno::EISDIR)),
            ("ln -s d/f s", OK),
            ("cat s", Some(Errno::ENOENT)),
            ("new s", Some(Errno::EEXIST)),
            ("touch s", OK),
            ("cat d/f", OK),
            ("ln -s loop loop", OK),
            ("cat loop", Some(Errno::ELOOP)),
            ("ln d/f h", OK),
            ("ln d hard", Some(Errno::EPERM)),
            ("ln h d/f", Some(Errno::EEXIST)),
            ("rm d", Some(Errno::EISDIR)),
            ("rm h/", Some(Errno::ENOTDIR)),
            ("rm .", Some(Errno::EISDIR)),
            ("rmdir d", Some(Errno::ENOTEMPTY)),
            ("rmdir h", Some(Errno::ENOTDIR)),
            ("rmdir d/.", Some(Errno::EINVAL)),
            ("rmdir d/..", Some(Errno::ENOTEMPTY)),
            ("rmdir /tmp/photofinish", Some(Errno::EBUSY)),
            ("rm d/f", OK),
            ("rmdir d", OK),
            ("cat h", OK),
        ],
    );
}

#[test]
fn names_are_moved_as_by_rename() {
    script(
        0,
        &[
            ("mkdir a", OK),
            ("mkdir a/b", OK),
            ("mkdir c", OK),
            ("touch f", OK),
            ("touch c/g", OK),
            ("mv a a/b/x", Some(Errno::EINVAL)),
            ("mv a/b a", Some(Errno::ENOTEMPTY)),
            ("mv -x a/b a", Some(Errno::EINVAL)),
            ("mv f a", Some(Errno::EISDIR)),
            ("mv a f", Some(Errno::ENOTDIR)),
            ("mv a c", Some(Errno::ENOTEMPTY)),
            ("mv f/ g", Some(Errno::ENOTDIR)),
            ("mv f g/", Some(Errno::ENOTDIR)),
            ("mv . g", Some(Errno::EBUSY)),
            ("mv f c/..", Some(Errno::EBUSY)),
            ("mv -n f c/..", Some(Errno::EEXIST)),
            ("mv -n f c/g", Some(Errno::EEXIST)),
            ("mv -x f x", Some(Errno::ENOENT)),
            ("mv -x f a", OK),
            ("ls f/b", OK),
            ("cat a", OK),
            ("ln a z", OK),
            ("mv a z", OK),
            ("cat a", OK),
            ("mv a c/g", OK),
            ("mv f c/f", OK),
            ("ls c/f/b/../..", OK),
            ("cat c/f/b/../../g", OK),
            ("mv missing c/g", Some(Errno::ENOENT)),
        ],
    );
}

#[test]
fn rights_are_those_of_the_owner_unless_privileged() {
    let lines = |refused: Option<Errno>| {
        [
            ("mkdir d", OK),
            ("touch d/f", OK),
            ("chmod 000 d/f", OK),
            ("cat d/f", refused),
            ("chmod 500 d", OK),
            ("touch d/g", refused),
            ("rm d/f", refused),
            ("chmod 600 d", OK),
            ("cat d/h", if refused.is_some() { refused } else { Some(Errno::ENOENT) }),
            ("ls d/.", refused),
            ("ls d", OK),
        ]
    };
    script(1000, &lines(Some(Errno::EACCES)));
    let mut privileged = lines(None);
    // What a privileged user removed a line before is not there.
    privileged[8].1 = Some(Errno::ENOENT);
    script(0, &privileged);
}

#[test]
fn a_path_leads_through_the_mount_and_out_of_it() {
    let mut trial = Trial::new(0);
    trial.run("mkdir d").expect("a folder");
    trial.run("ln -s /tmp/photofinish/d in").expect("a link");
    trial.run("ln -s /etc out").expect("a link");
    for (path, expected) in [
        ("/tmp/photofinish/d", "d"),
        ("//tmp/./photofinish//d", "d"),
        ("/usr/../tmp/photofinish/d", "d"),
        ("in/../d", "d"),
        ("../photofinish/d", "d"),
        ("d/../../photofinish/in/.", "d"),
    ] {
        let spot = trial.spot(path, Follow::Yes).expect(path);
        assert_eq!(spot.node, trial.spot(expected, Follow::Yes).expect(expected).node, "{path}");
    }
    for (path, expected) in [
        ("..", "/tmp/"),
        ("../x/.", "/tmp/x/"),
        ("../x/", "/tmp/x/"),
        ("d/../../../..", "/"),
        ("out", "/etc"),
        ("out/passwd", "/etc/passwd"),
        ("/tmp/photofinish/../photofinishes", "/tmp/photofinishes"),
    ] {
        let found = trial.tree.walk(ROOT, ROOT, path.as_bytes(), Follow::Yes);
        assert_eq!(found, Ok(Found::Outside(expected.as_bytes().to_vec())), "{path}");
    }
    for (path, expected) in
        [(".", Last::Dot), ("d/..", Last::DotDot), ("/tmp/photofinish", Last::Root), ("d", Last::Normal)]
    {
        assert_eq!(trial.spot(path, Follow::Never).expect(path).last, expected, "{path}");
    }
}

#[test]
fn a_path_stays_within_its_bounds() {
    let mut trial = Trial::new(0);
    for line in
        ["mkdir d", "mkdir d/e", "touch f", "touch d/f", "ln -s ../f d/up", "ln -s /f d/top", "ln -s e d/l"]
    {
        trial.run(line).expect(line);
    }
    let node = |path: &str| trial.spot(path, Follow::Yes).expect(path).node;
    let from = node("d").expect("it is there");
    let (beneath, root) = (Within::Beneath, Within::Root);
    let out = Err(Errno::EXDEV);
    for (path, within, expected) in [
        ("f", beneath, Ok("d/f")),
        ("e/../f", beneath, Ok("d/f")),
        ("e/../../f", beneath, out),
        ("..", beneath, out),
        ("up", beneath, out),
        ("top", beneath, out),
        ("/f", beneath, out),
        ("../f", root, Ok("d/f")),
        ("up", root, Ok("d/f")),
        ("top", root, Ok("d/f")),
        ("/../f", root, Ok("d/f")),
        ("/tmp", root, Ok("d/tmp")),
        ("up", Within::All, Ok("f")),
    ] {
        let bounds = Bounds { within, ..Bounds::default() };
        let found = trial.tree.walk_within(bounds, ROOT, from, path.as_bytes(), Follow::Yes);
        let found = found.map(|found| match found {
            Found::Inside(spot) => spot.node,
            Found::Outside(path) => panic!("{} is outside", String::from_utf8_lossy(&path)),
        });
        assert_eq!(found, expected.map(node), "{path} {within:?}");
    }
    let no_links = Bounds { no_links: true, ..Bounds::default() };
    for (path, follow, expected) in
        [("l", Follow::Yes, Err(Errno::ELOOP)), ("l", Follow::No, Ok(())), ("e", Follow::Yes, Ok(()))]
    {
        let found = trial.tree.walk_within(no_links, ROOT, from, path.as_bytes(), follow);
        assert_eq!(found.map(|_| ()), expected, "{path}");
    }
}

#[test]
fn a_path_leads_inside_by_the_names_in_it() {
    for path in
        ["/tmp/photofinish", "//tmp/./photofinish/a", "/usr/../tmp/photofinish/../x", "/tmp/photofinish/"]
    {
        assert!(super::leads_inside(path.as_bytes()), "{path}");
    }
    for path in
        ["/", "", "/tmp", "/tmp/photofinish2", "/tmp/photo", "/tmp/../photofinish", "/x/tmp/photofinish"]
    {
        assert!(!super::leads_inside(path.as_bytes()), "{path}");
    }
}

#[test]
fn what_is_held_stays_and_knows_its_way_back() {
    let mut trial = Trial::new(0);
    for line in ["mkdir a", "mkdir a/b", "touch a/b/f"] {
        trial.run(line).expect(line);
    }
    let folder = trial.spot("a/b", Follow::Yes).expect("it is there").node.expect("it is there");
    let file = trial.spot("a/b/f", Follow::Yes).expect("it is there").node.expect("it is there");
    for number in [folder, file] {
        trial.tree.hold(number);
    }
    trial.run("mv a/b/f a/g").expect("a move");
    assert_eq!(trial.tree.shown(file, 0), [MOUNT, b"/a/g"].concat());
    for line in ["rm a/g", "rmdir a/b", "rmdir a"] {
        trial.run(line).expect(line);
        trial.check();
    }
    assert_eq!(trial.tree.shown(file, 0), [MOUNT, b"/a/g (deleted)"].concat());
    assert_eq!(trial.tree.folder_path(folder), Err(Errno::ENOENT));
    assert_eq!(trial.tree.list(folder), Err(Errno::ENOENT));
    let up = trial.tree.walk(ROOT, folder, b"../..", Follow::Yes);
    assert!(matches!(up, Ok(Found::Inside(Spot { node: Some(ROOT), .. }))), "{up:?}");
    assert_eq!(trial.tree.walk(ROOT, folder, b"x/y", Follow::Yes), Err(Errno::ENOENT));
    for number in [folder, file] {
        trial.tree.let_go(number);
    }
    assert_eq!(trial.tree.take_gone(), [file]);
    assert_eq!(trial.tree.nodes.len(), 1, "{:?}", trial.tree);
}

#[test]
fn a_long_chain_of_removed_folders_goes_with_the_last_that_is_held() {
    const DEPTH: u32 = 50_000;
    let mut trial = Trial::new(0);
    let mut chain = vec![ROOT];
    let spot = |folder, node| Spot {
        folder: Some(folder),
        name: b"d".to_vec(),
        node,
        last: Last::Normal,
        slash: false,
    };
    for _ in 0..DEPTH {
        let (birth, folder) = (trial.birth(), chain[chain.len() - 1]);
        trial.tree.make_folder(&spot(folder, None), 0o777, birth).expect("a folder");
        chain.push(birth.number);
    }
    let innermost = chain[chain.len() - 1];
    trial.tree.hold(innermost);
    for pair in chain.windows(2).rev() {
        trial.tree.remove_folder(&spot(pair[0], Some(pair[1])), NOW).expect("it is empty");
    }
    assert_eq!(trial.tree.nodes.len(), chain.len());
    trial.tree.let_go(innermost);
    assert_eq!(trial.tree.nodes.len(), 1);
}

#[test]
fn a_folder_goes_with_the_last_of_the_names_that_were_in_it() {
    let mut trial = Trial::new(0);
    for line in [
        "mkdir d",
        "touch d/a",
        "ln d/a d/b",
        "hold d/a",
        "rm d/a",
        "rm d/b",
        "rmdir d",
        "let go",
        "mkdir d",
        "nameless d",
        "name d/a",
        "rm d/a",
        "rmdir d",
        "let go",
    ] {
        trial.run(line).expect(line);
        trial.check();
    }
    assert_eq!(trial.tree.nodes.len(), 1, "{:?}", trial.tree);
}

#[test]
fn a_file_without_a_name_is_of_the_group_that_a_named_one_would_be_of() {
    let mut trial = Trial::new(0);
    trial.run("mkdir d").expect("a folder");
    let folder = trial.spot("d", Follow::Yes).expect("it is there").node.expect("it is there");
    trial.tree.change_owner(folder, [None, Some(7)], NOW).expect("root may");
    trial.run("chmod 2777 d").expect("root may");
    let birth = trial.birth();
    trial.tree.make_nameless(folder, 0o600, Linkable::Yes, birth);
    assert_eq!(trial.tree.node(birth.number).stat().group, 7);
    trial.run("touch d/f").expect("a file");
    let named = trial.spot("d/f", Follow::Yes).expect("it is there").node.expect("it is there");
    assert_eq!(trial.tree.node(named).stat().group, 7);
}
