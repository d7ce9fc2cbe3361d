// Draws a sweep. What a program under test wrote reaches the page through textContent alone.
const data = JSON.parse(document.getElementById("data").textContent);
const record = data.record;
const at = (id) => document.getElementById(id);

// Characters that move, hide or break what stands around them are shown by their numbers.
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
const visible = (text) => String(text).replace(HIDDEN, (c) => `\\u{${c.charCodeAt(0).toString(16)}}`);

// An element. Strings become text, never markup.
function el(tag, properties = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name);
  made.className = classes.join(" ");
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null).map((child) => (child instanceof Node ? child : visible(child))));
  return made;
}

function svg(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const grouped = (number) => Math.floor(number).toLocaleString("en-US");
const one = (count, word, words) => `${grouped(count)} ${count === 1 ? word : (words ?? `${word}s`)}`;
const perSecond = (count, ms) => (count * 1000) / Math.max(ms, 1);
const rate = (count, ms) => {
  const of = perSecond(count, ms);
  return of < 10 ? of.toFixed(1) : grouped(of);
};
const seconds = (ms) => (ms < 120000 ? `${(ms / 1000).toFixed(1)} s` : `${grouped(ms / 60000)} min ${grouped((ms % 60000) / 1000)} s`);
const percent = (part, whole) => {
  if (part === 0 || whole === 0) return "0%";
  const of = (100 * part) / whole;
  return of < 0.1 ? "<0.1%" : of < 9.95 && of % 1 !== 0 ? `${of.toFixed(1)}%` : `${of > 99 && part < whole ? 99 : Math.round(of)}%`;
};

const NEWS = ["new", "back", "unjudged", "known", "fixed"];
const NEWS_WORDS = { new: "new", back: "came back", unjudged: "not judged", known: "known", fixed: "fixed" };
const EXPECTED_WORDS = { must: "yes, must be found", may: "yes, may be found", no: "no" };
const KEPT_WORDS = { yes: "kept", no: "broken", unjudged: "not judged" };

// Whether nobody expects it, and the baseline does not excuse it either.
const isUnexpected = (signature) => signature.expected === "no" && !signature.excuse;

// Every failure of every variant.
const failures = record.variants.flatMap((variant, v) =>
  variant.signatures.map((signature) => ({ signature, variant, v, program: `${variant.scenario}/${variant.variant}` })),
);
failures.forEach((failure, number) => {
  failure.number = number;
  failure.rank = (failure.signature.news === "fixed" ? 20 : isUnexpected(failure.signature) ? 0 : 10) + NEWS.indexOf(failure.signature.news);
  failure.text = `${failure.program} ${failure.signature.signature}`.toLowerCase();
});
// A signature without the paths of its functions, unless that makes two of them equal.
const shortened = (words) => words.replace(/(?:\w+::)+(\w+::\w+)/g, "$1");
const wholes = new Map();
for (const words of new Set(failures.map((failure) => failure.signature.signature))) {
  wholes.set(shortened(words), [...(wholes.get(shortened(words)) ?? []), words]);
}
const short = (words) => (wholes.get(shortened(words))?.length === 1 ? shortened(words) : words);
const isFailure = (failure) => failure.signature.news !== "fixed";
const smallest = (signature) => signature.small?.decisions ?? signature.decisions;

// Copies to the clipboard, and says so on the button.
async function copy(text, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = el("textarea", { "aria-hidden": "true" });
    field.value = text;
    document.body.append(field);
    field.select();
    done = document.execCommand("copy");
    field.remove();
  }
  if (!button) return;
  button.textContent = done ? "Copied" : "Select and copy";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}
const copyButton = (text, label) =>
  el("button.copy", { type: "button", "aria-label": label, onclick: (event) => copy(text, event.currentTarget) }, "Copy");

// ---- what is said first ----

