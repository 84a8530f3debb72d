// Sends what lies on the shelf, one thing after the other, and tells how it went: event "field:state" with {kind, …} after every attempt,
// "field:saved" and "field:refused" for each thing. Tried again when the signal comes back, by a timer, and by hand.
import * as shelf from "./shelf.js";

const WAITS = [5, 10, 20, 40, 60]; // seconds
const TRIED = 5; // what may have arrived unheard of is remembered that many times
const BEACON = 60_000; // what a browser still sends while its page goes away, bytes
let running = false, again = false, failures = 0, timer;

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`field:${name}`, { detail }));
const token = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] ?? "";
const same = (one, other) => {
  const plain = (fields) => JSON.stringify(Object.entries(fields).map(([name, value]) => [name, value.trim()]).filter(([, value]) => value).sort());
  return plain(one) === plain(other);
};

export async function flush() {
  if (running) { again = true; return; }
  running = true;
  clearTimeout(timer);
  try {
    do { again = false; await alone(sendAll); } while (again);
  } finally { running = false; }
}

// Two tabs do not send at the same time. Where the browser cannot say so (plain http), the server's comparison must do.
function alone(act) {
  if (!navigator.locks) return act();
  return navigator.locks.request("field-outbox", { ifAvailable: true }, (lock) => (lock ? act() : later(2)));
}

async function sendAll() {
  const entries = (await shelf.all()).filter((entry) => !entry.refused);
  if (!entries.length) { failures = 0; return tell("state", { kind: "saved" }); }
  if (!navigator.onLine) return failed("offline");
  tell("state", { kind: "sending" });
  for (const entry of entries) {
    const trouble = await sendOne(entry);
    if (trouble) return failed(trouble);
  }
  failures = 0;
  tell("state", { kind: "saved" });
}

function failed(kind) {
  tell("state", { kind });
  if (kind === "offline" || kind === "failed") later(WAITS[Math.min(failures++, WAITS.length - 1)]);
}

function later(seconds) {
  clearTimeout(timer);
  timer = setTimeout(flush, seconds * 1000);
}

// What stands in the way, or nothing when the thing is settled.
async function sendOne(entry) {
  const body = new URLSearchParams(entry.fields);
  body.append("base", entry.base);
  let answer;
  try {
    answer = await fetch(entry.url, {
      method: "POST", body, redirect: "manual", keepalive: document.hidden && body.toString().length < BEACON,
      headers: { Accept: "application/json", "X-CSRFToken": token() },
    });
  } catch {
    await remember(entry);
    return navigator.onLine ? "failed" : "offline";
  }
  if (answer.type === "opaqueredirect" || answer.status === 401) return "door";
  if (answer.status >= 500 || answer.status === 429) return "failed";
  const said = await answer.json().catch(() => null);
  if (!said) return answer.status === 403 ? "stale" : "failed";
  return answer.ok ? settle(entry, said) : refused(entry, said);
}

// The answer may be lost although the words arrived: kept, so that they are known again.
async function remember(entry) {
  const latest = (await shelf.get(entry.url)) ?? entry;
  const tried = [...(latest.tried ?? []), Object.fromEntries(entry.fields)].slice(-TRIED);
  await shelf.put({ ...latest, tried });
  tell("lost", { url: entry.url, tried });
}

async function settle(entry, said) {
  const latest = await shelf.get(entry.url);
  if (!latest || latest.edit === entry.edit) shelf.drop(entry.url);
  else await shelf.put({ ...latest, base: said.base, tried: undefined }); // its card sends it when its time has come
  tell("saved", { url: entry.url, fields: entry.fields, said });
}

async function refused(entry, said) {
  const latest = (await shelf.get(entry.url)) ?? entry;
  if (said.code === "overtaken" && latest.tried?.some((fields) => same(said.theirs, fields))) {
    await shelf.put({ ...latest, base: said.base });
    tell("known", { url: entry.url, base: said.base });
    again = true;
    return;
  }
  if (latest.edit === entry.edit) await shelf.put({ ...latest, refused: said });
  tell("refused", { url: entry.url, said });
}

export function start() {
  window.addEventListener("online", () => { failures = 0; flush(); });
  window.addEventListener("offline", flush);
  document.addEventListener("visibilitychange", flush);
  flush();
}
