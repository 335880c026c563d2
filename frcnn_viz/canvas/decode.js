// The message of CanvasScene.pack(): uint32 length, JSON header, arrays in the message or by URL.
// `held` keeps the fetched arrays of the present scene, and what was worked out from them.
async function decodeScene(message, held) {
  const bytes = message.slice(); // its own buffer, so that the arrays are aligned
  const headerLength = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + headerLength)));
  const base = 4 + headerLength;
  const places = header.layers.flatMap((l) => [l.boxes, l.groups, l.ids, l.scores, l.tails, l.sieve?.boxes, l.sieve?.levels, ...l.columns.map((c) => c[1])]);
  const urls = new Set([header.points, ...places].filter((place) => typeof place === "string"));
  const missing = [...urls].filter((url) => !held.has(url));
  if (missing.length) await Promise.all(missing.map(async (url) => held.set(url, { buffer: await fetchArray(url) })));
  const read = (Type, place) => place && (typeof place === "string" ? new Type(held.get(place).buffer)
    : new Type(bytes.buffer, base + place[0], place[1] / Type.BYTES_PER_ELEMENT));
  header.points = read(Float32Array, header.points);
  for (const layer of header.layers) {
    const scoresPlace = layer.scores;
    layer.boxes = read(Float32Array, layer.boxes);
    layer.groups = layer.given = read(Uint8Array, layer.groups);
    layer.ids = read(Int32Array, layer.ids);
    layer.scores = read(Float32Array, layer.scores);
    layer.tails = read(Float32Array, layer.tails);
    layer.columns = layer.columns.map(([name, place]) => [name, read(Float32Array, place)]);
    if (layer.sieve) Object.assign(layer.sieve, { boxes: read(Float32Array, layer.sieve.boxes), levels: read(Uint8Array, layer.sieve.levels) });
    layer.groupCounts = countGroups(layer);
    layer.order = typeof scoresPlace === "string" ? (held.get(scoresPlace).order ??= bestFirst(layer)) : bestFirst(layer);
  }
  header.urls = urls;
  return header;
}

function countGroups(layer) {
  const counts = new Array(layer.legend.length).fill(0);
  for (const group of layer.groups) counts[group]++;
  return counts;
}

function bestFirst(layer) {
  const order = Uint32Array.from({ length: layer.count }, (_, i) => i);
  return layer.scores ? order.sort((a, b) => layer.scores[b] - layer.scores[a]) : order;
}

async function fetchArray(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error("The boxes could not be fetched from the server; reload the page.");
  return answer.arrayBuffer();
}
