//! The debug information and the symbols of one executable, read into memory.
//!
//! Does not know what a name means. Invariant: what cannot be read is not there; nothing here is an error.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use addr2line::{Context, FrameIter};
use gimli::{Dwarf, EndianArcSlice, Error, RunTimeEndian, SectionId};
use object::elf::PF_X;
use object::read::elf::ElfFile64;
use object::{Object as _, ObjectSection as _, ObjectSegment as _, ObjectSymbol as _, SegmentFlags};

type Slice = EndianArcSlice<RunTimeEndian>;

/// An executable.
pub(super) struct Elf {
    bytes: Vec<u8>,
    context: Context<Slice>,
    /// What is mapped to be executed.
    code: Vec<Range<u64>>,
    symbols: OnceLock<Vec<Symbol>>,
}

struct Symbol {
    address: u64,
    name: String,
}

impl Elf {
    pub(super) fn open(path: &Path) -> Option<Self> {
        let bytes = std::fs::read(path).ok()?;
        let file = parse(&bytes)?;
        let endian = if file.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
        let section = |id: SectionId| {
            let data = file.section_by_name(id.name()).and_then(|section| section.data().ok());
            Ok::<Slice, Error>(Slice::new(Arc::from(data.unwrap_or_default()), endian))
        };
        let context = Context::from_dwarf(Dwarf::load(section).ok()?).ok()?;
        let code = file.segments().filter(|segment| is_code(segment.flags()));
        let code = code.map(|segment| segment.address()..segment.address().saturating_add(segment.size()));
        Some(Self { context, code: code.collect(), bytes, symbols: OnceLock::new() })
    }

    /// Whether there is code at an address. The linker leaves debug information of functions that it dropped, and puts them at 0, where
    /// a stack ends.
    fn has_code(&self, address: u64) -> bool {
        self.code.iter().any(|code| code.contains(&address))
    }

    /// The functions at an address, the innermost of those inlined into one another first.
    pub(super) fn frames(&self, address: u64) -> Option<FrameIter<'_, Slice>> {
        self.has_code(address).then(|| self.context.find_frames(address).skip_all_loads().ok())?
    }

    /// The symbol that an address is behind.
    pub(super) fn symbol(&self, address: u64) -> Option<&str> {
        if !self.has_code(address) {
            return None;
        }
        let symbols = self.symbols.get_or_init(|| symbols(&self.bytes));
        let after = symbols.partition_point(|symbol| symbol.address <= address);
        Some(&symbols.get(after.checked_sub(1)?)?.name)
    }
}

fn is_code(flags: SegmentFlags) -> bool {
    matches!(flags, SegmentFlags::Elf { p_flags, .. } if p_flags.contains(PF_X))
}

fn parse(bytes: &[u8]) -> Option<ElfFile64<'_>> {
    ElfFile64::parse(bytes).ok()
}

/// All symbols of what is in the executable, in the order of their addresses.
fn symbols(bytes: &[u8]) -> Vec<Symbol> {
    let Some(file) = parse(bytes) else { return Vec::new() };
    let defined = file.symbols().filter(|symbol| symbol.is_definition());
    let named = defined.filter_map(|symbol| {
        let name = symbol.name().ok().filter(|name| !name.is_empty())?;
        Some(Symbol { address: symbol.address(), name: name.to_owned() })
    });
    let mut symbols: Vec<Symbol> = named.collect();
    symbols.sort_by_key(|symbol| symbol.address);
    symbols
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn somewhere() -> u64 {
        std::hint::black_box(line!().into())
    }

    #[test]
    fn a_function_is_found_by_its_symbol_and_its_line() {
        let elf = Elf::open(Path::new("/proc/self/exe")).expect("this executable");
        somewhere();
        let symbols = elf.symbols.get_or_init(|| symbols(&elf.bytes));
        let symbol = symbols.iter().find(|symbol| symbol.name.contains("9somewhere")).expect("a symbol");
        assert_eq!(elf.symbol(symbol.address + 1), Some(symbol.name.as_str()));
        let mut frames = elf.frames(symbol.address + 1).expect("debug information");
        let frame = frames.next().expect("it can be read").expect("a frame");
        let file = frame.location.and_then(|location| location.file).expect("a file");
        assert!(file.ends_with("src/symbols/elf.rs"), "{file}");
    }

    #[test]
    fn nothing_is_where_no_code_is() {
        let elf = Elf::open(Path::new("/proc/self/exe")).expect("this executable");
        let beyond = elf.code.iter().map(|code| code.end).max().expect("it has code");
        for address in [0, 1, 0x100, beyond, u64::MAX] {
            assert!(elf.frames(address).is_none(), "{address:#x}");
            assert_eq!(elf.symbol(address), None, "{address:#x}");
        }
    }

    #[test]
    fn what_is_no_executable_has_no_symbols() {
        assert!(Elf::open(Path::new("/proc/self/cmdline")).is_none());
        assert!(Elf::open(Path::new("/no/such/file")).is_none());
    }
}
