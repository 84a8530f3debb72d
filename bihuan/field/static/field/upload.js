// Photos go up one by one, each under a key made of its own bytes: sent again after a lost answer, it is still one photo.
// What could not be sent stays in the page and is tried again with the signal.
import { tellState } from "./cards.js";

const waiting = new Map(); // form → how many are not up yet
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

async function keyOf(file, kind) {
  if (!globalThis.crypto?.subtle) return `${kind}-${file.size}-${file.lastModified}`;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return `${kind}-${[...hash.slice(0, 20)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function send(form, data, progress) {
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
    const n = this.input.files.length;
    let i = 0, skipped = 0;
    while (this.input.files.length > skipped) {
      const file = this.input.files[skipped];
      i += 1;
      const outcome = await this.one(file, { i, n });
      if (outcome === "offline") break;
      if (outcome === "refused") skipped += 1;
      else this.away(skipped);
    }
    this.busy = false;
    this.wanted = this.input.files.length > skipped;
    if (!this.input.files.length) this.say("Done", {});
    else if (this.wanted) this.say("Offline", { n: this.input.files.length });
    this.count();
  }

  async one(file, place) {
    const { kind, next, csrfmiddlewaretoken } = this.form.elements;
    const data = new FormData();
    for (const [name, value] of [["csrfmiddlewaretoken", csrfmiddlewaretoken.value], ["kind", kind.value], ["next", next.value]]) data.append(name, value);
    data.append("client_key", await keyOf(file, kind.value));
    data.append("file", file);
    this.say("Sending", { ...place, percent: "0%" });
    const answer = await send(this.form, data, (percent) => this.say("Sending", { ...place, percent: `${percent}%` }));
    if (!answer || answer.status >= 500 || answer.status === 0) return "offline";
    if (answer.status >= 400) return this.refused(file, answer);
    this.form.querySelector("[data-upload-list]").innerHTML = answer.responseText; // our own page's fragment, escaped by the server
    tellState("photos", "done", fill(this.form.dataset.sayCount, { n: document.querySelectorAll("[data-upload-list] img").length }));
    return "sent";
  }

  refused(file, answer) {
    const words = new DOMParser().parseFromString(answer.responseText, "text/html").querySelector(".refusal p");
    this.say(words ? "Refused" : "Unknown", { name: file.name, sentence: words?.textContent ?? "" });
    return "refused";
  }

  // The picker holds the list; what is up is taken out of it the way a person would.
  away(place) { this.form.querySelectorAll("[data-photos-list] button")[place]?.click(); }
}

export function attach(root) {
  for (const form of root.querySelectorAll("form[data-upload]")) new Upload(form);
}
