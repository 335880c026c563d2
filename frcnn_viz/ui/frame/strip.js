// Buttons for the stages in their order, with Back and Next at the ends; text only ever goes in as text.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".strip"), said = JSON.stringify(data.steps);
  root.go = (stage) => setTriggerValue("go", stage);
  if (root.said === said) return; // what is focused stays
  root.said = said;
  const focused = [...root.children].indexOf(root.getRootNode().activeElement);
  const at = data.steps.findIndex((step) => step.current);
  const make = (tag, name, text) => Object.assign(document.createElement(tag), { className: name, textContent: text ?? "" });
  const button = (name, step, ...parts) => {
    const made = make("button", name);
    made.type = "button";
    made.disabled = !step;
    if (step) made.addEventListener("click", () => root.go(step.stage));
    made.append(...parts);
    return made;
  };
  const end = (way, label) => {
    const made = button("end", at < 0 && way < 0 ? null : data.steps[at + way], label);
    made.dataset.way = way;
    return made;
  };
  const stages = data.steps.map((step, i) => {
    const made = button("step", step, make("span", "title", step.title), make("span", "count", step.count));
    made.title = `${step.count} ${step.unit}`;
    if (i === at) made.setAttribute("aria-current", "step");
    return made;
  });
  root.replaceChildren(end(-1, "‹ Back"), ...stages, end(1, "Next ›"));
  root.children[focused]?.focus();
  root.scrollLeft = at < 0 ? 0 : stages[at].offsetLeft - (root.clientWidth - stages[at].offsetWidth) / 2; // where it is too narrow for all
}
