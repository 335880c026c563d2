// Where the image lies on the screen, which boxes pass the filters, and which box is under the pointer.
const MAX_ZOOM = 64;

function fitView(view, scene, width, height) {
  const scale = Math.min(width / scene.width, height / scene.height);
  view.fit = scale;
  if (!view.zoomed) Object.assign(view, {
    scale, x: (width - scene.width * scale) / 2, y: (height - scene.height * scale) / 2,
  });
}

function zoomAt(view, factor, px, py) {
  const scale = Math.min(view.fit * MAX_ZOOM, Math.max(view.fit, view.scale * factor));
  const ratio = scale / view.scale;
  view.x = px - (px - view.x) * ratio;
  view.y = py - (py - view.y) * ratio;
  view.scale = scale;
  view.zoomed = scale > view.fit * 1.001;
}

const toImage = (view, px, py) => [(px - view.x) / view.scale, (py - view.y) / view.scale];

// Indices of a layer's boxes that are shown: the best `topK` of those over the score and in a shown group.
function visibleBoxes(layer, filters) {
  const hidden = filters.hidden[layer.name] ?? layer.hiddenGroups;
  const off = filters.off[layer.name] ?? !layer.visible;
  if (off) return new Uint32Array(0);
  const found = new Uint32Array(layer.count);
  let n = 0;
  const limit = layer.scores ? filters.topK : Infinity;
  for (const i of layer.order) {
    if (n >= limit || (layer.scores && layer.scores[i] < filters.score)) break;
    if (!hidden.includes(layer.groups[i])) found[n++] = i;
  }
  return found.subarray(0, n);
}

// The smallest shown box that holds the point; later layers win over earlier ones.
function boxAt(scene, shown, x, y, slack) {
  for (let l = scene.layers.length - 1; l >= 0; l--) {
    const { boxes } = scene.layers[l];
    let best = -1, bestArea = Infinity;
    for (const i of shown[l]) {
      const o = i * 4;
      if (x < boxes[o] - slack || y < boxes[o + 1] - slack || x > boxes[o + 2] + slack || y > boxes[o + 3] + slack) continue;
      const area = (boxes[o + 2] - boxes[o]) * (boxes[o + 3] - boxes[o + 1]);
      if (area < bestArea) { best = i; bestArea = area; }
    }
    if (best >= 0) return { layer: l, index: best };
  }
  return null;
}
