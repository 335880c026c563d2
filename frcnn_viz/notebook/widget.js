// The canvas in a cell of a notebook: one for each message, side by side, and one panel for their controls.
export default { render };

function render({ model, el }) {
  el.dataset.lmSuppressShortcuts = "true"; // JupyterLab's keys, of which some delete cells, are not meant here
  const root = el.shadowRoot ?? el.attachShadow({ mode: "open" }); // its style is for itself
  const pictures = elementOf("pictures"), panel = elementOf("canvas-panel"), canvases = [];
  const style = document.createElement("style"), holder = elementOf("cell");
  style.textContent = STYLE;
  holder.append(pictures, panel);
  root.replaceChildren(style, holder);
  const tell = (n, event, value) => {
    if (event !== "pick" && event !== "dials") return;
    model.set(event, { ...value, panel: n });
    model.save_changes();
  };
  const show = () => model.get("messages").forEach((message, n, { length }) => {
    const data = bytesOf(message);
    if (canvases[n]) return canvases[n].update(data);
    const { width, height, caption } = readHeader(data).scene, host = elementOf("picture-host");
    if (length > 1) host.append(Object.assign(elementOf("name"), { textContent: caption }));
    host.style.maxWidth = `calc(80vh * ${width / height})`; // whole in the window, however long the notebook is
    pictures.append(host);
    canvases[n] = mount(host, data, (event, value) => tell(n, event, value), panel);
  });
  model.on("change:messages", show);
  show();
  followTheme(holder);
  return () => {
    model.off("change:messages", show);
    for (const canvas of canvases) canvas.unmount();
  };
}

// The browser's own sliders are light or dark as the notebook is, which shows by the colour of its text. Where that
// changes it takes a moment (widget.css), whose end is told, or that JupyterLab cut it short.
function followTheme(element) {
  const dot = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const look = () => {
    dot.clearRect(0, 0, 1, 1);
    dot.fillStyle = getComputedStyle(element).color; // however it is written
    dot.fillRect(0, 0, 1, 1);
    const [red, green, blue] = dot.getImageData(0, 0, 1, 1).data;
    element.style.colorScheme = red + green + blue > 3 * 128 ? "dark" : "light";
  };
  for (const over of ["transitionend", "transitioncancel"]) element.addEventListener(over, look);
  look();
}

function elementOf(name) {
  const element = document.createElement("div");
  element.className = name;
  return element;
}

// Jupyter gives a view of a longer buffer.
const bytesOf = (value) => (ArrayBuffer.isView(value)
  ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value));
