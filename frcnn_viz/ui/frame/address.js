// Keeps the address bar at the present view, by replacement, so that a page is one entry of the history. What the canvas
// has been turned to is added here and costs no trip to the server.
export default function ({ data }) {
  const bar = (window.frcnnVizAddress ??= listen({ look: "" }));
  if (bar.page !== data.page || bar.restored !== data.restored) bar.look = data.look;
  const told = JSON.stringify(data.lesson); // what its card says is above
  if (data.lesson && bar.told !== told) document.querySelector("[data-testid=stSidebarContent]")?.scrollTo({ top: 0 });
  Object.assign(bar, data, { look: bar.look, told });
  write(bar);
  measure(bar);
  explain(bar);
  window.dispatchEvent(new CustomEvent("frcnn-viz:view", { detail: data }));
}

function listen(bar) {
  window.addEventListener("frcnn-viz:look", ({ detail: { text, path } }) => {
    if (path !== location.pathname) return; // of the page before
    bar.look = text;
    write(bar);
  });
  window.addEventListener("resize", () => measure(bar));
  // Before `st.switch_page` goes to another page it empties the query, which Streamlit would make an entry of its own.
  const push = history.pushState.bind(history), leaves = (url) => new URL(url, location).pathname !== location.pathname;
  history.pushState = (state, title, url) => { if (leaves(url)) push(state, title, url); };
  return bar;
}

function write({ link, look }) {
  const query = link + (look ? "&look=" + encodeURIComponent(look) : "");
  if (location.search !== "?" + query) history.replaceState(history.state, "", location.pathname + "?" + query);
}

// Streamlit has no place for words about one of several buttons, and may put them there later than this.
function explain(bar) {
  const heading = document.querySelector(".st-key-heading");
  if (heading && bar.explained !== heading) {
    bar.renewed?.disconnect();
    bar.renewed = new MutationObserver(() => explain(bar));
    bar.renewed.observe(heading, { childList: true, subtree: true });
    bar.explained = heading;
  }
  for (const tab of heading?.querySelectorAll("[data-testid=stButtonGroup] button") ?? [])
    tab.title = bar.tabs[tab.textContent.trim()] ?? "";
}

// How far down the inspector begins, for the style sheet, which lets it end with the window.
function measure(bar) {
  const bench = document.querySelector(".st-key-workbench"), page = document.querySelector("[data-testid=stMain]");
  if (!bench) return;
  if (bar.watched !== bench) {
    bar.resized?.disconnect();
    bar.resized = new ResizeObserver(() => measure(bar));
    bar.resized.observe(document.querySelector(".st-key-heading"));
    bar.resized.observe(page);
    bar.watched = bench;
  }
  document.documentElement.style.setProperty("--bench-top", bench.getBoundingClientRect().top + page.scrollTop + "px");
}
