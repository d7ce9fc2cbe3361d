//! Several executables as one: what a sweep or a night is over.
//!
//! Does not build or ask one of them, which is what [`Scenarios`] does. Invariant: the executables stand in one order, whatever names
//! are typed and in which order; a program is there once, however often it is named.

use photofinish::scenario::Listed;
use photofinish::sim::preempt::Preempt;

use super::{HOLDERS, Holder, ScenarioError, Scenarios};

/// When an executable's scenarios are swept that nobody has named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swept {
    /// By every sweep and night.
    Always,
    /// At night alone: they take long to build.
    AtNight,
}

/// What is meant where no scenario is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unnamed {
    /// What every sweep is over.
    Usual,
    /// Everything that there is.
    Everything,
}

/// Executables that are there, and what they hold.
#[derive(Debug)]
pub struct Several {
    executables: Vec<Scenarios>,
}

/// A program, and which executable holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Program<'a> {
    /// The program.
    pub listed: &'a Listed,
    /// The place of its executable among all of them.
    pub executable: usize,
}

impl Several {
    /// Builds what is not fresh of the executables that have the scenarios of these names, at a level or each at its own, and asks each what
    /// it holds.
    ///
    /// # Errors
    /// The compiler refused, or an executable did not answer.
    pub fn load(names: &[String], unnamed: Unnamed, preempt: Option<Preempt>) -> Result<Self, ScenarioError> {
        let load = |holder: &Holder| holder.load(preempt);
        let executables = meant(&HOLDERS, names, unnamed).map(load).collect::<Result<_, _>>()?;
        Ok(Self { executables })
    }

    /// The level they are built at, if it is not the own one of each.
    #[must_use]
    pub fn preempt(&self) -> Option<Preempt> {
        self.executables.iter().find_map(|executable| executable.preempt)
    }

    /// All of them, that with most scenarios first.
    #[must_use]
    pub fn executables(&self) -> &[Scenarios] {
        &self.executables
    }

    /// The programs that the names stand for, in the order of the names, each once; without names everything.
    ///
    /// # Errors
    /// A name that stands for nothing, with those closest to it.
    pub fn select(&self, names: &[String]) -> Result<Vec<Program<'_>>, ScenarioError> {
        let mut selected: Vec<Program<'_>> = Vec::new();
        let mut add = |executable: usize, names: &[String]| -> Result<(), ScenarioError> {
            for listed in self.executables[executable].select(names)? {
                let program = Program { listed, executable };
                if !selected.contains(&program) {
                    selected.push(program);
                }
            }
            Ok(())
        };
        if names.is_empty() {
            (0..self.executables.len()).try_for_each(|executable| add(executable, &[]))?;
        }
        for name in names {
            let bin = Holder::of(name).bin;
            let executable = self.executables.iter().position(|scenarios| scenarios.name == bin);
            add(executable.expect("it was loaded for these names"), std::slice::from_ref(name))?;
        }
        Ok(selected)
    }
}

