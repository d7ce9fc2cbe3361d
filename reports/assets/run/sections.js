// The parts of the page that are made once: verdict, story, commands, choices, ends, output, tracing, figures, filters.

const VERDICTS = { pass: "Pass", fail: "Fail", inconclusive: "Inconclusive", diverged: "Diverged", bug: "Bug in Photofinish" };

function makeHead() {
  const { verdict, signature, program, seed, strategy, ending } = raw.headline;
  $("verdict").textContent = VERDICTS[verdict] || verdict;
  $("verdict").className = verdict;
  $("signature").append(isolated("span", "", signature || ending));
  const facts = [program, seed === null ? null : `seed ${seed}`, strategy || null, ending ? `ended: ${ending}` : null];
  $("program").append(isolated("span", "", facts.filter((fact) => fact).join(" \u00b7 ")));
}

function makeStory() {
  const sentence = $("sentence"), { about, detail } = raw.headline;
  for (const part of raw.story.sentence) sentence.append(isolated(part.look ? "b" : "span", part.look ? "code " + part.look : "", part.text));
  sentence.hidden = raw.story.sentence.length === 0;
  $("steps").append(storyTable());
  for (const line of detail) $("detail").append(isolated("p", "", line));
  if (about) $("detail").append(isolated("p", "soft", about));
  $("detail").hidden = detail.length === 0 && !about;
}

// One column for each thread that matters, one row for each step that does, and in between how many do not.
function storyTable() {
  const table = el("table", "story"), head = el("tr", ""), body = el("tbody", "");
  head.append(header("time", "when"));
  for (const { name, place: of } of raw.story.columns) {
    const cell = header(name, "");
    if (of) cell.append(el("span", "place", of));
    head.append(cell);
  }
  table.append(el("caption", "offscreen", "The steps that matter"), el("thead", "", head), body);
  for (const row of raw.story.rows) body.append(row.left_out ? leftOut(row.left_out) : storyRow(row));
  return table;
}

function header(text, look) {
  const cell = isolated("th", look, text);
  cell.scope = "col";
  return cell;
}

function leftOut(text) {
  const cell = el("td", "left-out", `\u22ee ${text}`);
  cell.colSpan = raw.story.columns.length + 1;
  return el("tr", "", cell);
}

function storyRow({ row, at, column, who, what, where, badge, look }) {
  const line = el("tr", look), cells = raw.story.columns.map(() => el("td", ""));
  const inside = row === null ? el("div", "") : button("", `${what} ${where}`, () => showTold(row, look));
  inside.classList.add("step");
  if (badge) inside.append(el("span", "badge", badge));
  if (who) inside.append(isolated("b", "", who), " ");
  inside.append(isolated("span", "what", what));
  if (where) inside.append(el("span", "place", where));
  line.append(el("td", "when", at === null ? "" : at));
  if (column === null) {
    const cell = el("td", "of-run", inside);
    cell.colSpan = Math.max(1, cells.length);
    line.append(cell);
  } else {
    // The other columns of a row are empty: words may stand in those to the right.
    inside.style.maxWidth = `calc(${100 * (cells.length - column)}% - 2px)`;
    if (column === cells.length - 1) inside.classList.add("last");
    cells[column].append(inside);
    line.append(...cells);
  }
  if (row !== null) line.dataset.row = row;
  return line;
}

// A row of the pair need not be a step: then the picture goes there, and the pair is shown instead of a step.
function showTold(row, look) {
  setCompare(false);
  if (look !== "first" && look !== "second") return showRow(failing, row);
  const end = raw.pair[look];
  choose(null);
  lookNear(failing, Math.min(end.row, failing.count - 1));
  scrollNear(failing, end.lane);
}

function makeCommands() {
  const box = $("commands");
  for (const [label, text] of [["Replay", raw.commands.replay], ["Debug", raw.commands.debug], ["Token", raw.commands.token]]) {
    if (!text) continue;
    const code = isolated("code", "", text);
    code.title = text;
    box.append(el("div", "command", el("b", "", label), code, copyButton(text)));
  }
  box.hidden = box.children.length === 0;
}

