// What was typed into a search before the scripts ran is searched as well: htmx takes the text that it finds in a field
// for what was there already, and waits for another letter.
document.addEventListener("htmx:load", (event) => {
  event.target.querySelectorAll?.("input[type=search][hx-get]").forEach((field) => {
    if (field.value !== field.defaultValue) field.dispatchEvent(new Event("early"));
  });
});
