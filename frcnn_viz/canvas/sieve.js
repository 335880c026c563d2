// A stage's filters, run here while a slider is held: what became of each box of a layer, as `select_proposals` tells.
//   layer: boxes of the sieve (the network's input frame), scores, levels, order
//   dials: minSide, minScore, nmsIou, most
//   places: in the layer's legend, of kept, suppressed, over the limit, under the score, too small
function sift(layer, dials) {
  const { boxes, levels, places } = layer.sieve;
  const minSide = f32(dials.minSide), minScore = f32(dials.minScore); // as torch compares a tensor with a number
  const side = (i, k) => f32(boxes[4 * i + k + 2] - boxes[4 * i + k]);
  const groups = new Uint8Array(layer.count), entering = [];
  for (const i of layer.order) {
    if (!(side(i, 0) >= minSide && side(i, 1) >= minSide)) groups[i] = places.small;
    else if (!(layer.scores[i] >= minScore)) groups[i] = places.unlikely;
    else { groups[i] = places.suppressed; entering.push(i); }
  }
  batchedNms(boxes, levels, entering, dials.nmsIou).forEach((i, n) => {
    groups[i] = n < dials.most ? places.kept : places.over;
  });
  return groups;
}
