// What is seen, with its legend and caption, as a PNG.
const MARGIN = 10, LINE = 20;

function savePng(S) {
  if (S.resting) { S.stale = 4; S.paint(); } // the layers were moved, not painted
  return snapshot(S).convertToBlob({ type: "image/png" }).then((blob) => {
    const link = document.createElement("a"), name = slug({ name: S.scene.caption }).slice(0, 80) || "canvas";
    Object.assign(link, { href: URL.createObjectURL(blob), download: name + ".png" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
}

function snapshot(S) {
  const ratio = window.devicePixelRatio || 1, [width, height] = S.size;
  const lines = legendLines(S, width - 2 * MARGIN), text = wrap(S.scene.caption, width - 2 * MARGIN);
  const below = (lines.length + text.length) * LINE, whole = height + (below && below + 2 * MARGIN);
  const sheet = new OffscreenCanvas(Math.round(width * ratio), Math.round(whole * ratio)), ctx = sheet.getContext("2d");
  ctx.fillStyle = "#fff";
  ctx.fillRect(0, 0, sheet.width, sheet.height);
  for (const { canvas } of Object.values(S.on)) ctx.drawImage(canvas, 0, 0);
  ctx.scale(ratio, ratio);
  ctx.font = PLAIN;
  lines.forEach((line, n) => line.forEach((entry) => drawEntry(ctx, entry, height + MARGIN + n * LINE)));
  ctx.fillStyle = "#111";
  text.forEach((words, n) => ctx.fillText(words, MARGIN, height + MARGIN + (lines.length + n) * LINE + 14));
  return sheet;
}

const PLAIN = "13px sans-serif", SWATCH = 20, APART = 18;

function widthOf(text) {
  const ctx = new OffscreenCanvas(1, 1).getContext("2d");
  ctx.font = PLAIN;
  return ctx.measureText(text).width;
}

// The groups that are shown, set in lines.
function legendLines(S, room) {
  const lines = [];
  let right = Infinity;
  for (const { words, colour, dash } of legendEntries(S)) {
    const width = SWATCH + widthOf(words) + APART;
    if (right + width - APART > room) { lines.push([]); right = 0; }
    lines.at(-1).push({ words, colour, dash, x: MARGIN + right });
    right += width;
  }
  return lines;
}

function legendEntries(S) {
  return S.scene.layers.flatMap((layer, l) => layer.legend.map(([name, colour], group) => {
    const count = S.shown[l].reduce((n, i) => n + (layer.groups[i] === group), 0);
    return { words: `${name} (${count.toLocaleString("en")})`, colour, dash: layer.dashes[group], count };
  })).filter(({ count }) => count);
}

function drawEntry(ctx, { words, colour, dash = SOLID, x }, top) {
  Object.assign(ctx, { strokeStyle: colour, lineWidth: 2.5, fillStyle: "#111" });
  ctx.setLineDash(dash);
  ctx.strokeRect(x + 1, top + 4, 13, 10);
  ctx.fillText(words, x + SWATCH, top + 14);
}

function wrap(text, room) {
  const lines = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && widthOf(longer) <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
