// Drawing, moving, resizing and naming boxes.
//
// Dragging draws, except from within the selected box, which it moves, and from a handle, which it resizes. A click
// selects. So a box inside another one can be drawn, and nothing is moved that was not chosen.
const REACH = 9;

// The boxes are the browser's: those of the host replace them only with another `epoch`, or where nothing was done here
// yet: then a canvas of before may have sent what the host keeps only now. `ack` is the serial of the last edit that the
// host kept. What was done can be undone as long as the picture is the same.
function takeTools(S, given) {
  S.root.toggleAttribute("data-tools", !!given);
  S.parts.tools.hidden = !given;
  if (!given) { S.tools = null; return; }
  const T = (S.tools ??= newTools(S));
  if (T.picture !== S.scene.url)
    Object.assign(T, { picture: S.scene.url, epoch: null, undo: [], redo: [], sent: "", acked: "" });
  if (given.ack === T.sent) T.acked = T.sent;
  Object.assign(T, { colours: given.colours, annotates: given.annotates });
  S.parts.tools.toggleAttribute("data-annotates", given.annotates);
  const isKept = T.sent === T.acked && !T.unsent, isSame = () => JSON.stringify(toRows(T.boxes)) === JSON.stringify(given.boxes);
  T.classes = isKept ? [...given.classes] : [...new Set([...given.classes, ...T.classes])];
  const isOthers = T.epoch !== given.epoch || (!T.sent && !isSame());
  if (T.epoch === null || (isKept && isOthers)) adopt(T, given);
  else if (T.epoch !== given.epoch) { T.epoch = given.epoch; T.send(); } // the host did not get the last change
  T.marks = isSame() ? given.marks : {};
  if (!T.classes.includes(T.active)) T.active = T.classes[0] ?? "object";
}

function adopt(T, given) {
  T.S.drag = null; // its box may be gone
  if (T.epoch !== null) T.undo.push({ boxes: copyBoxes(T.boxes), selected: -1 }); // another's change can be undone
  Object.assign(T, { epoch: given.epoch, boxes: fromRows(given.boxes), selected: -1, redo: [] });
}

function newTools(S) {
  const name = Math.random().toString(36).slice(2);
  const T = {
    S, boxes: [], classes: [], active: "", selected: -1, undo: [], redo: [], marks: {}, space: false,
    picture: null, epoch: null, sent: "", acked: "", unsent: false, count: 0, hint: "",
  };
  T.send = () => {
    T.unsent = false;
    T.sent = S.root.dataset.sent = `${name}:${++T.count}`;
    S.emit("edit", { boxes: toRows(T.boxes), classes: T.classes, serial: T.sent });
  };
  T.refresh = () => { S.touch(); showTools(T); showStatus(S); say(S, readout(T)); };
  T.commit = () => { T.marks = {}; T.refresh(); T.send(); };
  return T;
}

const selectedBox = (T) => { const box = T.boxes[T.selected]; return box && isDrawn(box) ? box : null; };

// What a drag from here does.
function startDeed(T, point, shift) {
  const box = selectedBox(T), handle = box && handleUnder(box.c, point, REACH / T.S.view.scale);
  if (handle) return { kind: "resize", handle, from: [...box.c] };
  if (box && !shift && boxUnder([box], point, 0) === 0) return { kind: "move", from: [...box.c] };
  return { kind: "draw", box: null };
}

function beginDeed(T, drag) {
  if (drag.kind !== "draw") remember(T);
}

function goOn(T, drag, point) {
  const { width, height } = T.S.scene, box = T.boxes[T.selected], [x, y] = drag.point;
  if (drag.kind === "move") box.c = moved(drag.from, point[0] - x, point[1] - y, width, height);
  else if (drag.kind === "resize") box.c = resized(drag.from, drag.handle, point, width, height);
  else drag.box = between(drag.point, point, width, height);
  showStatus(T.S);
}

function finish(T, drag) {
  if (drag.kind !== "draw") { T.commit(); return; }
  const c = drag.box;
  if (c && c[2] - c[0] >= LEAST && c[3] - c[1] >= LEAST) addBox(T, { c, label: T.active, flags: [] });
  else T.refresh();
}

