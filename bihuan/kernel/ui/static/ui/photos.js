// Photos: seen at once, made smaller before they travel, removable; progress while they upload.
import { icon, say } from "./messages.js";

const attached = new WeakSet();

// Smaller by its longest side; a drawing that is small already, or that the browser cannot read, travels as it is.
export async function shrink(file, longest) {
  let picture;
  try { picture = await createImageBitmap(file, { imageOrientation: "from-image" }); } catch { return file; }
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
  if (scale === 1) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg", lastModified: file.lastModified });
}

function attachPicker(box) {
  if (attached.has(box)) return;
  attached.add(box);
  const input = box.querySelector("input[type=file]");
  const list = box.querySelector("[data-photos-list]");
  const status = box.querySelector("[data-photos-status]");
  let files = [];

  function show() {
    const carrier = new DataTransfer();
    for (const file of files) carrier.items.add(file);
    input.files = carrier.files;
    for (const old of list.querySelectorAll("img")) URL.revokeObjectURL(old.src);
    list.replaceChildren(...files.map(preview));
    const megabytes = (files.reduce((sum, file) => sum + file.size, 0) / 2 ** 20).toFixed(1);
    status.textContent = files.length ? say("photos", { n: files.length, size: megabytes }) : "";
  }

  function preview(file) {
    const figure = document.createElement("figure");
    const picture = document.createElement("img");
    picture.src = URL.createObjectURL(file);
    picture.alt = file.name;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "button only-icon";
    remove.setAttribute("aria-label", say("remove"));
    remove.append(icon("x"));
    remove.addEventListener("click", () => { files = files.filter((other) => other !== file); show(); });
    figure.append(picture, remove);
    return figure;
  }

  // What was picked before stays: a second pick adds.
  input.addEventListener("change", async () => {
    const picked = [...input.files];
    const pictures = picked.filter((file) => file.type.startsWith("image/"));
    const strange = picked.find((file) => !file.type.startsWith("image/"));
    let n = 0;
    for (const file of pictures) {
      status.textContent = say("shrinking", { n: ++n, total: pictures.length });
      files.push(await shrink(file, Number(box.dataset.maxPx)));
    }
    show();
    if (strange) status.textContent = say("notImage", { name: strange.name });
  });

  box.closest("form")?.addEventListener("htmx:xhr:progress", ({ detail }) => {
    if (detail.lengthComputable && files.length) status.textContent = say("uploading", { n: Math.round((100 * detail.loaded) / detail.total) });
  });
}

export function attach(root) {
  root.querySelectorAll("[data-photos]").forEach(attachPicker);
}
