// The canvas as a component of Streamlit. What is mounted stays on the node, so that zoom and filters outlast reruns.
// Its controls stand in the panel of its key (canvas_panel.js) while there is one; either may come first.
export default function ({ parentElement, data, setTriggerValue }) {
  const host = parentElement.querySelector(".canvas-host");
  host.emit = setTriggerValue;
  if (host.mounted) host.mounted.update(data);
  else start(host, data);
  return () => {
    if (host.isConnected) return; // Streamlit also calls this where newer data overtook these, and shows it here
    host.stop?.();
    host.stop = host.mounted = null;
  };
}

function start(host, data) {
  const holder = host.getRootNode().host.closest("[class*=st-key-]"); // Streamlit writes the key on what holds us
  const key = [...holder.classList].find((name) => name.startsWith("st-key-"));
  const path = location.pathname;
  let seen = false;
  const tell = (event, detail) => window.dispatchEvent(new CustomEvent("frcnn-viz:" + event, { detail }));
  const mounted = (host.mounted = mount(host, data, (event, value) => {
    if (event === "look") tell("look", { text: value, path });
    else if (event === "shown") {
      if (!seen) tell("look", { text: mounted.look(), path }); // the address may have that of a canvas before
      seen = true;
      holder.style.removeProperty("opacity");
      tell("shown", { key });
    }
    else host.emit(event, value);
  }));
  let docked = null;
  const onPanel = ({ detail }) => {
    if (detail.key !== key || (!detail.element && detail.gone !== docked)) return;
    docked = detail.element ?? null;
    mounted.dock(docked);
  };
  window.addEventListener("frcnn-viz:panel", onPanel);
  const onPatch = ({ detail }) => { if (detail.key === key) mounted.patch(detail.layers); };
  window.addEventListener("frcnn-viz:patch", onPatch);
  const onPicture = ({ detail }) => { // which is not out of date, as Streamlit shows what it waits for
    if (mounted.expect(detail)) holder.style.setProperty("opacity", "1", "important");
  };
  window.addEventListener("frcnn-viz:picture", onPicture);
  tell("canvas", { key });
  host.stop = () => {
    window.removeEventListener("frcnn-viz:panel", onPanel);
    window.removeEventListener("frcnn-viz:patch", onPatch);
    window.removeEventListener("frcnn-viz:picture", onPicture);
    mounted.unmount();
  };
}
