// The keyboard, and the buttons on the picture.
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PAN = 40;

function bindKeys(S) {
  const { canvas, zoom } = S.parts;
  canvas.addEventListener("keydown", (event) => { if (S.scene && onKey(S, event)) event.preventDefault(); });
  canvas.addEventListener("keyup", ({ key }) => { if (S.tools) letGo(S.tools, key); });
  canvas.addEventListener("blur", () => {
    if (S.tools) letGo(S.tools);
    if (S.focus) setFocus(S, null);
  });
  zoom.addEventListener("click", (event) => {
    const kind = S.scene && event.target.closest("button")?.dataset.zoom;
    if (kind === "png") savePng(S);
    else if (kind === "fit") S.fit();
    else if (kind) S.zoom(kind === "in" ? 1.4 : 1 / 1.4);
  });
}

// Whether the key meant something here.
function onKey(S, event) {
  const { key } = event, command = event.ctrlKey || event.metaKey;
  if (key === "Escape" && S.drag) return cancelDrag(S);
  if (S.tools && !S.drag && onToolKey(S.tools, event)) return true;
  if (command || event.altKey) return false;
  if (key === "Tab" && !S.tools) return stepFocus(S, event.shiftKey ? -1 : 1);
  if (key === "Enter") return chooseFocus(S);
  if (key === "Escape") return leave(S);
  if (key === "+" || key === "=") return S.zoom(1.25);
  if (key === "-") return S.zoom(0.8);
  if (key === "0") return S.fit();
  if (!ARROWS[key]) return false;
  const [dx, dy] = ARROWS[key];
  panBy(S.view, S.scene, S.size, -dx * PAN, -dy * PAN);
  S.viewMoved();
  return true;
}
