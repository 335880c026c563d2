// Painting the tools' boxes. Coordinates are screen pixels.
const HANDLE = 5;

function paintTools(S) {
  const { tools: T, view, drag } = S, { over } = S.on;
  const order = T.boxes.map((_, i) => i).sort((a, b) => (a === T.selected) - (b === T.selected)), taken = [];
  for (const i of order) paintBox(T, over, T.boxes[i], i);
  for (const i of order.reverse()) tagBox(T, over, T.boxes[i], i, taken);
  if (drag?.box) strokeBox(over, view, drag.box, colourOf(T, T.active), 2);
}

function paintBox(T, over, box, i) {
  if (!isDrawn(box)) return;
  const { view } = T.S, chosen = i === T.selected, colour = colourOf(T, box.label);
  if (chosen) strokeBox(over, view, box.c, "rgba(255,255,255,0.9)", 5);
  strokeBox(over, view, box.c, colour, chosen ? 3 : 2, T.marks[i] ? [6, 4] : []);
  if (chosen) for (const handle of HANDLES) paintHandle(over, view, handlePoint(box.c, handle));
}

function tagBox(T, over, box, i, taken) {
  if (!isDrawn(box)) return;
  const [x0, y0, x1, y1] = box.c, upright = [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)];
  const words = T.marks[i] ? box.label + " \u26a0" : box.label;
  putTag(over, taken, words, colourOf(T, box.label), onScreen(T.S.view, upright), T.S.size);
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
