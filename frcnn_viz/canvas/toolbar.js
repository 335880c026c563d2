// The tools' buttons and their line of words.
function bindToolbar(S) {
  const { tools: bar, canvas } = S.parts, form = bar.querySelector(".new"), input = form.querySelector("input");
  const deeds = {
    undo: () => travel(S.tools, false), redo: () => travel(S.tools, true),
    duplicate: () => duplicate(S.tools), delete: () => removeBox(S.tools),
  };
  const back = () => canvas.focus({ preventScroll: true }); // the keys go on working
  bar.addEventListener("click", (event) => {
    const { dataset } = event.target.closest("button") ?? {};
    if (!dataset || !S.tools) return;
    if (dataset.do) deeds[dataset.do]();
    else if (dataset.flag) toggleFlag(S.tools, dataset.flag);
    else if (dataset.label !== undefined) chooseClass(S.tools, dataset.label);
    back();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const label = input.value.replace(/\s+/g, " ").trim().slice(0, 60);
    if (!label || !S.tools) return;
    input.value = "";
    addClass(S.tools, label);
    back();
  });
}

function addClass(T, label) {
  if (!T.classes.includes(label)) T.classes.push(label);
  if (T.boxes[T.selected]) { chooseClass(T, label); return; }
  T.active = label;
  T.refresh();
  T.send();
}

// Buttons are made from the classes; text only ever goes in as text.
function showTools(T) {
  const bar = T.S.parts.tools, shape = JSON.stringify([T.classes, T.active, T.colours]);
  if (shape !== T.shape) bar.querySelector(".classes").replaceChildren(...T.classes.map((_, i) => classButton(T, i)));
  T.shape = shape;
  const box = T.boxes[T.selected];
  for (const button of bar.querySelectorAll("[data-flag]")) {
    button.disabled = !box;
    button.setAttribute("aria-pressed", !!box?.flags.includes(button.dataset.flag));
  }
  for (const [what, can] of [["undo", T.undo.length], ["redo", T.redo.length], ["duplicate", box], ["delete", box]])
    bar.querySelector(`[data-do=${what}]`).disabled = !can;
}

function classButton(T, i) {
  const [button, swatch, digit] = ["button", "i", "kbd"].map((tag) => document.createElement(tag));
  const label = T.classes[i], colour = colourOf(T, label);
  Object.assign(button, { type: "button", className: "chip" });
  if (i < 9) button.title = `Class of the next box and the selected one (key ${i + 1})`;
  button.dataset.label = label;
  button.setAttribute("aria-pressed", label === T.active);
  Object.assign(swatch.style, { background: colour, borderColor: colour });
  digit.textContent = i < 9 ? i + 1 : "";
  button.append(swatch, label, digit);
  return button;
}

function readout(T) {
  const box = T.boxes[T.selected], count = `${T.boxes.length} ${T.boxes.length === 1 ? "box" : "boxes"}`;
  const number = (v) => (Number.isInteger(v) ? v : v.toFixed(1));
  const words = T.hint || (box && T.marks[T.selected]), more = words ? "  " + words : "";
  const kind = T.annotates ? ` of class ${T.active}` : "";
  if (!box) return `${count}. Drag to draw a box${kind}; click one to select it.${more}`;
  if (!isDrawn(box)) return `${count}. The selected box has a corner that is no number.`;
  const [x0, y0, x1, y1] = box.c;
  return `${count}. Selected: ${box.label}, x ${number(x0)} to ${number(x1)}, y ${number(y0)} to ${number(y1)}, ` +
    `${number(x1 - x0)} x ${number(y1 - y0)} px.${more}`;
}
