// How well anchors fit objects, while their sizes are turned: what `analysis/anchor_fit.py` gives, to the bit. Each
// operation is rounded to float32 as torch does, and of each shape only the anchor nearest to an object is looked at.
//   objects: { boxes: Float32Array [4 N] xyxy, input frame; kind: [N]; grids: one for each kind (images of one size are
//   of one kind), with { strideX, strideY, columns, rows } for each level }
//   sizes, ratios: of each level, as the anchor generator takes them

// Objects as `figures.lab.objects_in_browser` sends them.
function readObjects(boxes, kind, grids, levels) {
  const names = ["strideX", "strideY", "columns", "rows"];
  const grid = (start) => Object.fromEntries(names.map((name, n) => [name, grids[start + n]]));
  const ofKind = (k) => Array.from({ length: levels }, (_, l) => grid(names.length * (k * levels + l)));
  return { boxes, kind, grids: Array.from({ length: grids.length / (names.length * levels) }, (_, k) => ofKind(k)) };
}

// torchvision's anchors around the origin: for each level a Float32Array [4 K], the sizes of each ratio in turn.
function baseAnchors(sizes, ratios) {
  return sizes.map((ofLevel, level) => Float32Array.from(ratios[level].flatMap((ratio) => {
    const tall = f32(Math.sqrt(f32(ratio))), wide = f32(1 / tall);
    return ofLevel.flatMap((size) => {
      const x = roundEven(f32(wide * f32(size)) / 2), y = roundEven(f32(tall * f32(size)) / 2);
      return [-x, -y, x, y];
    });
  })));
}

// On each level the grid's place nearest to each object's centre: for each level a Float32Array [2 N]. Sizes and ratios
// do not move it, so it is found once.
function nearestPlaces({ boxes, kind, grids }) {
  const levels = grids.length ? grids[0].length : 0;
  return Array.from({ length: levels }, (_, level) => {
    const places = new Float32Array(2 * kind.length);
    for (let n = 0; n < kind.length; n++) {
      const { strideX, strideY, columns, rows } = grids[kind[n]][level];
      places[2 * n] = nearest(boxes[4 * n], boxes[4 * n + 2], strideX, columns);
      places[2 * n + 1] = nearest(boxes[4 * n + 1], boxes[4 * n + 3], strideY, rows);
    }
    return places;
  });
}

function nearest(low, high, stride, cells) {
  const cell = roundEven(f32(f32(f32(low + high) / 2) / stride));
  return Math.min(Math.max(cell, 0), cells - 1) * stride;
}

// The best anchor of each object over all levels and shapes; of equal ones the first.
//   iou: Float32Array [N], level, shape: [N], anchors: Float32Array [4 N], input frame
function fitAnchors(objects, places, sizes, ratios) {
  const { boxes, kind } = objects, count = kind.length;
  const iou = new Float32Array(count).fill(-1), level = new Int32Array(count), shape = new Int32Array(count);
  const anchors = new Float32Array(4 * count);
  baseAnchors(sizes, ratios).forEach((base, l) => {
    for (let n = 0; n < count; n++) {
      const x = places[l][2 * n], y = places[l][2 * n + 1];
      const x0 = boxes[4 * n], y0 = boxes[4 * n + 1], x1 = boxes[4 * n + 2], y1 = boxes[4 * n + 3];
      const area = f32(f32(x1 - x0) * f32(y1 - y0));
      for (let k = 0; k < base.length; k += 4) {
        const left = f32(x + base[k]), top = f32(y + base[k + 1]);
        const right = f32(x + base[k + 2]), bottom = f32(y + base[k + 3]);
        const width = Math.max(0, f32(Math.min(x1, right) - Math.max(x0, left)));
        const height = Math.max(0, f32(Math.min(y1, bottom) - Math.max(y0, top)));
        const shared = f32(width * height), own = f32(f32(right - left) * f32(bottom - top));
        const value = f32(shared / f32(f32(area + own) - shared));
        if (value > iou[n]) {
          iou[n] = value;
          level[n] = l;
          shape[n] = k / 4;
          anchors[4 * n] = left;
          anchors[4 * n + 1] = top;
          anchors[4 * n + 2] = right;
          anchors[4 * n + 3] = bottom;
        }
      }
    }
  });
  return { iou, level, shape, anchors };
}

// The part of the objects that some anchor overlaps at least so much; NaN without objects.
function recallAt(iou, threshold) {
  const least = f32(threshold);
  return iou.reduce((found, value) => found + (value >= least), 0) / iou.length;
}

// How many objects have their best IoU in each of `bins` equal parts of 0 to 1; 1 is in the last.
function iouHistogram(iou, bins) {
  const counts = new Uint32Array(bins);
  for (const value of iou) counts[Math.min(Math.floor(value * bins), bins - 1)]++;
  return counts;
}

// The objects that reach the threshold only after a change, and only before: indices, the largest change first.
function changedObjects(before, after, threshold) {
  const least = f32(threshold), change = before.map((value, n) => Math.abs(f32(after[n] - value)));
  const order = [...change.keys()].sort((a, b) => change[b] - change[a]);
  return {
    gained: order.filter((n) => before[n] < least && after[n] >= least),
    lost: order.filter((n) => before[n] >= least && after[n] < least),
  };
}

// To the nearest whole number; a half goes to the even one, as in torch.
function roundEven(value) {
  const below = Math.floor(value), rest = value - below;
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
}
