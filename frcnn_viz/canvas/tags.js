// Words on boxes. They never lie on each other: each takes the first free place at its box, is shortened where there is
// none, and is left out (hovering tells it) where there is no room for that either.
const TAG_HEIGHT = 16, SHORT = 6;
const TAG_FONT = "600 12px sans-serif";

// The layers' tags: those on top first, the best of each layer first. `--tag-scale` of the stage's style makes them larger.
function paintTags(ctx, S) {
  const taken = [], scale = parseFloat(getComputedStyle(S.parts.stage).getPropertyValue("--tag-scale")) || 1;
  const scaled = (lengths) => lengths.map((length) => length / scale), size = scaled(S.size);
  ctx.save();
  ctx.scale(scale, scale);
  for (let l = S.scene.layers.length - 1; l >= 0; l--) {
    const layer = S.scene.layers[l], { view } = S;
    if (layer.labels || layer.named) for (const i of S.shown[l]) if (tagOf(layer, i))
      putTag(ctx, taken, tagOf(layer, i), layer.legend[layer.groups[i]][1], scaled(onScreen(view, boxOf(layer, i))), size);
  }
  ctx.restore();
}

function tagOf({ labels, named, groups, legend, scores }, i) {
  return labels?.[i] ?? (groups[i] < named ? `${legend[groups[i]][0]} ${scores[i].toFixed(2)}` : "");
}

function putTag(ctx, taken, text, colour, box, size) {
  if (box[2] < 0 || box[3] < 0 || box[0] > size[0] || box[1] > size[1]) return;
  ctx.font = TAG_FONT;
  const short = text.length > SHORT + 2 ? [text.slice(0, SHORT) + "…"] : [];
  for (const words of [text, ...short]) {
    const spot = freeSpot(taken, box, ctx.measureText(words).width + 8, size);
    if (!spot) continue;
    taken.push(spot);
    drawTag(ctx, words, colour, spot);
    return;
  }
}

function freeSpot(taken, [x0, y0, x1, y1], width, [W, H]) {
  const left = x0 - 1, right = x1 + 1 - width, above = y0 - TAG_HEIGHT, below = y1 - TAG_HEIGHT;
  const places = [[left, above], [left, y0], [right, above], [right, y0], [left, y1], [left, below], [right, y1]];
  for (const [x, y] of places) {
    const spot = [clamp(x, 0, Math.max(0, W - width)), y, width];
    if (y >= 0 && y + TAG_HEIGHT <= H && !taken.some((other) => overlap(spot, other))) return spot;
  }
  return null;
}

const overlap = ([x, y, width], [x2, y2, width2]) =>
  x < x2 + width2 && x2 < x + width && Math.abs(y - y2) < TAG_HEIGHT;

function drawTag(ctx, text, colour, [x, y, width]) {
  ctx.fillStyle = colour;
  ctx.fillRect(x, y, width, TAG_HEIGHT);
  ctx.fillStyle = isLight(colour) ? "#111" : "#fff";
  ctx.fillText(text, x + 4, y + 12);
}

function isLight(hex) {
  const [r, g, b] = toRgb(hex);
  return 0.299 * r + 0.587 * g + 0.114 * b > 140;
}

const toRgb = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
