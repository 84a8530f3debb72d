// Starts the modules of a page. Each exports attach(root), called for the page and again for whatever htmx brings in.
import * as clocks from "./clocks.js";
import * as drafts from "./drafts.js";
import * as forms from "./forms.js";
import * as keys from "./keys.js";
import * as messages from "./messages.js";

const always = [messages, clocks, forms, drafts, keys];
const whereUsed = { "[data-signature]": "./signature.js", "[data-photos]": "./photos.js", "[data-passkey]": "./passkeys.js" };

async function attach(root) {
  for (const module of always) module.attach(root);
  for (const [selector, path] of Object.entries(whereUsed)) {
    if (root.querySelector(selector) || root.matches?.(selector)) (await import(path)).attach(root);
  }
}

attach(document);
document.addEventListener("htmx:load", (event) => attach(event.detail.elt));
