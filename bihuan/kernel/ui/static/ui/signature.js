// The customer's signature: a pad, its picture (PNG) and its strokes (JSON) in two hidden fields, sent with the form around it.
import SignaturePad from "./vendor/signature_pad.min.js";

const INK = { penColor: "#000", backgroundColor: "#fff", minWidth: 0.8, maxWidth: 2.8 };
const attached = new WeakSet();

function attachPad(box) {
  if (attached.has(box)) return;
  attached.add(box);
  const part = (name) => box.querySelector(`[data-pad="${name}"]`);
  const canvas = box.querySelector("canvas");
  const pad = new SignaturePad(canvas, INK);

  // The drawing surface follows the screen, turned or not, without losing a stroke.
  function fit() {
    const ratio = Math.max(window.devicePixelRatio || 1, 1);
    const strokes = pad.toData();
    canvas.width = canvas.offsetWidth * ratio;
    canvas.height = canvas.offsetHeight * ratio;
    canvas.getContext("2d").scale(ratio, ratio);
    pad.fromData(strokes);
    keep();
  }

  function keep() {
    part("image").value = pad.isEmpty() ? "" : pad.toDataURL("image/png");
    part("strokes").value = pad.isEmpty() ? "" : JSON.stringify(pad.toData());
    if (!pad.isEmpty()) part("error").hidden = true;
  }

  pad.addEventListener("endStroke", keep);
  part("clear").addEventListener("click", () => { pad.clear(); keep(); });
  part("undo").addEventListener("click", () => { pad.fromData(pad.toData().slice(0, -1)); keep(); });
  new ResizeObserver(() => canvas.offsetWidth && fit()).observe(canvas);

  // The form does not go without a signature. First in line, so that nothing else takes it for sent.
  box.closest("form")?.addEventListener("submit", (event) => {
    if (!pad.isEmpty() || event.submitter?.formNoValidate) return;
    event.preventDefault();
    event.stopPropagation();
    part("error").hidden = false;
    canvas.scrollIntoView({ block: "center" });
    canvas.focus();
  }, true);
}

export function attach(root) {
  root.querySelectorAll("[data-signature]").forEach(attachPad);
}
