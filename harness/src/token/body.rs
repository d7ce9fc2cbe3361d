//! A token as bytes.
//!
//! Does not know text or checksums. Invariant: a count is believed only if so many things can still follow, and [`write()`] writes what
//! [`read`] reads.

use photofinish_sim::choice::Kind;
use photofinish_sim::limits::Limits;

use super::bytes::{CutShort, Reader, push_number};
use super::packed;
use super::{Answer, Child, DecodeError, Named, Options, Token, Whose};

/// So many decisions a token may have.
const DECISIONS_MAX: u64 = 1 << 16;
/// So many threads it may name.
const THREADS_MAX: u64 = 1 << 12;
/// So many parents may stand between a thread and the main one.
const DEPTH_MAX: usize = 256;
/// So many bytes the name of its program may have.
const PROGRAM_MAX: usize = 1 << 10;
/// The least bytes that a thread takes, and a decision.
const CHILD_LEAST: usize = 3;
const DECISION_LEAST: usize = 7;

// Which options differ from their defaults.
const CORES: u8 = 1;
const OS: u8 = 2;
const HEAP: u8 = 4;
const ORACLES: u8 = 8;
const LIMITS: u8 = 16;
/// The name of the program stands there as text.
const AS_TEXT: u8 = 32;
const PREEMPT: u8 = 64;
const ALL: u8 = 127;

/// Kinds, in the order in which their numbers stand for them: new ones come last.
const KINDS: [Kind; Kind::COUNT] = [
    Kind::Preempt,
    Kind::Next,
    Kind::FutexWake,
    Kind::Spurious,
    Kind::Latency,
    Kind::Tie,
    Kind::Entropy,
    Kind::FileTime,
    Kind::Short,
    Kind::Interrupt,
    Kind::Armed,
    Kind::Buggify,
    Kind::Loss,
    Kind::Duplicate,
    Kind::Reorder,
    Kind::Enabled,
    Kind::Crash,
    Kind::Pause,
    Kind::Partition,
    Kind::Hold,
    Kind::Reset,
    Kind::Victim,
    Kind::Shape,
    Kind::Aim,
    Kind::Lasts,
    Kind::Chosen,
];

/// What stands in the place of a kind where a thread is held.
const HOLD: u64 = 63;

impl From<CutShort> for DecodeError {
    fn from(_: CutShort) -> Self {
        Self::Malformed { why: "it ends in the middle of something" }
    }
}

/// The bytes of a token; none if it is out of bounds.
pub(super) fn write(token: &Token) -> Option<Vec<u8>> {
    let Token { program, options, build, signature, events_hash, threads, decisions } = token;
    let fits = program.len() <= PROGRAM_MAX
        && threads.len() as u64 <= THREADS_MAX
        && decisions.len() as u64 <= DECISIONS_MAX;
    if !fits {
        return None;
    }
    let mut bytes = Vec::new();
    write_options(&mut bytes, options)?;
    push_number(&mut bytes, program.len() as u64);
    match packed::pack(program) {
        Some(packed) => bytes.extend(packed),
        None => {
            bytes[0] |= AS_TEXT;
            bytes.extend(program.as_bytes());
        }
    }
    for word in [build, signature, events_hash] {
        bytes.extend(word.to_le_bytes());
    }
    push_number(&mut bytes, threads.len() as u64);
    for Child { parent, ordinal, sort, nth } in threads {
        // Mostly all children of a thread begin alike.
        push_number(&mut bytes, u64::from(parent.0) * 2 + u64::from(nth != ordinal));
        push_number(&mut bytes, (*ordinal).into());
        if nth != ordinal {
            push_number(&mut bytes, (*nth).into());
        }
        bytes.push(*sort);
    }
    push_number(&mut bytes, decisions.len() as u64);
    let among = threads.len() as u64 + 1;
    decisions.iter().for_each(|named| write_decision(&mut bytes, named, among));
    Some(bytes)
}

