// Painting the picture and the layers. Coordinates are screen pixels; one path for each colour.
const DENSITY_FROM = 50000;

function paintScene(S) {
  const { ctx, scene, view, size } = S;
  ctx.clearRect(0, 0, ...size);
  ctx.imageSmoothingEnabled = view.scale < 2;
  if (isLoaded(S.image)) drawImageAt(ctx, S.image, view, [0, 0, scene.width, scene.height]);
  if (scene.overlay && isLoaded(S.overlay)) {
    ctx.imageSmoothingEnabled = false;
    ctx.globalAlpha = S.filters.opacity ?? scene.overlay.opacity;
    drawImageAt(ctx, S.overlay, view, scene.overlay.extent);
    ctx.globalAlpha = 1;
  }
  if (scene.points) drawPoints(ctx, scene.points, view);
  scene.layers.forEach((layer, l) => {
    if (isDense(S.shown[l])) drawDensity(ctx, layer, S.shown[l], view, size);
    else drawLayer(ctx, layer, S.shown[l], view, S.filters.arrows);
  });
}

const isDense = (shown) => shown.length > DENSITY_FROM;

function drawImageAt(ctx, image, { x, y, scale }, [x0, y0, x1, y1]) {
  ctx.drawImage(image, x + x0 * scale, y + y0 * scale, (x1 - x0) * scale, (y1 - y0) * scale);
}

function drawPoints(ctx, points, view) {
  ctx.fillStyle = "rgba(255,255,255,0.9)";
  ctx.strokeStyle = "rgba(0,0,0,0.5)";
  ctx.lineWidth = 0.5;
  ctx.beginPath();
  for (let i = 0; i < points.length; i += 2)
    ctx.rect(view.x + points[i] * view.scale - 1, view.y + points[i + 1] * view.scale - 1, 2, 2);
  ctx.fill();
  ctx.stroke();
}

function drawLayer(ctx, layer, shown, view, arrows) {
  const { boxes, groups, legend } = layer;
  const s = view.scale;
  ctx.lineWidth = layer.width;
  for (let g = legend.length - 1; g >= 0; g--) { // the first group on top
    ctx.strokeStyle = legend[g][1];
    ctx.beginPath();
    for (const i of shown) {
      if (groups[i] !== g) continue;
      const o = i * 4, width = boxes[o + 2] - boxes[o], height = boxes[o + 3] - boxes[o + 1];
      ctx.rect(view.x + boxes[o] * s, view.y + boxes[o + 1] * s, width * s, height * s);
    }
    ctx.stroke();
    if (layer.tails && arrows) drawArrows(ctx, layer, shown, view, g);
  }
  if (layer.labels) for (const i of shown)
    drawTag(ctx, layer.labels[i], legend[groups[i]][1], view.x + boxes[4 * i] * s, view.y + boxes[4 * i + 1] * s);
}

function drawArrows(ctx, layer, shown, { x, y, scale }, group) {
  const { boxes, tails } = layer;
  ctx.beginPath();
  for (const i of shown) {
    if (layer.groups[i] !== group) continue;
    const x0 = x + tails[2 * i] * scale, y0 = y + tails[2 * i + 1] * scale;
    const x1 = x + (boxes[4 * i] + boxes[4 * i + 2]) / 2 * scale;
    const y1 = y + (boxes[4 * i + 1] + boxes[4 * i + 3]) / 2 * scale;
    const angle = Math.atan2(y1 - y0, x1 - x0);
    ctx.moveTo(x0, y0);
    ctx.lineTo(x1, y1);
    for (const turn of [2.6, -2.6]) {
      ctx.moveTo(x1, y1);
      ctx.lineTo(x1 + 6 * Math.cos(angle + turn), y1 + 6 * Math.sin(angle + turn));
    }
  }
  ctx.stroke();
}

// What changes under the hand: the tools' boxes, and the box under the pointer.
function paintOver(S) {
  S.over.clearRect(0, 0, ...S.size);
  if (S.hover) strokeBox(S.over, S.view, boxOf(S.scene.layers[S.hover.layer], S.hover.index), "#ffffff", 3);
  if (S.tools) paintTools(S);
}

const boxOf = (layer, i) => layer.boxes.subarray(4 * i, 4 * i + 4);

function strokeBox(ctx, { x, y, scale }, [x0, y0, x1, y1], colour, width, dash = []) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.strokeRect(x + x0 * scale, y + y0 * scale, (x1 - x0) * scale, (y1 - y0) * scale);
  ctx.setLineDash([]);
}
