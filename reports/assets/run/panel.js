// What is said of one step: the tip beside the pointer, the inspector with its stack, and the source beside that.

function choose(what, pin = true) {
  view.chosen = what;
  view.pinned = what !== null && pin;
  inspect(what);
  if (what) {
    say(sentenceOf(what.run, what.row));
    document.dispatchEvent(new CustomEvent("chosen"));
  }
  redraw();
}

function hover(what) {
  const same = what && view.hovered ? what.run === view.hovered.run && what.row === view.hovered.row : what === view.hovered;
  if (same) return;
  view.hovered = what;
  if (!view.pinned) inspect(what || view.chosen);
  redraw();
}

function sentenceOf(run, row) {
  return `${run.laneOf(row).label}: ${run.textOf(row)}, at ${seconds(run.at[row])}`;
}

function stackOf(run, row) {
  return run.stack[row] > 0 ? run.stack[row] - 1 : null;
}

function inspect(what) {
  const box = $("chosen");
  box.replaceChildren();
  $("source").replaceChildren();
  $("stack").replaceChildren();
  if (!what) {
    if (raw.pair) showPair(box);
    box.append(el("p", "soft", "Point at a step to see where its thread was. Click, or press Enter, to keep it here."));
    return;
  }
  const { run, row } = what;
  const head = el("div", "chosen-head");
  head.append(isolated("b", "", run.laneOf(row).title));
  if (view.pinned) head.append(button("Unpin", "Escape", () => choose(null)));
  box.append(head, isolated("p", "what", run.textOf(row)));
  const facts = [`step ${grand(row + run.leftOut)}`, `point ${grand(run.step[row])}`, `at ${seconds(run.at[row])}`];
  if (view.compare) facts.push(run === failing ? "failing run" : "passing run");
  const decision = run === failing ? raw.decisions.findIndex((one) => one.row === row) : -1;
  if (decision >= 0) facts.push(`choice ${decision + 1}: ${raw.decisions[decision].what}`);
  box.append(el("p", "soft", facts.join(" \u00b7 ")));
  const stack = stackOf(run, row);
  if (stack === null) {
    box.append(el("p", "soft", "Its stack was not looked at."));
    return;
  }
  $("stack").append(stackList(stack, showSource));
  showSource(frameToShow(stack));
}

// The two operations and their sources: what a reader looks for first.
function showPair(box) {
  [raw.pair.first, raw.pair.second].forEach((end, index) => {
    const head = el("p", "what", el("span", "badge pair", index === 0 ? "A" : "B"), isolated("b", "", end.what));
    head.append(isolated("span", "place", `${end.who}, ${briefPlace(["", end.file, end.line])}`));
    box.append(head);
    if (hasSource(["", end.file, end.line])) box.append(excerpt(raw.sources[end.file], end.line, 3));
  });
}

// A stack, innermost first. Frames of the program stand out, the others may be as many as they like.
function stackList(stack, chosen) {
  const list = el("ol", "stack");
  for (const index of raw.stacks[stack]) {
    const frame = raw.frames[index];
    const item = el("li", ["", "foreign", "foreign"][frame[3]]);
    const pick = button("", "", () => chosen(index));
    pick.append(isolated("span", "function", brief(frame[0])), el("span", "place", briefPlace(frame)));
    pick.title = `${frame[0]} ${place(frame)}`;
    pick.dataset.frame = index;
    item.append(pick);
    list.append(item);
  }
  return list;
}

function showSource(index) {
  const box = $("source");
  box.replaceChildren();
  const frame = raw.frames[index], lines = raw.sources[frame[1]];
  for (const pick of $("stack").querySelectorAll("[data-frame]")) {
    pick.setAttribute("aria-current", String(Number(pick.dataset.frame) === index));
  }
  if (!lines || lines[frame[2]] === undefined) return;
  box.append(el("p", "soft", place(frame)), excerpt(lines, frame[2]));
}

function excerpt(lines, line, around = 5) {
  const text = el("pre", "excerpt");
  const indent = Math.min(...Object.keys(lines).filter((number) => Math.abs(number - line) <= around)
    .map((number) => lines[number]).filter((code) => code.trim() !== "").map((code) => code.search(/\S/)));
  for (let number = line - around; number <= line + around; number++) {
    if (lines[number] === undefined) continue;
    const row = el(number === line ? "mark" : "span", "line");
    row.append(el("span", "number", String(number)), isolated("span", "code", lines[number].slice(Number.isFinite(indent) ? indent : 0) || " "));
    text.append(row);
  }
  return text;
}

function showTip(what, x, y) {
  const tip = $("tip");
  tip.hidden = what === null;
  if (what === null) return;
  tip.replaceChildren();
  if (what.span) {
    tip.append(el("b", "", what.span));
  } else {
    const { run, row } = what, stack = stackOf(run, row);
    tip.append(isolated("b", "", run.laneOf(row).label), isolated("p", "what", run.textOf(row)));
    tip.append(el("p", "soft", `step ${grand(row + run.leftOut)} \u00b7 ${seconds(run.at[row])}`));
    if (stack !== null) tip.append(tipStack(stack));
  }
  const width = tip.offsetWidth, height = tip.offsetHeight;
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 8))}px`;
  tip.style.top = `${y + height + 24 > innerHeight ? Math.max(4, y - height - 12) : y + 16}px`;
}

function tipStack(stack) {
  const list = el("ol", "stack");
  const frames = raw.stacks[stack].map((index) => raw.frames[index]);
  const own = frames.filter((frame) => frame[3] === 0);
  for (const frame of (own.length > 0 ? own : frames).slice(0, 4)) {
    list.append(el("li", "", isolated("span", "function", brief(frame[0])), el("span", "place", briefPlace(frame))));
  }
  return list;
}