function undoDeed(T, drag) {
  if (drag.far && drag.from) { T.boxes[T.selected].c = drag.from; T.undo.pop(); }
  T.refresh();
}

const clickTools = (T, point) => select(T, boxUnder(T.boxes, point, 3 / T.S.view.scale));

function hoverTools(T, point) {
  const box = selectedBox(T), handle = box && handleUnder(box.c, point, REACH / T.S.view.scale);
  const [hx, hy] = handle ?? [0, 0], diagonal = hx * hy > 0 ? "nwse" : "nesw";
  const ways = handle && (hx * hy ? diagonal : hx ? "ew" : "ns"), inside = box && boxUnder([box], point, 0) === 0;
  T.S.parts.canvas.style.cursor = T.space ? "grab" : ways ? ways + "-resize" : inside ? "move" : "crosshair";
  const hint = T.marks[boxUnder(T.boxes, point, 0)] ?? "";
  if (hint !== T.hint) { T.hint = hint; showStatus(T.S); }
}

// Whether the key meant something here.
function onToolKey(T, event) {
  const command = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
  if (command && key === "z") return travel(T, event.shiftKey);
  if (command && key === "y") return travel(T, true);
  if (command && key === "d") return duplicate(T);
  if (command || event.altKey) return false;
  if (key === " ") return (T.space = true);
  if (key === "escape") return T.boxes[T.selected] ? select(T, -1) : false;
  if (key === "delete" || key === "backspace") return removeBox(T);
  if (key === "n" || key === "p") return select(T, cycle(T, key === "n" ? 1 : -1));
  if (/^[1-9]$/.test(key)) return T.classes[key - 1] === undefined ? false : chooseClass(T, T.classes[key - 1]);
  return event.key in ARROWS && nudge(T, ARROWS[event.key].map((d) => d * (event.shiftKey ? 10 : 1)), event.repeat);
}

// Holding an arrow is one step of the history, and told once it is let go.
function nudge(T, by, again) {
  const box = selectedBox(T), { width, height } = T.S.scene;
  if (!box) return false;
  if (!again) remember(T);
  box.c = moved(box.c, ...by, width, height);
  Object.assign(T, { marks: {}, unsent: true });
  T.refresh();
  return true;
}

// A key is held no longer; none of them where the focus goes.
function letGo(T, key) {
  if (key === " " || !key) T.space = false;
  if (T.unsent && (key in ARROWS || !key)) T.send();
}

function cycle({ boxes, selected }, by) {
  const from = selected < 0 && by < 0 ? 0 : selected;
  return boxes.length ? (from + by + boxes.length) % boxes.length : -1;
}

function select(T, index) {
  T.selected = index;
  if (index >= 0) T.active = T.boxes[index].label;
  T.refresh();
  return true;
}

function addBox(T, box) {
  remember(T);
  T.boxes.push(box);
  T.selected = T.boxes.length - 1;
  T.commit();
}

function removeBox(T) {
  if (!T.boxes[T.selected]) return false;
  remember(T);
  T.boxes.splice(T.selected, 1);
  T.selected = -1;
  T.commit();
  return true;
}

function duplicate(T) {
  const box = selectedBox(T), { width, height } = T.S.scene;
  if (!box) return false;
  const right = moved(box.c, 10, 10, width, height);
  const stuck = right[0] === box.c[0] && right[1] === box.c[1];
  addBox(T, { c: stuck ? moved(box.c, -10, -10, width, height) : right, label: box.label, flags: [...box.flags] });
  return true;
}

function travel(T, forward) {
  if (forward ? stepBack(T, T.redo, T.undo) : stepBack(T, T.undo, T.redo)) T.commit();
  return true;
}

// The class of the next box, and of the selected one.
function chooseClass(T, label) {
  T.active = label;
  const box = T.boxes[T.selected];
  if (box && box.label !== label) {
    remember(T);
    box.label = label;
    T.commit();
  } else T.refresh();
  return true;
}

function toggleFlag(T, flag) {
  const box = T.boxes[T.selected];
  if (!box) return;
  remember(T);
  box.flags = box.flags.includes(flag) ? box.flags.filter((f) => f !== flag) : [...box.flags, flag];
  T.commit();
}
