// Words on boxes.
const TAG_HEIGHT = 16;

// A word on a box whose upper left corner is at x, y of the screen.
function drawTag(ctx, text, colour, x, y) {
  const top = Math.max(TAG_HEIGHT, y) - TAG_HEIGHT;
  ctx.font = "600 12px sans-serif";
  ctx.fillStyle = colour;
  ctx.fillRect(x - 1, top, ctx.measureText(text).width + 8, TAG_HEIGHT);
  ctx.fillStyle = isLight(colour) ? "#111" : "#fff";
  ctx.fillText(text, x + 3, top + 12);
}

function isLight(hex) {
  const [r, g, b] = toRgb(hex);
  return 0.299 * r + 0.587 * g + 0.114 * b > 140;
}

const toRgb = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
