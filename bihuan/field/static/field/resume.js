// A file in pieces, as tus 1.0 has it: announce it, ask how much has come, send on from there. A cut line costs what was on it, no more.
const PIECE = 256 * 1024; // bytes; also how often the progress moves
const CONFLICTS = 4; // in a row, before one waits
const token = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] ?? "";
const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const metadata = (values) => Object.entries(values).map(([name, value]) => `${name} ${base64(value)}`).join(",");

// HX-Request: a refusal comes as its sentence. null: nothing was heard.
async function ask(method, url, headers, body) {
  const more = { "Tus-Resumable": "1.0.0", "X-CSRFToken": token(), "HX-Request": "true", ...headers };
  try { return await fetch(url, { method, body, headers: more, redirect: "manual" }); } catch { return null; }
}

const unheard = (answer) => !answer || answer.status === 0 || answer.status >= 500 || answer.status === 429;

export async function sha256(file) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Where to send it, once the server knows that it is to come: {url, done}, {refused} or {offline}.
export async function announce(to, file, said) {
  const answer = await ask("POST", to, { "Upload-Length": String(file.size), "Upload-Metadata": metadata(said) });
  if (unheard(answer)) return { offline: true };
  if (!answer.ok) return { refused: await answer.text() };
  return { url: answer.headers.get("Location"), done: answer.headers.get("Upload-Complete") === "?1" };
}

// Send the rest of it: {done}, {refused} or {offline}.
export async function send(file, url, progress) {
  const offset = (answer) => Number(answer.headers.get("Upload-Offset"));
  let conflicts = 0, answer = await ask("HEAD", url, {});
  while (!unheard(answer)) {
    if (answer.ok && answer.headers.get("Upload-Complete") === "?1") return { done: true };
    if (answer.status === 409) {
      if (++conflicts > CONFLICTS) return { offline: true };
      answer = await ask("HEAD", url, {});
      continue;
    }
    if (!answer.ok) return { refused: await answer.text() };
    const at = offset(answer);
    progress(Math.round((100 * at) / file.size));
    const headers = { "Upload-Offset": String(at), "Content-Type": "application/offset+octet-stream", "Upload-Metadata": metadata({ filename: file.name }) };
    answer = await ask("PATCH", url, headers, file.slice(at, at + PIECE));
  }
  return { offline: true };
}
