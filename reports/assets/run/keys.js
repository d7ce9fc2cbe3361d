// Keys, wheel, pointer: how a person moves. Each key is in one table, from which the help is made.

const KEYS = [
  [["ArrowLeft", "ArrowRight"], "\u2190 \u2192", "move through time", (event) => pan(event.key === "ArrowLeft" ? -0.15 : 0.15)],
  [["ArrowUp", "ArrowDown"], "\u2191 \u2193", "move through lanes", (event) => scrollTo(view.top + (event.key === "ArrowUp" ? -44 : 44))],
  [["+", "="], "+", "zoom in", () => zoom(0.6)],
  [["-", "_"], "-", "zoom out", () => zoom(1 / 0.6)],
  [["0"], "0", "the whole run", lookAtAll],
  [["r"], "r", "the part that matters", lookAtRace],
  [["n", "."], "n", "next step", () => go(1, false)],
  [["p", ","], "p", "step before", () => go(-1, false)],
  [["N", "]"], "]", "next step of the same thread", () => go(1, true)],
  [["P", "["], "[", "step before of the same thread", () => go(-1, true)],
  [["d"], "d", "next choice", nextDecision],
  [["Enter"], "Enter", "keep the step that is pointed at", () => choose(view.hovered || view.chosen)],
  [["Escape"], "Esc", "let it go; close this", () => { choose(null); showTip(null); }],
  [["x"], "x", "another axis", nextAxis],
  [["v"], "v", "beside the passing run, or alone", () => setCompare(!view.compare)],
  [["/"], "/", "filter", () => $("find").focus()],
  [["t"], "t", "dark or light", () => theme(darkIsOn() ? "light" : "dark")],
  [["?"], "?", "these keys", showHelp],
];

function makeKeys() {
  for (const [, shownAs, what] of KEYS) $("keys").append(el("dt", "", el("kbd", "", shownAs)), el("dd", "", what));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
    if (event.target.closest("input, textarea, select")) {
      if (event.key === "Escape") $("lanes").focus();
      return;
    }
    // Arrows scroll the page, and Enter presses buttons, unless the picture has the focus.
    const own = event.target === $("lanes") || event.target === document.body;
    if (!own && (event.key.startsWith("Arrow") || event.key === "Enter")) return;
    if (event.target === document.body && (event.key === "ArrowUp" || event.key === "ArrowDown")) return;
    const found = KEYS.find(([keys]) => keys.includes(event.key));
    if (!found) return;
    event.preventDefault();
    found[3](event);
  });
}

function showHelp() {
  $("help").showModal();
}

function nextAxis() {
  setAxis(AXES[(AXES.findIndex(({ name }) => name === view.axis) + 1) % AXES.length].name);
}

// From the chosen step to the next that the filter leaves, of the run or of its thread.
function go(by, sameLane) {
  const run = view.chosen ? view.chosen.run : failing;
  if (!view.chosen) {
    const first = raw.matters.length > 0 ? raw.matters[0] : 0;
    if (run.count > 0) showRow(run, first);
    return;
  }
  for (let row = view.chosen.row + by; row >= 0 && row < run.count; row += by) {
    if (sameLane && run.lane[row] !== run.lane[view.chosen.row]) continue;
    if (isShown(run, row)) return showRow(run, row);
  }
  say("There is none.");
}

function nextDecision() {
  const rows = raw.decisions.map(({ row }) => row).filter((row) => row !== null);
  if (rows.length === 0) return say("Nothing was decided.");
  const now = view.chosen && view.chosen.run === failing ? view.chosen.row : -1;
  const next = rows.find((row) => row > now);
  showRow(failing, next === undefined ? rows[0] : next);
}

