// The controls: dials, filters and legend. Each shows what the state says whenever `S.refilter` is called, and stays
// where it is whatever the counts: a slider held by the mouse is not taken away.
function updatePanel(S) {
  if (!S.scene.controls) return;
  const { layers, overlay, film } = S.scene;
  const dials = (layer) => dialsOf(layer).map(([role, { label, low, high, step }]) => [role, label, low, high, step]);
  const shapes = layers.map((l) => [l.name, l.legend, l.dashes, !!l.tails, dials(l), !!l.sieve?.steps]);
  const shape = JSON.stringify([hasScores(S.scene), overlay?.name, film?.name, shapes]);
  if (shape !== S.panelShape) buildPanel(S);
  S.panelShape = shape;
  for (const update of S.controls) update();
}

const dialsOf = (layer) => Object.entries(layer.sieve?.dials ?? {}).filter(([, dial]) => dial.shown);

const hasScores = (scene) => scene.layers.some((layer) => layer.scores && layer.count && !layer.sieve?.steps);

// Whether a group's chip is seen: it holds a box, or it is an outcome that no box happens to have now.
function offered({ groupCounts, sieve }, group) {
  const { kept, ...lost } = sieve?.places ?? {};
  return groupCounts[group] > 0 || Object.values(lost).includes(group) || (group === kept && !sieve.apart);
}

function buildPanel(S) {
  const { scene } = S;
  S.dialHeld = null; // the sliders go, and so does what is held
  S.parts.filters.replaceChildren();
  S.controls = [];
  if (scene.film) addPlayer(S);
  scene.layers.forEach((layer, l) => {
    for (const [role] of dialsOf(layer)) addDial(S, l, role);
    if (layer.sieve?.steps) addPlayer(S, (place) => listCases(place, S.scene.layers[l]));
  });
  if (hasScores(scene)) {
    addSlider(S, "score ≥", { min: 0, max: 1, step: 0.005 }, () => S.filters.score, (v) => v.toFixed(3),
      (v) => { S.filters.score = v; });
    addSlider(S, "top", { min: 0, max: 1, step: 0.005 }, () => S.filters.topFraction,
      (v) => topOf(v, mostScored(S.scene)).toLocaleString("en"), (v) => { S.filters.topFraction = v; });
  }
  if (scene.overlay)
    addSlider(S, scene.overlay.name, { min: 0, max: 1, step: 0.02 }, () => S.filters.opacity ?? S.scene.overlay.opacity,
      (v) => Math.round(v * 100) + "%", (v) => { S.filters.opacity = v; });
  if (scene.layers.some((layer) => layer.tails))
    addChip(S, "arrows", ["#ffffff"], null, () => S.filters.arrows, (on) => { S.filters.arrows = on; });
  scene.layers.forEach((layer, l) => addLegend(S, layer, l));
}

// A layer of one group is switched off as a whole, others group by group.
function addLegend(S, layer, l) {
  const now = () => S.scene.layers[l];
  if (layer.legend.length === 1) {
    addChip(S, layer.legend[0][0], swatchOf(layer, 0), () => countOf(now()), () => !isOff(S.filters, now()),
      (on) => { S.filters.off[layer.name] = !on; });
    return;
  }
  layer.legend.forEach(([label], group) => {
    const hidden = () => hiddenGroups(S.filters, now());
    const show = (on) => {
      const others = hidden().filter((g) => g !== group);
      S.filters.hidden[layer.name] = on ? others : [...others, group].sort((a, b) => a - b);
    };
    const count = () => now().groupCounts[group];
    const chip = addChip(S, label, swatchOf(layer, group), count, () => !hidden().includes(group), show);
    S.controls.push(() => { chip.hidden = !offered(now(), group); });
  });
}

function addSlider(S, name, range, value, format, change, released = () => {}) {
  const [label, input, output] = ["label", "input", "output"].map((tag) => document.createElement(tag));
  Object.assign(input, { type: "range", ...range });
  input.setAttribute("aria-label", name);
  const turned = (value) => {
    change(value);
    S.refilter();
  };
  bindSlider(input, turned, released);
  label.append(name, input, output);
  S.parts.filters.append(label);
  S.controls.push(() => {
    input.value = value();
    input.ariaValueText = output.textContent = format(value());
  });
  return input;
}

// Colour and stroke, told apart without colour as on the picture.
const swatchOf = ({ legend, dashes }, group) => [legend[group][1], dashOf(dashes[group])];
const dashOf = (dash) => (!dash ? "solid" : dash[0] > 3 ? "dashed" : "dotted");

function addChip(S, name, [colour, stroke = "solid"], count, isOn, change) {
  const [chip, swatch, small] = ["button", "i", "small"].map((tag) => document.createElement(tag));
  Object.assign(chip, { type: "button", className: "chip" });
  Object.assign(swatch.style, { borderColor: colour, borderStyle: stroke });
  chip.append(swatch, name);
  if (count) chip.append(small);
  chip.addEventListener("click", () => {
    change(!isOn());
    S.refilter();
  });
  S.parts.filters.append(chip);
  S.controls.push(() => {
    chip.setAttribute("aria-pressed", isOn());
    if (count) small.textContent = S.scene.awaited ? "…" : count().toLocaleString("en");
  });
  return chip;
}
