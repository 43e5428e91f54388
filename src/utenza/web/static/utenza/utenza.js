// Everything listens on the document, so that what htmx swaps in works at once.
import "./keys.js";
import "./rows.js";
import "./drafts.js";
import "./needs.js";
import "./early.js";
import { toast, words } from "./toasts.js";

// Drawer
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-drawer]");
  if (opener) {
    event.preventDefault();
    openDrawer();
  } else if (event.target.closest(".drawer-shade")) {
    closeDrawer();
  }
  const open = event.target.closest("[data-open]");
  if (open) document.getElementById(open.dataset.open)?.showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  if (event.target.matches("dialog")) event.target.close();
  if (event.target.closest("[data-print]")) window.print();
});

const rail = document.getElementById("rail");
let shade;

function openDrawer() {
  rail.classList.add("open");
  shade = document.createElement("button");
  shade.className = "drawer-shade";
  shade.tabIndex = -1;
  shade.setAttribute("aria-hidden", "true");
  rail.after(shade);
  rail.querySelector("a").focus();
}

export function closeDrawer() {
  if (!rail?.classList.contains("open")) return false;
  rail.classList.remove("open");
  shade.remove();
  document.querySelector("[data-drawer]").focus();
  return true;
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeDrawer();
});

// A summary of errors takes the focus, so that it is read and seen first.
document.querySelector("[data-focus]")?.focus();

// htmx: refusals and failures are said as toasts; nothing typed is lost.
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  const plain = (xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain");
  toast(plain && xhr.responseText ? xhr.responseText : words.failed, "error");
});
document.addEventListener("htmx:sendError", () => toast(words.lost, "error"));
document.addEventListener("htmx:beforeSwap", (event) => {
  // A form that came back with its errors is 422 as well, but as markup: it belongs where it was.
  const { xhr } = event.detail;
  if (xhr.status === 422 && (xhr.getResponseHeader("Content-Type") || "").startsWith("text/html")) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});
document.addEventListener("htmx:afterSwap", (event) => {
  event.detail.elt.querySelector?.("[autofocus]")?.focus();
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

// A select or radio that acts at once says so with data-at-once.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-at-once]")) event.target.form.requestSubmit();
});

// A field is checked when it is left, never while typing.
document.addEventListener("focusout", (event) => {
  const field = event.target;
  if (!field.matches?.(".field input, .field select, .field textarea")) return;
  const place = document.getElementById(`${field.id}-error`);
  if (!place || !field.value) return;
  if (field.checkValidity()) {
    if (field.getAttribute("aria-invalid")) {
      field.removeAttribute("aria-invalid");
      place.replaceChildren();
    }
  } else {
    field.setAttribute("aria-invalid", "true");
    place.textContent = field.validationMessage;
  }
});
