// NMS as torchvision's runs on a CPU, to the same boxes: each operation rounded to float32, each comparison as there.
const f32 = Math.fround;
const SHIFTED_UP_TO = 1000; // boxes; torchvision shifts the groups apart up to here and takes them one by one above

// The indices that NMS keeps, best first.
//   boxes: Float32Array [4 N] xyxy, groups: [N], order: the indices that enter, by falling score, ties by index
function batchedNms(boxes, groups, order, threshold) {
  if (order.length <= SHIFTED_UP_TO) return nms(shiftApart(boxes, groups, order), order, threshold);
  const ofGroup = new Map();
  for (const i of order) ofGroup.has(groups[i]) ? ofGroup.get(groups[i]).push(i) : ofGroup.set(groups[i], [i]);
  const kept = new Set();
  for (const members of ofGroup.values()) for (const i of nms(pick(boxes, members), members, threshold)) kept.add(i);
  return order.filter((i) => kept.has(i));
}

// Sides of the boxes at `order`, each side an array of its own.
function pick(boxes, order) {
  const sides = [0, 1, 2, 3].map(() => new Float32Array(order.length));
  order.forEach((i, n) => sides.forEach((side, k) => { side[n] = boxes[4 * i + k]; }));
  return sides;
}

function shiftApart(boxes, groups, order) {
  const sides = pick(boxes, order);
  let most = -Infinity;
  for (const side of sides) for (const value of side) if (value > most) most = value;
  const step = f32(most + 1);
  for (const side of sides) order.forEach((i, n) => { side[n] = f32(side[n] + f32(groups[i] * step)); });
  return sides;
}

function nms([x0, y0, x1, y1], order, threshold) {
  const count = order.length, areas = new Float32Array(count), gone = new Uint8Array(count), kept = [];
  for (let n = 0; n < count; n++) areas[n] = f32(f32(x1[n] - x0[n]) * f32(y1[n] - y0[n]));
  for (let n = 0; n < count; n++) {
    if (gone[n]) continue;
    kept.push(order[n]);
    const left = x0[n], top = y0[n], right = x1[n], bottom = y1[n], area = areas[n];
    for (let m = n + 1; m < count; m++) {
      if (gone[m] || x0[m] >= right || x1[m] <= left || y0[m] >= bottom || y1[m] <= top) continue; // an IoU of 0
      const width = f32(Math.min(right, x1[m]) - Math.max(left, x0[m]));
      const height = f32(Math.min(bottom, y1[m]) - Math.max(top, y0[m]));
      const shared = width > 0 && height > 0 ? f32(width * height) : 0;
      if (f32(shared / f32(f32(area + areas[m]) - shared)) > threshold) gone[m] = 1;
    }
  }
  return kept;
}
