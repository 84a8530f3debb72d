// Before the customer signs, everything must have reached the server: what they read is what the server holds.
import * as shelf from "./shelf.js";
import { flush } from "./outbox.js";

const mine = async () => (await shelf.all()).filter((entry) => entry.url.startsWith(location.pathname.replace(/[^/]+\/$/, "")));
let open = true;

async function look() {
  const form = document.querySelector("[data-needs-all-sent]");
  const unsent = await mine();
  open = !unsent.length;
  const notice = form?.querySelector("[data-not-yet]");
  if (notice) notice.hidden = open;
}

export function start() {
  document.addEventListener("field:state", look);
  document.addEventListener("field:saved", async () => { if (!(await mine()).length) location.reload(); });
  window.addEventListener("submit", (event) => {
    if (open || !event.target.matches("[data-needs-all-sent]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    event.target.querySelector("[data-not-yet]").scrollIntoView({ block: "center" });
    flush();
  }, true);
  return look();
}
