// Which boxes are shown, and which of them is under the pointer.

const NONE = new Uint32Array(0);

// Indices of a layer's boxes that are shown: the best `topK` of those over the score and in a shown group.
function visibleBoxes(layer, filters) {
  if (isOff(filters, layer)) return NONE;
  const hidden = hiddenGroups(filters, layer);
  const { order, scores, groups } = layer, found = new Uint32Array(layer.count);
  const limit = scores ? filters.topK : Infinity, shown = layer.legend.map((_, group) => !hidden.includes(group));
  let n = 0;
  for (let k = 0; k < order.length; k++) {
    const i = order[k];
    if (layer.frames && layer.frames[i] !== layer.frame) continue;
    if (n >= limit || (scores && scores[i] < filters.score)) break;
    if (shown[groups[i]]) found[n++] = i;
  }
  return found.subarray(0, n);
}

// How a scene comes, but for the score filter, which the scene tells.
const usualFilters = () => ({ topFraction: 1, off: {}, hidden: {}, arrows: true, step: 1, speed: 2, pace: 1 });

const isOff = (filters, layer) => filters.off[layer.name] ?? !layer.visible;

// What is not shown. A layer whose dial is turned, and not answered yet, shows more, unless the reader chose.
const hiddenGroups = (filters, layer) => filters.hidden[layer.name] ??
  (layer.turned ? layer.hiddenGroups.filter((g) => !layer.sieve.shownHeld.includes(g)) : layer.hiddenGroups);

const mostScored = (scene) => Math.max(1, ...scene.layers.filter((l) => l.scores).map(countOf));

// Of a layer's boxes, or of those that are in the frame.
const countOf = (layer) => (layer.frames ? layer.groupCounts.reduce((a, b) => a + b, 0) : layer.count);

// The boxes of this frame are those that are counted and shown.
function takeFrame(layer, frame) {
  if (layer.frame === frame) return;
  layer.frame = frame;
  layer.groupCounts = countGroups(layer);
}

// The top slider is logarithmic: from 1 box to all of them.
const topOf = (fraction, most) => (fraction >= 1 ? most : Math.max(1, Math.round(most ** fraction)));

function filterBoxes(S) {
  for (const layer of S.scene.layers) if (layer.court) takeStep(layer, S.filters.step);
  for (const layer of S.scene.layers) if (layer.frames) takeFrame(layer, S.film?.at ?? 0);
  S.filters.topK = topOf(S.filters.topFraction, mostScored(S.scene));
  S.shown = S.scene.layers.map((layer) => (S.scene.awaited ? NONE : visibleBoxes(layer, S.filters)));
}

// The smallest shown box that holds the point; later layers win over earlier ones. `picks`: of layers to be clicked.
function boxAt(scene, shown, x, y, slack, picks = false) {
  for (let l = scene.layers.length - 1; l >= 0; l--) {
    const { boxes, pickable } = scene.layers[l];
    if (picks && pickable === false) continue;
    let best = -1, least = Infinity;
    for (let n = 0; n < shown[l].length; n++) {
      const i = shown[l][n], o = i * 4;
      if (x < boxes[o] - slack || y < boxes[o + 1] - slack) continue;
      if (x > boxes[o + 2] + slack || y > boxes[o + 3] + slack) continue;
      const area = (boxes[o + 2] - boxes[o]) * (boxes[o + 3] - boxes[o + 1]);
      if (area < least) [best, least] = [i, area];
    }
    if (best >= 0) return { layer: l, index: best };
  }
  return null;
}

const sameBox = (a, b) => a?.layer === b?.layer && a?.index === b?.index;
