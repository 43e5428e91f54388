// The keyboard: / searches, ? explains, g and a letter goes, n is new, e edits, Esc gets out, [ and ] walk the tabs.
const GO_MS = 1200;
let going = 0;

function typing(target) {
  return target.matches?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}

function press(selector) {
  const found = [...document.querySelectorAll(selector)].find((element) => element.offsetParent !== null);
  found?.click();
  return Boolean(found);
}

function tab(step) {
  const tabs = [...document.querySelectorAll(".tabs a")];
  const here = tabs.findIndex((link) => link.hasAttribute("aria-current"));
  tabs[here + step]?.click();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") {
    if (document.querySelector("dialog[open]")) return;
    if (typing(event.target)) {
      const cancel = event.target.closest("form")?.querySelector("[data-escape]");
      if (cancel) cancel.click();
      else event.target.blur();
      return;
    }
    press("[data-escape]");
    return;
  }
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (Date.now() - going < GO_MS) {
    going = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (link) {
      event.preventDefault();
      location.assign(link.href);
    }
    return;
  }
  const acts = {
    "/": () => { const box = document.getElementById("search"); box?.focus(); box?.select(); },
    "?": () => document.getElementById("keys")?.showModal(),
    g: () => { going = Date.now(); },
    n: () => press("[data-key=n]"),
    e: () => press("[data-key=e], .edit-fact"),
    "[": () => tab(-1),
    "]": () => tab(1),
  };
  if (acts[event.key]) {
    event.preventDefault();
    acts[event.key]();
  }
});

// Results are walked with the arrows, from the box into the list and back.
document.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const search = event.target.closest?.("[data-found]");
  if (!search) return;
  const stops = [search.querySelector("input[type=search]"), ...search.querySelectorAll(".hits a")];
  const next = stops[stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
  if (next) {
    event.preventDefault();
    next.focus();
  }
});

// The list of places in the help is the rail itself, so that it never says what a role cannot open.
const list = document.querySelector("[data-go-list]");
document.querySelectorAll("#rail [data-go]").forEach((link) => {
  const row = document.createElement("div");
  const name = document.createElement("dt");
  const keys = document.createElement("dd");
  name.textContent = link.querySelector("span").textContent;
  for (const key of ["g", link.dataset.go]) {
    const cap = document.createElement("kbd");
    cap.textContent = key;
    keys.append(cap, " ");
  }
  row.append(name, keys);
  list?.append(row);
});
