// Buttons with a picture each; text only ever goes in as text.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".gallery"), focused = root.getRootNode().activeElement?.dataset.key;
  root.style.setProperty("--tile", `${data.width}px`);
  const make = (tag, name, text) => Object.assign(document.createElement(tag), { className: name, textContent: text ?? "" });
  root.replaceChildren(...data.tiles.map((tile) => {
    const button = make("button", "tile"), picture = make("span", "picture"), image = new Image();
    Object.assign(button, { type: "button", title: tile.title });
    button.dataset.key = tile.key;
    button.setAttribute("aria-pressed", tile.chosen);
    Object.assign(image, { src: tile.url, alt: "", loading: "lazy" });
    picture.append(image);
    if (tile.badge) picture.append(make("span", "badge", tile.badge));
    button.append(picture, make("span", "title", tile.title), make("span", "caption", tile.caption));
    button.addEventListener("click", () => setTriggerValue("pick", tile.key));
    return button;
  }));
  [...root.children].find((tile) => tile.dataset.key === focused)?.focus();
}
