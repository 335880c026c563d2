// Matching anchors to objects as torchvision's `box_iou` and `Matcher` do, low-quality matches allowed: each operation
// rounded to float32, each comparison as there.
const BELOW = -1, BETWEEN = -2;

// What each anchor stands for.
//   anchors: Float32Array [4 A], objects: Float32Array [4 G], with areas; fg, bg: the thresholds
//   matched: Int32Array [A], the object an anchor is positive for, or BELOW, or BETWEEN
//   iou, object: [A], the best IoU and its object (0 and -1 without objects); best: [G], the best IoU of each object
function matchAnchors(anchors, objects, fg, bg) {
  const count = anchors.length / 4, sizes = areas(objects), low = f32(bg), high = f32(fg);
  const matched = new Int32Array(count), object = new Int32Array(count).fill(-1);
  const iou = new Float32Array(count), best = new Float32Array(sizes.length);
  const own = areas(anchors);
  for (let a = 0; a < count; a++) {
    for (let g = 0; g < sizes.length; g++) {
      const value = boxIou(objects, g, sizes[g], anchors, a, own[a]);
      if (value > iou[a] || object[a] < 0) { iou[a] = value; object[a] = g; }
      if (value > best[g]) best[g] = value;
    }
    matched[a] = object[a] < 0 || iou[a] < low ? BELOW : iou[a] < high ? BETWEEN : object[a];
  }
  // Every object keeps the anchors that overlap it most, however little, and they stand for their own best object.
  for (let a = 0; a < count; a++) for (let g = 0; g < sizes.length; g++)
    if (matched[a] < 0 && boxIou(objects, g, sizes[g], anchors, a, own[a]) === best[g]) matched[a] = object[a];
  return { matched, iou, object, best };
}

function areas(boxes) {
  return Float32Array.from({ length: boxes.length / 4 }, (_, i) =>
    f32(boxes[4 * i + 2] - boxes[4 * i]) * f32(boxes[4 * i + 3] - boxes[4 * i + 1]));
}

function boxIou(a, i, areaA, b, j, areaB) {
  const p = 4 * i, q = 4 * j;
  const width = f32(Math.min(a[p + 2], b[q + 2]) - Math.max(a[p], b[q]));
  const height = f32(Math.min(a[p + 3], b[q + 3]) - Math.max(a[p + 1], b[q + 1]));
  const shared = width > 0 && height > 0 ? f32(width * height) : 0;
  return f32(shared / f32(f32(areaA + areaB) - shared));
}
