// Painting. Coordinates are screen pixels. Three canvases lie on each other: the picture, the layers, and what changes
// under the hand; so a filter repaints no picture, and hovering no layer.
const RASTER_FROM = 2000, DENSITY_FROM = 50000;

function paintPicture(S) {
  const { picture: ctx } = S.on, { scene, view } = S;
  ctx.clearRect(0, 0, ...S.size);
  ctx.imageSmoothingEnabled = view.scale < 2;
  if (isLoaded(S.image)) drawImageAt(ctx, S.image, view, [0, 0, scene.width, scene.height]);
}

const DEAR = 8, REST = 80; // milliseconds

// Layers that are dear to paint are moved as they are while the view moves, and painted anew when it rests.
function moveLayers(S) {
  const { view, painted } = S, { style } = S.on.layers.canvas;
  if (!(painted?.took > DEAR)) return paintLayers(S);
  const k = view.scale / painted.scale;
  style.transform = `matrix(${k}, 0, 0, ${k}, ${view.x - painted.x * k}, ${view.y - painted.y * k})`;
  clearTimeout(S.resting);
  S.resting = setTimeout(S.refilter, REST);
}

function paintLayers(S) {
  const start = performance.now(), { layers: ctx } = S.on, { scene, view } = S;
  clearTimeout(S.resting);
  S.resting = 0;
  ctx.canvas.style.transform = "";
  ctx.clearRect(0, 0, ...S.size);
  if (scene.overlay && isLoaded(S.overlay)) {
    ctx.imageSmoothingEnabled = false;
    ctx.globalAlpha = S.filters.opacity ?? scene.overlay.opacity;
    drawImageAt(ctx, S.overlay, view, scene.overlay.extent);
    ctx.globalAlpha = 1;
  }
  if (scene.points?.length > 2 * RASTER_FROM) drawRasterPoints(S, ctx, scene.points);
  else if (scene.points) drawPoints(ctx, scene.points, view);
  scene.layers.forEach((layer, l) => {
    if (isDense(S.shown[l])) drawDensity(S, ctx, layer, S.shown[l]);
    else drawLayer(S, ctx, layer, S.shown[l]);
  });
  paintTags(ctx, S);
  S.painted = { ...view, took: performance.now() - start };
}

const isDense = (shown) => shown.length > DENSITY_FROM;

function drawImageAt(ctx, image, { x, y, scale }, [x0, y0, x1, y1]) {
  ctx.drawImage(image, x + x0 * scale, y + y0 * scale, (x1 - x0) * scale, (y1 - y0) * scale);
}

function drawPoints(ctx, points, view) {
  ctx.fillStyle = "rgba(255,255,255,0.9)";
  ctx.strokeStyle = "rgba(0,0,0,0.5)";
  ctx.lineWidth = 0.5;
  ctx.setLineDash(SOLID);
  for (let i = 0; i < points.length; i += 2) {
    const square = [view.x + points[i] * view.scale - 1, view.y + points[i + 1] * view.scale - 1, 2, 2];
    ctx.fillRect(...square);
    ctx.strokeRect(...square);
  }
}

function drawLayer(S, ctx, layer, shown) {
  const { legend, groups } = layer, { view } = S, arrows = layer.tails && S.filters.arrows;
  const few = shown.length <= RASTER_FROM;
  if (!few) drawRaster(S, ctx, layer, shown);
  if (few || arrows) for (let g = legend.length - 1; g >= 0; g--) { // the first group on top
    if (!layer.groupCounts[g]) continue;
    const members = shown.filter((i) => groups[i] === g);
    if (few) for (const i of members) {
      ctx.globalAlpha = layer.alphas?.[i] ?? 1;
      strokeBox(ctx, view, boxOf(layer, i), legend[g][1], widthOfGroup(layer, g), layer.dashes[g]);
    }
    ctx.globalAlpha = 1;
    if (arrows) drawArrows(ctx, layer, members, view, legend[g][1]);
  }
}

const widthOfGroup = ({ width, widths }, group) => widths[group] ?? width;

const PATH = 32; // arrows: a long path takes more than its share

function drawArrows(ctx, { boxes, tails, width }, members, { x, y, scale }, colour) {
  Object.assign(ctx, { strokeStyle: colour, lineWidth: width });
  ctx.setLineDash(SOLID);
  members.forEach((i, n) => {
    if (n % PATH === 0) ctx.beginPath();
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
    if (n % PATH === PATH - 1 || n === members.length - 1) ctx.stroke();
  });
}

// What changes under the hand: the tools' boxes, the box under the pointer, the one that the keyboard is at.
function paintOver(S) {
  const { over } = S.on;
  over.clearRect(0, 0, ...S.size);
  if (S.hover) strokeBox(over, S.view, boxOf(S.scene.layers[S.hover.layer], S.hover.index), "#ffffff", 3);
  if (S.focus) for (const [colour, width] of [["#111111", 6], ["#ffffff", 3]])
    strokeBox(over, S.view, boxOf(S.scene.layers[S.focus.layer], S.focus.index), colour, width);
  if (S.tools) paintTools(S);
}

const boxOf = (layer, i) => layer.boxes.subarray(4 * i, 4 * i + 4);

const SOLID = [];

function strokeBox(ctx, { x, y, scale }, [x0, y0, x1, y1], colour, width, dash = SOLID) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.strokeRect(x + x0 * scale, y + y0 * scale, (x1 - x0) * scale, (y1 - y0) * scale);
}
