// The picture: spans, arrows, steps, decisions, the pair. Draws what the view says, and decides nothing.

const FONT = "system-ui, sans-serif";
let pen = null, canvasWidth = 0, canvasHeight = 0, scheduled = false;

function redraw() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    draw();
    drawOverview();
  });
}

function sized(canvas) {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

function pixel(value) {
  return GUTTER + (value - view.from) / (view.to - view.from) * (canvasWidth - GUTTER);
}

function valueAt(x) {
  return view.from + (x - GUTTER) / (canvasWidth - GUTTER) * (view.to - view.from);
}

function pixelOf(run, row) {
  return pixel(edge(run, row));
}

function draw() {
  const canvas = $("lanes");
  pen = sized(canvas);
  canvasWidth = canvas.clientWidth;
  canvasHeight = canvas.clientHeight;
  pen.textBaseline = "alphabetic";
  pen.save();
  pen.beginPath();
  pen.rect(GUTTER, 0, canvasWidth - GUTTER, canvasHeight);
  pen.clip();
  ruler();
  decisionMarks();
  pen.beginPath();
  pen.rect(GUTTER, RULER, canvasWidth - GUTTER, canvasHeight - RULER);
  pen.clip();
  for (const band of bands) if (isInSight(band)) band.lane === undefined ? heading(band) : lane(band);
  forkLine();
  decisionLines();
  for (const run of runsInView()) arrows(run);
  if (view.compare && comparison) crossings();
  for (const band of bands) if (band.lane !== undefined && isInSight(band)) steps(band);
  if (raw.pair) drawPair(raw.pair);
  marked(view.hovered, 1.5);
  marked(view.chosen, 2.5);
  pen.restore();
  labels();
  // What is looked at, for whoever cannot see it.
  Object.assign(canvas.dataset, { axis: view.axis, from: view.from, to: view.to, runs: runsInView().length });
}

function isInSight(band) {
  const y = RULER + band.y - view.top;
  return y + band.h > RULER && y < canvasHeight;
}

function ruler() {
  pen.fillStyle = colours.soft;
  pen.strokeStyle = colours.line;
  pen.font = `11px ${FONT}`;
  pen.lineWidth = 1;
  const room = canvasWidth - GUTTER, width = view.to - view.from;
  const about = width / Math.max(2, room / 110);
  const power = 10 ** Math.floor(Math.log10(about));
  let tick = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= about) || power * 10;
  tick = Math.max(1, tick);
  // Counted: so far out that times are larger than a number has digits for, adding a tick changes nothing.
  const first = Math.ceil(view.from / tick) * tick;
  for (let n = 0; n < 200; n++) {
    const value = first + n * tick;
    if (value > view.to) break;
    const x = Math.round(pixel(value)) + 0.5;
    if (value < 0) continue;
    pen.beginPath();
    pen.moveTo(x, 4);
    pen.lineTo(x, canvasHeight);
    pen.stroke();
    pen.fillText(tickLabel(value, tick), x + 3, 14);
  }
}

// Zoomed far in, times differ in digits that a short form hides.
function tickLabel(value, tick) {
  if (view.axis === "time") {
    const unit = value >= 1e9 ? 1e9 : value >= 1e6 ? 1e6 : value >= 1e3 ? 1e3 : 1;
    const digits = Math.max(0, Math.min(9, Math.ceil(Math.log10(unit / tick))));
    return (value / unit).toFixed(digits) + { 1e9: " s", 1e6: " ms", 1e3: " \u00b5s", 1: " ns" }[unit];
  }
  if (view.axis === "step") return grand(value);
  return view.compare ? "" : grand(value + failing.leftOut);
}

function heading(band) {
  const y = RULER + band.y - view.top;
  pen.fillStyle = colours.panel;
  pen.fillRect(GUTTER, y + 2, canvasWidth - GUTTER, band.h - 4);
}

