// Passkeys: the server says what to sign, the device signs it, and the form goes on as any other. Without them nothing is missing:
// buttons stay hidden, and a password field gets no button beside it.
import { say, icon } from "./messages.js";

const able = Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON);
const dressed = new WeakSet();

export function attach(root) {
  if (!able) return;
  for (const note of root.querySelectorAll("[data-passkey-not]")) note.hidden = true;
  for (const part of root.querySelectorAll("[data-passkey]")) {
    if (dressed.has(part)) continue;
    dressed.add(part);
    if (part.matches("input")) part.after(buttonFor(part));
    else listen(part, () => part.closest("form").elements[part.dataset.passkeyInto]);
  }
}

function buttonFor(input) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button passkey-beside";
  button.dataset.purpose = input.dataset.passkey;
  button.append(icon("key"), say("passkey"));
  listen(button, () => input);
  return button;
}

function listen(button, field) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    const { parentElement: place } = button;
    place.querySelector(".passkey-failed")?.remove();
    try {
      const answer = await sign(button.dataset.passkey || button.dataset.purpose, button.closest("form"));
      const target = field();
      target.removeAttribute("maxlength");
      target.value = JSON.stringify(answer);
      target.form.requestSubmit(target.form.querySelector("button:not([type=button])"));
    } catch {
      const told = document.createElement("p");
      told.className = "passkey-failed";
      told.setAttribute("role", "alert");
      told.textContent = say("passkeyFailed");
      button.after(told);
    }
    button.disabled = false;
  });
}

async function sign(purpose, form) {
  const body = new FormData();
  body.set("purpose", purpose);
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  const response = await fetch("/passkeys/options/", { method: "POST", body, headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(response.status);
  const options = await response.json();
  const made = purpose === "register"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  return made.toJSON();
}
