// Short sentences that come and go: after an htmx act (HX-Trigger: {"say": {"text": …, "tone": …}}), or from another module.
import { icon, say } from "./texts.js";

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
