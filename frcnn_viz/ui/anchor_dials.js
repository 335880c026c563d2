// Sizes and ratios of anchors as sliders, and what they do to the objects of a set while one is dragged: numbers, a
// histogram, and the objects on the canvas of the page. The server is told when it is let go.
// The message's header: sizes, ratios: of each level; before: the best IoU of each object with the detector's own anchors;
// set: the objects; drawn: those on the canvas; answered: the serial of what was asked for last; and what `anchor_dials.py` names.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".anchor-dials"), D = (root.dials ??= start(root));
  D.tell = (value) => setTriggerValue("turned", value);
  take(D, data);
  return () => { if (!root.isConnected) { D.stop(); root.dials = null; } }; // see box_canvas.js
}

const BINS = 40, WIDE = 270, HIGH = 84;

function start(root) {
  const name = Math.random().toString(36).slice(2), D = { root, name, held: false, asked: "", count: 0, shape: "", frame: 0 };
  const onShown = ({ detail }) => { if (detail.key === D.data?.canvas) tellCanvas(D); }; // its scene may be an older one
  window.addEventListener("frcnn-viz:shown", onShown);
  D.stop = () => { window.removeEventListener("frcnn-viz:shown", onShown); cancelAnimationFrame(D.frame); };
  return D;
}

// What was asked for here stands until the server has answered, whatever its answer is.
function take(D, bytes) {
  const message = readHeader(bytes), data = message.scene, read = arraysOf(message);
  const { sizes, ratios, levels } = data;
  const shape = JSON.stringify([levels, ...[sizes, ratios].map((of) => of.map((values) => values.length))]);
  const isNew = shape !== D.shape;
  if (isNew) D.held = false; // its sliders go
  if (isNew || D.asked === data.answered) D.asked = "";
  if (isNew || !(D.held || D.asked)) D.now = structuredClone({ sizes, ratios });
  Object.assign(D, { data, shape, before: read(Float32Array, data.before) });
  Object.assign(D, { set: objectsOf(read, data, "set"), drawn: data.canvas && objectsOf(read, data, "drawn") });
  if (isNew) build(D);
  follow(D);
}

function objectsOf(read, data, whose) {
  const { boxes, kind, grids } = data[whose];
  const arrays = [read(Float32Array, boxes), read(Int32Array, kind), read(Int32Array, grids)];
  const objects = readObjects(...arrays, data.levels.length);
  return { objects, places: nearestPlaces(objects) };
}

const fitOf = ({ objects, places }, { sizes, ratios }) => fitAnchors(objects, places, sizes, ratios);

function turn(D) {
  D.frame ||= requestAnimationFrame(() => { D.frame = 0; follow(D); });
}

// Everything that the sliders move.
function follow(D) {
  const begun = performance.now(), { iou } = fitOf(D.set, D.now), { threshold } = D.data;
  const { gained, lost } = changedObjects(D.before, iou, threshold);
  const both = (figure) => [D.before, iou].map((of) => (of.length ? figure(of).toFixed(3) : "none")).join(" → ");
  show(D, "recall", both((of) => recallAt(of, threshold)));
  show(D, "mean_best", both((of) => of.reduce((sum, value) => sum + value, 0) / of.length));
  show(D, "count", iou.length.toLocaleString("en"));
  show(D, "gained", gained.length.toLocaleString("en"));
  show(D, "lost", lost.length.toLocaleString("en"));
  for (const update of D.updates) update();
  drawHistogram(D, [D.before, iou].map((of) => iouHistogram(of, BINS)));
  tellCanvas(D);
  D.root.dataset.ms = (performance.now() - begun).toFixed(2);
}

const show = (D, name, text) => { D.root.querySelector(`[data-number="${name}"]`).textContent = text; };

