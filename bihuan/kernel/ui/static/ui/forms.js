import { say } from "./messages.js";

// A form is sent once: while it is under way its button says so, and a second press does nothing. Buttons that are off do nothing at all.

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

// Native dialogs: data-dialog="id" opens, data-close closes. One in which something was typed closes only by its own buttons.
const touched = (dialog) => [...dialog.querySelectorAll("input, textarea, select")].some((field) => field.type !== "hidden" && changed(field));

function changed(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") return [...field.options].some((option) => option.selected !== option.defaultSelected) && field.selectedIndex > 0;
  return field.value !== field.defaultValue;
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog) event.preventDefault();
    dialog?.showModal();
    dialog?.querySelector("[autofocus], .dialog-body input:not([type=hidden]), .dialog-body textarea, .dialog-body select")?.focus();
  } else if (event.target.closest?.("[data-close]")) event.target.closest("dialog")?.close();
  else if (event.target.nodeName === "DIALOG" && outside(event) && !touched(event.target)) event.target.close();
});

function outside({ target, clientX, clientY }) {
  const box = target.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}

// The browser's own close on Esc is refused while there is something to lose.
document.addEventListener("keydown", (event) => {
  const dialog = event.key === "Escape" && document.querySelector("dialog[open]");
  if (dialog && touched(dialog)) event.preventDefault();
}, true);
document.addEventListener("cancel", (event) => { if (event.target.nodeName === "DIALOG" && touched(event.target)) event.preventDefault(); }, true);

// A dialog that comes back from the server with a refusal is shown again at once.
export function attach(root) {
  const dialog = root.matches?.("dialog[data-open]") ? root : root.querySelector("dialog[data-open]");
  if (dialog && !dialog.open) dialog.showModal();
}
