// Every step as a table of which only the rows in sight exist: the picture in words, for those who read or cannot see it.

const ROW = 22, LIST = 380;
let listed = [];
let list = null;

function makeList() {
  const scroller = el("div", "list"), filler = el("div", "filler"), rows = el("div", "rows");
  scroller.setAttribute("role", "table");
  scroller.setAttribute("aria-label", "Every step that the filter leaves");
  scroller.tabIndex = 0;
  rows.setAttribute("role", "rowgroup");
  filler.append(rows);
  scroller.append(filler);
  scroller.style.height = `${LIST}px`;
  scroller.addEventListener("scroll", () => requestAnimationFrame(drawList));
  list = { scroller, filler, rows };
  $("events").append(scroller);
  document.addEventListener("chosen", followChosen);
  listAgain();
}

function listAgain() {
  if (!list) return;
  const run = failing;
  listed = shown[run.index].length === 1 ? shown[run.index][0] : Uint32Array.from(mergedRows(shown[run.index], run.count));
  list.filler.style.height = `${Math.max(1, listed.length) * ROW}px`;
  list.scroller.setAttribute("aria-rowcount", String(listed.length));
  $("events-about").textContent = `${grand(listed.length)} of ${grand(run.count)} steps of the failing run`
    + (run.leftOut > 0 ? `; ${grand(run.leftOut)} before them were not kept` : "") + ". The filter above holds here, too.";
  drawList();
}

function mergedRows(lists, count) {
  const has = new Uint8Array(count);
  for (const rows of lists) for (const row of rows) has[row] = 1;
  const merged = [];
  for (let row = 0; row < count; row++) if (has[row] === 1) merged.push(row);
  return merged;
}

function drawList() {
  const { scroller, rows } = list;
  const first = Math.max(0, Math.floor(scroller.scrollTop / ROW) - 4);
  const last = Math.min(listed.length, first + Math.ceil(LIST / ROW) + 8);
  rows.style.top = `${first * ROW}px`;
  rows.replaceChildren();
  for (let i = first; i < last; i++) rows.append(listRow(listed[i], i));
}

function listRow(row, index) {
  const run = failing, stack = stackOf(run, row);
  const made = el("div", matters[0].has(row) ? "row matters" : "row");
  made.setAttribute("role", "row");
  made.setAttribute("aria-rowindex", String(index + 1));
  if (view.chosen && view.chosen.run === run && view.chosen.row === row) made.setAttribute("aria-current", "true");
  const where = stack === null ? "" : whereOf(raw.frames[frameToShow(stack)]);
  for (const [look, text] of [["n", grand(row + run.leftOut)], ["t", seconds(run.at[row])],
    ["who", run.laneOf(row).label], ["what", run.textOf(row)], ["place", where]]) {
    const cell = isolated("span", look, text);
    cell.setAttribute("role", "cell");
    made.append(cell);
  }
  made.addEventListener("click", () => showRow(run, row));
  return made;
}

function followChosen() {
  if (!view.chosen || view.chosen.run !== failing) return drawList();
  const index = firstFrom(listed, (row) => row, view.chosen.row), { scroller } = list;
  const top = index * ROW;
  if (top < scroller.scrollTop || top > scroller.scrollTop + LIST - ROW) scroller.scrollTop = top - LIST / 2;
  drawList();
}

// Chooses a row and brings it into what the picture shows.
function showRow(run, row) {
  choose({ run, row });
  lookNear(run, row);
  scrollNear(run, run.lane[row]);
}
