// Buttons with a picture each; text only ever goes in as text.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".gallery"), focused = root.getRootNode().activeElement?.dataset.key;
  root.style.setProperty("--tile", `${data.width}px`);
  const make = (tag, name, text) => Object.assign(document.createElement(tag), { className: name, textContent: text ?? "" });
  root.replaceChildren(...data.tiles.map((tile) => {
    const button = make("button", "tile"), picture = make("span", "picture"), image = new Image();
    const ariaLabel = [tile.badge, tile.title, tile.caption].filter(Boolean).join(" ");
    Object.assign(button, { type: "button", title: tile.title, ariaLabel });
    button.dataset.key = tile.key;
    button.setAttribute("aria-pressed", tile.chosen);
    Object.assign(image, { src: tile.url, alt: "", loading: "lazy" });
    picture.append(image);
    if (tile.badge) picture.append(make("span", "badge", tile.badge));
    button.append(picture, make("span", "title", tile.title), make("span", "caption", tile.caption));
    button.addEventListener("click", () => setTriggerValue("pick", tile.key));
    return button;
  }));
  // Names of one camera differ at their ends: of one that has no room the middle is left out.
  const long = [...root.querySelectorAll(".title")].filter((name) => name.scrollHeight > name.clientHeight);
  const half = Math.floor(data.width / 10);
  for (const name of long) name.textContent = `${name.textContent.slice(0, half - 1)}…${name.textContent.slice(-half)}`;
  [...root.children].find((tile) => tile.dataset.key === focused)?.focus();
}
