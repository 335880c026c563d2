// Where the picture lies on the stage. Three numbers tell it at any size of the stage: `zoom` (1 shows all of it), and
// `cx`, `cy`, the image point in the middle; `scale`, `x`, `y` and `fit` (the scale at zoom 1) follow from them. They
// are rounded as a link has them, so that a link shows the same to the pixel.
const MAX_ZOOM = 64;
const rounded = (value, digits) => +value.toFixed(digits);

function fitView(view, scene) {
  Object.assign(view, { zoom: 1, cx: scene.width / 2, cy: scene.height / 2 });
}

const isFit = (view, scene) => view.zoom === 1 && view.cx === scene.width / 2 && view.cy === scene.height / 2;

function placeView(view, scene, [width, height]) {
  view.fit = Math.min(width / scene.width, height / scene.height);
  view.scale = view.fit * view.zoom;
  view.x = width / 2 - view.cx * view.scale;
  view.y = height / 2 - view.cy * view.scale;
}

// The picture never leaves the stage altogether.
const centreOf = ({ width, height }, cx, cy) => (
  { cx: rounded(clamp(cx, 0, width), 3), cy: rounded(clamp(cy, 0, height), 3) });

// The image point (cx, cy) comes to the middle.
function centreView(view, scene, size, cx, cy) {
  Object.assign(view, centreOf(scene, cx, cy));
  placeView(view, scene, size);
}

// Zooms by a factor; the image point under the screen point stays where it is.
function zoomAt(view, scene, size, factor, [px, py]) {
  const [x, y] = toImage(view, px, py), [width, height] = size;
  view.zoom = rounded(clamp(view.zoom * factor, 1, MAX_ZOOM), 4);
  if (view.zoom === 1) fitView(view, scene);
  placeView(view, scene, size);
  if (view.zoom > 1)
    centreView(view, scene, size, x + (width / 2 - px) / view.scale, y + (height / 2 - py) / view.scale);
}

function panBy(view, scene, size, dx, dy, from = view) {
  centreView(view, scene, size, from.cx - dx / view.scale, from.cy - dy / view.scale);
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

const toImage = (view, px, py) => [(px - view.x) / view.scale, (py - view.y) / view.scale];

const onScreen = ({ x, y, scale }, [x0, y0, x1, y1]) =>
  [x + x0 * scale, y + y0 * scale, x + x1 * scale, y + y1 * scale];

function pointerOn(canvas, event) {
  const { left, top } = canvas.getBoundingClientRect();
  return [event.clientX - left, event.clientY - top];
}
