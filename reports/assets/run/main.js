// Puts the page together.

function makeBar() {
  for (const { name, label, title } of AXES) {
    const pick = button(label, title, () => setAxis(name));
    pick.dataset.axis = name;
    pick.setAttribute("aria-pressed", String(name === view.axis));
    $("axes").append(pick);
  }
  $("zoom-in").addEventListener("click", () => zoom(0.6));
  $("zoom-out").addEventListener("click", () => zoom(1 / 0.6));
  $("zoom-race").addEventListener("click", lookAtRace);
  $("zoom-all").addEventListener("click", lookAtAll);
  $("compare").hidden = runs.length < 2;
  $("compare").addEventListener("click", () => setCompare(!view.compare));
  $("find").addEventListener("input", () => { view.find = $("find").value; applyFilter(); });
  $("filters-open").addEventListener("click", () => {
    $("filters").hidden = !$("filters").hidden;
    $("filters-open").setAttribute("aria-expanded", String(!$("filters").hidden));
  });
  $("theme").addEventListener("click", () => theme(darkIsOn() ? "light" : "dark"));
  $("help-open").addEventListener("click", showHelp);
  $("help-close").addEventListener("click", () => $("help").close());
}

function make() {
  makeHead();
  makeStory();
  makeCommands();
  makeBar();
  makeLegend();
  makeFilters();
  makeDecisions();
  makeEnds();
  makeLines("output", "output-section", "output");
  makeLines("tracing", "tracing-section", "tracing");
  makeFigures();
  makeKeys();
  makePointer();
  $("overview").hidden = failing.count <= 60;
  readColours();
  layOut();
  lookAtRace();
  inspect(null);
  makeList();
  if (raw.pair) return finish();
  const start = race.length > 0 ? race[0] : failing.count - 1;
  // The place to look at first is shown, and gives way to whatever is pointed at.
  if (start >= 0) choose({ run: failing, row: start }, false);
  finish();
}

function finish() {
  addEventListener("resize", layOut);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => theme());
  addEventListener("beforeprint", () => { document.documentElement.classList.add("print"); printed(); });
  addEventListener("afterprint", () => { document.documentElement.classList.remove("print"); printed(); });
  // Milliseconds from when the browser began with the page.
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
}

// On paper the picture is drawn in the colours of paper, before the browser looks.
function printed() {
  readColours();
  layOut();
  draw();
  drawOverview();
}

make();