fn write_options(bytes: &mut Vec<u8>, options: &Options) -> Option<()> {
    let Options { cores, os, heap, oracles, preempt, limits } = options;
    let plain = Options::default();
    let differs = [
        (*cores != plain.cores, CORES),
        (os.is_some(), OS),
        (heap.is_some(), HEAP),
        (oracles.is_some(), ORACLES),
        (preempt.is_some(), PREEMPT),
        (*limits != plain.limits, LIMITS),
    ];
    bytes.push(differs.iter().filter(|(differs, _)| *differs).map(|(_, flag)| flag).sum());
    if *cores != plain.cores {
        push_number(bytes, u64::from(*cores));
    }
    os.map_or(Some(()), |os| extend(bytes, &os))?;
    heap.map_or(Some(()), |heap| extend(bytes, &heap))?;
    oracles.map_or(Some(()), |oracles| extend(bytes, &oracles))?;
    preempt.map_or(Some(()), |level| extend(bytes, &level))?;
    if *limits != plain.limits {
        extend(bytes, limits)?;
    }
    Some(())
}

fn extend(bytes: &mut Vec<u8>, value: &impl serde::Serialize) -> Option<()> {
    bytes.extend(postcard::to_stdvec(value).ok()?);
    Some(())
}

fn is_scheduling(kind: Kind) -> bool {
    matches!(kind, Kind::Preempt | Kind::Next)
}

/// Kind, form of the answer, whether it is not the first such question there, and the thread, as one number: mostly below 128.
fn write_decision(bytes: &mut Vec<u8>, named: &Named, among: u64) {
    let Named { thread, place, nth, points, kind, question, answer } = *named;
    let kind = match answer {
        Answer::Hold => HOLD,
        _ => KINDS.iter().position(|known| *known == kind).expect("all kinds are there") as u64,
    };
    let form = (kind * 2 + u64::from(answer == Answer::Clock)) * 2 + u64::from(question > 0);
    push_number(bytes, form * among + u64::from(thread.0));
    bytes.extend(place.to_le_bytes());
    push_number(bytes, nth.into());
    push_number(bytes, points);
    if question > 0 {
        push_number(bytes, question.into());
    }
    match answer {
        Answer::Thread(whose) => push_number(bytes, whose.0.into()),
        Answer::Clock | Answer::Hold => {}
        Answer::Pick(pick) => push_number(bytes, pick),
    }
}

/// The token of these bytes.
pub(super) fn read(bytes: &[u8]) -> Result<Token, DecodeError> {
    let malformed = |why| DecodeError::Malformed { why };
    let mut reader = Reader::new(bytes);
    let flags = reader.byte()?;
    let options = read_options(flags, &mut reader)?;
    let program = read_program(flags, &mut reader)?;
    let [build, signature, events_hash] = [reader.word()?, reader.word()?, reader.word()?];
    let threads = read_threads(&mut reader)?;
    let decisions = counted(reader.number()?, DECISIONS_MAX, DECISION_LEAST, &reader)?;
    let among = threads.len() as u64 + 1;
    let decisions = (0..decisions).map(|_| read_decision(&mut reader, among)).collect::<Result<_, _>>()?;
    if reader.left() > 0 {
        return Err(malformed("something follows its decisions"));
    }
    Ok(Token { program, options, build, signature, events_hash, threads, decisions })
}

fn read_program(flags: u8, reader: &mut Reader<'_>) -> Result<String, DecodeError> {
    let malformed = |why| DecodeError::Malformed { why };
    let length = usize::try_from(reader.number()?).ok().filter(|length| *length <= PROGRAM_MAX);
    let length = length.ok_or_else(|| malformed("it counts more than it holds"))?;
    let program = if flags & AS_TEXT == 0 {
        packed::unpack(reader.bytes(packed::packed_len(length))?, length)
    } else {
        String::from_utf8(reader.bytes(length)?.to_vec()).ok()
    };
    let program = program.ok_or_else(|| malformed("the name of its program is no text"))?;
    if program.is_empty() || program.chars().any(char::is_control) {
        return Err(malformed("its program has no name"));
    }
    Ok(program)
}

/// A count of things that take at least so many bytes each, if so many can follow.
fn counted(count: u64, most: u64, least: usize, reader: &Reader<'_>) -> Result<usize, DecodeError> {
    let possible = (reader.left() / least) as u64;
    if count > most.min(possible) {
        return Err(DecodeError::Malformed { why: "it counts more than it holds" });
    }
    usize::try_from(count).map_err(|_| CutShort.into())
}