// The canvas draws each object by how its best anchor becomes positive, and that anchor.
function tellCanvas(D) {
  if (!D.drawn) return;
  const { canvas, names, scale, threshold } = D.data, { iou, level, anchors } = fitOf(D.drawn, D.now);
  const [anchor, object] = D.data.layers, least = f32(threshold);
  const layers = {
    [anchor]: { boxes: anchors.map((v, n) => v * f32(scale[n % 2])), columns: [iou, level], groups: new Uint8Array(iou.length) },
    [object]: {
      columns: [iou], groups: Uint8Array.from(iou, (value) => +(value < least)),
      labels: names.map((name, n) => `${name} ${iou[n].toFixed(2)}`),
    },
  };
  window.dispatchEvent(new CustomEvent("frcnn-viz:patch", { detail: { key: canvas, layers } }));
}

function make(tag, parts = {}, ...children) {
  const element = Object.assign(document.createElement(tag), parts);
  element.append(...children);
  return element;
}

function build(D) {
  const { words, colours } = D.data, figures = make("dl");
  D.updates = [];
  for (const name of ["recall", "mean_best", "gained", "lost", "count"]) {
    const value = make("dd");
    value.dataset.number = name;
    figures.append(make("dt", { textContent: words[name].term, title: words[name].hover }), value);
  }
  D.histogram = make("div", { className: "histogram" });
  const legend = make("p", { className: "legend" }, ...["own", "now"].map((name, n) => {
    const entry = make("span", { textContent: words[name].term, title: words[name].hover });
    entry.style.setProperty("--colour", colours[n]);
    return entry;
  }));
  const title = make("p", { textContent: words.ious.term, title: words.ious.hover });
  const ratios = make("details", {}, make("summary", { textContent: words.ratios.term, title: words.ratios.hover }));
  const sizes = make("div", {}, make("p", { textContent: words.sizes.term, title: words.sizes.hover }));
  for (const [name, place] of [["sizes", sizes], ["ratios", ratios]]) addSliders(D, name, place);
  D.root.replaceChildren(figures, title, D.histogram, legend, sizes, ratios);
}

function addSliders(D, name, place) {
  const { levels, words, ranges } = D.data, [low, high, step] = ranges[name];
  D.now[name].forEach((values, l) => values.forEach((value, n) => {
    const which = `level ${levels[l] ?? l}` + (values.length > 1 ? `, ${n + 1}` : "");
    const range = { type: "range", min: Math.min(low, value), max: Math.max(high, value), step };
    const input = make("input", range), output = make("output");
    input.setAttribute("aria-label", `${words[name].term}, ${which}`);
    const turned = (value) => {
      D.held = true;
      D.now[name][l][n] = value;
      turn(D);
    };
    const released = () => {
      D.held = false;
      D.asked = `${D.name}:${++D.count}`;
      D.tell({ ...structuredClone(D.now), serial: D.asked });
    };
    bindSlider(input, turned, released);
    place.append(make("label", {}, which, input, output));
    D.updates.push(() => {
      const now = D.now[name][l][n];
      input.value = now;
      output.textContent = +now.toFixed(2);
    });
  }));
}

// How the best IoUs are spread from 0 to 1, with the detector's own anchors and with these; dotted: the threshold.
function drawHistogram({ histogram, data }, [before, now]) {
  const most = Math.max(1, ...before, ...now), [own, these, mark] = data.colours, x = data.threshold * WIDE;
  const steps = (counts) => [...counts].map((count, n) =>
    `V${(HIGH * (1 - count / most)).toFixed(1)}H${((n + 1) * WIDE) / BINS}`).join("");
  const path = (counts, colour, dash) => `<path d="M0 ${HIGH}${steps(counts)}V${HIGH}" fill="${colour}" fill-opacity="0.25"
    stroke="${colour}" stroke-width="1.5" stroke-dasharray="${dash}" vector-effect="non-scaling-stroke"/>`;
  histogram.innerHTML = `<svg viewBox="0 -2 ${WIDE} ${HIGH + 4}" preserveAspectRatio="none" role="img">
    ${path(before, own, "4 3")}${path(now, these, "none")}
    <path d="M${x} 0V${HIGH}" stroke="${mark}" stroke-width="2" stroke-dasharray="2 3" vector-effect="non-scaling-stroke"/>
    </svg>`;
  const svg = histogram.firstElementChild;
  svg.setAttribute("aria-label", `${data.words.ious.term}, from 0 to 1; the tallest bar is ${most}`);
  svg.dataset.counts = now.join();
}
