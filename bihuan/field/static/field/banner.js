// Says what has been sent and what has not, in words, and offers what helps: try again, look at it, sign in, load the page anew.
import * as shelf from "./shelf.js";
import { flush } from "./outbox.js";
import { icon } from "../ui/messages.js";

const LOOKS = {
  saved: ["green", "cloud-check"], typing: ["neutral", "device-mobile"], sending: ["neutral", "cloud-upload"], offline: ["amber", "cloud-off"],
  failed: ["amber", "cloud-off"], door: ["amber", "lock"], stale: ["amber", "refresh"], photos: ["amber", "photo"],
  refused: ["red", "alert-triangle"], full: ["red", "alert-triangle"],
};
const CALM = ["saved", "typing", "sending"];
const bar = document.querySelector("[data-outbox]");
const part = (name) => bar.querySelector(`[data-outbox-${name}]`);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
let photos = 0, full = false, shown = "";

export const say = (key, values = {}) => fill(bar.dataset[`say${key[0].toUpperCase()}${key.slice(1)}`], values);

async function show(kind) {
  const entries = await shelf.all();
  const refused = entries.filter((entry) => entry.refused);
  const n = entries.length - refused.length;
  if (full) kind = "full";
  else if (!n && refused.length) kind = "refused";
  else if (kind === "saved" && n) kind = "typing";
  else if (kind !== "sending" && !n) kind = photos ? "photos" : "saved";
  bar.hidden = kind === "saved" && !shown && !document.querySelector("form[data-card]");
  if (bar.hidden) return;
  const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
  const text = say(kind, { n: kind === "refused" ? refused.length : kind === "photos" ? photos : n, time, sentence: refused[0]?.refused.sentence ?? "" });
  const [tone, drawing] = LOOKS[kind];
  bar.dataset.tone = tone;
  bar.dataset.kind = kind;
  part("text").textContent = text;
  part("icon").replaceChildren(icon(drawing));
  part("retry").hidden = !["offline", "failed"].includes(kind);
  part("door").hidden = kind !== "door";
  part("reload").hidden = kind !== "stale";
  part("look").hidden = kind !== "refused";
  if (refused[0]) part("look").href = refused[0].page;
  const news = CALM.includes(kind) ? shown && !CALM.includes(shown) : true; // a screen reader hears of trouble and of its end
  if (news && part("said").textContent !== text) part("said").textContent = text;
  shown = kind;
  list(refused.filter((entry) => !document.querySelector(`form[data-card][action="${entry.url}"]`)));
}

// What a record no longer takes in: shown word by word, so that it can be read, copied and then dropped.
function list(entries) {
  const place = document.querySelector("[data-unsent]");
  place.querySelectorAll("details").forEach((old) => old.remove());
  for (const entry of entries) place.append(one(place, entry));
  place.hidden = !entries.length;
}

function one(place, entry) {
  const box = place.querySelector("template").content.cloneNode(true);
  const find = (name) => box.querySelector(`[data-unsent-${name}]`);
  find("title").textContent = `${entry.name}：${entry.refused.sentence}`;
  for (const [label, value] of entry.words) find("fields").append(cell("dt", label), cell("dd", value));
  find("open").href = entry.page;
  const button = find("drop");
  button.addEventListener("click", () => twice(button, button.dataset.again, () => { shelf.drop(entry.url); show("saved"); }));
  return box;
}

function cell(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

// Something that cannot be taken back asks for a second press; the first one wears off.
export function twice(button, words, act) {
  if (button.dataset.asked) return act();
  const label = button.querySelector("span") ?? button;
  const before = label.textContent;
  button.dataset.asked = "yes";
  label.textContent = words;
  setTimeout(() => { delete button.dataset.asked; label.textContent = before; }, 4000);
}

// Signing out takes what is on the phone with it, so what is not sent yet is spoken of first.
let warned = false;
async function beforeLeaving(event) {
  if (!event.target.matches?.("[data-logout]") || warned || shown === "saved" || !shown) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  warned = true;
  const n = (await shelf.all()).length;
  if (!n) return event.target.requestSubmit();
  part("text").textContent = part("said").textContent = say("leave", { n });
  bar.dataset.tone = "red";
  window.scrollTo({ top: 0 });
  setTimeout(() => { warned = false; }, 8000);
}

export function start() {
  document.addEventListener("field:state", (event) => show(event.detail.kind));
  document.addEventListener("field:photos", (event) => { photos = event.detail; show("saved"); });
  document.addEventListener("field:full", () => { full = true; show("full"); });
  part("retry").addEventListener("click", flush);
  part("reload").addEventListener("click", () => location.reload());
  window.addEventListener("submit", beforeLeaving, true);
  window.addEventListener("beforeunload", (event) => { if (full || photos) event.preventDefault(); });
}
