// Small helps for one thumb: a time some minutes ago, hours and minutes from the clock, a name at a touch, the position if one likes.
import { now } from "../ui/clocks.js";

const touched = (field) => { for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true })); };

// A moment as a datetime-local field in *zone* writes it.
function local(at, zone) {
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(at);
  return parts.replace(" ", "T");
}

function fillWhen(button) {
  const box = button.closest("[data-when]");
  const field = box.querySelector("input");
  field.value = button.dataset.minutesAgo ? local(now() - Number(button.dataset.minutesAgo) * 60_000, box.dataset.zone) : "";
  touched(field);
}

function fillSpan(button) {
  const box = button.closest("[data-span]");
  let minutes = Number(button.dataset.hours) * 60 + Number(button.dataset.minutes);
  if (box.dataset.since) minutes = Math.max(0, Math.round((now() - Date.parse(box.dataset.since)) / 60_000));
  const [h, m] = box.querySelectorAll("input");
  [h.value, m.value] = [Math.floor(minutes / 60), minutes % 60];
  touched(h);
}

function locate(button) {
  const box = button.closest("[data-locate]");
  const status = box.querySelector("[role=status]");
  const [latitude, longitude] = ["latitude", "longitude"].map((name) => box.querySelector(`[name=${name}]`));
  status.textContent = box.dataset.sayAsking;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      latitude.value = coords.latitude.toFixed(6);
      longitude.value = coords.longitude.toFixed(6);
      status.textContent = box.dataset.sayFound.replace("{n}", Math.round(coords.accuracy));
    },
    () => { status.textContent = box.dataset.sayFailed; },
    { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 },
  );
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-minutes-ago], [data-fill], [data-put], [data-locate] button");
  if (!button) return;
  if ("minutesAgo" in button.dataset) fillWhen(button);
  else if ("fill" in button.dataset) fillSpan(button);
  else if ("put" in button.dataset) { const field = document.getElementById(button.dataset.into); field.value = button.dataset.put; touched(field); }
  else locate(button);
});

// A time that was typed and came back is not left in a closed box.
document.addEventListener("draft:restored", ({ target }) => {
  for (const box of target.querySelectorAll("[data-when]")) box.open ||= Boolean(box.querySelector("input").value);
});

export function attach(root) {
  for (const box of root.querySelectorAll("[data-locate]")) box.hidden = !navigator.geolocation || !window.isSecureContext;
}
