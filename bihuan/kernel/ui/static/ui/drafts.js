// Nothing typed is lost: <form data-draft="key"> is kept at every keystroke, sealed with a key only this person's pages carry,
// and forgotten after it was sent, at logout, when someone else signs in, and after seven days.
// Passwords, signatures and files are never kept.
import { icon, say } from "./messages.js";
import { owner, seal, store, unseal } from "./seal.js";
import { now } from "./clocks.js";

const PREFIX = "draft:";
const SENT = "sent-draft";
const WEEK = 7 * 24 * 3600 * 1000;
const attached = new WeakSet();
const nameOf = (form) => `${PREFIX}${owner}:${form.dataset.draft}`;

const keepable = (field) =>
  field.name && field.name !== "csrfmiddlewaretoken" && !["password", "file", "hidden", "submit", "button"].includes(field.type)
  && field.autocomplete !== "one-time-code" && !field.closest("[data-signature], [data-no-draft]");
const fieldsOf = (form) => [...form.elements].filter(keepable);
const picks = (field) => field.type === "checkbox" || field.type === "radio";

function valueOf(field) {
  if (picks(field)) return field.checked;
  return field.multiple ? [...field.selectedOptions].map((option) => option.value) : field.value;
}

function setValue(field, value) {
  if (picks(field)) field.checked = value;
  else if (field.multiple) for (const option of field.options) option.selected = value.includes(option.value);
  else field.value = value;
}

const read = (form) => fieldsOf(form).map((field) => [field.name, valueOf(field)]);

// Only the latest of several quick keystrokes is written, always in order.
const waiting = new WeakMap();
async function keep(form) {
  const already = waiting.has(form);
  waiting.set(form, { at: now(), values: read(form) });
  if (already) return;
  while (waiting.get(form)) {
    const draft = waiting.get(form);
    const body = await seal(draft.values);
    if (!waiting.has(form)) return;
    store.setItem(nameOf(form), JSON.stringify({ at: draft.at, body }));
    if (waiting.get(form) === draft) waiting.delete(form);
  }
}

function forget(name) {
  localStorage.removeItem(name);
  sessionStorage.removeItem(name);
}

async function restore(form) {
  const text = store.getItem(nameOf(form));
  if (!text) return;
  try {
    const { at, body } = JSON.parse(text);
    const values = await unseal(body);
    if (JSON.stringify(values) === JSON.stringify(read(form))) return;
    const fields = fieldsOf(form);
    values.forEach(([name, value], i) => { if (fields[i]?.name === name) setValue(fields[i], value); });
    form.prepend(notice(form, at));
    form.dispatchEvent(new CustomEvent("draft:restored", { bubbles: true }));
  } catch { forget(nameOf(form)); } // sealed with an older key: nobody can read it any more
}

function notice(form, at) {
  const box = document.createElement("div");
  box.className = "notice wide";
  box.setAttribute("role", "status");
  const words = document.createElement("span");
  words.textContent = say("restored", { moment: new Date(at).toLocaleString(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" }) });
  const discard = document.createElement("button");
  discard.type = "button";
  discard.className = "button";
  discard.textContent = say("discard");
  discard.addEventListener("click", () => { waiting.delete(form); forget(nameOf(form)); form.reset(); box.remove(); form.dispatchEvent(new Event("change", { bubbles: true })); });
  box.append(icon("history"), words, discard);
  return box;
}

// A draft is done with when the page that follows the sending neither shows the form again nor an error, or says so itself
// (notices.done(draft=…)). Any other page, reached after the network failed, leaves it alone.
function settle() {
  for (const box of document.querySelectorAll("[data-tags*='draft:']")) forget(`${PREFIX}${owner}:${box.dataset.tags.replace(/^.*?draft:/, "").split(" ")[0]}`);
  const sent = JSON.parse(sessionStorage.getItem(SENT));
  sessionStorage.removeItem(SENT);
  if (!sent?.name.startsWith(`${PREFIX}${owner}:`) || "error" in document.body.dataset || document.referrer !== sent.from) return;
  const again = [...document.querySelectorAll("form[data-draft]")].some((form) => nameOf(form) === sent.name);
  if (!again) forget(sent.name);
}

function sweep(all) {
  if (all) sessionStorage.removeItem(SENT);
  for (const shelf of [localStorage, sessionStorage]) {
    for (const name of Object.keys(shelf).filter((name) => name.startsWith(PREFIX))) {
      const foreign = owner && !name.startsWith(`${PREFIX}${owner}:`);
      let old = true;
      try { old = JSON.parse(shelf.getItem(name)).at < now() - WEEK; } catch { /* unreadable: away with it */ }
      if (all || foreign || old) shelf.removeItem(name);
    }
  }
}

function attachForm(form) {
  if (attached.has(form)) return;
  attached.add(form);
  restore(form).then(() => {
    for (const type of ["input", "change"]) form.addEventListener(type, (event) => { if (keepable(event.target)) keep(form); });
  });
  form.addEventListener("submit", () => sessionStorage.setItem(SENT, JSON.stringify({ name: nameOf(form), from: location.href.split("#")[0] })));
  form.addEventListener("htmx:afterRequest", ({ detail, target }) => {
    if (target !== form) return; // a field's own look-up is not the form being sent
    sessionStorage.removeItem(SENT);
    if (detail.successful && detail.requestConfig.verb !== "get") { waiting.delete(form); forget(nameOf(form)); }
  });
}

document.addEventListener("submit", (event) => { if (event.target.matches("[data-logout]")) sweep(true); }, true);
settle();
sweep(false);

export function attach(root) {
  root.querySelectorAll("form[data-draft]").forEach(attachForm);
  if (root.matches?.("form[data-draft]")) attachForm(root);
}
