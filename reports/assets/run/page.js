// Small things that every part of the page needs. Text of the program under test becomes text nodes, here and nowhere else.

const $ = (id) => document.getElementById(id);

// An element with a class and with children; strings become text.
function el(tag, look, ...children) {
  const element = document.createElement(tag);
  if (look) element.className = look;
  for (const child of children) {
    if (child !== null && child !== undefined) element.append(child);
  }
  return element;
}

function button(label, title, pressed) {
  const made = el("button", "", label);
  made.type = "button";
  if (title) made.title = title;
  made.addEventListener("click", pressed);
  return made;
}

// Text that a program chose does not turn what stands beside it around.
function isolated(tag, look, text) {
  const element = el(tag, look, text);
  element.dir = "auto";
  element.style.unicodeBidi = "isolate";
  return element;
}

function say(text) {
  $("said").textContent = text;
}

function copyButton(text) {
  const copy = button("Copy", "", async () => {
    copy.textContent = await copied(text) ? "Copied" : "Press Ctrl+C";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
  copy.className = "copy";
  return copy;
}

// A page opened from disk is not always given the clipboard: then the text is selected, and a key copies it.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el("textarea", "offscreen");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

// The colours of the style sheet, for the canvas.
let colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["ground", "panel", "ink", "soft", "line", "running", "runnable", "blocked", "stalled", "choice",
    "bad", "good", "focus", "message", "wake", "signal", "spawn", "other"]) {
    colours[name] = style.getPropertyValue("--" + name).trim();
  }
}

function theme(wanted) {
  if (wanted) document.documentElement.dataset.theme = wanted;
  readColours();
  redraw();
}

function darkIsOn() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
