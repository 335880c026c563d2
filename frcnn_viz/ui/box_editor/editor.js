// The component. Its state is on the node, so that what was drawn outlasts reruns; see `box_editor` for the protocol.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".box-editor");
  const S = (root.__state ??= newState(root));
  S.scene = data;
  S.colours = data.colours;
  S.trigger = (message) => setTriggerValue("edit", message);
  S.classes = [...new Set([...data.classes, ...S.classes])];
  if (S.epoch === null || (S.epoch !== data.epoch && S.sent === S.acked)) adopt(S, data);
  else if (S.epoch !== data.epoch) { S.epoch = data.epoch; S.send(); } // the server did not get the last change
  if (data.ack) S.acked = data.ack;
  S.marks = JSON.stringify(toRows(S.boxes)) === JSON.stringify(data.boxes) ? data.marks : {};
  if (!S.classes.includes(S.active)) S.active = S.classes[0] ?? "object";
  loadImage(S, "image", data.url, () => S.refresh());
  S.resize();
  root.dataset.messages = 1 + Number(root.dataset.messages ?? 0);
  return () => S.observer.disconnect();
}

function adopt(S, data) {
  if (S.epoch !== null) S.undo.push({ boxes: copyBoxes(S.boxes), selected: -1 }); // another tab's change can be undone
  S.epoch = data.epoch;
  S.boxes = fromRows(data.boxes);
  S.selected = -1;
  S.redo = [];
}

function newState(root) {
  const part = (name) => root.querySelector("." + name);
  const canvas = root.querySelector("canvas"), ctx = canvas.getContext("2d"), stage = part("stage");
  const S = {
    view: {}, boxes: [], classes: [], active: "", selected: -1, undo: [], redo: [], marks: {}, drag: null, space: false,
    epoch: null, sent: "", acked: "", count: 0, hint: "",
  };
  const name = Math.random().toString(36).slice(2);
  const size = () => stageSize(stage, S.scene, 0.66);
  S.send = () => {
    S.sent = `${name}:${++S.count}`;
    root.dataset.sent = S.sent;
    S.trigger({ boxes: toRows(S.boxes), classes: S.classes, serial: S.sent });
  };
  S.commit = () => { S.marks = {}; S.refresh(); S.send(); };
  S.refresh = () => {
    const [width, height] = size();
    paint(ctx, S, width, height);
    part("readout").textContent = readout(S);
    showBar(S, root);
  };
  S.resize = () => {
    const [width, height] = size();
    sizeCanvas(canvas, ctx, width, height);
    fitView(S.view, S.scene, width, height);
    S.refresh();
  };
  S.fit = () => { S.view.zoomed = false; S.resize(); return true; };
  S.zoom = (factor) => { const [width, height] = size(); zoomAt(S.view, factor, width / 2, height / 2); S.refresh(); return true; };
  S.tell = (words) => { if (S.hint !== words) { S.hint = words; part("readout").textContent = readout(S); } };
  S.observer = new ResizeObserver(() => S.scene && S.resize());
  S.observer.observe(stage);
  bindTools(S, canvas);
  bindBar(S, root, canvas);
  return S;
}

function bindBar(S, root, canvas) {
  const actions = {
    undo: () => history(S, false), redo: () => history(S, true), duplicate: () => duplicate(S), delete: () => removeBox(S),
    in: () => S.zoom(1.4), out: () => S.zoom(1 / 1.4), fit: () => S.fit(),
  };
  root.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.do) actions[button.dataset.do]();
    else if (button.dataset.flag) toggleFlag(S, button.dataset.flag);
    else if (button.dataset.label !== undefined) chooseClass(S, button.dataset.label);
    canvas.focus({ preventScroll: true }); // the keys go on working
  });
  const input = root.querySelector(".new input");
  root.querySelector(".new").addEventListener("submit", (event) => {
    event.preventDefault();
    const label = input.value.replace(/\s+/g, " ").trim().slice(0, 60);
    if (!label) return;
    input.value = "";
    if (!S.classes.includes(label)) S.classes.push(label);
    if (S.boxes[S.selected]) chooseClass(S, label);
    else { S.active = label; S.refresh(); S.send(); }
    canvas.focus({ preventScroll: true });
  });
}

// Buttons are made from the classes; text only ever goes in as text.
function showBar(S, root) {
  const bar = root.querySelector(".classes"), shape = JSON.stringify([S.classes, S.active]);
  if (shape !== S.barShape) {
    S.barShape = shape;
    bar.replaceChildren(...S.classes.map((label, i) => {
      const button = document.createElement("button"), swatch = document.createElement("i"), digit = document.createElement("kbd");
      Object.assign(button, { type: "button", className: "chip", title: i < 9 ? `Class of the next box and the selected one (key ${i + 1})` : "" });
      button.dataset.label = label;
      button.setAttribute("aria-pressed", label === S.active);
      swatch.style.background = colourOf(S, label);
      digit.textContent = i < 9 ? i + 1 : "";
      button.append(swatch, label, digit);
      return button;
    }));
  }
  const box = S.boxes[S.selected];
  for (const button of root.querySelectorAll("[data-flag]")) {
    button.disabled = !box;
    button.setAttribute("aria-pressed", !!box?.flags.includes(button.dataset.flag));
  }
  for (const [what, can] of [["undo", S.undo.length], ["redo", S.redo.length], ["duplicate", box], ["delete", box]])
    root.querySelector(`[data-do=${what}]`).disabled = !can;
}

function readout(S) {
  const box = S.boxes[S.selected];
  const count = `${S.boxes.length} ${S.boxes.length === 1 ? "box" : "boxes"}`;
  const number = (v) => (Number.isInteger(v) ? v : v.toFixed(1));
  const words = S.hint || (box && S.marks[S.selected]);
  if (!box) return `${count}. Drag to draw a box of class ${S.active}; click one to select it.` + (words ? "  " + words : "");
  if (!isDrawn(box)) return `${count}. The selected box has a corner that is no number.`;
  const [x0, y0, x1, y1] = box.c;
  return `${count}. Selected: ${box.label}, x ${number(x0)} to ${number(x1)}, y ${number(y0)} to ${number(y1)}, ` +
    `${number(x1 - x0)} x ${number(y1 - y0)} px.` + (words ? "  " + words : "");
}
