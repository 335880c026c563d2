// Too many outlines to tell apart: how many pass through each pixel, on a logarithmic scale.
function drawDensity(S, ctx, layer, shown) {
  const sheet = sheetOf(S, 1), rgb = toRgb(layer.legend[0][1]);
  const most = countOutlines(sheet, layer.boxes, shown, S.view);
  const scale = 255 / Math.log1p(most), { words } = sheet;
  const word = Uint32Array.from({ length: most + 1 }, (_, n) => asWord(rgb, Math.round(Math.log1p(n) * scale)));
  for (let p = 0; p < words.length; p++) words[p] = word[words[p]];
  laySheet(ctx, sheet, S.size);
}

// How many sides of boxes pass through each pixel, into the sheet's words; returns the most. A side is two steps, one
// where it begins and one where it has ended, and what stands between comes by summing up. `steps` has two numbers for
// a pixel, for what goes on to the right and for what goes on downwards: all four of a corner lie side by side.
function countOutlines(sheet, boxes, shown, view) {
  const { W, H, words, steps } = sheet, row = 2 * (W + 1), before = sheet.counted;
  const still = before?.boxes === boxes && ["x", "y", "scale"].every((name) => before.view[name] === view[name]);
  // A score filter takes boxes from the end or adds some there: the others need not be counted again.
  const common = still ? commonLength(before.shown, shown) : 0;
  if (common) takeSteps(sheet, boxes, before.shown.subarray(common), view, -1);
  else steps.fill(0);
  takeSteps(sheet, boxes, shown.subarray(common), view, 1);
  sheet.counted = { boxes, shown, view: { ...view } };
  const columns = new Int32Array(W);
  let most = 1;
  for (let r = 0; r < H; r++) for (let c = 0, n = 0, at = r * row; c < W; c++, at += 2) {
    n += steps[at];
    const total = n + (columns[c] += steps[at + 1]);
    words[r * W + c] = total;
    if (total > most) most = total;
  }
  return most;
}

function commonLength(a, b) {
  const most = Math.min(a.length, b.length);
  for (let n = 0; n < most; n++) if (a[n] !== b[n]) return n;
  return most;
}

function takeSteps({ W, H, steps }, boxes, shown, view, by) {
  const s = view.scale, { x, y } = view, row = 2 * (W + 1);
  for (let n = 0; n < shown.length; n++) {
    const o = 4 * shown[n];
    const x0 = x + boxes[o] * s, y0 = y + boxes[o + 1] * s, x1 = x + boxes[o + 2] * s, y1 = y + boxes[o + 3] * s;
    if (!(x1 >= 0 && y1 >= 0 && x0 < W && y0 < H)) continue;
    const left = x0 < 0 ? 0 : 2 * (x0 | 0), right = x1 > W ? 2 * W : 2 * (x1 | 0);
    const top = y0 < 0 ? 0 : row * (y0 | 0), bottom = y1 > H ? row * H : row * (y1 | 0);
    if (y0 >= 0) { steps[top + left] += by; steps[top + right] -= by; }
    if (y1 < H) { steps[bottom + left] += by; steps[bottom + right] -= by; }
    if (x0 >= 0) { steps[top + left + 1] += by; steps[bottom + left + 1] -= by; }
    if (x1 < W) { steps[top + right + 1] += by; steps[bottom + right + 1] -= by; }
  }
}