function head() {
  const { totals, machine } = record;
  at("sentence").textContent = data.sentence;
  if (totals.broken > 0) at("sentence").classList.add("bad");
  else if (totals.unjudged > 0 || ["interrupted", "part"].includes(record.end)) at("sentence").classList.add("warn");
  at("command").textContent = visible(record.command);
  at("copy-command").addEventListener("click", (event) => copy(record.command, event.currentTarget));
  const builds = Object.entries(record.builds ?? {}).map(([executable, build]) => `${build.slice(0, 12)} of ${executable}`);
  const facts = [
    seconds(record.took_ms), `${one(machine.jobs, "job")} on ${one(machine.cores, "processor")}, ${machine.system}`,
    `strategy ${record.strategy}`, data.range, `build ${builds.join(" and ") || record.build.slice(0, 12)}`,
  ];
  at("machine").textContent = visible(facts.join(" · "));
  const kinds = [[totals.fresh, "new"], [totals.back, "came back"], [totals.unjudged, "not judged"], [totals.known, "known"]];
  const tile = (name, number, more) => el("div", {}, el("dt", {}, name), el("dd", {}, number, el("small", {}, more)));
  at("tiles").append(
    tile("Expectations kept", `${grouped(totals.variants - totals.broken)} of ${grouped(totals.variants)}`,
      totals.broken === 0 ? "every variant" : `${one(totals.broken, "variant")} broken`),
    tile("Different failures", grouped(totals.failures),
      kinds.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`).concat(totals.fixed > 0 ? [`${totals.fixed} fixed besides`] : []).join(", ") || "none"),
    tile("Runs", grouped(totals.runs), `${percent(totals.passed, totals.runs)} passed`),
    tile("Runs per second", rate(totals.runs, record.took_ms), "making failures small included"),
    tile("Scheduling points per second", rate(totals.points, record.took_ms), `${grouped(totals.points)} in all`),
  );
  const complaints = record.variants.flatMap((variant) =>
    variant.complaints.map(({ words }) => el("li", {}, el("code", {}, `${variant.scenario}/${variant.variant}`), " ", words)));
  at("complaints").hidden = complaints.length === 0;
  at("complaints").querySelector("ul").append(...complaints);
  const entries = record.baseline.filter((entry) => entry.came !== "unswept");
  const CAME_WORDS = { shows: "", fixed: "fixed: take it out of the baseline", unseen: "not seen: if it is fixed, take it out of the baseline" };
  at("baseline").hidden = entries.length === 0;
  at("baseline").querySelector("ul").append(...entries.map((entry) => el("li", {},
    el("code", {}, entry.program), " ", el("code", {}, entry.signature), ` since ${entry.since}: ${entry.why} `, el("strong", {}, CAME_WORDS[entry.came]))));
  at("marks").hidden = at("to-marks").hidden = record.missed.length === 0;
  at("marks").querySelector("ul").append(...record.missed.map((mark) => el("li", {}, el("code", {}, mark))));
}

// ---- tables that are sorted by a click ----

// Columns have a name, a kind (numbers stand right, one column takes what room there is), a key to sort by, and what a row shows.
function sorted(table, columns, rows, draw, state) {
  const head = el("tr");
  const body = table.querySelector("tbody");
  const show = () => {
    const { key } = columns[state.column];
    const order = (a, b) => {
      const [x, y] = [key(a), key(b)];
      // What has no value comes last either way.
      if (x === undefined || x === null || y === undefined || y === null) return (x ?? null) === (y ?? null) ? 0 : (x ?? null) === null ? 1 : -1;
      return (x < y ? -1 : x > y ? 1 : 0) * state.sign;
    };
    [...head.children].forEach((cell, index) => {
      if (!columns[index].key) return;
      cell.setAttribute("aria-sort", index !== state.column ? "none" : state.sign > 0 ? "ascending" : "descending");
    });
    body.replaceChildren(...rows.toSorted(order).flatMap(draw));
  };
  columns.forEach(({ name, kind, key }, index) => {
    const sort = () => {
      state.sign = state.column === index ? -state.sign : kind === "num" ? -1 : 1;
      state.column = index;
      show();
    };
    const label = key ? el("button", { type: "button", onclick: sort }, name) : el("span", {}, name);
    head.append(el(`th.${kind ?? "plain"}`, { scope: "col" }, label));
  });
  table.querySelector("thead").replaceChildren(head);
  show();
}

const drawn = (columns, row) => columns.map(({ kind, cell }) => el(`td.${kind ?? "plain"}`, {}, cell(row)));

// ---- failures ----

// A file in the page's own folder, whatever its name.
const beside = (path) => `./${path.split("/").map(encodeURIComponent).join("/")}`;
const nameOf = (program) => el(program.length > 48 ? "code" : "code.name", {}, program);
const badge = (news) => el(`span.badge.${news}`, {}, NEWS_WORDS[news]);

function expandButton(failure) {
  const toggle = () => expand(failure, failure.more.hidden);
  failure.button = el("button.expand", { type: "button", "aria-expanded": "false", "aria-controls": `more-${failure.number}`, onclick: toggle },
    el("code", {}, short(failure.signature.signature)));
  return failure.button;
}

function expand(failure, isOpen) {
  failure.more.hidden = !isOpen;
  failure.button.setAttribute("aria-expanded", String(isOpen));
}

const FAILURE_COLUMNS = [
  { name: "News", key: (f) => f.rank, cell: (f) => badge(f.signature.news) },
  { name: "Program", key: (f) => f.program, cell: (f) => nameOf(f.program) },
  { name: "Signature", kind: "grow", key: (f) => f.signature.signature, cell: expandButton },
  { name: "Expected", key: (f) => (isFailure(f) ? ["no", "may", "must"].indexOf(f.signature.expected) : null),
    cell: (f) => {
      if (!isFailure(f)) return "–";
      const words = isUnexpected(f.signature) ? "no" : "yes";
      return el(`span.state.${words}`, {}, f.signature.expected === "no" && words === "yes" ? "excused" : words);
    } },
  { name: "Runs", kind: "num", key: (f) => f.signature.runs / Math.max(f.variant.runs, 1),
    cell: (f) => (f.signature.runs > 0 ? `${grouped(f.signature.runs)} (${percent(f.signature.runs, f.variant.runs)})` : "–") },
  { name: "First after", kind: "num", key: (f) => f.signature.first_after, cell: (f) => (f.signature.first_after ? grouped(f.signature.first_after) : "–") },
  { name: "Decisions", kind: "num", key: (f) => smallest(f.signature), cell: (f) => {
    const least = smallest(f.signature);
    return least === undefined || least === null ? "–" : grouped(least);
  } },
  { name: "See it", kind: "see", cell: (f) => [
    f.signature.report ? el("a", { href: beside(f.signature.report) }, "Report") : null,
    f.signature.report && f.signature.replay ? " " : null,
    f.signature.replay ? copyButton(f.signature.replay, `Copy the command that shows ${visible(f.signature.signature)}`) : null,
  ] },
];

function facts(failure) {
  const { signature, variant } = failure;
  const list = el("dl.facts");
  const fact = (name, ...what) => list.append(el("dt", {}, name), el("dd", {}, ...what));
  if (short(signature.signature) !== signature.signature) fact("In full", el("code", {}, signature.signature));
  if (signature.small?.pair) fact("Critical pair", el("code.pair", {}, signature.small.pair));
  if (signature.detail.length > 0) fact("Besides", ...signature.detail.map((line) => el("div", {}, el("code", {}, line))));
  if (signature.verdict !== "fail" && signature.news !== "fixed") fact("Means", signature.verdict);
  if (isFailure(failure)) fact("Expected", EXPECTED_WORDS[signature.expected]);
  if (signature.excuse) fact("Baseline", `let pass since ${signature.excuse.since}: ${signature.excuse.why}`);
  if (signature.runs > 0) fact("Found", `in ${grouped(signature.runs)} of ${one(variant.runs, "run")}, first in run ${grouped(signature.first_after ?? 0)}`);
  if (signature.small) fact("Made small", one(signature.small.decisions ?? 0, "decision"),
    signature.decisions === null ? "" : `; ${grouped(signature.decisions)} in the shortest run that was found`);
  if (signature.replay) fact("Replay", el("code", {}, signature.replay), " ", copyButton(signature.replay, "Copy this command"));
  if (signature.corpus !== null) fact("Corpus", el("code", {}, `cargo xtask corpus show ${signature.corpus}`));
  const shares = Object.entries(signature.strategies);
  if (shares.length > 0) {
    const rows = Object.keys(variant.strategies).map((family) => {
      const share = signature.strategies[family];
      const cells = share ? [`${grouped(share.runs)} of ${grouped(variant.strategies[family])}`, percent(share.runs, variant.strategies[family]), grouped(share.first_after)]
        : [`0 of ${grouped(variant.strategies[family])}`, "0%", "not found"];
      return el("tr", {}, el("th", { scope: "row" }, family), cells.map((words) => el("td", {}, words)));
    });
    const titles = ["Strategy", "Its runs", "Of them", "First after"].map((name) => el("th", { scope: "col" }, name));
    fact("By strategy", el("table.shares", {}, el("thead", {}, el("tr", {}, titles)), el("tbody", {}, rows)));
  }
  return list;
}

function failureRows(failure) {
  if (!failure.row) {
    failure.row = el("tr", { id: `f${failure.number}` }, drawn(FAILURE_COLUMNS, failure));
    failure.more = el("tr.more", { id: `more-${failure.number}` }, el("td", { colspan: FAILURE_COLUMNS.length }, facts(failure)));
    failure.more.hidden = true;
    failure.row.addEventListener("click", (event) => {
      select(failure);
      if (!event.target.closest("a, button")) expand(failure, failure.more.hidden);
    });
  }
  return [failure.row, failure.more];
}

let selected = null;
function select(failure) {
  selected?.row.classList.remove("at");
  selected = failure;
  failure.row.classList.add("at");
}

// Goes to a failure from elsewhere on the page.
function visit(failure) {
  if (failure.row.hidden) clearFilter();
  select(failure);
  expand(failure, true);
  failure.row.scrollIntoView({ block: "center" });
  failure.button.focus({ preventScroll: true });
}

// ---- variants beside their signatures ----

const byPlace = new Map(failures.map((failure) => [`${failure.v} ${failure.signature.signature}`, failure]));
function cellOf(variant, v, words) {
  const failure = byPlace.get(`${v} ${words}`);
  if (!failure) return variant.missing.includes(words) ? el("span.cell.missing", {}, "missing") : "";
  const { signature } = failure;
  const [kind, text] = signature.news === "fixed" ? ["fixed", "fixed"]
    : signature.runs === 0 ? ["kept", `#${signature.corpus}`] : [signature.excuse ? "may" : signature.expected, percent(signature.runs, variant.runs)];
  const title = signature.runs > 0 ? `${grouped(signature.runs)} of ${one(variant.runs, "run")}, first in run ${grouped(signature.first_after ?? 0)}` : NEWS_WORDS[signature.news];
  const go = (event) => {
    event.preventDefault();
    visit(failure);
  };
  return el("a", { href: `#f${failure.number}`, title: `${title}; ${visible(failure.program)}`, onclick: go }, el(`span.cell.${kind}`, {}, text));
}

const matrixRows = [];
function matrices() {
  const scenarios = [...new Set(record.variants.map((variant) => variant.scenario))];
  for (const scenario of scenarios) {
    const all = record.variants.map((variant, v) => [variant, v]).filter(([variant]) => variant.scenario === scenario);
    // A wide table leaves out what its columns would be empty of.
    const isClean = ([variant]) => all.length > 6 && variant.kept === "yes" && variant.signatures.length + variant.missing.length === 0;
    const columns = all.filter((column) => !isClean(column));
    const clean = all.filter(isClean).map(([variant]) => variant.variant);
    const signatures = new Set(columns.flatMap(([variant]) => [...variant.signatures.map((of) => of.signature), ...variant.missing]));
    const turn = columns.length > 6 ? "th.turn" : "th";
    const name = ([variant]) => el(`${turn}${variant.kept === "no" ? ".broken" : ""}`, { scope: "col", title: visible(variant.about) }, el("span", {}, variant.variant));
    const header = el("tr", {}, el("th.row", { scope: "col" }, "Signature"), columns.map(name));
    const rows = [...signatures].sort().map((words) => {
      const cells = columns.map(([variant, v]) => el("td", {}, cellOf(variant, v, words)));
      const row = el("tr", {}, el("th.row", { scope: "row", title: visible(words) }, el("code", {}, short(words))), cells);
      const programs = columns.filter((_, index) => cells[index].childNodes.length > 0 && cells[index].textContent !== "");
      matrixRows.push({ row, text: `${programs.map(([of]) => `${scenario}/${of.variant}`).join(" ")} ${words}`.toLowerCase() });
      return row;
    });
    const passed = columns.map(([variant]) => el("td", {}, variant.runs > 0 ? el("span.cell.none", {}, percent(variant.passed, variant.runs)) : ""));
    rows.push(el("tr", {}, el("th.row", { scope: "row" }, el("span.quiet", {}, "passed")), passed));
    const table = el(columns.length > 6 ? "table.matrix.many" : "table.matrix", {}, el("thead", {}, header), el("tbody", {}, rows));
    const rest = clean.length === 0 ? null
      : el("p.clean.quiet", {}, "Every run passed of ", clean.flatMap((name, index) => [index > 0 ? ", " : "", el("code", {}, name)]), ".");
    at("matrices").append(el("div.scenario", {}, el("h3", {}, el("code", {}, scenario)), columns.length > 0 ? el("div.scroll", {}, table) : null, rest));
  }
}

// ---- discovery curves ----

const SIZE = { width: 1180, height: 330, left: 46, right: 190, top: 22, bottom: 42 };
const families = [...new Set(record.curves.map((curve) => curve.strategy))];

function ticks(most, isLog) {
  if (!isLog) {
    const step = [1, 2, 5].flatMap((of) => Array.from({ length: 16 }, (_, tens) => of * 10 ** tens)).sort((a, b) => a - b).find((step) => most / step <= 6);
    return Array.from({ length: Math.floor(most / step) + 1 }, (_, nth) => nth * step);
  }
  const all = Array.from({ length: 17 }, (_, tens) => 10 ** tens).flatMap((ten) => (most <= 1000 ? [ten, 2 * ten, 5 * ten] : [ten]));
  return all.filter((tick) => tick <= most);
}

function curves() {
  const chosen = at("whose").value;
  const list = (chosen === "" ? record.curves : data.curves[Number(chosen)]);
  const isLog = at("log").checked;
  const runsMost = Math.max(1, ...list.map((curve) => curve.runs));
  const foundMost = Math.max(1, ...list.flatMap((curve) => curve.points.map(([, found]) => found)));
  const { width, height, left, right, top, bottom } = SIZE;
  const [from, to] = [left, width - right];
  const x = (runs) => from + (to - from) * (isLog ? Math.log(Math.max(runs, 1)) / Math.log(Math.max(runsMost, 2)) : runs / runsMost);
  const back = (px) => {
    const share = Math.min(1, Math.max(0, (px - from) / (to - from)));
    return isLog ? Math.exp(share * Math.log(Math.max(runsMost, 2))) : share * runsMost;
  };
  const y = (found) => height - bottom - ((height - bottom - top) * found) / foundMost;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: "0",
    "aria-label": "How many different failures each strategy had found after how many runs; the table below has the numbers. Arrow keys move a ruler." });
  for (const tick of ticks(foundMost, false)) {
    picture.append(svg("line", { class: "grid", x1: from, x2: to, y1: y(tick), y2: y(tick) }), svg("text", { x: from - 8, y: y(tick) + 4, "text-anchor": "end" }, grouped(tick)));
  }
  for (const tick of ticks(runsMost, isLog)) {
    picture.append(svg("line", { class: "axis", x1: x(tick), x2: x(tick), y1: y(0), y2: y(0) + 5 }), svg("text", { x: x(tick), y: y(0) + 19, "text-anchor": "middle" }, grouped(tick)));
  }
  picture.append(
    svg("path", { class: "axis", d: `M${from},${top}V${y(0)}H${to}` }),
    svg("text", { x: to, y: height - 5, "text-anchor": "end" }, chosen === "" ? "runs of the strategy, of each variant" : "runs of the strategy"),
    svg("text", { x: from + 8, y: top }, "different failures"),
  );
  const labels = drawCurves(picture, list, { x, y, from });
  ruler(picture, list, labels, { x, y, back, runsMost });
  at("curves").replaceChildren(picture);
  curveTable(list);
}

