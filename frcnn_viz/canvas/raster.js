// Outlines by the thousand, written pixel by pixel: a 2-D context takes half a second for 20,000 strokes.
// A sheet is a picture of device pixels that is kept between frames; its words are colours as the memory has them.
function sheetOf(S, ratio) {
  const [W, H] = S.size.map((side) => Math.round(side * ratio)), kept = S.sheets.get(ratio);
  if (kept?.W === W && kept.H === H) return kept;
  const image = new ImageData(W, H), words = new Uint32Array(image.data.buffer);
  const steps = new Int32Array(2 * (W + 1) * (H + 1)); // see density.js
  const sheet = { W, H, image, words, steps, canvas: new OffscreenCanvas(W, H) };
  S.sheets.set(ratio, sheet);
  return sheet;
}

// Lays the sheet on a context of screen pixels.
function laySheet(ctx, { canvas, image }, size) {
  canvas.getContext("2d").putImageData(image, 0, 0);
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(canvas, 0, 0, ...size);
}

const asWord = ([r, g, b], alpha = 255) => ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;

function drawRaster(S, ctx, layer, shown) {
  const ratio = window.devicePixelRatio || 1, sheet = sheetOf(S, ratio);
  sheet.words.fill(0);
  const thick = (g) => Math.max(1, Math.floor(widthOfGroup(layer, g) * ratio));
  for (let g = layer.legend.length - 1; g >= 0; g--) if (layer.groupCounts[g]) // the first group on top
    writeOutlines(sheet, layer, shown, g, S.view, ratio, thick(g), asWord(toRgb(layer.legend[g][1])),
      layer.dashes[g]?.map((length) => Math.max(1, Math.round(length * ratio))));
  laySheet(ctx, sheet, S.size);
}

function drawRasterPoints(S, ctx, points) {
  const ratio = window.devicePixelRatio || 1, sheet = sheetOf(S, ratio), { W, H, words } = sheet;
  const { x, y, scale } = S.view, size = Math.round(2 * ratio), word = asWord([255, 255, 255], 230);
  words.fill(0);
  for (let i = 0; i < points.length; i += 2) {
    const left = Math.floor((x + points[i] * scale - 1) * ratio);
    const top = Math.floor((y + points[i + 1] * scale - 1) * ratio);
    for (let row = Math.max(0, top); row < Math.min(H, top + size); row++)
      for (let column = Math.max(0, left); column < Math.min(W, left + size); column++) words[row * W + column] = word;
  }
  laySheet(ctx, sheet, S.size);
}

function writeOutlines({ W, H, words }, { boxes, groups, alphas }, shown, group, view, ratio, thick, solid, dash) {
  const s = view.scale * ratio, vx = view.x * ratio, vy = view.y * ratio;
  for (let n = 0; n < shown.length; n++) {
    const i = shown[n], o = 4 * i;
    if (groups[i] !== group) continue;
    const word = alphas ? (solid & 0xffffff) | (Math.round(255 * alphas[i]) << 24) : solid;
    const x0 = Math.floor(vx + boxes[o] * s), y0 = Math.floor(vy + boxes[o + 1] * s);
    const x1 = Math.floor(vx + boxes[o + 2] * s), y1 = Math.floor(vy + boxes[o + 3] * s);
    if (!(x1 >= 0 && y1 >= 0 && x0 < W && y0 < H)) continue;
    const left = x0 < 0 ? 0 : x0, right = x1 >= W ? W - 1 : x1, top = y0 < 0 ? 0 : y0, bottom = y1 >= H ? H - 1 : y1;
    for (let t = 0; t < thick; t++) {
      for (let y = y0 + t, n = 0; n < 2; n++, y = y1 - t)
        if (y >= 0 && y < H) write(words, word, y * W + left, y * W + right, 1, dash);
      for (let x = x0 + t, n = 0; n < 2; n++, x = x1 - t)
        if (x >= 0 && x < W) write(words, word, top * W + x, bottom * W + x, W, dash);
    }
  }
}

function write(words, word, from, to, step, dash) {
  if (!dash) for (let p = from; p <= to; p += step) words[p] = word;
  else for (let start = from; start <= to; start += (dash[0] + dash[1]) * step)
    write(words, word, start, Math.min(to, start + (dash[0] - 1) * step), step);
}
