// What is told in words: the line below the picture, the box under the pointer, the canvas's name.
function statusLine(S) {
  if (S.scene.awaited) return "What belongs on this picture is being worked out.";
  const counts = S.scene.layers.map((layer, l) =>
    `${layer.name} ${S.shown[l].length.toLocaleString("en")} of ${countOf(layer).toLocaleString("en")}`);
  if (counts.length) counts[0] = "Shown: " + counts[0];
  if (S.shown.some(isDense)) counts.push("more than 50,000: brightness shows how many outlines cross a pixel");
  return [...(S.tools ? [readout(S.tools)] : []), ...counts].join("  ·  ");
}

function showStatus(S) {
  const { status, canvas } = S.parts, line = statusLine(S);
  if (status.textContent !== line) status.textContent = status.title = line;
  const name = canvasName(S);
  if (canvas.getAttribute("aria-label") !== name) canvas.setAttribute("aria-label", name);
}

function canvasName(S) {
  const shown = S.shown.reduce((n, of) => n + of.length, S.tools?.boxes.length ?? 0);
  const keys = S.tools
    ? "Drag draws, click selects, n and p go through the boxes, arrows move the selected one, Delete deletes it, " +
      (S.tools.annotates ? "digits choose its class, " : "") + "Escape lets go."
    : "Tab goes through the boxes, Enter chooses, Escape leaves, plus and minus zoom, arrows pan, 0 fits.";
  const count = `${shown.toLocaleString("en")} ${shown === 1 ? "box" : "boxes"} shown`;
  return `${S.scene.caption || "Picture"}: ${count}. ${chosenWords(S)}${keys}`;
}

function chosenWords(S) {
  const box = S.tools?.boxes[S.tools.selected];
  if (box) return `Selected: ${box.label}. `;
  for (const [kind, id] of S.scene.chosen.toReversed()) {
    const layer = S.scene.layers.find((one) => one.kind === kind), index = layer ? layer.ids.indexOf(id) : -1;
    if (index >= 0) return `Chosen: ${boxWords(layer, index).join(", ")}. `;
  }
  return "";
}

// A box of a layer, line by line.
function boxWords(layer, i) {
  const number = (v) => (Number.isInteger(v) ? v.toLocaleString("en") : v.toPrecision(4));
  const [x0, y0, x1, y1] = [...boxOf(layer, i)].map((v) => v.toFixed(1));
  const lines = [`${layer.name} ${layer.ids[i].toLocaleString("en")}: ${layer.legend[layer.groups[i]][0]}`];
  if (layer.labels?.[i]) lines.push(layer.labels[i]);
  if (layer.scores) lines.push(`score ${layer.scores[i].toFixed(4)}`);
  lines.push(`x ${x0} – ${x1}  y ${y0} – ${y1} px`);
  for (const [name, values] of layer.columns) if (!Number.isNaN(values[i])) lines.push(`${name} ${number(values[i])}`);
  return lines;
}

function showTip(S, px, py) {
  const { tip } = S.parts, [width, height] = S.size, box = S.hover ?? S.focus;
  tip.hidden = !box;
  if (!box) return;
  tip.textContent = boxWords(S.scene.layers[box.layer], box.index).join("\n");
  const flip = px > width - 230, rise = py > height - 120;
  Object.assign(tip.style, {
    left: flip ? "" : px + 14 + "px", right: flip ? width - px + 14 + "px" : "",
    top: rise ? "" : py + 14 + "px", bottom: rise ? height - py + 14 + "px" : "",
  });
}

// To who listens rather than looks.
function say(S, words) {
  S.parts.said.textContent = words;
}
