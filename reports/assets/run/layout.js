// Where lanes stand, from top to bottom. Knows no drawing.

const GUTTER = 190, RULER = 42, HEAD = 22;
const LANE = { least: 20, most: 42 };

// What stands below each other: headings of runs and of processes, and lanes, with their tops and heights.
let bands = [];
let bandsHeight = 0;

function groupOf(lane) {
  return lane.group;
}

function layOut() {
  // The whole picture on the first screen, if that leaves lanes high enough to be read.
  const below = innerHeight - $("stage").getBoundingClientRect().top - scrollY - 70;
  const room = Math.max(300, Math.min(below, innerHeight * 0.55)) + (view.compare ? 200 : 0);
  const lanes = runsInView().reduce((sum, run) => sum + run.lanes.length - view.lanesOff[run.index].size, 0);
  const height = Math.max(LANE.least, Math.min(LANE.most, (room - RULER - 40) / Math.max(lanes, 1)));
  bands = [];
  let y = 0;
  for (const run of runsInView()) {
    if (view.compare) {
      bands.push({ head: run.title, run, strong: true, y, h: HEAD });
      y += HEAD;
    }
    const several = new Set(run.lanes.map(groupOf)).size > 1;
    let group = null;
    run.lanes.forEach((lane, index) => {
      if (view.lanesOff[run.index].has(index)) return;
      if (several && groupOf(lane) !== group) {
        bands.push({ head: groupOf(lane), run, strong: false, y, h: HEAD });
        y += HEAD;
      }
      group = groupOf(lane);
      bands.push({ lane: index, run, y, h: height });
      y += height;
    });
  }
  bandsHeight = y;
  $("lanes").style.height = `${Math.round(RULER + Math.min(bandsHeight, Math.max(room, 120)) + 4)}px`;
  bandOf = runs.map((run) => new Array(run.lanes.length).fill(null));
  for (const band of bands) if (band.lane !== undefined) bandOf[band.run.index][band.lane] = band;
  scrollTo(view.top);
}

// The band of a lane, by run; null if it is filtered away.
let bandOf = [];

function scrollTo(top) {
  const room = $("lanes").clientHeight - RULER;
  view.top = Math.max(0, Math.min(top, bandsHeight - room));
  redraw();
}

// Brings a lane into what is seen.
function scrollNear(run, lane) {
  const band = bandOf[run.index][lane];
  if (!band) return;
  const room = $("lanes").clientHeight - RULER;
  if (band.y < view.top) scrollTo(band.y - HEAD);
  else if (band.y + band.h > view.top + room) scrollTo(band.y + band.h - room + 4);
}

function bandAt(y) {
  return bands.find((band) => y - RULER + view.top >= band.y && y - RULER + view.top < band.y + band.h) || null;
}

// Where the bar of a lane is: below its words if there is room for words.
function barOf(band) {
  const y = RULER + band.y - view.top;
  if (band.h >= 34) return { y: y + 18, h: band.h - 24, words: y + 12 };
  if (band.h >= 26) return { y: y + 13, h: band.h - 17, words: y + 10 };
  return { y: y + 4, h: band.h - 8, words: null };
}
