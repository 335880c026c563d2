// The boxes and what was done to them. A box is { c: [x0, y0, x1, y1], label, flags }; coordinates are image pixels,
// edges, so that 0 and the width are the image's own.
const HISTORY = 200, LEAST = 2;

const copyBoxes = (boxes) => boxes.map((box) => ({ ...box, c: [...box.c], flags: [...box.flags] }));
const fromRows = (rows) => rows.map(([x0, y0, x1, y1, label, flags, identity]) =>
  ({ c: [x0, y0, x1, y1], label, flags, identity }));
const toRows = (boxes) => boxes.map((box) => [...box.c, box.label, box.flags, box.identity ?? ""]);
const isDrawn = (box) => box.c.every((v) => v !== null);

// Remembers what was there; to be called before a change.
function remember(T) {
  T.undo.push({ boxes: copyBoxes(T.boxes), selected: T.selected });
  if (T.undo.length > HISTORY) T.undo.shift();
  T.redo = [];
}

function stepBack(T, from, to) {
  const state = from.pop();
  if (!state) return false;
  to.push({ boxes: copyBoxes(T.boxes), selected: T.selected });
  T.boxes = state.boxes;
  T.selected = Math.min(state.selected, T.boxes.length - 1);
  return true;
}


// Moves a box by whole pixels without leaving the image; one that is outside may only come nearer.
function moved(c, dx, dy, width, height) {
  const within = (d, low, high, size) => clamp(Math.round(d), Math.min(0, -low), Math.max(0, size - high));
  const mx = within(dx, c[0], c[2], width), my = within(dy, c[1], c[3], height);
  return [c[0] + mx, c[1] + my, c[2] + mx, c[3] + my];
}

// Two points become a box of whole pixels inside the image.
function between(a, b, width, height) {
  const x = [a[0], b[0]].map((v) => clamp(Math.round(v), 0, width)).sort((p, q) => p - q);
  const y = [a[1], b[1]].map((v) => clamp(Math.round(v), 0, height)).sort((p, q) => p - q);
  return [x[0], y[0], x[1], y[1]];
}

// A side or a corner of a box goes to a point. `handle` is -1, 0 or 1 along x and y.
function resized(c, handle, point, width, height) {
  const corners = [...c];
  for (const axis of [0, 1]) {
    if (!handle[axis]) continue;
    const to = clamp(Math.round(point[axis]), 0, axis ? height : width);
    if (handle[axis] < 0) corners[axis] = Math.min(to, c[axis + 2] - 1);
    else corners[axis + 2] = Math.max(to, c[axis] + 1);
  }
  return corners;
}

// The smallest box that holds the point, or -1.
function boxUnder(boxes, [x, y], slack) {
  let best = -1, least = Infinity;
  const holds = (v, a, b) => v >= Math.min(a, b) - slack && v <= Math.max(a, b) + slack;
  boxes.forEach((box, i) => {
    if (!isDrawn(box)) return;
    const [x0, y0, x1, y1] = box.c, area = Math.abs((x1 - x0) * (y1 - y0));
    if (area < least && holds(x, x0, x1) && holds(y, y0, y1)) [best, least] = [i, area];
  });
  return best;
}

const HANDLES = [[-1, -1], [0, -1], [1, -1], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0]];
const along = (h, low, high) => (h < 0 ? low : h > 0 ? high : (low + high) / 2);
const handlePoint = ([x0, y0, x1, y1], [hx, hy]) => [along(hx, x0, x1), along(hy, y0, y1)];

// The handle of a box near a point, or null; corners win over sides.
function handleUnder(c, [x, y], reach) {
  const near = HANDLES.map((handle) => {
    const [hx, hy] = handlePoint(c, handle);
    return { handle, far: Math.max(Math.abs(hx - x), Math.abs(hy - y)), corner: handle[0] && handle[1] };
  }).filter(({ far }) => far <= reach);
  near.sort((a, b) => (b.corner ? 1 : 0) - (a.corner ? 1 : 0) || a.far - b.far);
  return near[0]?.handle ?? null;
}