const foundAt = (curve, runs) => curve.points.findLast(([after]) => after <= runs)?.[1] ?? 0;

function drawCurves(picture, list, { x, y, from }) {
  const ends = list.map((curve) => ({ curve, found: curve.points.at(-1)?.[1] ?? 0 })).sort((a, b) => b.found - a.found);
  const labels = [];
  let above = -Infinity;
  for (const { curve, found } of ends) {
    // Equal curves lie beside each other, not on each other.
    const beside = (found) => (y(found) + 2.4 * (labels.length - (ends.length - 1) / 2) * Math.min(1, 6 / ends.length)).toFixed(1);
    const steps = curve.points.map(([after, found]) => `H${x(after).toFixed(1)}V${beside(found)}`).join("");
    const line = svg("path", { class: "curve", d: `M${from},${beside(0)}${steps}H${x(curve.runs).toFixed(1)}` });
    // Names that would lie on each other are moved down.
    above = Math.max(y(found) + 4, above + 14);
    const label = svg("text", { class: "key", x: SIZE.width - SIZE.right + 10, y: above });
    const number = families.indexOf(curve.strategy);
    const group = svg("g", { class: `c${number % 8} dash${number % 3}` }, line, label);
    const others = (dim) => [...picture.querySelectorAll("g")].forEach((other) => other !== group && other.classList.toggle("dim", dim));
    group.addEventListener("pointerenter", () => others(true));
    group.addEventListener("pointerleave", () => others(false));
    picture.append(group);
    labels.push({ curve, label });
  }
  // Too many at the bottom: all of them go up.
  const over = above - (SIZE.height - 8);
  if (over > 0) labels.forEach(({ label }) => label.setAttribute("y", Number(label.getAttribute("y")) - over));
  return labels;
}

