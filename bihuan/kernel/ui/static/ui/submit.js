// A form is sent once: while it is under way its button says so, and a second press does nothing. Buttons that are off do nothing at all.
import { say } from "./texts.js";

const sending = new WeakSet();
const labels = new WeakMap();

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[aria-disabled=true]")) event.preventDefault();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.target === "_blank") return;
  if (sending.has(form)) return event.preventDefault();
  sending.add(form);
  const button = event.submitter;
  if (!button || button.classList.contains("only-icon")) return;
  labels.set(button, [...button.childNodes]);
  // After this turn, so that the button's own name and value still travel with the form.
  setTimeout(() => { button.setAttribute("aria-busy", "true"); button.textContent = say("sending"); });
});

// Ctrl + Enter sends the form one is typing in, by its ordinary button.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.("form[method=post]");
  const button = form?.querySelector("button.primary:not([aria-disabled=true])");
  if (!button) return;
  event.preventDefault();
  form.requestSubmit(button);
});

function free(form) {
  sending.delete(form);
  for (const button of form.querySelectorAll("[aria-busy]")) {
    button.removeAttribute("aria-busy");
    button.replaceChildren(...labels.get(button));
  }
}

// htmx stops the browser's own submit; a form of its is held back the same way until the answer is there.
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target;
  if (form.nodeName !== "FORM" || event.detail.requestConfig.verb === "get") return;
  if (sending.has(form)) event.preventDefault();
  else sending.add(form);
});
document.addEventListener("htmx:afterRequest", (event) => { if (event.target.nodeName === "FORM") free(event.target); });
// A page kept by the browser and shown again: its forms may be sent again.
window.addEventListener("pageshow", (event) => { if (event.persisted) document.querySelectorAll("form").forEach(free); });

export function attach() {}
