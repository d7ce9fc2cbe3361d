//! Requests, frames and replies: plain data, and the codec of frames.
//!
//! Does not know shared memory or pipes. Invariant: decoding is total: any bytes give frames or
//! an error that says where the damage is, never a panic.

use photofinish_sim::choice::{Pick, Posed};
use photofinish_sim::chooser::{Shape, Strategy, Touch};
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Stamp};
use photofinish_sim::heap::Heap;
use photofinish_sim::kernel::Figures;
use photofinish_sim::limits::Limits;
use photofinish_sim::mark::Mark;
use photofinish_sim::oracle::{Left, Oracles};
use photofinish_sim::personality::Os;
use photofinish_sim::plan::Plan;
use photofinish_sim::preempt::Preempt;
use photofinish_sim::seed::Seed;
use photofinish_sim::thread::ThreadId;
use photofinish_sim::trace::Trace;
use serde::{Deserialize, Serialize};

use crate::room::Room;
use crate::wire::{self, WireError};

/// Asks for one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The program's name: `scenario/variant`.
    pub program: String,
    /// The seed.
    pub seed: Seed,
    /// How picks are found.
    pub strategy: Strategy,
    /// Decisions to give again instead of finding any.
    pub replay: Option<Replay>,
    /// Whether events are kept.
    pub events: bool,
    /// The bounds of the run.
    pub limits: Limits,
    /// Processors the program is told it has.
    pub cores: u32,
    /// The operating system it runs on; its own when left out.
    pub os: Option<Os>,
    /// What is asked of the run besides; what the program asks for when left out.
    pub oracles: Option<Oracles>,
    /// The heap it gets its memory from; its own choice when left out.
    pub heap: Option<Heap>,
    /// The level at which its executable is to be instrumented; the executable's own when left out.
    pub preempt: Option<Preempt>,
    /// A debugger is to stop at the first question from this step of the run on.
    pub stop_at: Option<u64>,
    /// What is written down besides, to find out why equal runs differ.
    pub watch: Option<Watch>,
    /// What a simulator that is not ours is told besides; ours take no notice of it.
    pub foreign: Option<Foreign>,
}

/// What a simulator that is not ours is told of a run besides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// Its configuration, in words that it reads itself; empty for its own.
    pub config: String,
    /// Whether it is to look by itself whether the run repeats.
    pub check: Check,
}

/// Whether a simulator is to look by itself whether a run repeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Check {
    /// It makes the run once.
    #[default]
    Once,
    /// It makes the run as often as it needs to compare, if it can, and says [`DIFFERS`] if they differ.
    Repeats,
}

/// The signature under which a simulator that is not ours says that it has seen equal runs differ.
pub const DIFFERS: &str = "nondeterminism";

/// Decisions to give again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Replay {
    /// Each pick where it was made; a run that does not fit diverges.
    Strict(Trace),
    /// Each decision that fits; all others are boring.
    Lenient(Plan),
}

/// What a run writes down besides its events, to find out why it differs from another. Nothing of it is an event, and but for
/// [`Watch::shift`] nothing of it changes what the program sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The stack is recorded at the events from one number to another, each stack once.
    pub stacks: (u64, u64),
    /// Whether what reaches the program past the kernel is written down: [`Sight`].
    pub inputs: bool,
    /// From one event to another, each instruction of the program is looked at: slow, a signal for each.
    pub steps: (u64, u64),
    /// Bytes by which what the program allocates is moved.
    pub shift: u64,
    /// So many points are written down, from the first on, with the stack at each. Only a replay can be watched so.
    pub points: u64,
    /// So many touches of words that threads may share are written down, from the first on. Only a replay can be watched so.
    pub touches: u64,
    /// So many questions of how long something takes are written down, from the first on. Only a replay can be watched so, and only one of
    /// whose points and touches none are written down.
    pub questions: u64,
}

/// Something that reached the program past the kernel: no event, since it may differ from one process to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// How many events there were before.
    pub events: u64,
    /// Whose it was.
    pub thread: ThreadId,
    /// What it was.
    pub what: Input,
    /// Folded over what it answered.
    pub answer: u64,
    /// Where the program asked, innermost first; empty for most.
    pub stack: Vec<u64>,
}

/// A way past the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// A file that is not of the run was opened; its answer is its size, its number and when it was changed.
    Opened(String),
    /// `stat(2)` or a kin of it told of such a file.
    Looked(String),
    /// Bytes were read from such a file.
    Read(String),
    /// The C library made a system call of its own, of this number and name.
    Call(i64, String),
    /// A thread or a process was made that is not ours, by this system call. The run ends there.
    Thread(String),
    /// An instruction answered that cannot be trapped.
    Instruction(String),
}