function ruler(picture, list, labels, { x, y, back, runsMost }) {
  const line = svg("line", { class: "ruler", y1: SIZE.top, y2: y(0), visibility: "hidden" });
  const words = svg("text", { y: SIZE.top - 8, "text-anchor": "middle", visibility: "hidden" });
  picture.append(line, words);
  const place = (runs) => {
    const isShown = runs !== null;
    for (const part of [line, words]) part.setAttribute("visibility", isShown ? "visible" : "hidden");
    if (isShown) {
      line.setAttribute("x1", x(runs));
      line.setAttribute("x2", x(runs));
      words.setAttribute("x", x(runs));
      words.textContent = `after ${one(runs, "run")}`;
    }
    for (const { curve, label } of labels) {
      const found = foundAt(curve, isShown ? runs : curve.runs);
      label.textContent = visible(`${curve.strategy}: ${grouped(found)}${isShown ? "" : ` in ${grouped(curve.runs)}`}`);
    }
  };
  let runs = null;
  const move = (to) => place((runs = to === null ? null : Math.round(Math.min(runsMost, Math.max(1, to)))));
  picture.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    move(back(((event.clientX - box.left) * SIZE.width) / box.width));
  });
  picture.addEventListener("pointerleave", () => move(null));
  picture.addEventListener("blur", () => move(null));
  picture.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: 1.1, ArrowLeft: 1 / 1.1 };
    if (!steps[event.key]) return;
    const next = (runs ?? 1) * steps[event.key];
    move(event.key === "ArrowRight" ? Math.ceil(next + 0.01) : Math.floor(next));
    event.preventDefault();
  });
  move(null);
}

