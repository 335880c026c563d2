// A stage's filters, run here while a slider is held: what became of each box of a layer.
//   layer: scores, order (best first), and its sieve: boxes (the network's input frame), levels, stage, and
//     places: in the layer's legend, of kept, suppressed, over the limit, under the score, too small; kept boxes lie
//     `apart` when each level, or label, has a place of its own, the first of them that of kept
//     near: of each box whether it is; the others lie `elsewhere`. null where all are
//   dials: minSide, minScore, nmsIou, most
function sift(layer, dials) {
  const { boxes, levels, places, stage, apart, near } = layer.sieve, pass = FIRST[stage];
  const groups = new (groupArray(layer))(layer.count), entering = [];
  const least = { side: f32(dials.minSide), score: f32(dials.minScore) }; // as torch compares a tensor with a number
  for (const i of layer.order) {
    const width = f32(boxes[4 * i + 2] - boxes[4 * i]), height = f32(boxes[4 * i + 3] - boxes[4 * i + 1]);
    const lost = pass(width, height, layer.scores[i], least);
    groups[i] = places[lost ?? "suppressed"];
    if (!lost) entering.push(i);
  }
  batchedNms(boxes, levels, entering, dials.nmsIou).forEach((i, n) => {
    groups[i] = n < dials.most ? places.kept + (apart ? levels[i] : 0) : places.over;
  });
  if (near) near.forEach((is, i) => { if (!is) groups[i] = places.elsewhere; });
  return groups;
}

// What a box is lost by before NMS, or undefined. `select_proposals` looks at the sides first and lets the threshold
// itself pass; `select_detections` looks at the score first, which must be higher.
const FIRST = {
  proposals(width, height, score, least) {
    if (!(width >= least.side && height >= least.side)) return "small";
    if (!(score >= least.score)) return "unlikely";
  },
  detections(width, height, score, least) {
    if (!(score > least.score)) return "unlikely";
    if (!(width >= least.side && height >= least.side)) return "small";
  },
};
