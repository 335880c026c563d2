// Painting. Coordinates are screen pixels; one path for each colour.
const DENSITY_FROM = 50000;

function drawScene(ctx, S, width, height) {
  const { scene, view } = S;
  drawPicture(ctx, S, width, height);
  if (scene.overlay && isLoaded(S.overlay)) {
    const [x0, y0, x1, y1] = scene.overlay.extent;
    ctx.imageSmoothingEnabled = false;
    ctx.globalAlpha = S.filters.opacity ?? scene.overlay.opacity;
    ctx.drawImage(S.overlay, view.x + x0 * view.scale, view.y + y0 * view.scale, (x1 - x0) * view.scale, (y1 - y0) * view.scale);
    ctx.globalAlpha = 1;
  }
  if (scene.points) drawPoints(ctx, scene.points, view);
  S.dense = false;
  S.shown = scene.layers.map((layer) => visibleBoxes(layer, S.filters));
  scene.layers.forEach((layer, l) => {
    if (S.shown[l].length > DENSITY_FROM) { drawDensity(ctx, layer, S.shown[l], view, width, height); S.dense = true; }
    else drawLayer(ctx, layer, S.shown[l], view, S.filters.arrows);
  });
  if (S.hover) strokeBox(ctx, scene.layers[S.hover.layer], S.hover.index, view, "#ffffff", 3);
}

function drawPoints(ctx, points, view) {
  ctx.fillStyle = "rgba(255,255,255,0.9)";
  ctx.strokeStyle = "rgba(0,0,0,0.5)";
  ctx.lineWidth = 0.5;
  ctx.beginPath();
  for (let i = 0; i < points.length; i += 2) ctx.rect(view.x + points[i] * view.scale - 1, view.y + points[i + 1] * view.scale - 1, 2, 2);
  ctx.fill();
  ctx.stroke();
}

function drawLayer(ctx, layer, shown, view, arrows) {
  const { boxes, groups, legend } = layer;
  const s = view.scale;
  ctx.lineWidth = layer.width;
  for (let g = legend.length - 1; g >= 0; g--) { // the first group on top
    ctx.strokeStyle = legend[g][1];
    ctx.beginPath();
    for (const i of shown) {
      if (groups[i] !== g) continue;
      const o = i * 4;
      ctx.rect(view.x + boxes[o] * s, view.y + boxes[o + 1] * s, (boxes[o + 2] - boxes[o]) * s, (boxes[o + 3] - boxes[o + 1]) * s);
    }
    ctx.stroke();
    if (layer.tails && arrows) drawArrows(ctx, layer, shown, view, g);
  }
  if (layer.labels) for (const i of shown)
    drawTag(ctx, layer.labels[i], legend[groups[i]][1], view.x + boxes[4 * i] * s, view.y + boxes[4 * i + 1] * s);
}

function drawArrows(ctx, layer, shown, view, group) {
  const { boxes, tails } = layer;
  ctx.beginPath();
  for (const i of shown) {
    if (layer.groups[i] !== group) continue;
    const x0 = view.x + tails[2 * i] * view.scale, y0 = view.y + tails[2 * i + 1] * view.scale;
    const x1 = view.x + (boxes[4 * i] + boxes[4 * i + 2]) / 2 * view.scale, y1 = view.y + (boxes[4 * i + 1] + boxes[4 * i + 3]) / 2 * view.scale;
    const angle = Math.atan2(y1 - y0, x1 - x0);
    ctx.moveTo(x0, y0);
    ctx.lineTo(x1, y1);
    for (const turn of [2.6, -2.6]) { ctx.moveTo(x1, y1); ctx.lineTo(x1 + 6 * Math.cos(angle + turn), y1 + 6 * Math.sin(angle + turn)); }
  }
  ctx.stroke();
}

function strokeBox(ctx, layer, i, view, colour, width) {
  const b = layer.boxes.subarray(4 * i, 4 * i + 4), s = view.scale;
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.strokeRect(view.x + b[0] * s, view.y + b[1] * s, (b[2] - b[0]) * s, (b[3] - b[1]) * s);
}

// Too many outlines to tell apart: how many pass through each pixel, on a logarithmic scale.
function drawDensity(ctx, layer, shown, view, width, height) {
  const W = Math.ceil(width), H = Math.ceil(height);
  const across = new Int32Array((W + 1) * H), down = new Int32Array(W * (H + 1));
  const clamp = (v, top) => (v < 0 ? 0 : v > top ? top : v) | 0;
  for (const i of shown) {
    const o = i * 4, b = layer.boxes, s = view.scale;
    const x0 = view.x + b[o] * s, y0 = view.y + b[o + 1] * s, x1 = view.x + b[o + 2] * s, y1 = view.y + b[o + 3] * s;
    const left = clamp(x0, W), right = clamp(x1, W), top = clamp(y0, H), bottom = clamp(y1, H);
    for (const y of [y0, y1]) if (y >= 0 && y < H) { across[(y | 0) * (W + 1) + left]++; across[(y | 0) * (W + 1) + right]--; }
    for (const x of [x0, x1]) if (x >= 0 && x < W) { down[top * W + (x | 0)]++; down[bottom * W + (x | 0)]--; }
  }
  const count = new Int32Array(W * H);
  let most = 1;
  for (let x = 0; x < W; x++) for (let y = 0, n = 0; y < H; y++) count[y * W + x] = n += down[y * W + x];
  for (let y = 0; y < H; y++) for (let x = 0, n = 0; x < W; x++) {
    n += across[y * (W + 1) + x];
    const total = (count[y * W + x] += n);
    if (total > most) most = total;
  }
  const picture = new ImageData(W, H), scale = 255 / Math.log1p(most);
  const rgb = toRgb(layer.legend[0][1]);
  for (let p = 0; p < W * H; p++) {
    picture.data.set(rgb, 4 * p);
    picture.data[4 * p + 3] = Math.log1p(count[p]) * scale;
  }
  const sheet = new OffscreenCanvas(W, H);
  sheet.getContext("2d").putImageData(picture, 0, 0);
  ctx.drawImage(sheet, 0, 0, width, height);
}