function curveTable(list) {
  const head = ["Strategy", "Runs", "Different failures", "First after", "Last after"];
  at("curve-table").querySelector("thead").replaceChildren(el("tr", {}, head.map((name, index) => el(index > 0 ? "th.num" : "th", { scope: "col" }, el("span", {}, name)))));
  at("curve-table").querySelector("tbody").replaceChildren(...list.map(({ strategy, runs, points }) => {
    const numbers = [grouped(runs), grouped(points.at(-1)?.[1] ?? 0), points.length > 0 ? grouped(points[0][0]) : "–", points.length > 0 ? grouped(points.at(-1)[0]) : "–"];
    return el("tr", {}, el("th", { scope: "row" }, strategy), numbers.map((words) => el("td.num", {}, words)));
  }));
}

function discovery() {
  const found = failures.filter((failure) => isFailure(failure) && failure.signature.runs > 0).length;
  at("discovery-words").textContent = record.curves.length === 0 ? "No run was made."
    : `How many of the ${one(found, "different failure")} each strategy had found, as its runs of each variant went on. One that rises early needs few runs.`;
  at("whose").append(el("option", { value: "" }, "all variants together"));
  record.variants.forEach((variant, v) => {
    if (variant.signatures.some((of) => of.runs > 0)) at("whose").append(el("option", { value: String(v) }, `${variant.scenario}/${variant.variant}`));
  });
  at("whose").addEventListener("change", curves);
  at("log").addEventListener("change", curves);
  at("curves").hidden = record.curves.length === 0;
  curves();
}

