// Which part of the run is looked at, on which axis, beside what, and what of it is filtered away. Draws nothing.

// In the order of steps every row has the same width: a reader of a race wants to see which came first. Virtual time shows how
// long; it does not pass while threads run, but for some nanoseconds at each scheduling point.
const AXES = [
  { name: "order", label: "Order", title: "Every step as wide as the other (x)" },
  { name: "step", label: "Points", title: "By scheduling points passed (x)" },
  { name: "time", label: "Virtual time", title: "By virtual time (x)" },
];

const view = {
  axis: "order",
  compare: false,
  from: 0,
  to: 1,
  // Pixels that the lanes are scrolled up by.
  top: 0,
  find: "",
  kindsOff: new Set(),
  // Of the failing run and of the other: lanes by run.
  lanesOff: [new Set(), new Set()],
  chosen: null,
  pinned: false,
  hovered: null,
};

// Rows of each lane that the filter leaves, by run.
let shown = runs.map((run) => run.rowsOfLane);
const counted = runs.map((run) => Float64Array.from({ length: run.count }, (_, row) => row));

// Positions of rows on the axis, ascending with the row.
function positions(run) {
  if (view.axis === "time") return run.at;
  if (view.axis === "step") return run.step;
  return view.compare && comparison ? comparison.columns[run.index] : counted[run.index];
}

// Where a span begins or ends that is given by a row; the row after the last is the end of the run.
function edge(run, row) {
  if (row < run.count) return positions(run)[row];
  if (view.axis === "time") return run.endAt;
  if (view.axis === "step") return run.endStep;
  return view.compare && comparison ? comparison.count : run.count;
}

function runsInView() {
  return view.compare ? runs : [failing];
}

// The whole run with a margin at both ends.
function whole() {
  let from = Infinity, to = -Infinity;
  for (const run of runsInView()) {
    from = Math.min(from, edge(run, 0));
    to = Math.max(to, edge(run, run.count));
  }
  if (!(to > from)) return { from: from - 1 || 0, to: (from || 0) + 1 };
  const margin = view.axis === "order" ? 0.5 : (to - from) * 0.01;
  return { from: from - margin, to: to + margin };
}

// As narrow as a view may become.
function narrowest() {
  return view.axis === "order" ? 3 : view.axis === "step" ? 2 : 4;
}

function look(from, to) {
  const all = whole();
  const width = Math.min(Math.max(to - from, narrowest()), all.to - all.from);
  const middle = (from + to) / 2;
  view.from = Math.max(all.from, Math.min(middle - width / 2, all.to - width));
  view.to = view.from + width;
  redraw();
}

function zoom(factor, about = (view.from + view.to) / 2) {
  look(about - (about - view.from) * factor, about + (view.to - about) * factor);
}

function pan(share) {
  const by = (view.to - view.from) * share;
  look(view.from + by, view.to + by);
}

function lookAtAll() {
  const all = whole();
  look(all.from, all.to);
}

// The part that matters, with some before and after it. A short run is shown whole.
function lookAtRace() {
  if (race.length === 0 || failing.count <= 60) return lookAtAll();
  const at = positions(failing);
  const from = at[Math.min(...race)], to = at[Math.max(...race)];
  const margin = Math.max((to - from) * 0.2, narrowest());
  look(from - margin, to + margin);
}

// Keeps the chosen row within what is seen.
function lookNear(run, row) {
  const at = positions(run)[row], width = view.to - view.from;
  if (at < view.from + width * 0.05 || at > view.to - width * 0.05) look(at - width / 2, at + width / 2);
}

function setAxis(name) {
  const middle = view.chosen && runsInView().includes(view.chosen.run) ? view.chosen : null;
  view.axis = name;
  lookAtRace();
  if (middle) lookNear(middle.run, middle.row);
  for (const pressed of $("axes").children) pressed.setAttribute("aria-pressed", String(pressed.dataset.axis === name));
}

function setCompare(on) {
  if (runs.length < 2 || on === view.compare) return;
  view.compare = on;
  document.documentElement.classList.toggle("compared", on);
  $("compare").setAttribute("aria-pressed", String(on));
  if (!on && view.chosen && view.chosen.run !== failing) choose(null);
  layOut();
  if (on && raw.compare && raw.compare.first) lookAtFork(); else lookAtRace();
  say(on ? "Both runs are shown." : "The failing run alone is shown.");
}

// Where the two runs part, with what both have in common before it.
function lookAtFork() {
  const at = edge(failing, raw.compare.first[0]);
  const all = whole(), width = Math.min(all.to - all.from, view.axis === "order" ? 40 : (all.to - all.from) / 10);
  if (all.to - all.from <= 80 && view.axis === "order") return look(all.from, all.to);
  look(at - width * 0.25, at + width * 0.75);
}

// Whether rows of this kind, with this text, on this lane, are shown. Texts are compared once each, not once for each row.
function applyFilter() {
  const wanted = view.find.trim().toLowerCase();
  const ofText = wanted === "" ? null : raw.strings.map((text) => text.toLowerCase().includes(wanted));
  const ofStack = wanted === "" ? null : stacksWith(wanted);
  shown = runs.map((run) => run.rowsOfLane.map((rows, lane) => {
    if (view.lanesOff[run.index].has(lane)) return new Uint32Array(0);
    const all = wanted === "" || run.lanes[lane].title.toLowerCase().includes(wanted);
    if (all && view.kindsOff.size === 0) return rows;
    return rows.filter((row) => !view.kindsOff.has(run.kind[row])
      && (all || ofText[run.text[row]] || (run.stack[row] > 0 && ofStack[run.stack[row] - 1])));
  }));
  layOut();
  redraw();
  listAgain();
}

function stacksWith(wanted) {
  const frames = raw.frames.map(([name, file]) => name.toLowerCase().includes(wanted) || file.toLowerCase().includes(wanted));
  return raw.stacks.map((stack) => stack.some((frame) => frames[frame]));
}

function isShown(run, row) {
  const rows = shown[run.index][run.lane[row]];
  const found = firstFrom(rows, (other) => other, row);
  return found < rows.length && rows[found] === row;
}

// The first index of a list whose value is not below.
function firstFrom(list, value, wanted) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value(list[middle]) < wanted) low = middle + 1; else high = middle;
  }
  return low;
}
