// Keys that work on every page: / searches, ? explains, g and a letter goes; buttons with data-shortcut answer to Alt and their key.
import { say, toast } from "./messages.js";

// Whether a single key belongs to something else: a field, a dialog, or someone who wants none.
export function typing(event) {
  const at = event.target;
  if (switchedOff()) return true;
  return at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) || document.querySelector("dialog[open]") !== null;
}

let goUntil = 0;

// Single keys can be switched off, for people who speak to their computer or whose hands tremble (WCAG 2.1.4).
const switchedOff = () => localStorage.getItem("single-keys") === "off";

function go(event) {
  goUntil = 0;
  const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
  if (link) location.assign(link.href);
}

document.addEventListener("keydown", (event) => {
  if (event.altKey && !event.ctrlKey && event.key.length === 1) return pressed(event);
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (Date.now() < goUntil) return go(event);
  if (event.key === "g") goUntil = Date.now() + 1500;
  else if (event.key === "/") focusSearch(event);
  else if (event.key === "?") document.getElementById("shortcuts")?.showModal();
});

function focusSearch(event) {
  const search = document.querySelector("[data-search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
}

function pressed(event) {
  const button = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
}

// Small acts of a page that need no module of their own: copy, print, menus that close when one looks elsewhere.
document.addEventListener("click", async (event) => {
  for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(event.target) || event.target.closest("[data-dialog]")) menu.open = false;
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    await navigator.clipboard?.writeText(copy.dataset.copy);
    toast(say("copied"), "green");
  }
  if (event.target.closest("[data-print]")) print();
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(".menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-single-keys]")) localStorage.setItem("single-keys", event.target.checked ? "on" : "off");
});

// Worklists: j and k move, Enter and o open, a click anywhere on a row opens it. The row's own link carries the focus.

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

export function attach(root) {
  for (const box of root.querySelectorAll("[data-single-keys]")) box.checked = box.defaultChecked = !switchedOff();
}