function lane(band) {
  const { run } = band, bar = barOf(band), spans = run.spans[band.lane];
  pen.strokeStyle = colours.line;
  pen.lineWidth = 1;
  pen.beginPath();
  const y = Math.round(RULER + band.y - view.top + band.h) - 0.5;
  pen.moveTo(GUTTER, y);
  pen.lineTo(canvasWidth, y);
  pen.stroke();
  let before = -1, beforeState = -1;
  for (let i = firstSpan(run, spans); i < spans.from.length; i++) {
    const from = spanStart(run, spans, i), to = edge(run, spans.to[i]);
    if (from > view.to) break;
    const state = spans.state[i];
    const left = Math.max(pixel(from), GUTTER - 4), right = Math.min(pixel(to), canvasWidth + 4);
    // What is narrower than a pixel is drawn once for each pixel.
    if (right - left < 1 && Math.round(left) === before && (state === beforeState || state !== STALLED)) continue;
    before = Math.round(left);
    beforeState = state;
    span(state, left, Math.max(right - left, 1), bar, spans.text[i]);
  }
}

function spanStart(run, spans, i) {
  const row = spans.from[i];
  if (view.axis === "time") return edge(run, row) - spans.back[i];
  // A thread is descheduled between two steps: in the order of steps that has no width of its own.
  if (view.axis === "order" && spans.to[i] <= row) return edge(run, row) - 0.8;
  return edge(run, row);
}

function firstSpan(run, spans) {
  let low = 0, high = spans.to.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edge(run, spans.to[middle]) < view.from) low = middle + 1; else high = middle;
  }
  return low;
}

function span(state, x, width, bar, text) {
  const middle = bar.y + bar.h / 2;
  if (state === RUNNING) {
    pen.fillStyle = colours.running;
    pen.fillRect(x, bar.y, width, bar.h);
  } else if (state === RUNNABLE) {
    pen.fillStyle = colours.runnable;
    pen.fillRect(x, middle - 2, width, 4);
  } else if (state === BLOCKED) {
    pen.strokeStyle = colours.blocked;
    pen.lineWidth = 1.5;
    pen.setLineDash([4, 3]);
    pen.beginPath();
    pen.moveTo(x, middle);
    pen.lineTo(x + width, middle);
    pen.stroke();
    pen.setLineDash([]);
  } else {
    pen.fillStyle = colours.stalled;
    pen.globalAlpha = 0.35;
    pen.fillRect(x, bar.y, width, bar.h);
    pen.globalAlpha = 1;
    hatch(x, width, bar);
  }
  if (state === BLOCKED && text > 0 && width > 90) {
    pen.font = `10.5px ${FONT}`;
    pen.fillStyle = colours.soft;
    words("waits: " + raw.strings[text], Math.max(x, GUTTER) + 14, middle + 12, width - 24, bar.h >= 16);
  }
}

function hatch(x, width, bar) {
  if (width < 6) return;
  pen.save();
  pen.beginPath();
  pen.rect(x, bar.y, width, bar.h);
  pen.clip();
  pen.strokeStyle = colours.stalled;
  pen.lineWidth = 1;
  pen.beginPath();
  for (let at = x - bar.h; at < x + width; at += 6) {
    pen.moveTo(at, bar.y + bar.h);
    pen.lineTo(at + bar.h, bar.y);
  }
  pen.stroke();
  pen.restore();
}

// Words that are cut where their room ends.
function words(text, x, y, room, fits = true) {
  if (!fits || room < 24) return;
  const most = Math.floor(room / 4);
  let cut = text.length > most ? text.slice(0, most) : text;
  while (cut.length > 1 && pen.measureText(cut + (cut === text ? "" : "\u2026")).width > room) {
    cut = cut.slice(0, Math.max(1, Math.floor(cut.length * 0.85)));
  }
  if (cut.length < Math.min(4, text.length)) return;
  pen.fillText(cut === text ? cut : cut + "\u2026", x, y);
}

const KIND_COLOUR = {
  spawned: "spawn", forked: "spawn", woke: "wake", sent: "message", arrived: "message", strayed: "bad", link: "message",
  signalled: "signal", wrong: "bad", panicked: "bad", passed: "stalled", blocked: "blocked", marked: "good", host: "bad",
};

