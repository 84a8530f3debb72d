// Photos go up one by one, each under a key made of its own bytes and from the byte where it stopped: sent again, it is still one photo.
// What could not be sent stays in the page and is tried again, after a while and with the signal.
import { tellState } from "./cards.js";
import { announce, send, sha256 } from "./resume.js";

const waiting = new Map(); // form → how many are not up yet
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

const WAITS = [5, 10, 20, 40, 60]; // seconds
const keys = new WeakMap(); // photo → {key, sha256}

// The same bytes twice in one list are two photos; the same bytes picked again later are the photo that is there already.
async function keysOf(files, kind) {
  const taken = new Set(files.map((file) => keys.get(file)?.key));
  for (const file of files) {
    if (keys.has(file)) continue;
    const hash = await sha256(file);
    let key = `${kind}-${hash.slice(0, 40)}`;
    for (let n = 2; taken.has(key); n += 1) key = `${kind}-${hash.slice(0, 40)}-${n}`;
    taken.add(key);
    keys.set(file, { key, sha256: hash });
  }
}

// Without https a browser cannot hash, so a photo goes in one piece under a name that is nearly its own.
const keyOf = (file, kind) => `${kind}-${file.size}-${file.lastModified}`;

function post(form, data, progress) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true"); // a refusal comes as its sentence
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) progress(Math.round((100 * event.loaded) / event.total)); });
    request.addEventListener("load", () => done(request));
    request.addEventListener("error", () => done(null));
    request.send(data);
  });
}

class Upload {
  constructor(form) {
    this.form = form;
    this.input = form.querySelector("input[type=file]");
    this.status = form.querySelector("[data-upload-status]");
    this.busy = false;
    this.failures = 0;
    new MutationObserver(() => this.count()).observe(form.querySelector("[data-photos-list]"), { childList: true });
    form.addEventListener("submit", (event) => { event.preventDefault(); event.stopPropagation(); this.run(); }, true);
    window.addEventListener("online", () => { if (this.wanted) this.run(); });
  }

  say(key, values) { this.status.textContent = key ? fill(this.form.dataset[`say${key}`], values) : ""; }

  count() {
    waiting.set(this.form, this.input.files.length);
    this.form.querySelector("[data-upload-go]").hidden = !this.input.files.length || this.busy;
    document.dispatchEvent(new CustomEvent("field:photos", { detail: [...waiting.values()].reduce((sum, n) => sum + n, 0) }));
  }

  async run() {
    if (this.busy) return;
    this.busy = this.wanted = true;
    clearTimeout(this.timer);
    const n = this.input.files.length, left = n;
    let i = 0, skipped = 0;
    if (await this.announceAll()) {
      while (this.input.files.length > skipped) {
        const file = this.input.files[skipped];
        i += 1;
        const outcome = await this.one(file, { i, n });
        if (outcome === "offline") break;
        if (outcome === "refused") skipped += 1;
        else this.away(skipped);
      }
    }
    this.busy = false;
    this.wanted = this.input.files.length > skipped;
    if (!this.input.files.length) { this.say("Done", {}); this.failures = 0; }
    else if (this.wanted) this.later(this.input.files.length < left);
    this.count();
  }

  later(moved) {
    this.failures = moved ? 1 : this.failures + 1;
    this.say("Offline", { n: this.input.files.length });
    this.timer = setTimeout(() => this.run(), 1000 * WAITS[Math.min(this.failures - 1, WAITS.length - 1)]);
  }

  // All are announced before the first is sent, so that the office sees how many are to come. False without signal.
  async announceAll() {
    const kind = this.form.elements.kind.value, files = [...this.input.files];
    this.urls = new Map();
    if (!globalThis.crypto?.subtle) return true;
    await keysOf(files, kind);
    for (const file of files) {
      const told = await announce(this.form.dataset.announce, file, { kind, ...keys.get(file) });
      if (told.offline) return false;
      this.urls.set(file, told);
    }
    return true;
  }

  async one(file, place) {
    const progress = (percent) => this.say("Sending", { ...place, percent: `${percent}%` });
    progress(0);
    const told = this.urls.get(file) ?? (await this.whole(file, progress));
    const outcome = told.url && !told.done ? await send(file, told.url, progress) : told;
    if (outcome.offline) return "offline";
    if (outcome.refused !== undefined) return this.refused(file, outcome.refused);
    await this.refresh();
    return "sent";
  }

  async whole(file, progress) {
    const { kind, next, csrfmiddlewaretoken } = this.form.elements;
    const data = new FormData();
    for (const field of [csrfmiddlewaretoken, kind, next]) data.append(field.name, field.value);
    data.append("client_key", keyOf(file, kind.value));
    data.append("file", file);
    const answer = await post(this.form, data, progress);
    if (!answer || answer.status >= 500 || answer.status === 0) return { offline: true };
    return answer.status >= 400 ? { refused: answer.responseText } : { done: true };
  }

  async refresh() {
    const list = this.form.querySelector("[data-upload-list]");
    const answer = await fetch(this.form.elements.next.value, { redirect: "manual" }).catch(() => null);
    if (!answer?.ok) return;
    list.innerHTML = await answer.text(); // our own page's fragment, escaped by the server
    const coming = list.querySelector("[data-coming]");
    if (coming) coming.hidden = this.input.files.length > 1; // those are in the picker and on their way
    tellState("photos", "done", fill(this.form.dataset.sayCount, { n: document.querySelectorAll("[data-upload-list] img").length }));
  }

  refused(file, text) {
    const words = new DOMParser().parseFromString(text, "text/html").querySelector(".refusal p");
    this.say(words ? "Refused" : "Unknown", { name: file.name, sentence: words?.textContent ?? "" });
    return "refused";
  }

  // The picker holds the list; what is up is taken out of it the way a person would.
  away(place) { this.form.querySelectorAll("[data-photos-list] button")[place]?.click(); }
}

export function attach(root) {
  for (const form of root.querySelectorAll("form[data-upload]")) new Upload(form);
}