// ---- variants ----

const failuresOf = (variant) => variant.signatures.filter((of) => of.news !== "fixed").length;
const ofJob = (count) => (variant) => (variant.runs > 0 ? perSecond(variant[count], variant.spent_ms) : null);
function expectation({ must, may, always }) {
  const parts = must.map(([signature, within]) => [el("code", {}, signature), ` within ${one(within, "run")}`]);
  parts.push(...may.map((signature) => ["perhaps ", el("code", {}, signature)]));
  const words = parts.flatMap((part, index) => (index > 0 ? [", ", ...part] : part));
  if (words.length === 0) return ["no run fails"];
  return always ? ["every run: ", ...words] : words;
}
const VARIANT_COLUMNS = [
  { name: "Program", key: (of) => `${of.scenario}/${of.variant}`, cell: (of) => [nameOf(`${of.scenario}/${of.variant}`), of.about === "" ? null : el("div.quiet", {}, of.about)] },
  { name: "Expectation", key: (of) => ["no", "unjudged", "yes"].indexOf(of.kept),
    cell: (of) => [el(`span.state.${of.kept}`, {}, KEPT_WORDS[of.kept]), el("div.quiet", {}, expectation(of.expectation))] },
  { name: "Runs", kind: "num", key: (of) => of.runs, cell: (of) => grouped(of.runs) },
  { name: "Passed", kind: "num", key: (of) => of.passed / Math.max(of.runs, 1), cell: (of) => (of.runs > 0 ? percent(of.passed, of.runs) : "–") },
  { name: "Failures", kind: "num", key: failuresOf, cell: (of) => grouped(failuresOf(of)) },
  { name: "Runs/s of a job", kind: "num", key: ofJob("runs"), cell: (of) => (of.runs > 0 ? rate(of.runs, of.spent_ms) : "–") },
  { name: "Points/s of a job", kind: "num", key: ofJob("points"), cell: (of) => (of.runs > 0 ? rate(of.points, of.spent_ms) : "–") },
  { name: "Points of a run", kind: "num", key: (of) => (of.runs > 0 ? of.points / of.runs : null), cell: (of) => (of.runs > 0 ? grouped(of.points / of.runs) : "–") },
];
const variantRows = new Map();
function variantRow(variant) {
  if (!variantRows.has(variant)) variantRows.set(variant, el("tr", {}, drawn(VARIANT_COLUMNS, variant)));
  return variantRows.get(variant);
}