function colourOf(run, row) {
  return colours[KIND_COLOUR[raw.kinds[run.kind[row]]] || "other"];
}

function steps(band) {
  const { run } = band, bar = barOf(band), rows = shown[run.index][band.lane], at = positions(run);
  const first = firstFrom(rows, (row) => at[row], view.from - (view.to - view.from) * 0.02);
  const middle = bar.y + bar.h / 2;
  let before = -9;
  pen.font = `11px ${FONT}`;
  for (let i = first; i < rows.length; i++) {
    const row = rows[i];
    if (at[row] > view.to) break;
    const x = pixel(at[row]);
    // So many steps that they touch are drawn as ticks, one for each pixel.
    if (x - before < 1 && !matters[run.index].has(row)) continue;
    const dense = x - before < 5;
    before = x;
    pen.fillStyle = colourOf(run, row);
    if (dense) pen.fillRect(x - 0.5, bar.y + 2, 1, bar.h - 4); else dot(run, row, x, middle);
    if (bar.words !== null) {
      const next = i + 1 < rows.length ? pixel(at[rows[i + 1]]) : canvasWidth;
      pen.fillStyle = matters[run.index].has(row) ? colours.ink : colours.soft;
      words(run.textOf(row), x + 1, bar.words, Math.min(next - x - 10, 260));
    }
  }
}

function dot(run, row, x, y) {
  pen.beginPath();
  pen.arc(x, y, 3.5, 0, 7);
  pen.fill();
  pen.strokeStyle = colours.ground;
  pen.lineWidth = 1;
  pen.stroke();
  if (view.compare && comparison && comparison.only[run.index][row]) {
    pen.strokeStyle = run.index === 0 ? colours.bad : colours.good;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(x, y, 6, 0, 7);
    pen.stroke();
  }
}

const ARROWS = ["spawn", "wake", "message", "signal"];
// With more arrows than this in sight nobody sees any: the picture says so instead.
const ARROWS_MOST = 1500;

function arrowEnds(run, i) {
  const { left, took, came } = run.arrows, end = positions(run)[came[i]];
  return [view.axis === "time" ? end - took[i] : positions(run)[left[i]], end];
}

function arrowsInSight(run) {
  const inSight = [];
  for (let i = 0; i < run.arrows.kind.length; i++) {
    const [start, end] = arrowEnds(run, i);
    if (end >= view.from && start <= view.to) inSight.push(i);
  }
  return inSight;
}

function arrows(run) {
  const { kind, from, to } = run.arrows;
  const inSight = arrowsInSight(run), drawn = new Set();
  if (run === failing) remark(inSight.length > ARROWS_MOST ? `${grand(inSight.length)} arrows: nearer, they are drawn.` : "");
  if (inSight.length > ARROWS_MOST) return;
  for (const i of inSight) {
    const [start, end] = arrowEnds(run, i);
    const source = bandOf[run.index][from[i]];
    const target = to[i] > 0 ? bandOf[run.index][to[i] - 1] : null;
    if (!source || (to[i] > 0 && !target)) continue;
    const key = Math.round(pixel(end)) * 4096 + from[i] * 64 + to[i];
    if (drawn.has(key)) continue;
    drawn.add(key);
    const y = centre(source);
    // What nobody waited for arrives at no lane: a short stroke.
    const bottom = target ? centre(target) : y + source.h * 0.4;
    arrow(pixel(start), y, pixel(end), bottom, colours[ARROWS[kind[i]]], { width: 1.3, dash: kind[i] === 1 ? [3, 2] : [] });
  }
}

function centre(band) {
  const bar = barOf(band);
  return bar.y + bar.h / 2;
}

function arrow(x0, y0, x1, y1, colour, { width, dash }) {
  pen.strokeStyle = pen.fillStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
  pen.setLineDash([]);
  const angle = Math.atan2(y1 - y0, x1 - x0), size = 4 + width * 1.5;
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x1 - size * Math.cos(angle - 0.4), y1 - size * Math.sin(angle - 0.4));
  pen.lineTo(x1 - size * Math.cos(angle + 0.4), y1 - size * Math.sin(angle + 0.4));
  pen.fill();
}

