// Worklists: j and k move, Enter and o open, a click anywhere on a row opens it. The row's own link carries the focus.
import { typing } from "./shortcuts.js";

const rows = () => [...document.querySelectorAll("[data-rows] [data-href]")];
const link = (row) => row.querySelector("a[href]");

function move(step) {
  const all = rows();
  if (!all.length) return;
  const here = all.findIndex((row) => row.contains(document.activeElement));
  const next = here < 0 ? 0 : Math.min(Math.max(here + step, 0), all.length - 1);
  link(all[next])?.focus();
  all[next].scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j" || event.key === "k") move(event.key === "j" ? 1 : -1);
  else if (event.key === "o") document.activeElement?.closest("[data-rows] [data-href]")?.querySelector("a[href]")?.click();
});

document.addEventListener("click", (event) => {
  const row = event.target.closest?.("[data-rows] [data-href]");
  if (!row || event.target.closest("a, button, input, label, summary") || String(getSelection())) return;
  if (event.ctrlKey || event.metaKey) open(row.dataset.href, "_blank", "noopener");
  else location.assign(row.dataset.href);
});

export function attach() {}
