// What was typed and is not sent yet, kept on the phone: sealed as drafts.js seals its drafts and under the same kind of name, so that
// what drafts.js forgets (at logout, for someone else, after seven days) is forgotten here as well.
import { now } from "../ui/clocks.js";
import { owner, seal, store, unseal } from "../ui/seal.js";

const PREFIX = `draft:${owner}:field:`;
const waiting = new Map();

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
