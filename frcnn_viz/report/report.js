// Pictures live while they are near what is seen; what was set on one is kept while it rests as a still.
const NEAR = "400px 0px", FAR = "4000px 0px";

const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

const inflate = async (bytes) => {
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
};

// The message of a scene with other parts in its header.
function withHeader(message, parts) {
  const { bytes, base, scene } = readHeader(message);
  const text = new TextEncoder().encode(JSON.stringify({ ...scene, ...parts })), gap = -(text.length + 4) & 3;
  const made = new Uint8Array(4 + text.length + gap + bytes.length - base).fill(32, 4);
  new DataView(made.buffer).setUint32(0, text.length + gap, true);
  made.set(text, 4);
  made.set(bytes.subarray(base), 4 + text.length + gap);
  return made;
}

async function enliven(shot) {
  if (shot.life || shot.coming) return;
  shot.coming = true;
  shot.message ??= await inflate(fromBase64(shot.querySelector("script").textContent));
  const { src, naturalWidth, width, height } = shot.querySelector("img"), place = document.createElement("div");
  const set = shot.look ? { look: { text: shot.look, epoch: 0 } } : {};
  place.className = "live";
  place.style.setProperty("--ratio", (width || naturalWidth) / height);
  shot.querySelector(".still").after(place);
  shot.classList.add("alive");
  const panel = shot.parentElement.querySelector(".canvas-panel");
  shot.life = mount(place, withHeader(shot.message, { url: src, ...set }), () => {}, panel);
  shot.coming = false;
}

function rest(shot) {
  if (!shot.life) return;
  shot.look = shot.life.look();
  shot.life.unmount();
  shot.life = null;
  shot.querySelector(".live").remove();
  shot.classList.remove("alive");
}

const shots = document.querySelectorAll("figure.shot");
const watch = (margin, does) => {
  const watcher = new IntersectionObserver((seen) => seen.forEach(does), { rootMargin: margin });
  for (const shot of shots) watcher.observe(shot);
};
watch(NEAR, ({ isIntersecting, target }) => { if (isIntersecting) enliven(target); });
watch(FAR, ({ isIntersecting, target }) => { if (!isIntersecting) rest(target); });

document.getElementById("theme").addEventListener("click", () => {
  const { dataset } = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches;
  dataset.theme = (dataset.theme ?? (dark ? "dark" : "light")) === "dark" ? "light" : "dark";
});
