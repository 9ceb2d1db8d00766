// A list box: click or arrow keys choose, the choice goes to Python, and what Python selects is marked and scrolled to.

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const list = parentElement.querySelector("ol");
  list.setAttribute("aria-label", data.label);
  const pick = (id) => id && setTriggerValue("pick", id);

  // A click draws the page anew: rows that are there already are kept as they are.
  const signature = JSON.stringify(data.rows);
  if (list.signature !== signature) list.replaceChildren(
    ...data.rows.map((row) => {
      const item = document.createElement("li");
      item.setAttribute("role", "option");
      item.dataset.id = row.id;
      item.id = "row-" + row.id;
      const sign = part("sign", row.sign);
      sign.style.color = row.colour;
      const words = part("words");
      words.append(part("title", row.title), part("facts", row.facts), ...row.verdicts.map(verdict));
      item.append(sign, words);
      item.onclick = () => {
        list.waiting = null;
        list.pick(row.id);
      };
      return item;
    }),
  );
  list.signature = signature;
  list.pick = pick;
  for (const item of list.children) item.setAttribute("aria-selected", String(item.dataset.id === data.selected));
  const turn = (page) => (list.scrollTo(0, 0), setTriggerValue("page", page));
  const pager = parentElement.querySelector("nav");
  pager.hidden = data.on === null && data.back === null;
  pager.querySelector("span").textContent = data.words.page;
  for (const way of ["back", "on"]) {
    const button = pager.querySelector(`.${way}`);
    button.disabled = data[way] === null;
    button.setAttribute("aria-label", data.words[way]);
    button.onclick = () => turn(data[way]);
  }
  // Keys may come faster than answers: the place in the list is kept here, and marked at once.
  const rows = [...list.children];
  let at = data.rows.findIndex((row) => row.id === data.selected);
  list.onkeydown = (event) => {
    const last = rows.length - 1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    if (to > last && data.on !== null && event.key === "ArrowDown") return turn(data.on);
    if (to < 0 && data.back !== null && event.key === "ArrowUp") return turn(data.back);
    at = Math.min(Math.max(to, 0), last);
    rows.forEach((row, index) => row.setAttribute("aria-selected", String(index === at)));
    rows[at].scrollIntoView({ block: "nearest" });
    list.waiting = data.rows[at].id;
    pick(list.waiting);
    // What is asked while a page is being drawn may be lost: then it is asked once more.
    clearTimeout(list.again);
    list.again = setTimeout(() => list.waiting && list.pick(list.waiting), 2500);
  };
  // An answer to an earlier key must not throw the reader back.
  const waiting = data.rows.findIndex((row) => row.id === list.waiting);
  if (list.waiting === data.selected || waiting < 0) list.waiting = null;
  else {
    at = waiting;
    rows.forEach((row, index) => row.setAttribute("aria-selected", String(index === at)));
  }
  const chosen = list.querySelector('[aria-selected="true"]');
  if (chosen) {
    list.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  }
}

function verdict({ sign, colour, words }) {
  const node = part("verdict");
  const mark = part("mark", sign);
  mark.style.color = colour;
  node.append(mark, words);
  return node;
}

function part(name, text = "") {
  const node = document.createElement("div");
  node.className = name;
  node.textContent = text;
  return node;
}