/// Processors a program is told it has, unless somebody says otherwise.
pub const CORES: u32 = 4;

impl Request {
    /// A search as everybody means it: the mix of strategies, the default limits, no events kept.
    #[must_use]
    pub fn new(program: impl Into<String>, seed: Seed) -> Self {
        Self {
            program: program.into(),
            seed,
            strategy: Strategy::Swarm,
            replay: None,
            events: false,
            limits: Limits::default(),
            cores: CORES,
            os: None,
            oracles: None,
            heap: None,
            preempt: None,
            stop_at: None,
            watch: None,
            foreign: None,
        }
    }
}

/// What the server is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    /// A run that nothing of another run is to be seen in, whose process may be put back before it and behind it.
    Run(Box<Request>),
    /// The same in a process that is forked for it.
    Apart(Box<Request>),
    /// Runs one after another in one process.
    Series(Box<Series>),
}

impl Ask {
    /// What is asked of every run of it.
    #[must_use]
    pub fn request(&self) -> &Request {
        match self {
            Self::Run(request) | Self::Apart(request) => request,
            Self::Series(series) => &series.first,
        }
    }
}

/// Asks for runs of consecutive seeds, one after another in one process. The picks of such runs are not kept, nor are their events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The first of them, with the strategy that all have.
    pub first: Request,
    /// How many.
    pub count: u32,
    /// What the program's boring run shows of it, by which a swarm draws.
    pub shape: Shape,
}

impl Series {
    /// The request of one of the runs.
    #[must_use]
    pub fn request(&self, nth: u32) -> Request {
        let seed = Seed(self.first.seed.0.wrapping_add(u64::from(nth)));
        let drawn = self.first.strategy.resolve_for(seed, self.shape.points);
        let strategy = drawn.without_addresses(self.shape.points).learned(seed, &self.shape);
        Request { seed, strategy, ..self.first.clone() }
    }
}

/// One thing a run left behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Frame {
    /// A pick that was not boring.
    Pick(Pick),
    /// A thread was created by this one: the first frame of this kind is about the second thread.
    Born(ThreadId),
    /// An event.
    Event(Stamp, Event),
    /// Where a thread was, innermost first, as addresses in the executable.
    Stack(ThreadId, StackOf, Vec<u64>),
    /// The event of this number, from 0, was recorded with the stack of this number.
    At(u64, u32),
    /// This thread passed a point, its how manyeth, with the stack of this number.
    Point(ThreadId, u64, u32),
    /// A thread was about to touch a word.
    Touched(Touch),
    /// It was asked how long something takes.
    Posed(Posed),
    /// Something that reached the program past the kernel.
    Sight(Sight),
    /// In a series: its run is the last of its process, whatever it leaves behind.
    Last,
    /// The end; the last frame unless the run was killed.
    Final(Final),
}

/// What a recorded stack belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StackOf {
    /// A panic.
    Panic,
    /// The wait a thread was in when the run was over.
    Wait,
    /// A signal, or the watchdog's look at what ran.
    Signal,
    /// A call we do not model.
    Unmodelled,
    /// A system call past the C library that was caught: the first of each kind.
    Escaped,
    /// The call that saw a misuse of the heap.
    Misuse,
    /// A fault of the processor, with what freed memory is filled with in a register.
    Poisoned,
    /// Where the block was freed that a misuse of the heap, or a fault, is about.
    Freed,
    /// Where it was allocated.
    Allocated,
    /// Events, of which somebody asked: the stack of this number, which has them by [`Frame::At`].
    Events(u32),
    /// The pick of this number, of a run with its events.
    Pick(u64),
    /// Points, of which somebody asked: the stack of this number.
    Points(u32),
}

/// How a run ended, and its figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Final {
    /// How it ended.
    pub ending: Ending,
    /// Its figures.
    pub figures: Figures,
    /// How often it asked for something we do not model.
    pub unmodelled: u64,
    /// What the oracle found: signature and detail.
    pub judged: Option<(String, String)>,
    /// What the program left behind when its main function returned, if that was looked at: with events kept, or where a leak fails.
    pub left: Vec<Left>,
}

