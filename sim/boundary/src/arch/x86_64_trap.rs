//! What a signal stopped on x86-64: a system call, or a read of the time-stamp counter.
//!
//! Does not know what either is answered. Invariant: only the registers that the instruction would have written are written.

use core::ffi::c_void;

/// `AUDIT_ARCH_X86_64` of `<linux/audit.h>`: a system call by the 64-bit convention.
pub(crate) const AUDIT_ARCH: u32 = 0xc000_003e;

/// The registers of the stopped thread, which it goes on with when the handler returns.
pub(crate) struct Trap<'a> {
    registers: &'a mut [i64; 23],
}

/// A read of the time-stamp counter, as it lies in memory.
struct CounterRead {
    length: i64,
    with_processor: bool,
}

impl Trap<'_> {
    /// The registers that a handler was given.
    ///
    /// # Safety
    /// `context` is the third argument of a handler with `SA_SIGINFO`, which has not returned.
    pub(crate) unsafe fn of(context: *mut c_void) -> Self {
        let context: *mut libc::ucontext_t = context.cast();
        // SAFETY: sigaction(2): it points to a ucontext_t, and nobody else looks at it while the handler runs.
        Self { registers: unsafe { &mut (*context).uc_mcontext.gregs } }
    }

    pub(super) fn get(&self, register: i32) -> i64 {
        self.registers[usize::try_from(register).expect("an index")]
    }

    pub(super) fn set(&mut self, register: i32, value: i64) {
        self.registers[usize::try_from(register).expect("an index")] = value;
    }

    /// What the general registers hold, and where the thread goes on.
    pub(crate) fn general(&self) -> [u64; 17] {
        core::array::from_fn(|index| self.registers[index].cast_unsigned())
    }

    /// Where the thread goes on.
    pub(crate) fn pc(&self) -> usize {
        self.get(libc::REG_RIP).cast_unsigned() as usize
    }

    /// The system call that was asked for.
    pub(crate) fn number(&self) -> i64 {
        self.get(libc::REG_RAX)
    }

    /// Its arguments.
    pub(crate) fn arguments(&self) -> [i64; 6] {
        let order = [libc::REG_RDI, libc::REG_RSI, libc::REG_RDX, libc::REG_R10, libc::REG_R8, libc::REG_R9];
        order.map(|register| self.get(register))
    }

    /// Answers it.
    pub(crate) fn answer(&mut self, answer: i64) {
        self.set(libc::REG_RAX, answer);
    }

    /// Returns from a function of the vDSO that [`stub`] replaced, which is all it has left to do: what the vDSO says of its own stack
    /// frames is no longer so, and nobody could walk the stack from there.
    pub(crate) fn leave_stub(&mut self) {
        const RET: u8 = 0xc3;
        // SAFETY: a thread goes on after the instruction that stopped it, so that there is one.
        let next = unsafe { (self.pc() as *const u8).read() };
        if next != RET {
            return;
        }
        let top = self.get(libc::REG_RSP);
        // SAFETY: the stub leaves the stack as its caller did, with the address to return to on top.
        let caller = unsafe { (top as *const i64).read() };
        self.set(libc::REG_RSP, top + 8);
        self.set(libc::REG_RIP, caller);
    }

    /// Whether the thread stopped before an instruction that reads the time-stamp counter. It must be one that the processor has
    /// fetched and refused, so that its bytes can be read.
    pub(crate) fn reads_counter(&self) -> bool {
        self.counter_read().is_some()
    }

    fn counter_read(&self) -> Option<CounterRead> {
        let byte = |offset: usize| {
            // SAFETY: the processor fetched this instruction, and each byte is read only if those before say that it belongs to it.
            unsafe { ((self.pc() + offset) as *const u8).read() }
        };
        if byte(0) != 0x0f {
            return None;
        }
        match byte(1) {
            0x31 => Some(CounterRead { length: 2, with_processor: false }),
            0x01 if byte(2) == 0xf9 => Some(CounterRead { length: 3, with_processor: true }),
            _ => None,
        }
    }

    /// Answers a read of the counter, and goes on after it. `rdtscp` says that it ran on processor 0.
    pub(crate) fn answer_counter(&mut self, ticks: u64) {
        let Some(read) = self.counter_read() else { return };
        self.set(libc::REG_RAX, (ticks & 0xffff_ffff).cast_signed());
        self.set(libc::REG_RDX, (ticks >> 32).cast_signed());
        if read.with_processor {
            self.set(libc::REG_RCX, 0);
        }
        let next = self.get(libc::REG_RIP) + read.length;
        self.set(libc::REG_RIP, next);
    }
}

/// Instructions that make the system call a function of the vDSO stands for; `None` if that function is to be left as it is.
pub(crate) fn stub(function: &[u8]) -> Option<Vec<u8>> {
    let number = match function.strip_prefix(b"__vdso_")? {
        b"clock_gettime" => libc::SYS_clock_gettime,
        b"clock_getres" => libc::SYS_clock_getres,
        b"gettimeofday" => libc::SYS_gettimeofday,
        b"time" => libc::SYS_time,
        b"getcpu" => libc::SYS_getcpu,
        b"getrandom" => libc::SYS_getrandom,
        _ => return None,
    };
    let mut code = Vec::new();
    if number == libc::SYS_getrandom {
        // Asked with a length of -1 how much state it keeps per thread, it says that it is not there: cmp r8, -1; jne over the
        // next two; mov eax, -ENOSYS; ret.
        code.extend([0x49, 0x83, 0xf8, 0xff, 0x75, 0x06, 0xb8]);
        code.extend((-libc::ENOSYS).to_le_bytes());
        code.push(0xc3);
    }
    // mov eax, number; syscall; ret.
    code.push(0xb8);
    code.extend(i32::try_from(number).ok()?.to_le_bytes());
    code.extend([0x0f, 0x05, 0xc3]);
    Some(code)
}
