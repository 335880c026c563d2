// The mouse, the trackpad and the keyboard.
//
// Dragging draws, except from within the selected box, which it moves, and from a handle, which it resizes. A click
// selects. So a box inside another one can be drawn, and nothing is moved that was not chosen.
const REACH = 9, STILL = 3;

function bindTools(S, canvas) {
  const at = (event) => pointerOn(canvas, event);
  const inImage = (point) => toImage(S.view, ...point);

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 1) return;
    canvas.setPointerCapture(event.pointerId);
    const screen = at(event), point = inImage(screen), box = S.boxes[S.selected];
    const base = { screen, point, far: false };
    if (event.button === 1 || S.space) S.drag = { ...base, kind: "pan", view: { ...S.view } };
    else {
      const handle = box && isDrawn(box) && handleUnder(box.c, point, REACH / S.view.scale);
      const inside = box && isDrawn(box) && boxUnder([box], point, 0) === 0;
      if (handle) S.drag = { ...base, kind: "resize", handle, from: [...box.c] };
      else if (inside && !event.shiftKey) S.drag = { ...base, kind: "move", from: [...box.c] };
      else S.drag = { ...base, kind: "draw", box: null };
    }
  });

  canvas.addEventListener("pointermove", (event) => {
    const screen = at(event), point = inImage(screen), { drag } = S;
    if (!drag) return hover(S, canvas, point);
    const dx = screen[0] - drag.screen[0], dy = screen[1] - drag.screen[1];
    if (!drag.far && Math.hypot(dx, dy) <= STILL) return;
    if (!drag.far && (drag.kind === "move" || drag.kind === "resize")) remember(S);
    drag.far = true;
    const { width, height } = S.scene, box = S.boxes[S.selected];
    if (drag.kind === "pan") Object.assign(S.view, { x: drag.view.x + dx, y: drag.view.y + dy, zoomed: true });
    else if (drag.kind === "move") box.c = moved(drag.from, point[0] - drag.point[0], point[1] - drag.point[1], width, height);
    else if (drag.kind === "resize") box.c = resized(drag.from, drag.handle, point, width, height);
    else drag.box = between(drag.point, point, width, height);
    S.refresh();
  });

  canvas.addEventListener("pointerup", () => {
    const { drag } = S;
    S.drag = null;
    if (!drag) return;
    if (!drag.far) {
      if (drag.kind !== "pan") select(S, boxUnder(S.boxes, drag.point, 3 / S.view.scale));
    } else if (drag.kind === "draw") {
      const c = drag.box;
      if (c && c[2] - c[0] >= LEAST && c[3] - c[1] >= LEAST) addBox(S, { c, label: S.active, flags: [] });
    } else if (drag.kind !== "pan") S.commit();
    S.refresh();
  });
  canvas.addEventListener("pointercancel", () => cancelDrag(S));

  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const trackpad = event.deltaMode === 0 && !event.ctrlKey && (event.deltaX !== 0 || Math.abs(event.deltaY) < 40);
    if (trackpad && S.view.zoomed) { S.view.x -= event.deltaX; S.view.y -= event.deltaY; }
    else zoomAt(S.view, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), ...at(event));
    S.refresh();
  }, { passive: false });

  canvas.addEventListener("keydown", (event) => { if (onKey(S, event)) event.preventDefault(); });
  canvas.addEventListener("keyup", (event) => { if (event.key === " ") S.space = false; });
  canvas.addEventListener("blur", () => { S.space = false; });
}

function hover(S, canvas, point) {
  const box = S.boxes[S.selected], drawn = box && isDrawn(box);
  const handle = drawn && handleUnder(box.c, point, REACH / S.view.scale);
  const inside = drawn && boxUnder([box], point, 0) === 0;
  const ways = handle && (handle[0] * handle[1] > 0 ? "nwse" : handle[0] * handle[1] < 0 ? "nesw" : handle[0] ? "ew" : "ns");
  canvas.style.cursor = S.space ? "grab" : ways ? ways + "-resize" : inside ? "move" : "crosshair";
  S.tell(S.marks[boxUnder(S.boxes, point, 0)] ?? "");
}

// Returns whether the key meant something here.
function onKey(S, event) {
  const command = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
  const box = S.boxes[S.selected], step = event.shiftKey ? 10 : 1;
  const arrow = { arrowleft: [-step, 0], arrowright: [step, 0], arrowup: [0, -step], arrowdown: [0, step] }[key];
  if (command && key === "z") return history(S, event.shiftKey);
  if (command && key === "y") return history(S, true);
  if (command && key === "d") return duplicate(S);
  if (command || event.altKey) return false;
  if (key === " ") return (S.space = true);
  if (key === "escape") return S.drag ? cancelDrag(S) : select(S, -1);
  if (key === "delete" || key === "backspace") return removeBox(S);
  if (key === "n" || key === "p") return select(S, cycle(S, key === "n" ? 1 : -1));
  if (key === "+" || key === "=") return S.zoom(1.25);
  if (key === "-") return S.zoom(0.8);
  if (key === "0") return S.fit();
  if (/^[1-9]$/.test(key)) return S.classes[key - 1] === undefined ? false : chooseClass(S, S.classes[key - 1]);
  if (arrow && box && isDrawn(box)) {
    // Holding an arrow is one step of the history.
    if (!event.repeat) remember(S);
    box.c = moved(box.c, ...arrow, S.scene.width, S.scene.height);
    S.commit();
    return true;
  }
  return false;
}

const cycle = (S, by) => (S.boxes.length ? (S.selected + by + (S.selected < 0 && by < 0 ? 1 : 0) + S.boxes.length) % S.boxes.length : -1);

function select(S, index) {
  S.selected = index;
  if (index >= 0) S.active = S.boxes[index].label;
  S.refresh();
  return true;
}

function cancelDrag(S) {
  const { drag } = S;
  S.drag = null;
  if (drag?.far && drag.from) { S.boxes[S.selected].c = drag.from; S.undo.pop(); }
  if (drag?.kind === "pan") Object.assign(S.view, drag.view);
  S.refresh();
  return true;
}

function addBox(S, box) {
  remember(S);
  S.boxes.push(box);
  S.selected = S.boxes.length - 1;
  S.commit();
}

function removeBox(S) {
  if (!S.boxes[S.selected]) return false;
  remember(S);
  S.boxes.splice(S.selected, 1);
  S.selected = -1;
  S.commit();
  return true;
}

function duplicate(S) {
  const box = S.boxes[S.selected];
  if (!box || !isDrawn(box)) return false;
  const { width, height } = S.scene;
  const right = moved(box.c, 10, 10, width, height);
  const c = right[0] === box.c[0] && right[1] === box.c[1] ? moved(box.c, -10, -10, width, height) : right;
  addBox(S, { c, label: box.label, flags: [...box.flags] });
  return true;
}

function history(S, forward) {
  const done = forward ? stepBack(S, S.redo, S.undo) : stepBack(S, S.undo, S.redo);
  if (done) S.commit();
  return true;
}

// The class of the next box, and of the selected one.
function chooseClass(S, label) {
  S.active = label;
  const box = S.boxes[S.selected];
  if (box && box.label !== label) {
    remember(S);
    box.label = label;
    S.commit();
  } else S.refresh();
  return true;
}

function toggleFlag(S, flag) {
  const box = S.boxes[S.selected];
  if (!box) return;
  remember(S);
  box.flags = box.flags.includes(flag) ? box.flags.filter((f) => f !== flag) : [...box.flags, flag];
  S.commit();
}
