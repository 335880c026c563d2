// Canvases whose scenes have the same `link` are turned together: what the reader sets on one, the others take, the
// middle of the picture as a fraction of its sides.
function tellLinked(S) {
  const text = lookText(S), before = S.linkedLook, { link, width, height } = S.scene;
  S.linkedLook = text;
  if (!link || before === undefined || text === before) return; // what it began with was set on none
  const middle = [S.view.cx / width, S.view.cy / height];
  window.dispatchEvent(new CustomEvent("frcnn-viz:linked", { detail: { from: S, link, text, middle } }));
}

// Returns how to stop.
function followLinked(S) {
  const follow = ({ detail: { from, link, text, middle } }) => {
    if (from === S || link !== S.scene?.link) return;
    setLook(S, text);
    Object.assign(S.view, centreOf(S.scene, middle[0] * S.scene.width, middle[1] * S.scene.height));
    S.linkedLook = S.lookSaid = lookText(S);
    placeView(S.view, S.scene, S.size);
    S.refilter();
    S.repaint();
  };
  window.addEventListener("frcnn-viz:linked", follow);
  return () => window.removeEventListener("frcnn-viz:linked", follow);
}
