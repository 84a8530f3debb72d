// Starts the modules of the engineer's pages; those that htmx brings in are attached as they come.
import * as banner from "./banner.js";
import * as cards from "./cards.js";
import * as checks from "./checks.js";
import * as closing from "./closing.js";
import * as fill from "./fill.js";
import * as outbox from "./outbox.js";
import * as parts from "./parts.js";
import * as upload from "./upload.js";

fill.attach(document);
checks.attach(document);
parts.attach(document);
upload.attach(document);
document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) fill.attach(event.detail.elt); });

banner.start();
await cards.start();
if (document.querySelector("[data-closing]")) await closing.start();
outbox.start();
