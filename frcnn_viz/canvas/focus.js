// Going through the boxes by keyboard: Tab to the next by score, Shift+Tab back, Enter chooses, Escape leaves.
const MOST_STOPS = 1000; // of a layer

// Where Tab stops: scored boxes, the best first, then the others, top layers first.
function stops(S) {
  if (S.stopsOf === S.shown) return S.stops;
  const all = [];
  for (let l = S.scene.layers.length - 1; l >= 0; l--) {
    const { scores, ids, name } = S.scene.layers[l];
    for (const index of S.shown[l].subarray(0, MOST_STOPS))
      all.push({ layer: l, index, name, id: ids[index], score: scores ? scores[index] : -1 });
  }
  S.stopsOf = S.shown;
  return (S.stops = all.sort((a, b) => b.score - a.score));
}

// Whether there was a box to go to; past either end Tab leaves the canvas.
function stepFocus(S, by) {
  const all = stops(S), at = S.focus ? all.findIndex((stop) => sameBox(stop, S.focus)) : -1;
  const next = S.focus || by > 0 ? all[at + by] : undefined;
  setFocus(S, next ?? null);
  if (next) say(S, `${focusWords(S)}. Box ${at + by + 1} of ${all.length.toLocaleString("en")}.`);
  return !!next;
}

function setFocus(S, stop) {
  S.focus = stop;
  if (stop) bringIntoView(S, boxOf(S.scene.layers[stop.layer], stop.index));
  S.hover = null;
  showFocusTip(S);
  S.touch();
}

function showFocusTip(S) {
  const { focus, scene } = S;
  showTip(S, ...(focus ? onScreen(S.view, boxOf(scene.layers[focus.layer], focus.index)).slice(2) : [0, 0]));
}

function bringIntoView(S, [x0, y0, x1, y1]) {
  const [left, top] = toImage(S.view, 0, 0), [right, bottom] = toImage(S.view, ...S.size);
  if (x0 >= left && y0 >= top && x1 <= right && y1 <= bottom) return;
  centreView(S.view, S.scene, S.size, (x0 + x1) / 2, (y0 + y1) / 2);
  S.viewMoved();
}

const focusWords = (S) => boxWords(S.scene.layers[S.focus.layer], S.focus.index).join(", ");

function chooseFocus(S) {
  if (!S.focus) return false;
  const [x0, y0, x1, y1] = boxOf(S.scene.layers[S.focus.layer], S.focus.index);
  choose(S, S.focus, (x0 + x1) / 2, (y0 + y1) / 2);
  return true;
}

// A box (null for none) was chosen at a point of the image.
function choose(S, hit, x, y) {
  const layer = hit && S.scene.layers[hit.layer];
  if (hit) say(S, "Chosen: " + boxWords(layer, hit.index).join(", "));
  S.emit("pick", { x, y, layer: layer?.name ?? null, id: layer ? layer.ids[hit.index] : null });
}

// In another scene the same box, if it is still there.
function keepFocus(S) {
  const { focus } = S;
  if (!focus) return;
  const layer = S.scene.layers.findIndex((one) => one.name === focus.name);
  const index = layer < 0 ? -1 : S.scene.layers[layer].ids.indexOf(focus.id);
  S.focus = index < 0 ? null : { ...focus, layer, index };
}

function leave(S) {
  setFocus(S, null);
  S.parts.canvas.blur();
  return true;
}
