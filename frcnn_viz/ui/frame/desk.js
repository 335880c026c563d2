// Keys, Present, Copy link, pictures that are dropped or pasted, which go to the sidebar's own uploader, names of
// Streamlit's sliders, and in a class what the teacher shows.
const OWN_KEYS = {
  f: "present, and back", c: "controls, while presenting", "?": "these keys",
  "+": "zoom in, on the canvas", "-": "zoom out", 0: "fit", Tab: "through the boxes by score, on the canvas", Escape: "leave",
  a: "step back, in NMS court", s: "play or pause", d: "step on",
};
const root = document.body;
const ASK_MS = 3000, REST_MS = 2000; // how often the teacher's pictures are asked for, and how long hands must have rested

export default function ({ parentElement, data, setTriggerValue }) {
  const desk = parentElement.querySelector(".desk");
  const all = (window.frcnnVizDesk ??= listen({}));
  Object.assign(all, { desk, data, press: (key) => setTriggerValue("press", key), reset: () => setTriggerValue("reset", true), file: () => setTriggerValue("file", true), news: (number) => setTriggerValue("news", number) });
  tell(all, data);
  fillHelp(desk, data.keys);
  if (data.news) all.following ??= follow(all);
  announce(all, data.picture);
  desk.onclick = (event) => act(all, event.target.dataset.do);
}

function listen(all) {
  window.addEventListener("frcnn-viz:view", (event) => all.desk && tell(all, event.detail));
  window.addEventListener("keydown", (event) => onKey(all, event));
  for (const what of ["dragover", "drop"]) window.addEventListener(what, (event) => {
    if (event.target.closest?.("[data-testid=stFileUploaderDropzone]") || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // else the browser leaves the app for a file that is no picture
    if (what === "drop") add(event.dataTransfer);
  });
  window.addEventListener("paste", (event) => { if (!isTyping(event) && add(event.clipboardData)) event.preventDefault(); });
  document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) show(false); });
  nameOnce();
  new MutationObserver(nameOnce).observe(root, { childList: true, subtree: true });
  return all;
}

// A picture that comes waits for who is typing or dragging, and for a script that runs: its work would be broken off.
function follow(all) {
  for (const what of ["keydown", "pointerdown", "pointermove"])
    window.addEventListener(what, (event) => { if (what !== "pointermove" || event.buttons) all.acted = Date.now(); }, true);
  return setInterval(async () => {
    const { news } = all.data, app = document.querySelector("[data-testid=stApp]");
    if (!news || document.hidden || app?.dataset.testScriptState === "running" || Date.now() - (all.acted ?? 0) < REST_MS) return;
    try {
      const { number } = await (await fetch(news.url, { cache: "no-store" })).json();
      if (number > all.data.news?.seen) all.news(number);
    } catch { /* the server is away for a moment */ }
  }, ASK_MS);
}

// The page's canvas shows another picture at once: what is found on it may take seconds.
function announce(all, picture) {
  if (!picture || picture.url === all.announced) return;
  all.announced = picture.url;
  window.dispatchEvent(new CustomEvent("frcnn-viz:picture", { detail: picture }));
}

// A slider of Streamlit's is labelled by itself and by its group, which has the same label, and so is read twice.
function nameOnce() {
  for (const slider of document.querySelectorAll("[data-testid=stSlider] input[aria-label][aria-labelledby]"))
    slider.removeAttribute("aria-labelledby");
}

function tell({ desk }, { changed, pin: [textContent, title] }) {
  desk.querySelector("summary").textContent =
    changed.length ? `${changed.length} setting${changed.length > 1 ? "s" : ""} changed` : "Settings: the model's own";
  desk.querySelector("ul").replaceChildren(...changed.map((words) => Object.assign(document.createElement("li"), { textContent: words })));
  desk.querySelector("[data-do=reset]").disabled = !changed.length;
  Object.assign(desk.querySelector("[data-do=pin]"), { textContent, title: title + " (p)" });
}

function fillHelp(desk, keys) {
  desk.querySelector("table").replaceChildren(...Object.entries({ ...keys, ...OWN_KEYS }).map(([key, words]) => {
    const row = document.createElement("tr"), cap = Object.assign(document.createElement("kbd"), { textContent: key });
    const [left, right] = [document.createElement("td"), document.createElement("td")];
    left.append(cap);
    right.textContent = words;
    row.append(left, right);
    return row;
  }));
}

function act(all, what) {
  if (what === "reset") all.reset();
  else if (what === "copy") copyLink(all);
  else if (what === "file") all.file();
  else if (what === "pin") all.press("p");
  else if (what === "present") present();
  else if (what === "help") help(all);
}

const help = ({ desk }) => { const dialog = desk.querySelector("dialog"); dialog.open ? dialog.close() : dialog.showModal(); };

function onKey(all, event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
  if (event.key === "f") present();
  else if (event.key === "c" && root.classList.contains("presenting")) root.classList.toggle("controls");
  else if (event.key === "?") help(all);
  else if (event.key in all.data.keys) all.press(event.key);
  else return;
  event.preventDefault();
}

function isTyping(event) {
  const at = event.composedPath()[0];
  return at instanceof Element && (at.isContentEditable || at.matches("input:not([type=range],[type=checkbox],[type=radio],[type=file]), textarea, select, [role=combobox], [role=listbox], [role=option]"));
}

function present() {
  const on = !root.classList.contains("presenting");
  show(on);
  if (on) document.documentElement.requestFullscreen?.().catch(() => {}); // the page fills its window where it may not
  else if (document.fullscreenElement) document.exitFullscreen();
}

function show(on) {
  root.classList.toggle("presenting", on);
  root.classList.remove("controls");
  window.dispatchEvent(new Event("resize"));
}

async function copyLink(all) {
  const button = all.desk.querySelector("[data-do=copy]");
  all.copy ??= button.textContent;
  try { await navigator.clipboard.writeText(location.href); button.textContent = "Copied"; }
  catch { window.prompt("The link:", location.href); } // where the page is not served over https
  setTimeout(() => { button.textContent = all.copy; }, 1500);
}

// Returns whether there was a picture or a video for the uploader.
function add(transfer) {
  const pictures = [...(transfer?.files ?? [])].filter((file) => /^(image|video)[/]/.test(file.type) || /[.](mkv|avi)$/i.test(file.name));
  const input = document.querySelector(".st-key-compact_upload input[type=file]");
  if (!pictures.length || !input) return false;
  const files = new DataTransfer();
  for (const picture of pictures) files.items.add(picture);
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}
