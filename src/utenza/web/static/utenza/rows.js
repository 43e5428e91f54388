// Tables by keyboard: j and k move, Enter opens, x ticks; a tick in the head ticks them all.
import { words } from "./toasts.js";

function rows() {
  return [...document.querySelectorAll("[data-rows] [data-row]")];
}

function typing(target) {
  return target.matches?.("input:not([type=checkbox]), textarea, select");
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const here = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[Math.min(Math.max(here + step, 0), all.length - 1)];
  all.forEach((row) => row.classList.toggle("here", row === next));
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  const row = document.activeElement?.closest?.("[data-row]");
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "x" && row) row.querySelector("input[type=checkbox]")?.click();
  else if (event.key === "Enter" && row === document.activeElement) row.querySelector(".row-link")?.click();
});

document.addEventListener("change", (event) => {
  const table = event.target.closest?.("[data-rows]");
  if (!table || event.target.type !== "checkbox") return;
  const boxes = [...table.querySelectorAll("[data-row] input[type=checkbox]")];
  if (event.target.matches("[data-tick-all]")) boxes.forEach((box) => { box.checked = event.target.checked; });
  const ticked = boxes.filter((box) => box.checked).length;
  document.querySelectorAll("[data-tick-count]").forEach((place) => {
    place.textContent = ticked === 1 ? words.ticked_one : words.ticked_many.replace("#", ticked);
  });
});

document.addEventListener("focusout", (event) => event.target.closest?.("[data-row]")?.classList.remove("here"));
