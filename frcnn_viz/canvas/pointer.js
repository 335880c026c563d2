// The mouse, the trackpad and fingers. A drag pans; with tools it draws, moves or resizes (tools.js), and the middle
// button or the space bar pans. A click picks the box under it; with tools it selects one. Two fingers zoom and pan; one
// does what a drag does, but without tools it scrolls the page as long as all of the picture is seen.
const STILL = 3, NOTCH = 40;

function bindPointer(S) {
  const { canvas } = S.parts, at = (event) => pointerOn(canvas, event);
  const inImage = (screen) => toImage(S.view, ...screen);

  canvas.addEventListener("pointerdown", (event) => {
    if (!S.scene || event.button > 1) return;
    canvas.setPointerCapture(event.pointerId);
    const screen = at(event), point = inImage(screen);
    if (event.pointerType === "touch") S.fingers.set(event.pointerId, screen);
    if (S.fingers.size > 1) { if (S.drag) cancelDrag(S); return; }
    const pans = !S.tools || event.button === 1 || S.tools.space;
    const deed = pans ? { kind: "pan" } : startDeed(S.tools, point, event.shiftKey);
    S.drag = { ...deed, screen, point, view: { ...S.view }, far: false };
    hoverAt(S, null);
  });

  canvas.addEventListener("pointermove", (event) => {
    if (!S.scene) return;
    if (S.fingers.size > 1) { pinch(S, event.pointerId, at(event)); return; }
    const screen = at(event), { drag } = S;
    if (!drag) {
      hoverAt(S, boxAt(S.scene, S.shown, ...inImage(screen), 2 / S.view.scale), screen);
      if (S.tools) hoverTools(S.tools, inImage(screen));
      return;
    }
    const dx = screen[0] - drag.screen[0], dy = screen[1] - drag.screen[1];
    if (!drag.far && Math.hypot(dx, dy) <= STILL) return;
    if (!drag.far && drag.kind !== "pan") beginDeed(S.tools, drag);
    drag.far = true;
    if (drag.kind === "pan") panBy(S.view, S.scene, S.size, dx, dy, drag.view);
    else goOn(S.tools, drag, inImage(screen));
    drag.kind === "pan" ? S.viewMoved() : S.touch();
  });

  canvas.addEventListener("pointerup", ({ pointerId }) => {
    const { drag } = S;
    S.fingers.delete(pointerId);
    S.drag = null;
    if (!drag) return;
    if (drag.far && drag.kind !== "pan" && S.tools) finish(S.tools, drag);
    else if (!drag.far && S.tools && drag.kind !== "pan") clickTools(S.tools, drag.point);
    else if (!drag.far && !S.tools) pickAt(S, drag.point);
  });
  canvas.addEventListener("pointercancel", ({ pointerId }) => { S.fingers.delete(pointerId); cancelDrag(S); });
  canvas.addEventListener("touchmove", (event) => { if (S.fingers.size > 1) event.preventDefault(); }, { passive: false });
  canvas.addEventListener("pointerleave", () => hoverAt(S, null));
  canvas.addEventListener("dblclick", () => S.tools || (S.scene && S.fit()));

  // Small steps are a trackpad's, which pans where there is something to pan.
  canvas.addEventListener("wheel", (event) => {
    if (!S.scene) return;
    event.preventDefault();
    const small = event.deltaX !== 0 || Math.abs(event.deltaY) < NOTCH;
    if (event.deltaMode === 0 && !event.ctrlKey && small && S.view.zoom > 1)
      panBy(S.view, S.scene, S.size, -event.deltaX, -event.deltaY);
    else zoomAt(S.view, S.scene, S.size, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), at(event));
    S.viewMoved();
  }, { passive: false });
}

// A finger has gone to a screen point while another is down: the image stays under both.
function pinch(S, id, screen) {
  const reach = () => {
    const [[x0, y0], [x1, y1]] = S.fingers.values();
    return { apart: Math.hypot(x1 - x0, y1 - y0), middle: [(x0 + x1) / 2, (y0 + y1) / 2] };
  };
  if (!S.fingers.has(id)) return;
  const before = reach();
  S.fingers.set(id, screen);
  const { apart, middle: [x, y] } = reach(), [x0, y0] = before.middle;
  zoomAt(S.view, S.scene, S.size, apart / Math.max(before.apart, 1), before.middle);
  if (S.view.zoom > 1) panBy(S.view, S.scene, S.size, x - x0, y - y0);
  S.viewMoved();
}

function pickAt(S, [x, y]) {
  if (S.focus) setFocus(S, null);
  choose(S, boxAt(S.scene, S.shown, x, y, 2 / S.view.scale, true), x, y);
}

function hoverAt(S, hover, screen) {
  const same = sameBox(hover, S.hover);
  S.hover = hover;
  showTip(S, ...(screen ?? [0, 0]));
  if (!same) S.touch();
}

function cancelDrag(S) {
  const { drag } = S;
  S.drag = null;
  if (drag?.kind === "pan") panBy(S.view, S.scene, S.size, 0, 0, drag.view);
  else if (drag) undoDeed(S.tools, drag);
  S.viewMoved();
  return true;
}
