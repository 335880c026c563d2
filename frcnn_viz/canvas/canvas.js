// The component: state on the node, so that zoom and filters outlast reruns.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".box-canvas");
  const S = (root.__state ??= { view: {}, filters: { topK: Infinity, off: {}, hidden: {}, arrows: true }, hover: null, held: new Map(), turn: 0, asked: new Map(), dialHeld: null });
  const turn = ++S.turn;
  root.dataset.waiting = turn;
  S.pick = (value) => setTriggerValue("pick", value);
  S.ask = () => setTriggerValue("dials", Object.fromEntries(S.asked)); // all that is not answered, should one have been lost
  decodeScene(data, S.held).then((scene) => { if (turn === S.turn) show(S, root, scene); },
    (error) => { root.querySelector(".status").textContent = error.message; });
  return () => S.observer?.disconnect();
}

function show(S, root, scene) {
  const parts = Object.fromEntries(["bar", "stage", "tip", "status", "zoom"].map((name) => [name, root.querySelector("." + name)]));
  const canvas = root.querySelector("canvas"), ctx = canvas.getContext("2d");
  S.scene = scene;
  delete root.dataset.waiting;
  for (const url of S.held.keys()) if (!scene.urls.has(url)) S.held.delete(url);
  S.hover = null;
  S.filters.score ??= S.scene.scoreFrom;
  loadImage(S, "image", S.scene.url, () => S.redraw());
  loadImage(S, "overlay", S.scene.overlay?.url, () => S.redraw());

  const size = () => stageSize(parts.stage, S.scene, 0.62);
  S.resize = () => {
    const [width, height] = size();
    sizeCanvas(canvas, ctx, width, height);
    fitView(S.view, S.scene, width, height);
    S.redraw();
  };
  S.redraw = () => {
    const [width, height] = size(), start = performance.now();
    drawScene(ctx, S, width, height);
    root.dataset.ms = (performance.now() - start).toFixed(2);
    parts.status.textContent = describe(S);
  };
  for (const layer of scene.layers) if (layer.sieve) keepAsked(S, layer);
  updateBar(S, parts.bar);
  S.resize();
  root.dataset.messages = 1 + Number(root.dataset.messages ?? 0); // lets tests and benchmarks see a new scene arrive
  if (!S.bound) bind(S, root, canvas, parts);
}

function describe(S) {
  const parts = S.scene.layers.map((layer, l) =>
    `${layer.name}: showing ${S.shown[l].length.toLocaleString("en")} of ${layer.count.toLocaleString("en")}`);
  return parts.join("  ·  ") + (S.dense ? "  ·  more than 50,000: brightness shows how many outlines cross a pixel" : "");
}

// The same controls stay where they are, whatever their counts: a slider held by the mouse is not taken away.
function updateBar(S, bar) {
  const { layers, overlay } = S.scene;
  const scored = layers.some((layer) => layer.scores && layer.count);
  const shape = JSON.stringify([scored, overlay?.name, layers.map((l) => [l.name, l.legend, !!l.tails, offered(l), Object.keys(l.sieve?.dials ?? {})])]);
  if (shape !== S.barShape) buildBar(S, bar);
  S.barShape = shape;
  for (const update of S.barUpdates) update();
}

// Which groups have a chip: those that hold a box, or may at other settings.
const offered = (layer) => layer.groupCounts.map((n, group) => n > 0 || Object.values(layer.sieve?.places ?? {}).includes(group));

