// The rows of the parts card: one more, one less. A row with words in it goes only at the second press.
import { twice } from "./banner.js";

const list = (form) => form.querySelector("[data-part-list]");
const rows = (form) => [...list(form).querySelectorAll("[data-part]")];
const placeOf = (name) => /^part-(\d+)-/.exec(name)?.[1];
const changed = (form) => form.dispatchEvent(new Event("input", { bubbles: true }));

function add(form, place) {
  const row = document.querySelector("[data-part-blank]").content.firstElementChild.cloneNode(true);
  for (const field of row.querySelectorAll("[name]")) field.name = field.name.replace("NEW", place);
  list(form).append(row);
  return row;
}

const nextPlace = (form) => 1 + Math.max(-1, ...rows(form).map((row) => Number(placeOf(row.querySelector("[name]").name))));
const isEmpty = (row) => [...row.querySelectorAll("input")].every((field) => !field.value.trim() || field.name.endsWith("-quantity"));

// As many rows as the names speak of, under the same numbers.
export function rowsFor(form, names) {
  if (!("parts" in form.dataset)) return;
  const places = [...new Set(names.map(placeOf).filter(Boolean))];
  list(form).replaceChildren();
  for (const place of places) add(form, place);
}

export function attach(root) {
  for (const form of root.querySelectorAll("form[data-parts]")) {
    form.querySelector("[data-part-add]").addEventListener("click", () => { add(form, nextPlace(form)).querySelector("input").focus(); changed(form); });
    form.addEventListener("click", (event) => {
      const button = event.target.closest("[data-part-remove]");
      if (!button) return;
      const row = button.closest("[data-part]");
      const away = () => { row.remove(); changed(form); form.querySelector("[data-part-add]").focus(); };
      if (isEmpty(row)) away(); else twice(button, button.dataset.again, away);
    });
  }
}
