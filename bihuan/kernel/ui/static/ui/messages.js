// The sentences of the modules in the language of the page, the icons beside them, and notices that come and go: after an htmx act
// (HX-Trigger: {"say": {"text": …, "tone": …}}), or from another module.
let texts;
export function say(key, values = {}) {
  texts ??= JSON.parse(document.body.dataset.texts || "{}");
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// An icon, drawn from the same sprite as the page's own.
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", new URL(`icons.svg#${name}`, import.meta.url));
  svg.append(use);
  return svg;
}

const ICONS = { green: "circle-check", amber: "alert-circle", red: "alert-triangle", neutral: "info-circle" };

// Good news leaves by itself, and waits while it is being read; anything else stays until dismissed.
export function toast(text, tone = "neutral") {
  const place = document.querySelector("[data-toasts]");
  if (!place) return;
  const box = document.createElement("div");
  box.className = "notice";
  box.dataset.tone = tone;
  const words = document.createElement("span");
  words.textContent = text;
  box.append(icon(ICONS[tone] ?? ICONS.neutral), words, dismisser(box));
  place.append(box);
  if (tone === "green" || tone === "neutral") fade(box);
}

function dismisser(box) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet only-icon";
  button.setAttribute("aria-label", say("dismiss"));
  button.append(icon("x"));
  button.addEventListener("click", () => box.remove());
  return button;
}

function fade(box) {
  const timer = setInterval(() => {
    if (box.matches(":hover, :focus-within")) return;
    clearInterval(timer);
    box.remove();
  }, 6000);
}

document.addEventListener("say", (event) => toast(event.detail.text, event.detail.tone));
document.addEventListener("htmx:sendError", () => toast(say("failed"), "red"));
// A refusal (4xx) comes as a page fragment that is shown like any other; only what cannot be shown becomes a sentence here.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  const fragment = xhr.status >= 400 && xhr.status < 500 && xhr.getResponseHeader("HX-Fragment");
  if (fragment) event.detail.shouldSwap = true;
  else if (xhr.status >= 400) toast(say("refused", { status: xhr.status }), "red");
});

export function attach() {}