// Controls are made by hand from the scene; text only ever goes in as text.
function buildBar(S, bar) {
  bar.replaceChildren();
  S.barUpdates = [];
  const { scene, filters } = S;
  if (scene.layers.some((layer) => layer.scores && layer.count)) {
    addSlider(bar, "score ≥", { min: 0, max: 1, step: 0.005, value: filters.score }, (v) => v.toFixed(3), (v) => { filters.score = v; S.redraw(); });
    const most = () => Math.max(...S.scene.layers.filter((layer) => layer.scores).map((layer) => layer.count));
    const showTop = addSlider(bar, "top", { min: 0, max: 1, step: 0.005, value: filters.topFraction ?? 1 },
      (v) => topOf(v, most()).toLocaleString("en"), (v) => { filters.topFraction = v; filters.topK = topOf(v, most()); S.redraw(); });
    S.barUpdates.push(() => { filters.topK = topOf(filters.topFraction ?? 1, most()); showTop(); });
  }
  if (scene.overlay)
    addSlider(bar, scene.overlay.name, { min: 0, max: 1, step: 0.02, value: filters.opacity ?? scene.overlay.opacity }, (v) => Math.round(v * 100) + "%", (v) => { filters.opacity = v; S.redraw(); });
  if (scene.layers.some((layer) => layer.tails))
    addChip(S, bar, "arrows", "#ffffff", null, filters.arrows, (on) => { filters.arrows = on; S.redraw(); });
  scene.layers.forEach((layer, l) => {
    for (const role of Object.keys(layer.sieve?.dials ?? {})) addDial(S, bar, l, role);
    if (layer.legend.length === 1) {
      addChip(S, bar, layer.legend[0][0], layer.legend[0][1], () => S.scene.layers[l].count, !(filters.off[layer.name] ?? !layer.visible), (on) => { filters.off[layer.name] = !on; S.redraw(); });
      return;
    }
    layer.legend.forEach(([label, colour], group) => {
      if (!offered(layer)[group]) return;
      const hidden = () => (filters.hidden[layer.name] ??= [...layer.hiddenGroups]);
      addChip(S, bar, label, colour, () => S.scene.layers[l].groupCounts[group], !hidden().includes(group), (on) => {
        filters.hidden[layer.name] = on ? hidden().filter((g) => g !== group) : [...hidden(), group];
        S.redraw();
      });
    });
  });
}

// The top slider is logarithmic: from 1 box to all of them.
const topOf = (fraction, most) => (fraction >= 1 ? most : Math.max(1, Math.round(most ** fraction)));

function addSlider(bar, name, range, format, change) {
  const label = document.createElement("label"), input = document.createElement("input"), output = document.createElement("output");
  Object.assign(input, { type: "range", ...range });
  input.setAttribute("aria-label", name);
  output.textContent = format(range.value);
  input.addEventListener("input", () => { output.textContent = format(+input.value); change(+input.value); });
  label.append(name, input, output);
  bar.append(label);
  return () => { output.textContent = format(+input.value); };
}

// A setting of the layer's stage: the boxes follow while it is held, the server when it is let go.
function addDial(S, bar, l, role) {
  const dial = () => S.scene.layers[l].sieve.dials[role];
  const { setting, label, help, low, high, step } = dial(), digits = step < 0.01 ? 3 : step < 1 ? 2 : 0;
  const show = addSlider(bar, label, { min: low, max: high, step, value: dial().now, title: help }, (v) => v.toFixed(digits), (v) => {
    S.dialHeld = setting;
    S.asked.set(setting, v);
    keepAsked(S, S.scene.layers[l]);
    for (const update of S.barUpdates) update();
    S.redraw();
  });
  const input = bar.lastElementChild.querySelector("input");
  input.addEventListener("change", () => { S.dialHeld = null; S.asked.set(setting, +input.value); S.ask(); });
  S.barUpdates.push(() => { if (S.dialHeld !== setting) { input.value = dial().now; show(); } });
}

// What was asked for here and is not yet what the server answered stands.
function keepAsked(S, layer) {
  const dials = Object.entries(layer.sieve.dials);
  for (const [, dial] of dials) {
    const { setting, value } = dial, asked = S.asked.get(setting);
    dial.now = asked ?? value;
    if (asked === value && S.dialHeld !== setting) S.asked.delete(setting);
  }
  const answered = dials.every(([, dial]) => dial.now === dial.value);
  layer.groups = answered ? layer.given : sift(layer, Object.fromEntries(dials.map(([role, dial]) => [role, dial.now])));
  layer.groupCounts = countGroups(layer);
}

function addChip(S, bar, name, colour, count, on, change) {
  const chip = document.createElement("button"), swatch = document.createElement("i");
  Object.assign(chip, { type: "button", className: "chip" });
  chip.setAttribute("aria-pressed", on);
  swatch.style.borderColor = colour;
  chip.append(swatch, name);
  const small = count && document.createElement("small");
  if (small) chip.append(small);
  chip.addEventListener("click", () => { on = !on; chip.setAttribute("aria-pressed", on); change(on); });
  bar.append(chip);
  if (small) S.barUpdates.push(() => { small.textContent = count().toLocaleString("en"); });
}

