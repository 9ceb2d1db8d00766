// The swipe's own page: Folium has made the map, its two layers and the divider. Nothing goes back to Python; view and
// divider are remembered in the browser's tab, so that they survive when the frame is loaded again.

const INK = "#111111";
const LINES = {
  left: { color: INK, dashArray: "7 6", lineCap: "butt" },
  right: { color: "#d4007f" },
};

function remembered(data) {
  try {
    return JSON.parse(sessionStorage.getItem(`pitwatch-swipe/${data.key}`)) ?? {};
  } catch {
    return {}; // the browser keeps nothing, or something else
  }
}

function remember(data, values) {
  try {
    sessionStorage.setItem(`pitwatch-swipe/${data.key}`, JSON.stringify({ ...remembered(data), ...values }));
  } catch {
    // then the view begins anew next time
  }
}

function openView(map, data) {
  const subject = JSON.stringify(data.focus);
  const open = () => {
    const before = remembered(data);
    if (before.subject === subject) map.setView(before.center, before.zoom);
    else map.fitBounds(data.focus, { padding: [24, 24] });
    map.on("moveend", () => remember(data, { subject, center: map.getCenter(), zoom: map.getZoom() }));
  };
  // In a tab that is not shown yet there is no size to fit anything into.
  if (map.getSize().x) open();
  else map.once("resize", open);
}

function furnish(map, control, data) {
  map.attributionControl.setPrefix(false); // a link to another machine
  L.control.scale({ imperial: false }).addTo(map);
  addDivider(map, control, data);
  map.createPane("permits").style.zIndex = 401;
  map.createPane("casing").style.zIndex = 402;
  map.createPane("lines").style.zIndex = 403;
  const permits = data.permits && shapes(data.permits).then((collection) => addPermits(map, collection, data));
  const outlines = shapes(data.outlines).then((collection) => addOutlines(map, collection, data));
  Promise.all([outlines, permits])
    .catch((error) => {
      console.error(error);
      map.getContainer().append(node("failed", data.words.failed));
    })
    .finally(() => (document.body.dataset.drawn = "outlines"));
}

async function shapes(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

// As on the map: long and short dashes, dark beneath.
function addPermits(map, collection, data) {
  const common = { pane: "permits", fill: false, smoothFactor: 0.5 };
  L.geoJSON(collection, { ...common, interactive: false, style: { ...common, color: INK, weight: 3.5 } }).addTo(map);
  const line = { ...common, color: data.permitColour, weight: 1.8, dashArray: "11 3 3 3", lineCap: "butt", className: "permit" };
  L.geoJSON(collection, {
    ...common,
    style: line,
    onEachFeature: ({ properties }, layer) =>
      layer.bindTooltip(node("", [properties.number, properties.mine].filter(Boolean).join(" · ")), { sticky: true }),
  }).addTo(map);
}

// The dates hang on the divider, each on its side, so that they say what is seen wherever it stands.
function addDivider(map, control, data) {
  const container = map.getContainer();
  const range = container.querySelector(".leaflet-sbs-range");
  const divider = container.querySelector(".leaflet-sbs-divider");
  range.setAttribute("aria-label", data.words.divider);
  for (const side of ["left", "right"]) {
    const label = node(`date ${side}`, data[side].label);
    label.prepend(sample(LINES[side]));
    divider.append(label);
  }
  const moved = () => {
    range.setAttribute("aria-valuetext", `${Math.round(100 * range.value)} %`);
    remember(data, { divider: range.value });
  };
  const before = remembered(data).divider;
  if (before !== undefined) range.value = before;
  const draw = () => control._updateClip(); // the plugin follows moves, but neither sizes nor values set by others
  draw();
  moved();
  map.on("resize", draw);
  range.addEventListener("input", moved);
}

function addOutlines(map, collection, data) {
  for (const side of ["left", "right"]) {
    const features = collection.features.filter((feature) => feature.properties.date === data[side].date);
    const width = (feature) => (feature.properties.patch_id === data.selected ? 4 : 2.5);
    const common = { fill: false, smoothFactor: 0.5 };
    L.geoJSON(features, {
      pane: "casing",
      interactive: false,
      style: (feature) => ({ ...common, color: "#ffffff", weight: width(feature) + 3 }),
    }).addTo(map);
    L.geoJSON(features, {
      pane: "lines",
      style: (feature) => ({ ...common, ...LINES[side], weight: width(feature), className: `outline ${side}` }),
      // Leaflet takes text as HTML, a node as it is.
      onEachFeature: (feature, layer) =>
        layer.bindTooltip(node("", `${feature.properties.patch_id} · ${data[side].label}`), { sticky: true }),
    }).addTo(map);
  }
}

// A piece of the line with which a date's outlines are drawn.
function sample(line) {
  const piece = node("sample", "");
  piece.style.borderTop = `3px ${line.dashArray ? "dashed" : "solid"} ${line.color}`;
  return piece;
}

function node(name, text) {
  return Object.assign(document.createElement("span"), { className: name, textContent: text });
}
