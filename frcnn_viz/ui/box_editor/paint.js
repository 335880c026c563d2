// Painting. Coordinates are screen pixels.
const HANDLE = 5;

function paint(ctx, S, width, height) {
  drawPicture(ctx, S, width, height);
  S.boxes.forEach((box, i) => { if (i !== S.selected) paintBox(ctx, S, box, i); });
  if (S.boxes[S.selected]) paintBox(ctx, S, S.boxes[S.selected], S.selected);
  if (S.drag?.kind === "draw" && S.drag.box) outline(ctx, S, S.drag.box, colourOf(S, S.active), 2, []);
}

function paintBox(ctx, S, box, i) {
  if (!isDrawn(box)) return;
  const chosen = i === S.selected, colour = colourOf(S, box.label);
  if (chosen) outline(ctx, S, box.c, "rgba(255,255,255,0.9)", 5, []);
  outline(ctx, S, box.c, colour, chosen ? 3 : 2, S.marks[i] ? [6, 4] : []);
  const text = S.marks[i] ? box.label + " \u26a0" : box.label;
  const corner = [0, 1].map((axis) => Math.min(box.c[axis], box.c[axis + 2]) * S.view.scale);
  drawTag(ctx, text, colour, S.view.x + corner[0], S.view.y + corner[1]);
  if (!chosen) return;
  ctx.lineWidth = 1.5;
  for (const handle of HANDLES) {
    const [hx, hy] = handlePoint(box.c, handle);
    ctx.fillStyle = "#fff";
    ctx.strokeStyle = "#222";
    ctx.beginPath();
    ctx.rect(S.view.x + hx * S.view.scale - HANDLE, S.view.y + hy * S.view.scale - HANDLE, 2 * HANDLE, 2 * HANDLE);
    ctx.fill();
    ctx.stroke();
  }
}

function outline(ctx, S, c, colour, width, dash) {
  const s = S.view.scale;
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.strokeRect(S.view.x + c[0] * s, S.view.y + c[1] * s, (c[2] - c[0]) * s, (c[3] - c[1]) * s);
  ctx.setLineDash([]);
}

function colourOf(S, label) {
  const index = S.classes.indexOf(label);
  return S.colours[(index < 0 ? S.colours.length - 1 : index) % S.colours.length];
}
