// Going through the steps of a court (court.js) or the frames of a film (film.js): by slider, buttons and keys, and by
// itself. Either gives: words, first, last, step, go(step), delay(step) in milliseconds to the next, told() in words,
// speeds and in which filter the chosen one is; isThere: whether the step is shown yet.
const SPEEDS = [1, 2, 4, 16], ROWS = 200; // steps a second; suppressed boxes that are listed

const courtLayer = (S) => S.scene?.layers.find((layer) => layer.court);

const played = (S) => (S.scene?.film ? filmSteps(S) : courtLayer(S) ? courtSteps(S) : null);

function courtSteps(S) {
  const layer = courtLayer(S);
  return {
    words: layer.sieve.steps.words, first: 1, last: lastStep(layer), step: layer.court.step, speeds: SPEEDS, speed: "speed", isThere: true,
    told: () => stepWords(layer),
    delay: () => 1000 / S.filters.speed,
    go: (step) => { S.filters.step = step; S.refilter(); },
  };
}

function goToStep(S, step) {
  const steps = played(S);
  if (!steps) return;
  steps.go(clamp(step, steps.first, steps.last));
  for (const update of S.controls) update();
}

// One step by hand, which ends the playing.
function stepBy(S, by) {
  stopPlaying(S);
  goToStep(S, played(S).step + by);
  say(S, played(S).told());
}

function playOrPause(S) {
  const { step, first, last } = played(S);
  if (S.playing) {
    stopPlaying(S);
    goToStep(S, step);
    say(S, played(S).told());
  } else if (last > first) {
    const from = step === last ? first : step;
    playOn(S, from);
    if (from !== step) goToStep(S, from);
    for (const update of S.controls) update();
  }
}

function playOn(S, from = played(S).step) {
  clearTimeout(S.playing);
  const look = () => {
    const steps = played(S);
    S.playing = 0;
    if (!steps) return;
    if (!steps.isThere) { S.playing = setTimeout(look, 20); return; } // its picture is on its way
    if (steps.step + 1 < steps.last) playOn(S, steps.step + 1);
    goToStep(S, steps.step + 1);
  };
  S.playing = setTimeout(look, played(S).delay(from));
}

function stopPlaying(S) {
  clearTimeout(S.playing);
  S.playing = 0;
}

const PLAYER_KEYS = { a: (S) => stepBy(S, -1), s: playOrPause, d: (S) => stepBy(S, 1) };
const TYPING =
  "input:not([type=range],[type=checkbox],[type=radio]), textarea, select, [contenteditable], [role=combobox]";

// Returns how to stop.
function bindPlayer(S) {
  const onKey = (event) => {
    const deed = PLAYER_KEYS[event.key.toLowerCase()];
    if (!deed || !played(S) || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.composedPath()[0].matches?.(TYPING)) return;
    deed(S);
    event.preventDefault();
  };
  window.addEventListener("keydown", onKey);
  return () => { stopPlaying(S); window.removeEventListener("keydown", onKey); };
}

function stepWords(layer) {
  const { court, scores, sieve: { steps, levels } } = layer, { kept, victims } = caseOf(layer);
  const number = (value) => value.toLocaleString("en"), name = steps.names[levels[kept]];
  const [overlap, are] = victims.length === 1 ? ["overlaps", "is"] : ["overlap", "are"];
  return `Step ${number(court.step)} of ${number(lastStep(layer))}: the best box left (${name}, score ` +
    `${scores[kept].toFixed(3)}) is kept, and ${number(victims.length)} that ${overlap} it by more than ` +
    `${+court.threshold.toPrecision(6)} ${are} suppressed.`;
}

// The buttons, the slider and what is told; below it, where there is one, a table that `list` fills.
function addPlayer(S, list = null) {
  const { words, first } = played(S);
  const make = (tag, more) => Object.assign(document.createElement(tag), more);
  const button = (key, deed) => {
    const one = make("button", { type: "button", className: "chip" });
    one.addEventListener("click", deed);
    one.show = (what) => {
      const [term, help] = words[what];
      if (one.title !== help) one.replaceChildren(term, make("kbd", { textContent: key }));
      one.title = help;
    };
    return one;
  };
  const row = make("div", { className: "player" }), told = make("p", { className: "told" });
  const back = button("A", () => stepBy(S, -1)), next = button("D", () => stepBy(S, 1));
  const play = button("S", () => playOrPause(S));
  row.append(back, play, next);
  const step = () => played(S).step, go = (to) => { stopPlaying(S); played(S).go(+to); };
  const input = addSlider(S, words.step[0], { min: first, max: first + 1, step: 1, title: words.step[1] }, step, String, go);
  const cases = make("div", { className: "cases", tabIndex: 0, hidden: !list });
  S.parts.filters.append(row, speedRow(S, words.speed), told, cases);
  back.show("back");
  next.show("next");
  S.controls.push(() => {
    const { step, last, told: inWords } = played(S);
    input.max = Math.max(first + 1, last);
    input.value = step;
    play.show(S.playing ? "pause" : "play");
    play.disabled = last === first;
    back.disabled = step === first;
    next.disabled = step === last;
    told.textContent = inWords();
    list?.(cases);
  });
}

function speedRow(S, [term, help]) {
  const row = Object.assign(document.createElement("div"), { className: "player", role: "group", title: help });
  const { speeds, speed: filter } = played(S);
  row.ariaLabel = term;
  row.append(term);
  for (const speed of speeds) {
    const one = document.createElement("button");
    Object.assign(one, { type: "button", className: "chip", textContent: speed });
    one.addEventListener("click", () => {
      S.filters[filter] = speed;
      if (S.playing) playOn(S);
      S.refilter();
    });
    S.controls.push(() => one.setAttribute("aria-pressed", S.filters[filter] === speed));
    row.append(one);
  }
  return row;
}

// Whom the step of a court suppresses, a line a box.
function listCases(place, layer) {
  const { kept, victims } = caseOf(layer), { objects, words } = layer.sieve.steps, { ious } = layer.court;
  const onAnother = (i) => (objects[i] >= 0 && objects[kept] >= 0 && objects[i] !== objects[kept] ? "yes" : "");
  const lines = [["IoU", ...["score", ...(objects ? ["another"] : [])].map((what) => words[what][0])]];
  for (const i of victims.subarray(0, ROWS))
    lines.push([ious[i].toFixed(3), layer.scores[i].toFixed(3), ...(objects ? [onAnother(i)] : [])]);
  const table = document.createElement("table");
  for (const [n, cells] of lines.entries()) {
    const row = table.insertRow();
    for (const text of cells) row.append(Object.assign(document.createElement(n ? "td" : "th"), { textContent: text }));
  }
  place.replaceChildren(table);
}
