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