fn read_threads(reader: &mut Reader<'_>) -> Result<Vec<Child>, DecodeError> {
    let count = counted(reader.number()?, THREADS_MAX, CHILD_LEAST, reader)?;
    let mut threads = Vec::with_capacity(count);
    let mut depths = vec![0_usize];
    for _ in 0..count {
        let (first, ordinal) = (reader.small()?, reader.small()?);
        let (parent, differs) = (first / 2, first % 2 == 1);
        let nth = if differs { reader.small()? } else { ordinal };
        if differs == (nth == ordinal) {
            return Err(DecodeError::Malformed { why: "a thread's number stands there twice" });
        }
        let depth = usize::try_from(parent).ok().and_then(|parent| depths.get(parent)).map(|depth| depth + 1);
        let Some(depth) = depth.filter(|depth| *depth <= DEPTH_MAX) else {
            return Err(DecodeError::Malformed { why: "a thread's parent does not stand before it" });
        };
        depths.push(depth);
        threads.push(Child { parent: Whose(parent), ordinal, nth, sort: reader.byte()? });
    }
    Ok(threads)
}

fn read_decision(reader: &mut Reader<'_>, among: u64) -> Result<Named, DecodeError> {
    let malformed = |why| DecodeError::Malformed { why };
    let whose = |number: u64| u32::try_from(number).ok().filter(|_| number < among).map(Whose);
    let first = reader.number()?;
    let thread = whose(first % among).ok_or(CutShort)?;
    let form = first / among;
    let is_hold = form / 4 == HOLD;
    let kind = if is_hold {
        Some(Kind::Preempt)
    } else {
        usize::try_from(form / 4).ok().and_then(|kind| KINDS.get(kind).copied())
    };
    let kind = kind.ok_or_else(|| malformed("it answers a question that is not asked"))?;
    let (place, nth, points) = (reader.word()?, reader.small()?, reader.number()?);
    let question = if form % 2 == 1 { reader.small()? } else { 0 };
    let is_clock = form / 2 % 2 == 1;
    let answer = match (is_scheduling(kind), is_clock) {
        (true, false) if is_hold => Answer::Hold,
        (true, true) if is_hold => return Err(malformed("it holds a thread and lets time pass")),
        (true, true) => Answer::Clock,
        (true, false) => Answer::Thread(
            whose(reader.number()?).ok_or_else(|| malformed("it lets a thread run that it does not name"))?,
        ),
        (false, false) => Answer::Pick(reader.number()?),
        (false, true) => return Err(malformed("it lets time pass where nobody asked")),
    };
    if (form % 2 == 1) != (question > 0) {
        return Err(malformed("the first question is not the first"));
    }
    Ok(Named { thread, place, nth, points, kind, question, answer })
}

fn read_options(flags: u8, reader: &mut Reader<'_>) -> Result<Options, DecodeError> {
    if flags & !ALL != 0 {
        return Err(DecodeError::Malformed { why: "it has an option that there is not" });
    }
    let has = |flag: u8| flags & flag != 0;
    let mut options = Options::default();
    if has(CORES) {
        options.cores = reader.small()?;
    }
    if has(OS) {
        options.os = Some(take(reader)?);
    }
    if has(HEAP) {
        options.heap = Some(take(reader)?);
    }
    if has(ORACLES) {
        options.oracles = Some(take(reader)?);
    }
    if has(PREEMPT) {
        options.preempt = Some(take(reader)?);
    }
    if has(LIMITS) {
        options.limits = take::<Limits>(reader)?;
    }
    if !is_sane(&options) {
        return Err(DecodeError::Malformed { why: "it asks for more than a machine has" });
    }
    Ok(options)
}

/// Whether a machine could do what is asked: whoever sends a token must not fill that of who opens it.
fn is_sane(options: &Options) -> bool {
    let Limits { threads_max, real_ms_max, memory_max, .. } = options.limits;
    (1..=1 << 16).contains(&options.cores)
        && threads_max <= 1 << 20
        && real_ms_max <= 24 * 3_600_000
        && memory_max <= 1 << 44
}

/// A value as `postcard` writes it; all of these are of a fixed size in memory.
fn take<'a, T: serde::Deserialize<'a>>(reader: &mut Reader<'a>) -> Result<T, DecodeError> {
    let rest = reader.bytes(reader.left())?;
    let (value, rest) = postcard::take_from_bytes(rest)
        .map_err(|_| DecodeError::Malformed { why: "it has an option that cannot be read" })?;
    *reader = Reader::new(rest);
    Ok(value)
}
