// A court: greedy NMS gone through step by step. In each step the best box left is kept, and those that overlap it too
// much are suppressed. A layer is one where its sieve has `steps`:
//   kept: the boxes that the server's NMS keeps, best first; suppressor: of each box the one that suppressed it, or -1
//   names: of the levels or labels; objects: of each box the object it lies on, or -1; null where none are drawn
const FADE = [0.55, 0.3, 0.15]; // how strong the suppressed still are, so many steps later

// What NMS at another threshold than the server's makes of the boxes.
function judge(layer, threshold) {
  const { boxes, levels } = layer.sieve, kept = batchedNms(boxes, levels, layer.order, threshold);
  return { kept, suppressor: suppressors(layer, kept, f32(threshold)) };
}

// As `find_suppressors`: the best kept box of the same group over the threshold. NMS compares boxes that are shifted
// apart, so where none is over it here, the one that overlaps most.
function suppressors({ count, scores, sieve: { boxes, levels } }, kept, threshold) {
  const ofGroup = new Map(), by = new Int32Array(count).fill(-1), isKept = new Uint8Array(count);
  for (const k of kept) {
    isKept[k] = 1;
    ofGroup.has(levels[k]) ? ofGroup.get(levels[k]).push(k) : ofGroup.set(levels[k], [k]);
  }
  for (let i = 0; i < count; i++) {
    if (isKept[i]) continue;
    let most = -1;
    for (const k of ofGroup.get(levels[i])) {
      if (scores[k] < scores[i]) break;
      const iou = iouOf(boxes, k, i);
      if (iou > most) [most, by[i]] = [iou, k];
      if (iou > threshold) { by[i] = k; break; }
    }
  }
  return by;
}

function iouOf(boxes, i, j) {
  const [a, b] = [4 * i, 4 * j], area = (o) => f32(f32(boxes[o + 2] - boxes[o]) * f32(boxes[o + 3] - boxes[o + 1]));
  const width = f32(Math.min(boxes[a + 2], boxes[b + 2]) - Math.max(boxes[a], boxes[b]));
  const height = f32(Math.min(boxes[a + 3], boxes[b + 3]) - Math.max(boxes[a + 1], boxes[b + 1]));
  const shared = width > 0 && height > 0 ? f32(width * height) : 0;
  return f32(shared / f32(f32(area(a) + area(b)) - shared));
}

// Lays a judgement on a layer: the step, from 0, in which each box is judged, and the IoU of each with its suppressor.
function holdCourt(layer, { kept, suppressor }, threshold) {
  const judgedIn = new Int32Array(layer.count), ious = new Float32Array(layer.count).fill(NaN);
  kept.forEach((k, step) => { judgedIn[k] = step; });
  suppressor.forEach((k, i) => {
    if (k < 0) return;
    judgedIn[i] = judgedIn[k];
    ious[i] = iouOf(layer.sieve.boxes, k, i);
  });
  layer.court = { kept, suppressor, judgedIn, ious, threshold };
  layer.ownColumns ??= layer.columns;
  layer.columns = [...layer.ownColumns, ["IoU", ious]];
}

const lastStep = ({ court }) => court.kept.length;

// The groups of the boxes in step `asked`, from 1, or in the last where there are fewer.
function takeStep(layer, asked) {
  const { court, count } = layer, { places, steps } = layer.sieve, step = Math.min(asked, lastStep(layer));
  if (court.step === step) return;
  court.step = step;
  layer.groups = new (groupArray(layer))(count);
  layer.alphas = new Float32Array(count).fill(1);
  layer.labels = new Array(count);
  for (let i = 0; i < count; i++) {
    const ago = step - 1 - court.judgedIn[i], spared = court.suppressor[i] < 0;
    layer.groups[i] = places[fateOf(spared, ago)];
    if (!spared && ago > 0 && ago <= FADE.length) layer.alphas[i] = FADE[ago - 1];
    if (ago === 0) layer.labels[i] = spared
      ? `${steps.names[layer.sieve.levels[i]]} ${layer.scores[i].toFixed(2)}` : `IoU ${court.ious[i].toFixed(2)}`;
  }
  layer.groupCounts = countGroups(layer);
}

function fateOf(spared, ago) {
  if (ago < 0) return "waiting";
  if (spared) return ago ? "before" : "kept";
  return ago === 0 ? "suppressed" : ago <= FADE.length ? "fading" : "gone";
}

// The box that the step keeps, and whom that suppresses, the best first.
function caseOf({ court, order }) {
  const kept = court.kept[court.step - 1];
  return { kept, victims: order.filter((i) => court.suppressor[i] === kept) };
}
