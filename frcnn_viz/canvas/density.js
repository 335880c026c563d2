// Too many outlines to tell apart: how many pass through each pixel, on a logarithmic scale.
function drawDensity(ctx, layer, shown, view, size) {
  const [W, H] = size.map(Math.ceil);
  const count = outlines(layer.boxes, shown, view, W, H);
  const most = count.reduce((a, b) => (a > b ? a : b), 1);
  const picture = new ImageData(W, H), scale = 255 / Math.log1p(most);
  const rgb = toRgb(layer.legend[0][1]);
  for (let p = 0; p < W * H; p++) {
    picture.data.set(rgb, 4 * p);
    picture.data[4 * p + 3] = Math.log1p(count[p]) * scale;
  }
  const sheet = new OffscreenCanvas(W, H);
  sheet.getContext("2d").putImageData(picture, 0, 0);
  ctx.drawImage(sheet, 0, 0, ...size);
}

// How many sides of boxes pass through each pixel: Int32Array [H W]. A side is two steps, summed up afterwards.
function outlines(boxes, shown, view, W, H) {
  const across = new Int32Array((W + 1) * H), down = new Int32Array(W * (H + 1)), count = new Int32Array(W * H);
  const within = (v, top) => (v < 0 ? 0 : v > top ? top : v) | 0;
  const s = view.scale;
  for (const i of shown) {
    const o = i * 4;
    const x0 = view.x + boxes[o] * s, x1 = view.x + boxes[o + 2] * s;
    const y0 = view.y + boxes[o + 1] * s, y1 = view.y + boxes[o + 3] * s;
    const left = within(x0, W), right = within(x1, W), top = within(y0, H), bottom = within(y1, H);
    for (const y of [y0, y1]) if (y >= 0 && y < H) {
      across[(y | 0) * (W + 1) + left]++;
      across[(y | 0) * (W + 1) + right]--;
    }
    for (const x of [x0, x1]) if (x >= 0 && x < W) {
      down[top * W + (x | 0)]++;
      down[bottom * W + (x | 0)]--;
    }
  }
  for (let x = 0; x < W; x++) for (let y = 0, n = 0; y < H; y++) count[y * W + x] = n += down[y * W + x];
  for (let y = 0; y < H; y++) for (let x = 0, n = 0; x < W; x++) count[y * W + x] += n += across[y * (W + 1) + x];
  return count;
}
