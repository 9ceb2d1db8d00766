// A list box: click or arrow keys choose, the choice goes to Python, and what Python selects is marked and scrolled to.

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const list = parentElement.querySelector("ol");
  list.setAttribute("aria-label", data.label);
  const pick = (id) => id && setTriggerValue("pick", id);

  list.replaceChildren(
    ...data.rows.map((row) => {
      const item = document.createElement("li");
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(row.id === data.selected));
      item.dataset.id = row.id;
      item.id = "row-" + row.id;
      const sign = part("sign", row.sign);
      sign.style.color = row.colour;
      const words = part("words");
      words.append(part("title", row.title), part("facts", row.facts), part("verdict", row.verdict));
      item.append(sign, words);
      item.onclick = () => pick(row.id);
      return item;
    }),
  );
  list.onkeydown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = data.rows.findIndex((row) => row.id === data.selected);
    pick(data.rows[Math.min(Math.max(at + step, 0), data.rows.length - 1)]?.id);
  };
  const chosen = list.querySelector('[aria-selected="true"]');
  if (chosen) {
    list.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  }
}

function part(name, text = "") {
  const node = document.createElement("div");
  node.className = name;
  node.textContent = text;
  return node;
}