/// What the server answers to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The run's frames, encoded, and whether there were more than fit. Those of a series follow one another; when there are fewer
    /// runs than were asked for, the last of them left something behind that none may follow, or a [`Frame::Last`] says otherwise.
    Ran {
        /// Bytes of them, which follow the reply as [`decode`] reads them: nothing copies what may be much.
        frames_size: u64,
        /// Whether frames were left out for want of room.
        truncated: bool,
        /// How the process of the run died, if not of its own accord.
        died: Option<Died>,
    },
    /// There is no program of that name.
    Unknown,
}

/// How the process of a run died.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Died {
    /// By something from outside, or in a way we could not see.
    Lost(String),
    /// Because we could not go on; what is known stands on standard error.
    OurBug(String),
}

/// What the server says when it is ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The version of this protocol: [`PROTOCOL`].
    pub protocol: u32,
    /// Where the executable lies in memory: subtract it from a stack's addresses.
    pub load_base: u64,
    /// What is not as it should be, such as address randomisation that could not be turned off.
    pub notes: Vec<String>,
    /// The marks of its programs.
    pub marks: Vec<Mark>,
    /// The level at which it is instrumented.
    pub preempt: Preempt,
}

/// The version of the protocol between client and server.
pub const PROTOCOL: u32 = 20;

/// Where a list of frames is damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// The offset of the frame that cannot be read.
    pub offset: usize,
}

/// The bytes of frames, as [`decode`] reads them.
///
/// # Errors
/// A frame is longer than any may be.
pub fn encode(frames: &[Frame]) -> Result<Vec<u8>, WireError> {
    let mut bytes = Vec::new();
    frames.iter().try_for_each(|frame| wire::write(&mut bytes, frame))?;
    Ok(bytes)
}

/// Reads the frames of a run.
///
/// # Errors
/// The first frame that is cut short or is none.
pub fn decode(bytes: &[u8]) -> Result<Vec<Frame>, Damaged> {
    let mut frames = Vec::new();
    let mut offset = 0;
    while offset < bytes.len() {
        let damaged = Damaged { offset };
        let (length, rest) = bytes[offset..].split_first_chunk::<4>().ok_or_else(|| damaged.clone())?;
        let length = u32::from_le_bytes(*length) as usize;
        let body = rest.get(..length).ok_or_else(|| damaged.clone())?;
        frames.push(postcard::from_bytes(body).map_err(|_| damaged)?);
        offset += 4 + length;
    }
    Ok(frames)
}

/// Appends a frame to `room` and returns how many bytes it took; `None` if it does not fit.
#[must_use]
pub fn encode_into(frame: &Frame, room: &mut [u8]) -> Option<usize> {
    let (length, body) = room.split_first_chunk_mut::<4>()?;
    let written = postcard::serialize_with_flavor(frame, Room::new(body)).ok()?;
    *length = u32::try_from(written).ok()?.to_le_bytes();
    Some(4 + written)
}

#[cfg(test)]
mod tests {
    use photofinish_sim::oracle::LeftKind;

    use super::*;

    fn sample() -> Vec<u8> {
        let mut room = vec![0; 4096];
        let mut end = 0;
        let stamp = Stamp { step: 3, at_ns: 70, thread: ThreadId::MAIN };
        let frames = [
            Frame::Event(stamp, Event::Wrote { fd: 1, bytes: b"hello".to_vec() }),
            Frame::Stack(ThreadId(2), StackOf::Panic, vec![1, u64::MAX]),
            Frame::Final(Final {
                ending: Ending::Returned,
                figures: Figures::default(),
                unmodelled: 0,
                judged: Some((String::from("lost"), String::from("why"))),
                left: vec![Left { kind: LeftKind::Socket, name: "of udp(7)".into(), detail: "3".into() }],
            }),
        ];
        for frame in &frames {
            end += encode_into(frame, &mut room[end..]).expect("there is room");
        }
        room.truncate(end);
        assert_eq!(decode(&room).as_deref(), Ok(&frames[..]));
        assert_eq!(
            encode(&frames).expect("they are short"),
            room,
            "whoever has no room set aside writes the same"
        );
        room
    }

    #[test]
    fn every_truncation_is_noticed_where_it_is() {
        let whole = sample();
        let mut starts = vec![0];
        for length in 1..whole.len() {
            match decode(&whole[..length]) {
                Ok(_) => starts.push(length),
                Err(Damaged { offset }) => assert_eq!(offset, *starts.last().expect("0 is there")),
            }
        }
        assert_eq!(starts.len(), 3, "a cut is unnoticed only between two frames");
    }

    #[test]
    fn garbage_is_an_error_or_frames_but_never_a_panic() {
        let whole = sample();
        for index in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[index] ^= 1 << bit;
                let _ = decode(&damaged);
            }
        }
    }
}
