// Painting the tools' boxes. Coordinates are screen pixels.
const HANDLE = 5;

function paintTools(S) {
  const { tools: T, view, drag } = S, { over } = S.on;
  T.boxes.forEach((box, i) => { if (i !== T.selected) paintBox(T, over, box, i); });
  if (T.boxes[T.selected]) paintBox(T, over, T.boxes[T.selected], T.selected);
  if (drag?.box) strokeBox(over, view, drag.box, colourOf(T, T.active), 2);
}

function paintBox(T, over, box, i) {
  if (!isDrawn(box)) return;
  const { view } = T.S, chosen = i === T.selected, colour = colourOf(T, box.label);
  if (chosen) strokeBox(over, view, box.c, "rgba(255,255,255,0.9)", 5);
  strokeBox(over, view, box.c, colour, chosen ? 3 : 2, T.marks[i] ? [6, 4] : []);
  const [x, y] = [0, 1].map((axis) => Math.min(box.c[axis], box.c[axis + 2]) * view.scale);
  drawTag(over, T.marks[i] ? box.label + " \u26a0" : box.label, colour, view.x + x, view.y + y);
  if (chosen) for (const handle of HANDLES) paintHandle(over, view, handlePoint(box.c, handle));
}

function paintHandle(over, view, [hx, hy]) {
  const x = view.x + hx * view.scale, y = view.y + hy * view.scale;
  over.setLineDash(SOLID);
  Object.assign(over, { lineWidth: 1.5, fillStyle: "#fff", strokeStyle: "#222" });
  over.fillRect(x - HANDLE, y - HANDLE, 2 * HANDLE, 2 * HANDLE);
  over.strokeRect(x - HANDLE, y - HANDLE, 2 * HANDLE, 2 * HANDLE);
}

function colourOf({ classes, colours }, label) {
  const index = classes.indexOf(label);
  return colours[(index < 0 ? colours.length - 1 : index) % colours.length];
}
