// The stage: how large it is, its canvases, its pictures.
const LEAST_HEIGHT = 220, GAP = 16, SCROLLBAR = 20;

// The whole width; no higher than the picture needs, nor than the window leaves from the stage's place downwards, less
// what the host wants below it: `--below-stage` of its style, in pixels.
function stageSize(S) {
  const { stage, foot } = S.parts, width = stage.clientWidth;
  const room = window.innerHeight - topOnPage(stage) - foot.offsetHeight - GAP - below(stage);
  return [width, Math.round(Math.max(LEAST_HEIGHT, Math.min(width * S.picture.height / S.picture.width, room)))];
}

const below = (stage) => parseFloat(getComputedStyle(stage).getPropertyValue("--below-stage")) || 0;

// As if everything round it were scrolled to its top.
function topOnPage(element) {
  let top = element.getBoundingClientRect().top;
  for (let node = outside(element); node; node = outside(node)) top += node.scrollTop;
  return top;
}

const outside = (node) => node.parentElement ?? node.getRootNode().host;

// Calls `S.resize` when the window changes, or anything round the stage; returns how to stop.
function watchSize(S) {
  const check = () => S.picture && S.resize(), observer = new ResizeObserver(check);
  for (let node = S.parts.stage; node; node = outside(node)) observer.observe(node);
  const onWindow = () => { S.size = [S.heightFor = 0, 0]; check(); };
  window.addEventListener("resize", onWindow);
  return () => { observer.disconnect(); window.removeEventListener("resize", onWindow); };
}

// Whether the stage got another size. A width that grows by no more than a scrollbar leaves the height as it was:
// else a picture that just fits would bring the scrollbar and drive it away for ever.
function takeSize(S) {
  const [width, height] = stageSize(S), [oldWidth, oldHeight] = S.size;
  if (!width) return false;
  const gain = width - S.heightFor, settled = gain > 0 && gain <= SCROLLBAR && height > oldHeight;
  const size = [width, settled ? oldHeight : height];
  if (size[0] === oldWidth && size[1] === oldHeight) return false;
  if (!settled) S.heightFor = width;
  S.size = size;
  S.parts.stage.style.height = size[1] + "px";
  for (const context of Object.values(S.on)) sizeCanvas(context, ...size);
  return true;
}

// Screen pixels outside, device pixels inside.
function sizeCanvas(context, width, height) {
  const ratio = window.devicePixelRatio || 1, { canvas } = context;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  Object.assign(canvas.style, { width: width + "px", height: height + "px" });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
}

function loadImage(S, slot, url) {
  if (S[slot + "Url"] === url) return;
  S[slot + "Url"] = url;
  S[slot] = null;
  if (!url) return;
  S[slot] = new Image();
  S[slot].onload = () => S.repaint();
  S[slot].src = url;
}

const isLoaded = (image) => image?.complete && image.naturalWidth;