// ---- filter ----

const shownKinds = new Set(NEWS);
function filter() {
  const words = at("text").value.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const isMeant = (text) => words.every((word) => text.includes(word));
  let shown = 0;
  for (const failure of failures) {
    const isShown = shownKinds.has(failure.signature.news) && isMeant(failure.text);
    failure.row.hidden = !isShown;
    if (!isShown) expand(failure, false);
    shown += isShown ? 1 : 0;
  }
  at("failures").querySelector(".empty").hidden = shown > 0;
  at("failure-table").hidden = shown === 0;
  for (const { row, text } of matrixRows) row.hidden = !isMeant(text);
  for (const scenario of at("matrices").children) {
    const rows = [...scenario.querySelectorAll("tbody tr")];
    scenario.hidden = words.length > 0 && rows.slice(0, -1).every((row) => row.hidden);
  }
  let variants = 0;
  for (const [variant, row] of variantRows) {
    row.hidden = !isMeant([`${variant.scenario}/${variant.variant}`, ...variant.signatures.map((of) => of.signature)].join(" ").toLowerCase());
    variants += row.hidden ? 0 : 1;
  }
  at("variants").querySelector(".empty").hidden = variants > 0;
  at("variant-table").hidden = variants === 0;
  at("shown").textContent = shown === failures.length ? "" : `${grouped(shown)} of ${one(failures.length, "failure")}`;
}

