// What the page is drawn from: the block of JSON, with its columns unpacked. Knows nothing of the page.

const raw = JSON.parse(document.getElementById("data").textContent);

const RUNNING = 0, RUNNABLE = 1, BLOCKED = 2, STALLED = 3;
const STATES = ["runs", "can run, and does not", "waits", "is descheduled"];

// A column of differences as a column of values.
function sums(column) {
  const values = new Float64Array(column.length);
  let value = 0;
  for (let i = 0; i < column.length; i++) values[i] = value += column[i];
  return values;
}

// The indices of a column by its values, each list in order.
function grouped(column, groups) {
  const counts = new Uint32Array(groups);
  for (const value of column) counts[value]++;
  const lists = Array.from(counts, (count) => new Uint32Array(count));
  counts.fill(0);
  for (let i = 0; i < column.length; i++) lists[column[i]][counts[column[i]]++] = i;
  return lists;
}

function unpackedSpans(columns, lanes) {
  const byLane = Array.from({ length: lanes }, () => ({ state: [], from: [], back: [], to: [], text: [] }));
  for (let i = 0; i < columns.lane.length; i++) {
    const lane = byLane[columns.lane[i]];
    lane.state.push(columns.state[i]);
    lane.from.push(columns.from[i]);
    lane.back.push(columns.back[i]);
    lane.to.push(columns.to[i]);
    lane.text.push(columns.text[i]);
  }
  return byLane;
}

function unpackedRun(packed, index) {
  const count = packed.step.length;
  const run = {
    index, count,
    title: packed.title,
    leftOut: packed.left_out,
    lanes: packed.lanes,
    step: sums(packed.step),
    at: sums(packed.at),
    lane: Uint32Array.from(packed.lane),
    kind: Uint8Array.from(packed.kind),
    text: Uint32Array.from(packed.text),
    // 0 is no stack, others are one more than their index.
    stack: Uint32Array.from(packed.stack),
    spans: unpackedSpans(packed.spans, packed.lanes.length),
    arrows: packed.arrows,
  };
  run.endAt = Math.max(packed.end_at, count ? run.at[count - 1] : 0);
  run.endStep = Math.max(packed.end_step, count ? run.step[count - 1] : 0);
  run.rowsOfLane = grouped(run.lane, run.lanes.length);
  run.textOf = (row) => raw.strings[run.text[row]];
  run.laneOf = (row) => run.lanes[run.lane[row]];
  return run;
}

const runs = raw.runs.map(unpackedRun);
const failing = runs[0];

// Rows, by run, that are drawn and named before others.
const matters = runs.map(() => new Set());
raw.matters.forEach((row) => matters[0].add(row));
raw.decisions.forEach(({ row }) => { if (row !== null) matters[0].add(row); });

// Of these, those of the pair and of the choices that the story tells: the picture begins with them.
const race = raw.story.rows.filter(({ row, badge }) => badge !== null && row !== null).map(({ row }) => row);
if (race.length === 0) race.push(...densest(raw.matters));

// Most of these rows, and of these the closest together: what led to a failure, without what followed long after it.
function densest(rows) {
  const count = Math.ceil(rows.length * 0.7);
  let best = 0;
  for (let i = 0; i + count <= rows.length; i++) {
    if (rows[i + count - 1] - rows[i] < rows[best + count - 1] - rows[best]) best = i;
  }
  return rows.slice(best, best + count);
}

// The columns of the comparison: for each row of each run, where it stands when rows that are alike stand together.
function aligned(compare) {
  const columns = runs.map((run) => new Float64Array(run.count));
  const rows = [0, 0];
  let column = 0;
  for (let i = 0; i < compare.ops.length; i += 2) {
    const both = compare.ops[i] === 0, only = compare.ops[i] - 1;
    for (let n = compare.ops[i + 1]; n > 0; n--, column++) {
      if (both || only === 0) columns[0][rows[0]++] = column;
      if (both || only === 1) columns[1][rows[1]++] = column;
    }
  }
  return { columns, count: column, only: onlyOnce(compare) };
}

// Which rows of each run have no partner in the other.
function onlyOnce(compare) {
  const only = runs.map((run) => new Uint8Array(run.count));
  const rows = [0, 0];
  for (let i = 0; i < compare.ops.length; i += 2) {
    const op = compare.ops[i], n = compare.ops[i + 1];
    if (op > 0) only[op - 1].fill(1, rows[op - 1], rows[op - 1] + n);
    if (op !== 2) rows[0] += n;
    if (op !== 1) rows[1] += n;
  }
  // What both did in another order is not missing in either.
  compare.moved.forEach((row, i) => { only[i % 2][row] = 0; });
  return only;
}

const comparison = raw.compare && runs.length > 1 ? aligned(raw.compare) : null;

function seconds(ns) {
  if (ns >= 1e9) return trimmed(ns / 1e9) + " s";
  if (ns >= 1e6) return trimmed(ns / 1e6) + " ms";
  if (ns >= 1e3) return trimmed(ns / 1e3) + " \u00b5s";
  return Math.round(ns) + " ns";
}

function trimmed(number) {
  return number.toFixed(3).replace(/\.?0+$/, "");
}

function grand(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

function place(frame) {
  const [, file, line] = frame;
  return file === "" ? "" : line > 0 ? `${file}:${line}` : file;
}

// A function with the last of its path: the type or the module that it is of.
function brief(name) {
  const parts = [];
  let depth = 0, from = 0;
  for (let at = 0; at < name.length; at++) {
    if (name[at] === "<") depth++;
    else if (name[at] === ">") depth--;
    else if (depth === 0 && name.startsWith("::", at)) {
      parts.push(name.slice(from, at));
      from = at + 2;
      at++;
    }
  }
  parts.push(name.slice(from));
  return parts.slice(-2).join("::");
}

function hasSource([, file, line]) {
  return raw.sources[file] !== undefined && raw.sources[file][line] !== undefined;
}

function briefPlace(frame) {
  return place([frame[0], frame[1].slice(frame[1].lastIndexOf("/") + 1), frame[2]]);
}

function whereOf(frame) {
  return `${brief(frame[0])} ${briefPlace(frame)}`;
}

// The frame of a stack that a reader wants to see: the innermost whose source is here, else the
// innermost of the program, else of a dependency.
function frameToShow(stack) {
  const frames = raw.stacks[stack];
  const first = (is) => frames.find((index) => is(raw.frames[index]));
  const found = [first(hasSource), first((frame) => frame[3] === 0), first((frame) => frame[3] === 1), frames[0]];
  return found.find((index) => index !== undefined);
}
