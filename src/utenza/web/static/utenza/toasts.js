// Short news at the foot of the page. Errors stay until they are dismissed; the rest goes after ten seconds, the time in
// which it can be undone, and waits while it is read.
const place = document.getElementById("toasts");
export const words = JSON.parse(document.body.dataset.words || "{}");
const LIFE_MS = 10000;

function arm(element) {
  if (element.matches(".error, .bad")) return;
  let timer = setTimeout(() => element.remove(), LIFE_MS);
  element.addEventListener("pointerenter", () => clearTimeout(timer));
  element.addEventListener("focusin", () => clearTimeout(timer));
  element.addEventListener("pointerleave", () => {
    timer = setTimeout(() => element.remove(), LIFE_MS / 2);
  });
}

export function toast(text, tone = "success") {
  const element = document.createElement("div");
  element.className = `toast ${tone}`;
  element.setAttribute("role", tone === "error" ? "alert" : "status");
  const sentence = document.createElement("span");
  sentence.textContent = text;
  const close = document.createElement("button");
  close.className = "close";
  close.type = "button";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", "×");
  close.textContent = "×";
  element.append(sentence, close);
  place?.append(element);
  arm(element);
}

place?.querySelectorAll("[data-toast]").forEach(arm);
document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest(".toast").remove());
document.addEventListener("toast", (event) => toast(event.detail.text ?? event.detail.value, event.detail.tone));