// What is below the pointer: a step within a few pixels, or what the thread was.
function under(x, y) {
  const band = bandAt(y);
  if (!band || x < GUTTER) return null;
  if (band.lane === undefined) return null;
  const { run } = band, rows = shown[run.index][band.lane], at = positions(run);
  const next = firstFrom(rows, (row) => at[row], valueAt(x));
  const near = [next - 1, next].filter((i) => i >= 0 && i < rows.length)
    .map((i) => ({ row: rows[i], far: Math.abs(pixel(at[rows[i]]) - x) }))
    .sort((one, other) => one.far - other.far)[0];
  if (near && near.far <= 9) return { run, row: near.row };
  return spanUnder(band, x) || (near && near.far <= 40 ? { run, row: near.row } : null);
}

function spanUnder({ run, lane: index }, x) {
  const spans = run.spans[index], value = valueAt(x);
  for (let i = firstSpan(run, spans); i < spans.to.length && spanStart(run, spans, i) <= value; i++) {
    if (edge(run, spans.to[i]) < value) continue;
    const lasted = edgeAt(run, spans.to[i]) - edgeAt(run, spans.from[i]) + spans.back[i];
    const why = spans.text[i] > 0 ? `: ${raw.strings[spans.text[i]]}` : "";
    return { span: `${run.lanes[index].label} ${STATES[spans.state[i]]}${why} (${seconds(lasted)})` };
  }
  return null;
}

function edgeAt(run, row) {
  return row < run.count ? run.at[row] : run.endAt;
}

function makePointer() {
  const canvas = $("lanes");
  const touches = new Map();
  let dragged = null;
  const inside = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  canvas.addEventListener("pointerdown", (event) => {
    touches.set(event.pointerId, inside(event));
    dragged = { ...inside(event), from: view.from, top: view.top, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const at = inside(event);
    if (touches.size === 2) return pinch(touches, event.pointerId, at);
    if (!dragged) {
      const what = under(at.x, at.y);
      hover(what && what.run ? what : null);
      canvas.style.cursor = what && what.run ? "pointer" : "";
      return showTip(what, event.clientX, event.clientY);
    }
    drag(dragged, at);
  });
  const end = (event) => {
    touches.delete(event.pointerId);
    if (dragged && !dragged.moved && event.type === "pointerup") {
      const what = under(dragged.x, dragged.y);
      if (what && what.run) choose(what);
    }
    dragged = null;
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("pointerleave", () => { hover(null); showTip(null); });
  canvas.addEventListener("wheel", (event) => wheel(event, inside(event)), { passive: false });
  makeOverviewPointer();
}

function drag(dragged, at) {
  if (Math.abs(at.x - dragged.x) + Math.abs(at.y - dragged.y) > 4) dragged.moved = true;
  if (!dragged.moved) return;
  showTip(null);
  const width = view.to - view.from;
  const from = dragged.from - (at.x - dragged.x) / (canvasWidth - GUTTER) * width;
  look(from, from + width);
  scrollTo(dragged.top - (at.y - dragged.y));
}

function pinch(touches, moved, at) {
  const other = [...touches].find(([id]) => id !== moved)[1], before = touches.get(moved);
  const distance = (one) => Math.max(8, Math.abs(one.x - other.x));
  zoom(distance(before) / distance(at), valueAt((at.x + other.x) / 2));
  touches.set(moved, at);
}

function wheel(event, at) {
  const sideways = event.shiftKey ? event.deltaY : event.deltaX;
  if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
    event.preventDefault();
    return pan(Math.sign(sideways) * Math.min(0.2, Math.abs(sideways) / 600));
  }
  // Whoever scrolls down the page does not get stuck in a picture that shows everything.
  const all = whole();
  if (event.deltaY > 0 && view.to - view.from >= (all.to - all.from) * 0.999) return;
  event.preventDefault();
  zoom(Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY / 300))), valueAt(at.x));
}

function makeOverviewPointer() {
  const canvas = $("overview");
  const go = (event) => {
    if (event.buttons === 0) return;
    const box = canvas.getBoundingClientRect(), all = whole(), width = view.to - view.from;
    const middle = all.from + (event.clientX - box.left - GUTTER) / (box.width - GUTTER) * (all.to - all.from);
    look(middle - width / 2, middle + width / 2);
  };
  canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); go(event); });
  canvas.addEventListener("pointermove", go);
}
