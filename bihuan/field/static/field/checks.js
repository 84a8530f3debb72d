// A measured value is judged while it is typed: outside its limits it turns amber and asks for a remark.
const plain = (text) => text.normalize("NFKC").replace("。", ".").trim();

function judge(line) {
  const input = line.querySelector("[data-low]");
  const no = line.querySelector("[value=no]");
  const text = input ? plain(input.value) : "";
  const value = text === "" ? NaN : Number(text);
  const { low, high } = input?.dataset ?? {};
  const off = input ? (low && value < Number(low)) || (high && value > Number(high)) : no.checked;
  line.toggleAttribute("data-off", Boolean(off));
  line.querySelector("[data-when-off]").hidden = !off;
  line.querySelector("[data-when-unread]").hidden = !(text && Number.isNaN(value));
  line.toggleAttribute("data-unread", Boolean(text && Number.isNaN(value)));
}

export function attach(root) {
  for (const line of root.querySelectorAll("[data-check]")) {
    judge(line);
    line.addEventListener("input", () => judge(line));
    line.closest("form").addEventListener("card:written", () => judge(line));
  }
}
