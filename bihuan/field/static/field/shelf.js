// What was typed and is not sent yet, kept on the phone: sealed as drafts.js seals its drafts and under the same kind of name, so that
// what drafts.js forgets (at logout, for someone else, after seven days) is forgotten here as well.
import { now } from "../ui/clocks.js";

const person = document.querySelector("meta[name=person]");
const owner = person?.content ?? "";
const PREFIX = `draft:${owner}:field:`;
const sealed = Boolean(globalThis.crypto?.subtle && person?.dataset.draftKey);
const store = sealed ? localStorage : sessionStorage;
const waiting = new Map();

let key;
function sealKey() {
  const bytes = Uint8Array.from(atob(person.dataset.draftKey), (char) => char.charCodeAt(0));
  return (key ??= crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]));
}

const binary = (bytes) => { let text = ""; for (const byte of bytes) text += String.fromCharCode(byte); return text; };

async function seal(value) {
  if (!sealed) return value;
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const hidden = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await sealKey(), new TextEncoder().encode(JSON.stringify(value)));
  return btoa(binary(iv) + binary(new Uint8Array(hidden)));
}

async function unseal(body) {
  if (!sealed) return body;
  const bytes = Uint8Array.from(atob(body), (char) => char.charCodeAt(0));
  const open = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes.slice(0, 12) }, await sealKey(), bytes.slice(12));
  return JSON.parse(new TextDecoder().decode(open));
}

// Keeps the latest of several quick versions of an entry; entries are told apart by the address they go to.
export async function put(entry) {
  const name = PREFIX + entry.url;
  const busy = waiting.has(name);
  waiting.set(name, entry);
  if (busy) return;
  while (waiting.has(name)) {
    const latest = waiting.get(name);
    const body = await seal(latest);
    if (!waiting.has(name)) return;
    try { store.setItem(name, JSON.stringify({ at: now(), body })); } catch { document.dispatchEvent(new CustomEvent("field:full")); }
    if (waiting.get(name) === latest) waiting.delete(name);
  }
}

async function read(name) {
  if (waiting.has(name)) return waiting.get(name);
  const text = store.getItem(name);
  if (!text) return null;
  try { return await unseal(JSON.parse(text).body); } catch { return null; } // sealed with an older key: nobody can read it any more
}

export const get = (url) => read(PREFIX + url);

export async function all() {
  const names = new Set([...Object.keys(store).filter((name) => name.startsWith(PREFIX)), ...waiting.keys()]);
  return (await Promise.all([...names].sort().map(read))).filter(Boolean);
}

export function drop(url) {
  waiting.delete(PREFIX + url);
  store.removeItem(PREFIX + url);
}
