// The one way in: a canvas in an element of any page.
//   data: the message of CanvasScene.pack(); `update(data)` shows another
//   emit(event, value): tells the host of "pick", "dials", "edit", "look" and "frame", and that a scene is "shown"
//   `look()`: what is set on it, once a scene is shown
//   `expect(picture)`: url, width and height of what the next scene is about, shown until that comes; whether it is shown
//   `patch(layers)`: other parts of layers of the scene, by the layer's name, for as many boxes
//   panel: an element that is to hold the controls; without it they stand above the picture. `dock(panel)` moves them
function mount(element, data, emit, panel = null) {
  const S = newState(element, emit);
  bindPointer(S);
  bindKeys(S);
  bindToolbar(S);
  const stopWatching = watchSize(S), stopFollowing = followLinked(S), stopPlayer = bindPlayer(S);
  const dock = (other) => (other ? other.append(S.parts.bar) : S.root.prepend(S.parts.bar));
  const unmount = () => {
    stopWatching();
    stopFollowing();
    stopPlayer();
    cancelAnimationFrame(S.frame);
    clearTimeout(S.resting);
    clearTimeout(S.lookTimer);
    S.gone = true;
    S.root.remove();
    S.parts.bar.remove();
  };
  dock(panel);
  update(S, data);
  return { update: (other) => update(S, other), expect: (picture) => expect(S, picture), patch: (layers) => patch(S, layers), look: () => lookText(S), dock, unmount };
}

const CANVASES = ["picture", "layers", "over"];

function newState(element, emit) {
  const markup = document.createElement("template");
  markup.innerHTML = MARKUP;
  const root = markup.content.firstElementChild, part = (name) => root.querySelector("." + name);
  element.append(root);
  const names = ["bar", "tools", "filters", "stage", "tip", "foot", "zoom", "status", "said"];
  const S = (root.__state = {
    root, emit, parts: { ...Object.fromEntries(names.map((name) => [name, part(name)])), canvas: part("picture") },
    on: Object.fromEntries(CANVASES.map((name) => [name, part(name).getContext("2d")])),
    size: [0, 0], heightFor: 0, view: {}, filters: usualFilters(),
    scene: null, picture: null, film: null, shown: [], hover: null, focus: null, drag: null, fingers: new Map(), tools: null, controls: [],
    held: new Map(), asked: new Map(), dialHeld: null, askedSerial: "", askedCount: 0,
    name: Math.random().toString(36).slice(2), turn: 0, frame: 0, stale: 0, playing: 0,
    sheets: new Map(), painted: null, resting: 0, lookEpoch: null, lookSaid: "",
  });
  // What is to be painted in the next frame: 1, what changes under the hand; 2, the layers as well; 3, the picture too,
  // as the view has moved; 4, all of it anew.
  const schedule = (what) => {
    S.stale = Math.max(S.stale, what);
    S.frame ||= requestAnimationFrame(S.paint);
  };
  S.touch = () => schedule(1);
  S.refilter = () => {
    filterBoxes(S);
    for (const update of S.controls) update();
    showStatus(S);
    schedule(2);
  };
  S.viewMoved = () => schedule(3);
  S.repaint = () => schedule(4);
  S.resize = () => {
    if (!takeSize(S) || !S.scene) return;
    placeView(S.view, S.scene, S.size);
    S.stale = 4;
    S.paint(); // a canvas of another size is empty
  };
  S.paint = () => {
    cancelAnimationFrame(S.frame);
    S.frame = 0;
    if (!S.scene) return;
    const start = performance.now();
    if (S.stale > 2) { // the picture, and whose the next finger is: the page's, or ours
      paintPicture(S);
      S.parts.canvas.style.touchAction = S.tools || S.view.zoom > 1 ? "none" : "pan-x pan-y";
    }
    if (S.stale > 2 && S.focus) showFocusTip(S);
    if (S.stale === 3) moveLayers(S);
    else if (S.stale > 1) paintLayers(S);
    paintOver(S);
    if (S.stale > 1) {
      tellLook(S);
      root.dataset.ms = (performance.now() - start).toFixed(2);
    }
    S.stale = 0;
  };
  S.fit = () => { fitView(S.view, S.scene); placeView(S.view, S.scene, S.size); S.viewMoved(); return true; };
  S.zoom = (factor) => {
    zoomAt(S.view, S.scene, S.size, factor, S.size.map((side) => side / 2));
    S.viewMoved();
    return true;
  };
  return S;
}

function update(S, data) {
  const turn = ++S.turn, isLast = () => turn === S.turn && !S.gone;
  S.root.dataset.waiting = turn;
  const header = readHeader(data);
  if (!S.scene) { // the arrays may take their time: the picture has its place already
    S.picture = header.scene;
    takeSize(S);
    loadImage(S, "image", header.scene.url);
  }
  return readArrays(header, S.held).then((scene) => { if (isLast()) show(S, scene); }, (error) => {
    if (isLast()) S.parts.status.textContent = error.message;
  });
}

// Nothing that was found on the picture before it is shown on it. Back at that one, its scene is shown again: the host,
// which has no other, may not send it anew.
function expect(S, { url, width, height }) {
  const { scene } = S, given = scene?.awaited ?? scene;
  if (!scene?.follows || scene.url === url) return false;
  if (given.url === url) { show(S, given); return false; }
  if (width !== scene.width || height !== scene.height) fitView(S.view, { width, height });
  S.scene = S.picture = { ...scene, url, width, height, caption: "", points: null, chosen: [], awaited: given };
  S.hover = S.focus = null;
  loadImage(S, "image", url);
  loadImage(S, "overlay", null);
  takeSize(S);
  placeView(S.view, S.scene, S.size);
  S.refilter();
  S.repaint();
  return true;
}

function patch(S, layers) {
  for (const layer of S.scene?.layers ?? []) {
    const parts = layers[layer.name];
    if (parts?.groups.length !== layer.count) continue;
    const columns = layer.columns.map(([name], n) => [name, parts.columns[n]]);
    Object.assign(layer, parts, { columns });
    layer.groupCounts = countGroups(layer);
  }
  if (S.scene) S.refilter();
}

function show(S, scene) {
  if (scene.width !== S.scene?.width || scene.height !== S.scene?.height) fitView(S.view, scene);
  S.scene = S.picture = scene;
  for (const url of S.held.keys()) if (!scene.urls.has(url)) S.held.delete(url);
  S.hover = null;
  keepFocus(S);
  S.filters.score ??= scene.scoreFrom;
  takeFilm(S, scene.film);
  takeLook(S, scene.look);
  takeAnswer(S);
  for (const layer of scene.layers) if (layer.sieve) keepAsked(S, layer);
  takeTools(S, scene.tools);
  loadImage(S, "image", S.film ? scene.film.urls[S.film.at] : scene.url);
  loadImage(S, "overlay", scene.overlay?.url);
  filterBoxes(S);
  updatePanel(S);
  if (S.tools) showTools(S.tools);
  showStatus(S);
  takeSize(S);
  placeView(S.view, scene, S.size);
  showFocusTip(S);
  S.stale = 4;
  S.paint();
  delete S.root.dataset.waiting;
  S.root.dataset.messages = 1 + Number(S.root.dataset.messages ?? 0); // lets tests see a new scene arrive
  S.emit("shown", null);
}
