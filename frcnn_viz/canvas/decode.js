// What message.py packs: uint32 length, JSON header, arrays in the message or by URL.
// `held` keeps the fetched arrays of the present scene, and what was worked out from them.
function readHeader(message) {
  const bytes = message.slice(); // a buffer of its own, so that the arrays are aligned
  const base = 4 + new DataView(bytes.buffer).getUint32(0, true);
  return { bytes, base, scene: JSON.parse(new TextDecoder().decode(bytes.subarray(4, base))) };
}

// Reads the array at a place that the header names.
const arraysOf = ({ bytes, base }, held) => (Type, place) => place && (typeof place === "string"
  ? new Type(held.get(place).buffer) : new Type(bytes.buffer, base + place[0], place[1] / Type.BYTES_PER_ELEMENT));

async function readArrays(message, held) {
  const { scene } = message;
  scene.urls = new Set([scene.points, ...scene.layers.flatMap(placesOf)].filter((place) => typeof place === "string"));
  const missing = [...scene.urls].filter((url) => !held.has(url));
  if (missing.length) await Promise.all(missing.map(async (url) => held.set(url, { buffer: await fetchArray(url) })));
  const read = arraysOf(message, held);
  scene.points = read(Float32Array, scene.points);
  for (const layer of scene.layers) {
    const keptWith = typeof layer.scores === "string" ? held.get(layer.scores) : {};
    readLayer(layer, read);
    layer.order = keptWith.order ??= bestFirst(layer);
  }
  return scene;
}

const COURT = ["kept", "suppressor", "objects"];

const placesOf = (layer) => [
  layer.boxes, layer.groups, layer.ids, layer.scores, layer.tails, layer.frames,
  layer.sieve?.boxes, layer.sieve?.levels, layer.sieve?.near, ...COURT.map((name) => layer.sieve?.steps?.[name]),
  ...layer.columns.map(([, place]) => place),
];

function readLayer(layer, read) {
  layer.boxes = read(Float32Array, layer.boxes);
  layer.groups = layer.given = read(groupArray(layer), layer.groups);
  layer.ids = read(Int32Array, layer.ids);
  layer.scores = read(Float32Array, layer.scores);
  layer.tails = read(Float32Array, layer.tails);
  layer.frames = read(Int32Array, layer.frames);
  layer.columns = layer.columns.map(([name, place]) => [name, read(Float32Array, place)]);
  if (layer.sieve) {
    layer.sieve.boxes = read(Float32Array, layer.sieve.boxes);
    layer.sieve.levels = read(Uint16Array, layer.sieve.levels);
    layer.sieve.near = read(Uint8Array, layer.sieve.near);
    const { steps } = layer.sieve;
    if (steps) for (const name of COURT) steps[name] = read(Int32Array, steps[name]);
  }
  layer.groupCounts = countGroups(layer);
}

const groupArray = ({ legend }) => (legend.length <= 256 ? Uint8Array : Uint16Array);

function countGroups(layer) {
  const counts = new Array(layer.legend.length).fill(0), { frames, frame } = layer;
  layer.groups.forEach((group, i) => { if (!frames || frames[i] === frame) counts[group]++; });
  return counts;
}

function bestFirst({ count, scores }) {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  return scores ? order.sort((a, b) => scores[b] - scores[a]) : order;
}

async function fetchArray(url) {
  const answer = await fetch(url).catch(() => null); // nobody answers
  if (!answer?.ok) throw new Error("The boxes could not be fetched from the server; reload the page.");
  return answer.arrayBuffer();
}
