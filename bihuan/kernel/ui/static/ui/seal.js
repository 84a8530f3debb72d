// Where things typed are kept on this device, and how: sealed with a key that only this person's pages carry. Where the browser
// offers no cryptography (plain http), they live as long as the tab.
const person = document.querySelector("meta[name=person]");
const sealed = Boolean(globalThis.crypto?.subtle && person?.dataset.draftKey);
export const owner = person?.content ?? "";
export const store = sealed ? localStorage : sessionStorage;

const bytesOf = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const binary = (bytes) => { let text = ""; for (const byte of bytes) text += String.fromCharCode(byte); return text; };

let key;
const sealKey = () => (key ??= crypto.subtle.importKey("raw", bytesOf(person.dataset.draftKey), "AES-GCM", false, ["encrypt", "decrypt"]));

export async function seal(value) {
  if (!sealed) return value;
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const hidden = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await sealKey(), new TextEncoder().encode(JSON.stringify(value)));
  return btoa(binary(iv) + binary(new Uint8Array(hidden)));
}

// Rejects what was sealed with another key.
export async function unseal(body) {
  if (!sealed) return body;
  const bytes = bytesOf(body);
  const open = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes.slice(0, 12) }, await sealKey(), bytes.slice(12));
  return JSON.parse(new TextDecoder().decode(open));
}
