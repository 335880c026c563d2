// What the box canvas and the box editor share: the canvas's size, the picture, the tags on boxes, the pointer.
function stageSize(stage, scene, part) {
  const width = Math.max(200, stage.clientWidth);
  return [width, Math.min(width * scene.height / scene.width, Math.max(240, window.innerHeight * part))];
}

// Screen pixels outside, device pixels inside.
function sizeCanvas(canvas, ctx, width, height) {
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = height + "px";
  }
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
}

function loadImage(S, slot, url, done) {
  if (S[slot + "Url"] === url) return;
  S[slot + "Url"] = url;
  S[slot] = null;
  if (!url) return;
  S[slot] = new Image();
  S[slot].onload = done;
  S[slot].src = url;
}

const isLoaded = (image) => image?.complete && image.naturalWidth;

function drawPicture(ctx, S, width, height) {
  const { view, scene } = S;
  ctx.clearRect(0, 0, width, height);
  ctx.imageSmoothingEnabled = view.scale < 2;
  if (isLoaded(S.image)) ctx.drawImage(S.image, view.x, view.y, scene.width * view.scale, scene.height * view.scale);
}

// A word on a box whose upper left corner is at x, y of the screen.
function drawTag(ctx, text, colour, x, y) {
  const top = Math.max(16, y) - 16;
  ctx.font = "600 12px sans-serif";
  ctx.fillStyle = colour;
  ctx.fillRect(x - 1, top, ctx.measureText(text).width + 8, 16);
  ctx.fillStyle = isLight(colour) ? "#111" : "#fff";
  ctx.fillText(text, x + 3, top + 12);
}

function isLight(hex) {
  const [r, g, b] = toRgb(hex);
  return 0.299 * r + 0.587 * g + 0.114 * b > 140;
}

const toRgb = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));

const pointerOn = (canvas, event) => { const r = canvas.getBoundingClientRect(); return [event.clientX - r.left, event.clientY - r.top]; };