function remark(arrows) {
  const leftOut = failing.leftOut > 0 ? `The first ${grand(failing.leftOut)} events were not kept. ` : "";
  const same = folded > 0 ? `${grand(folded)} lanes that are alike in both runs are left out. ` : "";
  $("under").textContent = leftOut + same + arrows;
}

// Steps that both runs made, in another order: a line from the one to the other.
function crossings() {
  pen.strokeStyle = colours.focus;
  pen.lineWidth = 1;
  pen.globalAlpha = 0.55;
  for (let i = 0; i < raw.compare.moved.length; i += 2) {
    const rows = [raw.compare.moved[i], raw.compare.moved[i + 1]];
    const ends = runs.map((run, index) => bandOf[index][run.lane[rows[index]]]);
    if (!ends[0] || !ends[1]) continue;
    const xs = runs.map((run, index) => pixelOf(run, rows[index]));
    if (Math.max(...xs) < GUTTER || Math.min(...xs) > canvasWidth) continue;
    pen.beginPath();
    pen.moveTo(xs[0], centre(ends[0]));
    pen.lineTo(xs[1], centre(ends[1]));
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

function forkLine() {
  if (!view.compare || !raw.compare || !raw.compare.first) return;
  const x = pixelOf(failing, raw.compare.first[0]);
  pen.fillStyle = colours.choice;
  pen.globalAlpha = 0.08;
  pen.fillRect(x - 0.5, RULER, canvasWidth - x, canvasHeight);
  pen.globalAlpha = 1;
  pen.fillRect(x - 1, RULER, 2, canvasHeight);
  pen.font = `bold 11px ${FONT}`;
  pen.fillText("here they part", x + 5, RULER + 14);
}

function decisionLines() {
  pen.strokeStyle = colours.choice;
  pen.lineWidth = 1;
  pen.setLineDash([2, 3]);
  for (const decision of raw.decisions) {
    if (decision.row === null) continue;
    const x = Math.round(pixelOf(failing, decision.row)) + 0.5;
    if (x < GUTTER || x > canvasWidth) continue;
    const band = bandOf[0][decision.lane];
    if (!band || raw.decisions.length > 40) continue;
    pen.beginPath();
    pen.moveTo(x, RULER);
    pen.lineTo(x, centre(band));
    pen.stroke();
  }
  pen.setLineDash([]);
}

// A decision is one of the ruler's marks: it belongs to the whole run, and has the number that the list has.
function decisionMarks() {
  let before = -99;
  raw.decisions.forEach((decision, index) => {
    if (decision.row === null) return;
    const x = pixelOf(failing, decision.row);
    if (x < GUTTER - 8 || x > canvasWidth + 8) return;
    if (x - before < 18) return;
    before = x;
    pen.fillStyle = colours.choice;
    pen.beginPath();
    pen.arc(x, RULER - 12, 8.5, 0, 7);
    pen.fill();
    pen.fillStyle = colours.ground;
    pen.font = `bold 11px ${FONT}`;
    pen.textAlign = "center";
    pen.fillText(String(index + 1), x, RULER - 8);
    pen.textAlign = "left";
  });
}

// Where an operation of the pair is: at a step, or between two.
function pairEnd({ row, lane, before }) {
  const band = bandOf[0][lane];
  if (!band) return null;
  const at = edge(failing, row);
  const value = before && row > 0 ? (at + edge(failing, row - 1)) / 2 : at;
  return { x: pixel(value), y: centre(band), r: Math.min(10, barOf(band).h / 2 + 2) };
}

function drawPair(pair) {
  const ends = [pairEnd(pair.first), pairEnd(pair.second)];
  const [a, b] = ends;
  pen.strokeStyle = colours.bad;
  if (a && b) {
    pen.lineWidth = 2;
    pen.setLineDash([7, 4]);
    pen.beginPath();
    pen.moveTo(a.x, a.y);
    pen.lineTo(b.x, b.y);
    pen.stroke();
    pen.setLineDash([]);
  }
  ends.forEach((end, index) => {
    if (!end) return;
    pen.strokeStyle = colours.bad;
    pen.lineWidth = 2.5;
    pen.beginPath();
    pen.arc(end.x, end.y, end.r, 0, 7);
    pen.stroke();
    tag(index === 0 ? "A" : "B", end.x, end.y - end.r - 2);
  });
}

function tag(letter, x, y) {
  pen.font = `bold 11px ${FONT}`;
  pen.textAlign = "center";
  pen.fillStyle = colours.bad;
  pen.fillRect(x - 8, y - 13, 16, 14);
  pen.fillStyle = colours.ground;
  pen.fillText(letter, x, y - 2);
  pen.textAlign = "left";
}

function marked(what, width) {
  if (!what || !runsInView().includes(what.run)) return;
  const band = bandOf[what.run.index][what.run.lane[what.row]];
  if (!band) return;
  const x = pixelOf(what.run, what.row), bar = barOf(band);
  pen.strokeStyle = colours.focus;
  pen.lineWidth = width;
  pen.strokeRect(x - 7, bar.y - 2, 14, bar.h + 4);
}

function labels() {
  pen.fillStyle = colours.ground;
  pen.fillRect(0, 0, GUTTER - 1, canvasHeight);
  pen.fillStyle = colours.soft;
  pen.font = `11px ${FONT}`;
  const axis = { order: "steps in order", step: "scheduling points", time: "virtual time" }[view.axis];
  pen.textAlign = "right";
  pen.fillText(axis + " \u2192", GUTTER - 8, 14);
  pen.textAlign = "left";
  pen.save();
  pen.beginPath();
  pen.rect(0, RULER, canvasWidth, canvasHeight - RULER);
  pen.clip();
  for (const band of bands) if (isInSight(band)) label(band);
  pen.restore();
}

function label(band) {
  const y = RULER + band.y - view.top;
  if (band.lane === undefined) {
    pen.font = `${band.strong ? "bold " : ""}12px ${FONT}`;
    pen.fillStyle = band.strong ? (band.run === failing ? colours.bad : colours.good) : colours.soft;
    words(band.head, 6, y + 15, canvasWidth - 20);
    return;
  }
  const made = band.run.lanes[band.lane];
  pen.font = `${made.task ? "italic " : ""}12.5px ${FONT}`;
  pen.fillStyle = colours.ink;
  words(made.label, made.task ? 22 : 10, centre(band) + 4, GUTTER - 26);
}

function drawOverview() {
  const canvas = $("overview");
  if (canvas.hidden) return;
  const context = sized(canvas), width = canvas.clientWidth - GUTTER, height = canvas.clientHeight, all = whole();
  const at = (value) => GUTTER + (value - all.from) / (all.to - all.from) * width;
  const counts = new Uint32Array(Math.max(1, Math.ceil(width)));
  const values = positions(failing);
  for (let row = 0; row < failing.count; row++) counts[Math.min(counts.length - 1, Math.floor(at(values[row]) - GUTTER))]++;
  const most = counts.reduce((one, other) => Math.max(one, other), 1);
  context.fillStyle = colours.soft;
  counts.forEach((count, x) => {
    const h = count === 0 ? 0 : 2 + (height - 8) * count / most;
    context.fillRect(GUTTER + x, height - h, 1, h);
  });
  context.fillStyle = colours.choice;
  for (const { row } of raw.decisions) if (row !== null) context.fillRect(at(edge(failing, row)) - 1, 0, 2, height);
  context.strokeStyle = colours.focus;
  context.lineWidth = 2;
  context.strokeRect(at(view.from), 1, Math.max(3, at(view.to) - at(view.from)), height - 2);
  context.fillStyle = colours.soft;
  context.font = `11px ${FONT}`;
  context.textAlign = "right";
  context.fillText("whole run", GUTTER - 8, height / 2 + 4);
}
