// What a person typed into a note is kept on this computer until it is sent: no reload, no lost line, no crash takes it.
import { words } from "./toasts.js";

const PREFIX = "draft:";

function key(field) {
  return PREFIX + field.dataset.draft;
}

function recall(root) {
  root.querySelectorAll?.("[data-draft]").forEach((field) => {
    const kept = localStorage.getItem(key(field));
    if (kept && !field.value) field.value = kept;
  });
}

function say(field) {
  const place = field.form?.querySelector("[data-draft-state]");
  if (place) place.textContent = field.value ? words.kept : "";
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.matches("[data-draft]")) return;
  if (field.value) localStorage.setItem(key(field), field.value);
  else localStorage.removeItem(key(field));
  say(field);
});

// The server says with an event which draft is safely stored.
document.addEventListener("draft-sent", (event) => localStorage.removeItem(PREFIX + event.detail.value));
const sent = document.querySelector("[data-draft-sent]");
if (sent) localStorage.removeItem(PREFIX + sent.dataset.draftSent);

document.addEventListener("htmx:load", (event) => recall(event.target));
recall(document);