function clearFilter() {
  at("text").value = "";
  for (const button of at("kinds").children) button.setAttribute("aria-pressed", "true");
  NEWS.forEach((news) => shownKinds.add(news));
  filter();
}

function filters() {
  for (const news of NEWS) {
    const count = failures.filter((failure) => failure.signature.news === news).length;
    if (count === 0) continue;
    const toggle = (event) => {
      const isOn = !shownKinds.has(news);
      if (isOn) shownKinds.add(news);
      else shownKinds.delete(news);
      event.currentTarget.setAttribute("aria-pressed", String(isOn));
      filter();
    };
    at("kinds").append(el("button", { type: "button", "aria-pressed": "true", onclick: toggle }, `${NEWS_WORDS[news]} ${grouped(count)}`));
  }
  at("text").addEventListener("input", filter);
  at("filter").addEventListener("submit", (event) => event.preventDefault());
}

// ---- keys, light, paper ----

function turnLight() {
  const isDark = getComputedStyle(document.documentElement).colorScheme === "dark"
    || (document.documentElement.style.colorScheme === "" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.style.colorScheme = isDark ? "light" : "dark";
}

function step(by) {
  const rows = [...at("failure-table").tBodies[0].rows].filter((row) => !row.hidden && !row.classList.contains("more"));
  if (rows.length === 0) return;
  const now = selected ? rows.indexOf(selected.row) : -1;
  const row = rows[now < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, now + by))];
  const failure = failures.find((failure) => failure.row === row);
  select(failure);
  row.scrollIntoView({ block: "nearest" });
  failure.button.focus({ preventScroll: true });
}

const PARTS = ["failures", "matrix", "discovery", "variants"];
const KEYS = {
  "/": () => at("text").focus(),
  "?": () => at("keys").showModal(),
  t: turnLight,
  j: () => step(1),
  k: () => step(-1),
  c: () => selected?.signature.replay && copy(selected.signature.replay, selected.row.querySelector(".copy")),
  o: () => selected?.row.querySelector("a")?.click(),
};

function keys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || at("keys").open) return;
    if (event.target.closest("input, select, textarea")) {
      if (event.key === "Escape") {
        clearFilter();
        event.target.blur();
      }
      return;
    }
    const act = KEYS[event.key] ?? (PARTS[Number(event.key) - 1] ? () => at(PARTS[Number(event.key) - 1]).scrollIntoView() : null);
    if (!act) return;
    event.preventDefault();
    act();
  });
  at("theme").addEventListener("click", turnLight);
  at("help").addEventListener("click", () => at("keys").showModal());
}

// On paper nothing can be opened: everything is.
function paper() {
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = failures.filter((failure) => !failure.row.hidden && failure.more.hidden);
    closed.forEach((failure) => expand(failure, true));
  });
  addEventListener("afterprint", () => closed.forEach((failure) => expand(failure, false)));
}

head();
sorted(at("failure-table"), FAILURE_COLUMNS, failures, failureRows, { column: 0, sign: 1 });
sorted(at("variant-table"), VARIANT_COLUMNS, record.variants, (variant) => [variantRow(variant)], { column: 1, sign: 1 });
matrices();
discovery();
filters();
filter();
keys();
paper();
document.documentElement.dataset.ready = "drawn";
