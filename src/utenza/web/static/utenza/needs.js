// A question that depends on another is shown when the other is answered so. Without this script it is always shown.
function answer(form, name) {
  const fields = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  const ticked = fields.find((field) => (field.type === "checkbox" || field.type === "radio") && field.checked);
  if (ticked) return ticked.value;
  const written = fields.find((field) => field.type !== "checkbox" && field.type !== "radio");
  return written ? written.value : "";
}

function arrange(root) {
  root.querySelectorAll?.("[data-needs]").forEach((part) => {
    const [name, value] = part.dataset.needs.split("=");
    part.hidden = answer(part.closest("form"), name) !== value;
  });
}

document.addEventListener("change", (event) => {
  if (event.target.form) arrange(event.target.form);
});
document.addEventListener("htmx:load", (event) => arrange(event.target));
arrange(document);
