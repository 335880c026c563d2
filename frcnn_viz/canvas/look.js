// What the reader set on the canvas, as one short text for a link: what differs from how the scene comes, no more.
//   z=2.5,320,200.5     zoom, and the image point in the middle    s=0.3  score filter      t=0.75  top slider
//   o=0.4               opacity of the overlay                     a=0    no arrows
//   off=truth.its-box   layers switched off                        on=... layers switched on that come switched off
//   n=28  step of a court, v=4  steps a second when it plays   p=0.5  pace of a film
//   h=candidate:1.2     hidden groups of a layer; "candidate:" when none is hidden of one that comes with some hidden
const LOOK_AFTER = 200;

function lookText({ view, scene, filters }) {
  const parts = [], put = (name, value, usual) => { if (value !== usual) parts.push(`${name}=${rounded(value, 4)}`); };
  if (!isFit(view, scene)) parts.push(`z=${[view.zoom, view.cx, view.cy].join()}`);
  put("s", filters.score, scene.scoreFrom);
  put("t", filters.topFraction, 1);
  put("o", filters.opacity ?? scene.overlay?.opacity, scene.overlay?.opacity);
  put("a", +filters.arrows, 1);
  put("n", filters.step, 1);
  put("v", filters.speed, 2);
  put("p", filters.pace, 1);
  const turned = (off) => scene.layers.filter((l) => isOff(filters, l) === off && l.visible === off);
  for (const [name, off] of [["off", true], ["on", false]])
    if (turned(off).length) parts.push(`${name}=${turned(off).map(slug).join(".")}`);
  for (const layer of scene.layers) {
    const groups = (filters.hidden[layer.name] ?? layer.hiddenGroups).join(".");
    if (groups !== layer.hiddenGroups.join(".")) parts.push(`h=${slug(layer)}:${groups}`);
  }
  return parts.join("~");
}

// A layer's name with nothing in it that a link would have to write otherwise.
const slug = ({ name }) => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-")
  .replace(/[^\x00-\x7f]/gu, (letter) => letter.codePointAt(0).toString(16));

// A look of another epoch than the last is taken, from how the scene comes; what cannot be read of it is left out.
function takeLook(S, look) {
  if (!look || look.epoch === S.lookEpoch) return;
  S.lookEpoch = look.epoch;
  setLook(S, look.text);
  S.lookSaid = S.linkedLook = lookText(S);
}

function setLook(S, text) {
  fitView(S.view, S.scene);
  S.filters = { ...usualFilters(), score: S.scene.scoreFrom };
  for (const part of text.split("~")) {
    const [name, value] = part.split(/=(.*)/s);
    readLook[name]?.(S, value ?? "");
  }
}

const fraction = (text) => (/^\d*\.?\d+$/.test(text) && text <= 1 ? +text : undefined);

const readLook = {
  __proto__: null,
  z({ view, scene }, value) {
    const numbers = value.split(",").map(Number), [zoom, cx, cy] = numbers;
    if (numbers.length !== 3 || !numbers.every(Number.isFinite)) return;
    view.zoom = rounded(clamp(zoom, 1, MAX_ZOOM), 4);
    Object.assign(view, centreOf(scene, cx, cy));
  },
  s({ filters }, value) { filters.score = fraction(value) ?? filters.score; },
  t({ filters }, value) { filters.topFraction = fraction(value) ?? 1; },
  o({ filters }, value) { filters.opacity = fraction(value); },
  n({ filters }, value) { filters.step = /^[1-9]\d{0,5}$/.test(value) ? +value : 1; },
  v({ filters }, value) { filters.speed = SPEEDS.includes(+value) ? +value : 2; },
  p({ filters }, value) { filters.pace = PACES.includes(+value) ? +value : 1; },
  a({ filters }, value) { filters.arrows = value !== "0"; },
  off(S, value) { switchLayers(S, value, true); },
  on(S, value) { switchLayers(S, value, false); },
  h({ scene, filters }, value) {
    const [name, groups = ""] = value.split(":");
    for (const layer of scene.layers) if (slug(layer) === name) {
      const numbers = groups.split(".").filter(Boolean).map(Number);
      filters.hidden[layer.name] = numbers.filter((group) => group in layer.legend).sort((a, b) => a - b);
    }
  },
};

function switchLayers({ scene, filters }, names, off) {
  for (const layer of scene.layers) if (names.split(".").includes(slug(layer))) filters.off[layer.name] = off;
}

// Tells the host of another look, once it has stood still for a moment.
function tellLook(S) {
  tellLinked(S);
  clearTimeout(S.lookTimer);
  if (S.playing) return; // the step that it stops at is told
  S.lookTimer = setTimeout(() => {
    const text = lookText(S);
    if (S.gone || text === S.lookSaid) return;
    S.lookSaid = text;
    S.emit("look", text);
  }, LOOK_AFTER);
}