function bind(S, root, canvas, parts) {
  S.bound = true;
  S.observer = new ResizeObserver(() => S.resize());
  S.observer.observe(parts.stage);
  const at = (event) => pointerOn(canvas, event);
  const middle = () => [canvas.clientWidth / 2, canvas.clientHeight / 2];
  const zoom = (factor, point) => { zoomAt(S.view, factor, ...point); S.redraw(); };
  const fit = () => { S.view.zoomed = false; S.resize(); };
  let drag = null;

  canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), at(event)); }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); drag = { from: at(event), view: { ...S.view }, moved: false }; });
  canvas.addEventListener("pointermove", (event) => {
    const [px, py] = at(event);
    if (drag) {
      const dx = px - drag.from[0], dy = py - drag.from[1];
      if (Math.hypot(dx, dy) > 3) drag.moved = true;
      if (drag.moved) { Object.assign(S.view, { x: drag.view.x + dx, y: drag.view.y + dy, zoomed: true }); S.redraw(); }
      return;
    }
    const hover = boxAt(S.scene, S.shown, ...toImage(S.view, px, py), 2 / S.view.scale);
    if (hover?.index !== S.hover?.index || hover?.layer !== S.hover?.layer) { S.hover = hover; S.redraw(); }
    showTip(S, parts, px, py);
  });
  canvas.addEventListener("pointerup", (event) => {
    const moved = drag?.moved;
    drag = null;
    if (moved) return;
    const [x, y] = toImage(S.view, ...at(event));
    const hit = boxAt(S.scene, S.shown, x, y, 2 / S.view.scale);
    const layer = hit && S.scene.layers[hit.layer];
    S.pick({ x, y, layer: layer?.name ?? null, id: layer ? layer.ids[hit.index] : null });
  });
  canvas.addEventListener("pointerleave", () => { S.hover = null; parts.tip.hidden = true; S.redraw(); });
  canvas.addEventListener("dblclick", fit);
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
    if (step) { S.view.x += step[0]; S.view.y += step[1]; S.view.zoomed = true; S.redraw(); }
    else if (event.key === "+" || event.key === "=") zoom(1.25, middle());
    else if (event.key === "-") zoom(0.8, middle());
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
  });
  parts.zoom.addEventListener("click", (event) => {
    const kind = event.target.dataset.zoom;
    if (kind === "fit") fit();
    else if (kind) zoom(kind === "in" ? 1.4 : 1 / 1.4, middle());
  });
}

function showTip(S, parts, px, py) {
  parts.tip.hidden = !S.hover;
  if (!S.hover) return;
  const layer = S.scene.layers[S.hover.layer], i = S.hover.index, b = layer.boxes;
  const number = (v) => (Number.isInteger(v) ? v.toLocaleString("en") : v.toPrecision(4));
  const lines = [`${layer.name} ${layer.ids[i].toLocaleString("en")}: ${layer.legend[layer.groups[i]][0]}`];
  if (layer.labels) lines.push(layer.labels[i]);
  if (layer.scores) lines.push(`score ${layer.scores[i].toFixed(4)}`);
  lines.push(`x ${b[4 * i].toFixed(1)} – ${b[4 * i + 2].toFixed(1)}  y ${b[4 * i + 1].toFixed(1)} – ${b[4 * i + 3].toFixed(1)} px`);
  for (const [name, values] of layer.columns) lines.push(`${name} ${number(values[i])}`);
  parts.tip.textContent = lines.join("\n");
  const flip = px > parts.stage.clientWidth - 230, rise = py > parts.stage.clientHeight - 120;
  Object.assign(parts.tip.style, {
    left: flip ? "" : px + 14 + "px", right: flip ? parts.stage.clientWidth - px + 14 + "px" : "",
    top: rise ? "" : py + 14 + "px", bottom: rise ? parts.stage.clientHeight - py + 14 + "px" : "",
  });
}
