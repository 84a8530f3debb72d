// What is wrong with a card, said on the card itself: a sentence at the field, or the choice between two versions. What was typed stays.
import { icon } from "../ui/messages.js";

export function unmark(form) {
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  for (const old of form.querySelectorAll(".card-error")) old.remove();
  form.querySelector("[data-card-notice]").replaceChildren();
}

export function mark(form, { sentence, field }) {
  unmark(form);
  const input = field ? form.elements[field] : null;
  if (!input?.closest) return form.querySelector("[data-card-notice]").append(box(sentence));
  input.setAttribute("aria-invalid", "true");
  const words = document.createElement("p");
  words.className = "error card-error";
  words.append(icon("alert-circle"), sentence);
  (input.closest(".field, .span, .check-line") ?? input.parentElement).append(words);
}

// Two versions of one card: one's own, as typed, or the other, shown before one decides.
export function conflict(form, said, { mine, theirs }) {
  unmark(form);
  const notice = form.querySelector("[data-card-notice]");
  const words = box(said.sentence);
  const other = document.createElement("blockquote");
  other.textContent = Object.entries(said.theirs).map(([name, value]) => spoken(form, name, value)).filter(Boolean).join("\n");
  const buttons = document.createElement("p");
  buttons.className = "buttons";
  buttons.append(
    choice(form.dataset.sayMine, "primary", () => { unmark(form); mine(); }),
    choice(form.dataset.sayTheirs, "", () => { unmark(form); theirs(); }),
  );
  words.lastChild.append(other, buttons);
  notice.append(words);
  notice.scrollIntoView({ block: "center" });
}

// A choice by its label, a tick not at all, anything else as it was written.
function spoken(form, name, value) {
  if (!value || name.endsWith("-ok")) return "";
  const choice = form.querySelector(`[type=radio][name="${name}"][value="${value}"]`);
  return choice ? choice.closest("label").textContent.trim() : value;
}

function box(sentence) {
  const element = document.createElement("div");
  element.className = "refusal";
  element.setAttribute("role", "alert");
  const inside = document.createElement("div");
  const words = document.createElement("p");
  words.textContent = sentence;
  inside.append(words);
  element.append(icon("alert-circle"), inside);
  return element;
}

function choice(label, kind, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = `button ${kind}`;
  button.textContent = label;
  button.addEventListener("click", act);
  return button;
}
