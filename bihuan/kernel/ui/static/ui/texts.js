// The sentences of the modules, in the language of the page.
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
