// A place for a canvas's controls. It says that it is there, and says so again to a canvas that comes later.
export default function ({ parentElement, data }) {
  const element = parentElement.querySelector(".canvas-panel"), key = "st-key-" + data.key.replace(/[^\w-]/g, "-");
  const say = (what) => window.dispatchEvent(new CustomEvent("frcnn-viz:panel", { detail: { key, ...what } }));
  const onCanvas = ({ detail }) => { if (detail.key === key) say({ element }); };
  if (!element.stop) {
    window.addEventListener("frcnn-viz:canvas", onCanvas);
    element.stop = () => {
      element.stop = null;
      window.removeEventListener("frcnn-viz:canvas", onCanvas);
      say({ gone: element });
    };
    say({ element });
  }
  return () => { if (!element.isConnected) element.stop?.(); }; // see box_canvas.js
}
