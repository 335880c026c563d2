// The message of CanvasScene.pack(): uint32 length, JSON header, arrays the header points to.
function decodeScene(message) {
  const bytes = message.slice(); // its own buffer, so that the arrays are aligned
  const headerLength = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + headerLength)));
  const base = 4 + headerLength;
  const read = (Type, place) => place && new Type(bytes.buffer, base + place[0], place[1] / Type.BYTES_PER_ELEMENT);
  header.points = read(Float32Array, header.points);
  for (const layer of header.layers) {
    layer.boxes = read(Float32Array, layer.boxes);
    layer.groups = read(Uint8Array, layer.groups);
    layer.ids = read(Int32Array, layer.ids);
    layer.scores = read(Float32Array, layer.scores);
    layer.tails = read(Float32Array, layer.tails);
    layer.columns = layer.columns.map(([name, place]) => [name, read(Float32Array, place)]);
    layer.groupCounts = new Array(layer.legend.length).fill(0);
    for (const group of layer.groups) layer.groupCounts[group]++;
    layer.order = Uint32Array.from({ length: layer.count }, (_, i) => i);
    if (layer.scores) layer.order.sort((a, b) => layer.scores[b] - layer.scores[a]); // best first
  }
  return header;
}
