// A list box: click or arrow keys choose, the choice goes to Python, and what Python selects is marked and scrolled to.

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const list = parentElement.querySelector("ol");
  list.setAttribute("aria-label", data.label);

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
      if (row.case) words.append(verdict(row.case));
      item.append(sign, words);
      item.onclick = () => list.choose([...list.children].indexOf(item));
      return item;
    }),
  );
  list.signature = signature;
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
  // Clicks and keys may come faster than answers: the place in the list is kept here, and marked at once.
  const rows = [...list.children];
  let at;
  const mark = (place) => {
    at = place;
    rows.forEach((row, index) => row.setAttribute("aria-selected", String(index === at)));
  };
  list.choose = (place) => {
    mark(place);
    rows[at].scrollIntoView({ block: "nearest" });
    list.waiting = data.rows[at].id;
    setTriggerValue("pick", list.waiting);
  };
  list.onkeydown = (event) => {
    const last = rows.length - 1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    if (to > last && data.on !== null && event.key === "ArrowDown") return turn(data.on);
    if (to < 0 && data.back !== null && event.key === "ArrowUp") return turn(data.back);
    list.choose(Math.min(Math.max(to, 0), last));
  };
  // An answer to an earlier click or key must not throw the reader back.
  const waiting = data.rows.findIndex((row) => row.id === list.waiting);
  if (list.waiting === data.selected || waiting < 0) list.waiting = null;
  mark(list.waiting ? waiting : data.rows.findIndex((row) => row.id === data.selected));
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