function makeDecisions() {
  const box = $("decisions");
  $("decisions-section").hidden = raw.decisions.length === 0;
  if (raw.minimal) box.append(el("p", "", raw.minimal));
  const table = el("table", "choices"), body = el("tbody", "");
  const names = ["", "time", "thread", "choice", "where", "without it"];
  table.append(el("thead", "", el("tr", "", ...names.map((name) => header(name, "")))), body);
  raw.decisions.forEach((decision, index) => {
    const frame = decision.stack === null ? null : raw.frames[frameToShow(decision.stack)];
    const number = decision.row === null ? el("span", "badge", String(index + 1))
      : button(String(index + 1), "Show it in the picture", () => { showRow(failing, decision.row); $("lanes").scrollIntoView({ block: "nearest" }); });
    number.classList.add("badge");
    body.append(el("tr", "", el("td", "", number), el("td", "when", seconds(decision.at)),
      isolated("td", "", failing.lanes[decision.lane] ? failing.lanes[decision.lane].label : ""),
      isolated("td", "", decision.what),
      el("td", "", ...(frame ? [isolated("span", "function", brief(frame[0])), el("span", "place", briefPlace(frame))] : [])),
      isolated("td", decision.undone === "passes" ? "passes" : "", decision.undone || "")));
  });
  if (raw.decisions.length > 0) box.append(table);
}

function makeEnds() {
  $("ends-section").hidden = raw.ends.length === 0;
  for (const end of raw.ends) {
    const box = el("details", "end"), head = el("summary", "", isolated("b", "", end.thread), " ", isolated("span", "", end.what));
    const frame = raw.stacks[end.stack] ? raw.frames[frameToShow(end.stack)] : null;
    if (frame) head.append(el("span", "place", `${brief(frame[0])} ${briefPlace(frame)}`));
    box.append(head);
    if (frame) box.append(stackList(end.stack, () => {}), ...sourceOf(frame));
    box.open = raw.ends.length <= 3;
    $("ends").append(box);
  }
}

function sourceOf(frame) {
  const lines = raw.sources[frame[1]];
  return lines && lines[frame[2]] !== undefined ? [excerpt(lines, frame[2])] : [];
}

// At most so many lines of output and tracing become elements; the table of all steps has the rest.
const LINES = 400;

function makeLines(kind, section, box) {
  const rows = [];
  const wanted = raw.kinds.indexOf(kind);
  for (let row = 0; row < failing.count; row++) if (failing.kind[row] === wanted) rows.push(row);
  $(section).hidden = rows.length === 0;
  const table = el("table", "lines"), body = el("tbody", "");
  if (rows.length > LINES) $(box).append(el("p", "soft", `The last ${LINES} of ${grand(rows.length)}; the table of every step has all.`));
  for (const row of rows.slice(-LINES)) {
    const pick = button(seconds(failing.at[row]), "Show it in the picture", () => showRow(failing, row));
    body.append(el("tr", "", el("td", "when", pick), isolated("td", "who", failing.laneOf(row).label),
      el("td", "", isolated("pre", "", failing.textOf(row)))));
  }
  table.append(body);
  $(box).append(table);
}

function makeFigures() {
  const { points, switches, virtual_ns: passed, stalled_ns: stalled, hash } = raw.figures;
  $("figures").textContent = `${grand(points)} scheduling points, ${grand(switches)} switches, ${seconds(passed)} of virtual time`
    + (stalled > 0 ? `, of which ${seconds(stalled)} with threads descheduled` : "") + `. Events' hash ${hash}.`;
}

function makeFilters() {
  const counts = new Uint32Array(raw.kinds.length);
  for (const kind of failing.kind) counts[kind]++;
  raw.kinds.forEach((kind, index) => {
    if (counts[index] > 0) $("kinds").append(check(`${kind} (${grand(counts[index])})`, (on) => toggle(view.kindsOff, index, on)));
  });
  failing.lanes.forEach((lane, index) => {
    $("threads").append(check(lane.title, (on) => {
      toggle(view.lanesOff[0], index, on);
      // The lane of the same thread in the other run.
      if (runs[1]) runs[1].lanes.forEach((other, at) => { if (other.who === lane.who) toggle(view.lanesOff[1], at, on); });
    }));
  });
}

function toggle(off, index, on) {
  if (on) off.delete(index); else off.add(index);
}

function check(label, changed) {
  const input = el("input", "");
  input.type = "checkbox";
  input.checked = true;
  input.addEventListener("change", () => { changed(input.checked); applyFilter(); });
  return el("label", "check", input, isolated("span", "", label));
}

const LEGEND = [["running", "runs"], ["runnable", "can run"], ["blocked", "waits"], ["stalled", "descheduled"],
  ["wake", "wake"], ["message", "message"], ["spawn", "spawn"], ["signal", "signal"], ["choice", "choice"], ["bad", "the pair"],
  ["only", "only in one of the runs"], ["moved", "in both, in another order"]];

function makeLegend() {
  for (const [name, label] of LEGEND) $("legend").append(el("span", "key " + name, label));
}
