// Going through the steps of a court (court.js): by slider, buttons and keys, and by itself.
const SPEEDS = [1, 2, 4, 16], ROWS = 200; // steps a second; suppressed boxes that are listed

const courtLayer = (S) => S.scene?.layers.find((layer) => layer.court);

function goToStep(S, step) {
  const layer = courtLayer(S);
  if (!layer) return;
  S.filters.step = clamp(step, 1, lastStep(layer));
  S.refilter();
  for (const update of S.controls) update();
}

// One step by hand, which ends the playing.
function stepBy(S, by) {
  stopPlaying(S);
  goToStep(S, courtLayer(S).court.step + by);
  say(S, stepWords(courtLayer(S)));
}

function playOrPause(S) {
  const layer = courtLayer(S), { step } = layer.court;
  if (S.playing) {
    stopPlaying(S);
    goToStep(S, step);
    say(S, stepWords(layer));
  } else if (lastStep(layer) > 1) {
    playOn(S);
    goToStep(S, step === lastStep(layer) ? 1 : step);
  }
}

function playOn(S) {
  clearTimeout(S.playing);
  S.playing = setTimeout(() => {
    const layer = courtLayer(S), next = layer && layer.court.step + 1;
    S.playing = 0;
    if (!layer) return;
    if (next < lastStep(layer)) playOn(S);
    goToStep(S, next);
  }, 1000 / S.filters.speed);
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
    if (!deed || !courtLayer(S) || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
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
  return `Step ${number(court.step)} of ${number(lastStep(layer))}: the best box left (${name}, score ` +
    `${scores[kept].toFixed(3)}) is kept, and ${number(victims.length)} that overlap it by more than ` +
    `${+court.threshold.toPrecision(6)} are suppressed.`;
}

function addPlayer(S, l) {
  const layer = () => S.scene.layers[l], { words } = layer().sieve.steps;
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
  const step = () => layer().court.step, go = (to) => { stopPlaying(S); S.filters.step = to; };
  const input = addSlider(S, words.step[0], { min: 1, max: 2, step: 1, title: words.step[1] }, step, String, go);
  const cases = make("div", { className: "cases", tabIndex: 0 });
  S.parts.filters.append(row, speedRow(S, words.speed), told, cases);
  back.show("back");
  next.show("next");
  S.controls.push(() => {
    input.max = Math.max(2, lastStep(layer()));
    input.value = step();
    play.show(S.playing ? "pause" : "play");
    play.disabled = lastStep(layer()) < 2;
    back.disabled = step() === 1;
    next.disabled = step() === lastStep(layer());
    told.textContent = stepWords(layer());
    listCases(cases, layer(), words);
  });
}

function speedRow(S, [term, help]) {
  const row = Object.assign(document.createElement("div"), { className: "player", role: "group", title: help });
  row.ariaLabel = term;
  row.append(term);
  for (const speed of SPEEDS) {
    const one = document.createElement("button");
    Object.assign(one, { type: "button", className: "chip", textContent: speed });
    one.addEventListener("click", () => {
      S.filters.speed = speed;
      if (S.playing) playOn(S);
      S.refilter();
      for (const update of S.controls) update();
    });
    S.controls.push(() => one.setAttribute("aria-pressed", S.filters.speed === speed));
    row.append(one);
  }
  return row;
}

// Whom the step suppresses, a line a box.
function listCases(place, layer, words) {
  const { kept, victims } = caseOf(layer), { objects } = layer.sieve.steps, { ious } = layer.court;
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
