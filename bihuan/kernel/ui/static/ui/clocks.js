// Keeps deadlines running: <time data-due="ISO" [data-soon="ISO"]> inside .clock. Moves by the server's time, not this machine's.
import { say } from "./messages.js";

const ICONS = { neutral: "clock", amber: "hourglass", red: "clock-exclamation" };
const offset = serverOffset();

// When the answer began to arrive, the server's clock had just been written into it. Counted back from now, for a machine that
// slept or was set right since its browser started has moved away from performance.timeOrigin.
function serverOffset() {
  const server = Date.parse(document.querySelector("meta[name=server-time]")?.content);
  const since = performance.now() - (performance.getEntriesByType("navigation")[0]?.responseStart ?? 0);
  return Number.isNaN(server) ? 0 : server - (Date.now() - since);
}

export const now = () => Date.now() + offset;

export function span(seconds, ticking) {
  const whole = Math.floor(seconds);
  const d = Math.floor(whole / 86400), h = Math.floor(whole / 3600) % 24, m = Math.floor(whole / 60) % 60;
  if (d) return say("days", { d, h });
  if (h) return say("hours", { h, m });
  const two = (n) => String(n).padStart(2, "0");
  return ticking ? `${two(m)}:${two(whole % 60)}` : say("minutes", { m });
}

export function reading(due, soon, at) {
  const seconds = (due - at) / 1000;
  if (seconds > 0) return { tone: soon && at >= soon ? "amber" : "neutral", text: say("left", { span: span(seconds, true) }) };
  return { tone: "red", text: seconds <= -60 ? say("late", { span: span(-seconds) }) : say("just") };
}

function show(time, at) {
  const { tone, text } = reading(Date.parse(time.dataset.due), Date.parse(time.dataset.soon), at);
  if (time.textContent !== text) time.textContent = text;
  const clock = time.closest(".clock");
  if (!clock || clock.dataset.tone === tone) return;
  clock.dataset.tone = tone;
  const use = clock.querySelector("use");
  use?.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${ICONS[tone]}`));
  follow(clock);
}

// The box around the clock that says where a record stands takes on its tone.
function follow(clock) {
  const box = clock.closest("[data-follows-clock]");
  if (!box) return;
  if (["red", "amber"].includes(clock.dataset.tone)) box.dataset.tone = clock.dataset.tone;
  else delete box.dataset.tone;
}

function tick() {
  for (const time of document.querySelectorAll("time[data-due]")) show(time, now());
}

let timer;
function run() {
  clearInterval(timer);
  if (document.hidden) return;
  tick();
  timer = setInterval(tick, 1000);
}

document.addEventListener("visibilitychange", run);
export function attach(root) {
  for (const clock of root.querySelectorAll("[data-follows-clock] .clock")) follow(clock);
  run();
}
