// The cards of a service record: every keystroke goes to the shelf at once, and from there to the server when one pauses, leaves a
// field or a card, and at most every five seconds while one goes on typing.
import * as shelf from "./shelf.js";
import { flush } from "./outbox.js";
import { rowsFor } from "./parts.js";
import { conflict, mark, unmark } from "./trouble.js";

const PAUSE = 800, APART = 5000; // milliseconds
const cards = new Map(); // by the address a card is sent to

export const fieldsOf = (form) =>
  [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !["csrfmiddlewaretoken", "onward"].includes(name));

// What was written, as a person would read it out: label and words.
function wordsOf(form) {
  const written = [...form.elements].filter((field) => field.matches("textarea, input[type=text]") && field.value.trim());
  return written.map((field) => [field.getAttribute("aria-label") || field.labels[0]?.textContent.trim() || field.placeholder, field.value]);
}

export function write(form, fields) {
  const values = new Map(fields);
  rowsFor(form, [...values.keys()]);
  for (const field of form.elements) {
    if (!field.name || field.type === "hidden" || field.type === "submit") continue;
    if (field.type === "radio") field.checked = values.get(field.name) === field.value;
    else field.value = values.get(field.name) ?? "";
  }
  form.dispatchEvent(new CustomEvent("card:written", { bubbles: true }));
}

class Card {
  constructor(form) {
    this.form = form;
    this.url = form.getAttribute("action");
    this.known = JSON.stringify(fieldsOf(form));
    this.sentAt = 0;
    cards.set(this.url, this);
  }

  async start() {
    const entry = await shelf.get(this.url);
    if (entry) {
      write(this.form, entry.fields);
      this.dirty = true;
      this.tried = entry.tried;
      this.form.dataset.base = entry.base;
      if (entry.refused) this.trouble(entry.refused);
    }
    this.form.addEventListener("input", () => { if (!this.undecided) unmark(this.form); this.keep(); this.later(); });
    this.form.addEventListener("change", (event) => { if (!event.target.matches("[type=radio]")) this.leave(); });
    this.form.addEventListener("submit", (event) => this.onward(event));
  }

  // On the shelf when it differs from what the server holds; off it again when one has typed one's way back.
  keep() {
    const fields = fieldsOf(this.form);
    this.dirty = JSON.stringify(fields) !== this.known;
    if (!this.dirty) return shelf.drop(this.url);
    const { name, page, card, base } = this.form.dataset;
    const edit = `${Date.now()}-${Math.random()}`;
    shelf.put({ url: this.url, name, page: `${page}#${card}`, base, fields, words: wordsOf(this.form), tried: this.tried, refused: this.undecided, edit });
    document.dispatchEvent(new CustomEvent("field:state", { detail: { kind: navigator.onLine ? "typing" : "offline" } }));
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), Math.max(PAUSE, APART - (Date.now() - this.sentAt)));
  }

  leave() {
    clearTimeout(this.timer);
    if (this.dirty) this.send();
  }

  send() {
    this.sentAt = Date.now();
    flush();
  }

  // The next card is on this very page: no signal needed to go there.
  onward(event) {
    event.preventDefault();
    this.leave();
    const next = (event.submitter ?? this.form.querySelector("[data-onward]"))?.dataset.onward;
    if (next) location.hash = next;
  }

  saved({ fields, said }) {
    this.known = JSON.stringify(fields);
    this.form.dataset.base = said.base;
    this.tried = undefined;
    this.dirty = JSON.stringify(fieldsOf(this.form)) !== this.known;
    unmark(this.form);
    for (const { code, state, note } of said.cards) tellState(code, state, note);
    tellState("sign", said.ready ? "ready" : "todo");
    if (this.dirty) { this.keep(); this.later(); }
  }

  trouble(said) {
    if (said.code !== "overtaken") return mark(this.form, said);
    this.undecided = said; // nothing goes until one has chosen
    conflict(this.form, said, {
      mine: () => { this.undecided = undefined; this.form.dataset.base = said.base; this.known = ""; this.keep(); this.send(); },
      theirs: () => {
        this.undecided = undefined;
        write(this.form, Object.entries(said.theirs));
        this.form.dataset.base = said.base;
        this.known = JSON.stringify(fieldsOf(this.form));
        this.dirty = false;
        shelf.drop(this.url);
        flush();
      },
    });
  }
}

export function tellState(code, state, note) {
  for (const link of document.querySelectorAll(`[data-card-link="${code}"], [data-card-line="${code}"]`)) {
    link.dataset.state = state;
    const words = link.querySelector("[data-note]");
    if (words && note) words.textContent = note;
  }
}

function lookAtTrouble() {
  const trouble = document.querySelector(".card [aria-invalid], .card .refusal button");
  trouble?.scrollIntoView({ block: "center" });
  trouble?.focus();
}

export async function start() {
  document.addEventListener("field:saved", ({ detail }) => cards.get(detail.url)?.saved(detail));
  document.addEventListener("field:lost", ({ detail }) => { if (cards.has(detail.url)) cards.get(detail.url).tried = detail.tried; });
  document.addEventListener("field:known", ({ detail }) => { if (cards.has(detail.url)) cards.get(detail.url).form.dataset.base = detail.base; });
  document.addEventListener("field:refused", ({ detail }) => cards.get(detail.url)?.trouble(detail.said));
  document.querySelector("[data-up]")?.addEventListener("click", (event) => { if (location.hash.length > 1) { event.preventDefault(); location.hash = ""; } });
  document.querySelector("[data-outbox-look]").addEventListener("click", () => setTimeout(lookAtTrouble));
  window.addEventListener("hashchange", () => { for (const card of cards.values()) card.leave(); window.scrollTo(0, 0); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) for (const card of cards.values()) card.leave(); });
  await Promise.all([...document.querySelectorAll("form[data-card]")].map((form) => new Card(form).start()));
}
