//! Stepping on x86-64: the trap flag, and the instructions that are worth it.
//!
//! Does not know why anybody steps. Invariant: an instruction is recognised by its own bytes, at the place the processor is about
//! to execute.

use core::arch::asm;

use super::Trap;

/// An instruction whose answer nothing can trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Untrappable {
    /// Which processor it is, and what it can do: `cpuid`.
    Cpuid,
    /// Random bits, into the register of this number: `rdrand`.
    Rdrand(u8),
    /// Random bits: `rdseed`.
    Rdseed(u8),
    /// Which processor it is: `rdpid`.
    Rdpid(u8),
}

impl Untrappable {
    /// The instruction of a code.
    pub(crate) fn of_code(code: u8) -> Option<Self> {
        let register = code & 0xf;
        match code >> 4 {
            1 => Some(Self::Cpuid),
            2 => Some(Self::Rdrand(register)),
            3 => Some(Self::Rdseed(register)),
            4 => Some(Self::Rdpid(register)),
            _ => None,
        }
    }

    /// Its code, which is not 0.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Cpuid => 1 << 4,
            Self::Rdrand(register) => 2 << 4 | register,
            Self::Rdseed(register) => 3 << 4 | register,
            Self::Rdpid(register) => 4 << 4 | register,
        }
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cpuid => "cpuid",
            Self::Rdrand(_) => "rdrand",
            Self::Rdseed(_) => "rdseed",
            Self::Rdpid(_) => "rdpid",
        }
    }
}

/// The registers by their numbers in an instruction (Intel SDM, volume 2, table 2-2).
const REGISTERS: [i32; 16] = [
    libc::REG_RAX,
    libc::REG_RCX,
    libc::REG_RDX,
    libc::REG_RBX,
    libc::REG_RSP,
    libc::REG_RBP,
    libc::REG_RSI,
    libc::REG_RDI,
    libc::REG_R8,
    libc::REG_R9,
    libc::REG_R10,
    libc::REG_R11,
    libc::REG_R12,
    libc::REG_R13,
    libc::REG_R14,
    libc::REG_R15,
];

impl Trap<'_> {
    /// What an instruction that was just executed left in its registers.
    pub(crate) fn answer_of(&self, done: Untrappable) -> [i64; 4] {
        match done {
            Untrappable::Cpuid => [0, 3, 1, 2].map(|number| self.get(REGISTERS[number])),
            Untrappable::Rdrand(register) | Untrappable::Rdseed(register) | Untrappable::Rdpid(register) => {
                [self.get(REGISTERS[usize::from(register)]), 0, 0, 0]
            }
        }
    }

    /// The thread goes on without the trap flag.
    pub(crate) fn leave_unstepped(&mut self) {
        let flags = self.get(libc::REG_EFL) & !TRAP_FLAG;
        self.set(libc::REG_EFL, flags);
    }

    /// The instruction that comes next, if it is one of these. The place is one that the processor is about to execute, so that its
    /// first byte can be read, and each further one if those before say that it belongs to it.
    pub(crate) fn untrappable(&self) -> Option<Untrappable> {
        let byte = |offset: usize| {
            // SAFETY: as above: a byte of the next instruction.
            unsafe { ((self.pc() + offset) as *const u8).read() }
        };
        let (mut at, mut repeats, mut high) = (0, false, 0);
        // At most: an operand size or a repetition, and a REX prefix, whose lowest bit is the register's highest.
        loop {
            match byte(at) {
                0x66 => {}
                0xf3 => repeats = true,
                rex @ 0x40..=0x4f => high = (rex & 1) << 3,
                0x0f => break,
                _ => return None,
            }
            at += 1;
        }
        match byte(at + 1) {
            0xa2 => Some(Untrappable::Cpuid),
            0xc7 => {
                let operands = byte(at + 2);
                let register = operands & 7 | high;
                match operands >> 3 {
                    0b11_110 => Some(Untrappable::Rdrand(register)),
                    0b11_111 if repeats => Some(Untrappable::Rdpid(register)),
                    0b11_111 => Some(Untrappable::Rdseed(register)),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// The bit of the flags register.
const TRAP_FLAG: i64 = 0x100;

/// From the next instruction on, each one is followed by a `SIGTRAP`.
pub(crate) fn set_trap_flag() {
    // SAFETY: the flags are pushed and popped, with one bit changed of which no code depends; its traps are handled.
    unsafe { asm!("pushfq", "or qword ptr [rsp], 0x100", "popfq") };
}