/// What to type for a sweep over what is meant: nothing, if that is what every sweep is over, or else each scenario of these programs.
#[must_use]
pub fn typed(names: &[String], unnamed: Unnamed, programs: &[Program<'_>]) -> Vec<String> {
    typed_of(&HOLDERS, (names, unnamed), programs)
}

fn typed_of(
    holders: &[Holder],
    (names, unnamed): (&[String], Unnamed),
    programs: &[Program<'_>],
) -> Vec<String> {
    let is_usual = meant(holders, names, unnamed).eq(meant(holders, names, Unnamed::Usual));
    if !names.is_empty() || is_usual {
        return names.to_vec();
    }
    let mut typed: Vec<String> = programs.iter().map(|program| program.listed.scenario.clone()).collect();
    typed.dedup();
    typed
}

/// The holders of these names, that with most scenarios first.
fn meant<'a>(
    holders: &'a [Holder],
    names: &'a [String],
    unnamed: Unnamed,
) -> impl Iterator<Item = &'a Holder> {
    holders.iter().rev().filter(move |holder| {
        if names.is_empty() {
            holder.swept == Swept::Always || unnamed == Unnamed::Everything
        } else {
            names.iter().any(|name| Holder::among(holders, name) == *holder)
        }
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use photofinish::scenario::Os;

    use super::*;

    const THREE: [Holder; 3] = [
        Holder {
            workspace: "",
            package: "wild",
            bin: "wild",
            prefixes: &["wild-"],
            preempt: Preempt::Atomics,
            swept: Swept::AtNight,
        },
        Holder {
            workspace: "",
            package: "ice",
            bin: "ice",
            prefixes: &["ice-"],
            preempt: Preempt::Atomics,
            swept: Swept::Always,
        },
        Holder {
            workspace: "",
            package: "plain",
            bin: "plain",
            prefixes: &[""],
            preempt: Preempt::Atomics,
            swept: Swept::Always,
        },
    ];

    fn names(words: &str) -> Vec<String> {
        words.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_dear_is_swept_where_it_is_named_and_at_night() {
        let check = |words: &str, unnamed: Unnamed, expected: &str| {
            let names = names(words);
            let bins: Vec<&str> = meant(&THREE, &names, unnamed).map(|holder| holder.bin).collect();
            assert_eq!(bins.join(" "), expected, "{words:?} {unnamed:?}");
        };
        check("", Unnamed::Usual, "plain ice");
        check("", Unnamed::Everything, "plain ice wild");
        for unnamed in [Unnamed::Usual, Unnamed::Everything] {
            check("wild-a", unnamed, "wild");
            check("ice-a wild-a/b ice-c", unnamed, "ice wild");
            check("wild-a late", unnamed, "plain wild");
        }
    }

    fn listed(name: &str) -> Listed {
        let (scenario, variant) = name.split_once('/').expect("both");
        Listed {
            scenario: scenario.to_owned(),
            variant: variant.to_owned(),
            os: Os::Linux,
            story: String::new(),
            differs: String::new(),
            must: Vec::new(),
            may: Vec::new(),
            always: false,
        }
    }

    fn scenarios(name: &'static str, programs: &str) -> Scenarios {
        Scenarios {
            name,
            path: PathBuf::new(),
            all: programs.split_whitespace().map(listed).collect(),
            level: Preempt::Atomics,
            preempt: None,
        }
    }

    fn several() -> Several {
        Several {
            executables: vec![
                scenarios("scenarios", "mail/a mail/b late/x"),
                scenarios("turmoil-scenarios", "turmoil-mail/a turmoil-mail/b"),
            ],
        }
    }

    #[test]
    fn programs_stand_in_the_order_of_the_names_and_once() {
        let several = several();
        let check = |words: &str, expected: &str| {
            let selected = several.select(&names(words)).expect("there are such");
            let said: Vec<String> =
                selected.iter().map(|of| format!("{}:{}", of.executable, of.listed.name())).collect();
            assert_eq!(said.join(" "), expected, "{words:?}");
        };
        check("", "0:mail/a 0:mail/b 0:late/x 1:turmoil-mail/a 1:turmoil-mail/b");
        check("late", "0:late/x");
        check(
            "turmoil-mail/b late mail/b turmoil-mail",
            "1:turmoil-mail/b 0:late/x 0:mail/b 1:turmoil-mail/a",
        );
        check("mail/b mail", "0:mail/b 0:mail/a");
    }

    #[test]
    fn a_name_that_stands_for_nothing_is_told_with_those_of_its_executable() {
        let check = |word: &str, words: &str| {
            let said = several().select(&names(word)).expect_err("there is none").to_string();
            assert!(said.contains(words) && said.contains("next: "), "{said}");
        };
        check("turmoil-mial", "`turmoil-mial`; did you mean `turmoil-mail`");
        check("mial", "`mial`; did you mean `mail`");
    }

    #[test]
    fn a_part_of_a_night_can_be_typed_as_a_sweep() {
        let several = several();
        let programs = several.select(&[]).expect("all of them");
        let typed = |words: &str, unnamed: Unnamed| typed_of(&THREE, (&names(words), unnamed), &programs);
        assert_eq!(typed("", Unnamed::Usual), names(""));
        assert_eq!(typed("late", Unnamed::Everything), names("late"));
        assert_eq!(typed("", Unnamed::Everything), names("mail late turmoil-mail"));
        assert_eq!(typed_of(&THREE[1..], (&[], Unnamed::Everything), &programs), names(""));
    }
}
