// Tools on the map: measuring a way, drawing an area whose motion is asked for, and a link to what is seen.

const TOOL_SOURCE = "drawn";
const SIGNS = {
  measure: "M3 14 14 3l3 3L6 17zM6 11l2 2M9 8l2 2M12 5l2 2",
  area: "M4 6 12 3l5 6-3 8H6z",
  share: "M8 12l4-4M9 6l2-2a3.5 3.5 0 0 1 5 5l-2 2M11 14l-2 2a3.5 3.5 0 0 1-5-5l2-2",
};

function addTools(own, element, parent) {
  const { map } = own;
  own.tool = { mode: null, points: [], done: false };
  const box = document.createElement("div");
  box.className = "maplibregl-ctrl maplibregl-ctrl-group tools";
  const button = (name, path, act) => {
    const node = Object.assign(document.createElement("button"), { type: "button", className: name });
    node.innerHTML = `<svg viewBox="0 0 20 20" aria-hidden="true"><path d="${path}"/></svg>`;
    node.onclick = act;
    box.append(node);
    return node;
  };
  own.buttons = {
    measure: button("measure", SIGNS.measure, () => useTool(own, element, "measure")),
    area: button("area", SIGNS.area, () => useTool(own, element, "area")),
    share: button("share", SIGNS.share, () => share(own, parent)),
  };
  map.addControl({ onAdd: () => box, onRemove: () => box.remove() }, "top-right");
  map.on("dblclick", (event) => {
    if (!own.tool.mode) return;
    event.preventDefault();
    finish(own);
  });
  map.on("mousemove", (event) => {
    if (own.tool.mode && own.tool.points.length && !own.tool.done) drawTool(own, parent, [event.lngLat.lng, event.lngLat.lat]);
  });
  element.addEventListener("keydown", (event) => {
    if (!own.tool.mode && !own.tool.points.length) return;
    if (event.key === "Escape") useTool(own, element, null);
    if (event.key === "Enter") finish(own);
    if (event.key === "Backspace" && !own.tool.done) {
      own.tool.points.pop();
      drawTool(own, parent);
    }
  });
  own.drawTool = (ahead) => drawTool(own, parent, ahead);
}

function nameTools(own, words) {
  for (const [name, node] of Object.entries(own.buttons)) {
    node.title = words[name];
    node.setAttribute("aria-label", words[name]);
  }
}

// The same button once more ends it and takes away what was drawn.
function useTool(own, element, mode) {
  const { tool } = own;
  const next = mode && mode !== tool.mode ? mode : null;
  const had = tool.mode === "area" || tool.drawn;
  own.tool = { mode: next, points: [], done: false };
  for (const [name, node] of Object.entries(own.buttons)) node.setAttribute("aria-pressed", String(name === next));
  own.map.doubleClickZoom[next ? "disable" : "enable"]();
  own.drawTool();
  element.focus();
  if (had && !next) own.drawn(null);
}

// Whether a click was for a tool.
function toolClick(own, place) {
  const { tool } = own;
  if (!tool.mode) return false;
  if (tool.done) Object.assign(tool, { points: [], done: false });
  const last = tool.points.at(-1);
  if (!last || last[0] !== place[0] || last[1] !== place[1]) tool.points.push(place);
  own.drawTool();
  return true;
}

// What was drawn is kept by the page: it is there again after another page, and goes when it is taken away there.
function showRing(own, ring) {
  const { tool } = own;
  if (tool.mode || JSON.stringify(own.ring) === JSON.stringify(ring)) return;
  own.ring = ring;
  own.tool = { mode: null, points: ring ?? [], done: Boolean(ring), drawn: Boolean(ring) };
  own.drawTool();
}

function finish(own) {
  const { tool } = own;
  const least = tool.mode === "area" ? 3 : 2;
  if (tool.points.length < least) return;
  tool.done = true;
  own.drawTool();
  if (tool.mode !== "area") return;
  tool.drawn = true;
  own.drawn(tool.points);
  tool.mode = null; // clicks are for the map again; what was drawn stays
  own.buttons.area.setAttribute("aria-pressed", "false");
  own.map.doubleClickZoom.enable();
}

function drawTool(own, parent, ahead = null) {
  const { map, tool, data } = own;
  const points = ahead ? [...tool.points, ahead] : tool.points;
  const isArea = tool.mode === "area" || tool.drawn;
  const line = isArea && points.length > 2 ? [...points, points[0]] : points;
  const features = line.length > 1 ? [feature("LineString", line)] : [];
  if (isArea && points.length > 2) features.push(feature("Polygon", [line]));
  features.push(...tool.points.map((point) => feature("Point", point)));
  const shapes = { type: "FeatureCollection", features };
  if (map.getSource(TOOL_SOURCE)) map.getSource(TOOL_SOURCE).setData(shapes);
  else addToolLayers(map, shapes);
  const said = parent.querySelector(".measured");
  said.hidden = points.length < 2;
  if (said.hidden) return;
  const way = line.slice(1).reduce((sum, point, at) => sum + distance(line[at], point), 0);
  const parts = [way >= 1000 ? `${(way / 1000).toFixed(2)} km` : `${way.toFixed(way < 100 ? 1 : 0)} m`];
  if (isArea && points.length > 2) parts.unshift(`${(sphericalArea(points) / 1e4).toFixed(2)} ha`);
  said.textContent = parts.join(" · ");
  if (tool.mode && !tool.done) said.textContent += ` – ${data.words.finish}`;
}

function addToolLayers(map, shapes) {
  map.addSource(TOOL_SOURCE, { type: "geojson", data: shapes });
  const of = (type) => ["==", ["geometry-type"], type];
  const colour = "#111111";
  map.addLayer({ id: "drawn-fill", type: "fill", source: TOOL_SOURCE, filter: of("Polygon"), paint: { "fill-color": "#ffffff", "fill-opacity": 0.2 } });
  map.addLayer({ id: "drawn-casing", type: "line", source: TOOL_SOURCE, filter: of("LineString"), paint: { "line-color": "#ffffff", "line-width": 5 } });
  map.addLayer({ id: "drawn-line", type: "line", source: TOOL_SOURCE, filter: of("LineString"), paint: { "line-color": colour, "line-width": 2 } });
  const dot = { "circle-radius": 4, "circle-color": "#ffffff", "circle-stroke-color": colour, "circle-stroke-width": 2 };
  map.addLayer({ id: "drawn-points", type: "circle", source: TOOL_SOURCE, filter: of("Point"), paint: dot });
}

const feature = (type, coordinates) => ({ type: "Feature", properties: {}, geometry: { type, coordinates } });
const RADIUS = 6371008.8; // of a sphere of the Earth's size: true to half a per cent, as a reader needs while drawing
const radians = (degrees) => (degrees * Math.PI) / 180;

function distance([west, south], [east, north]) {
  const [a, b] = [radians(south), radians(north)];
  const half = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(radians(east - west) / 2) ** 2;
  return 2 * RADIUS * Math.asin(Math.sqrt(half));
}

function sphericalArea(points) {
  const sum = points.reduce((total, [lon, lat], at) => {
    const [next, high] = points[(at + 1) % points.length];
    return total + radians(next - lon) * (2 + Math.sin(radians(lat)) + Math.sin(radians(high)));
  }, 0);
  return Math.abs((sum * RADIUS * RADIUS) / 2);
}

// The address of this page with the part of the map that is seen.
async function share(own, parent) {
  const { lng, lat } = own.map.getCenter();
  const hash = `#map=${own.map.getZoom().toFixed(2)}/${lat.toFixed(5)}/${lng.toFixed(5)}`;
  const address = location.href.split("#")[0] + hash;
  const said = parent.querySelector(".measured");
  try {
    await navigator.clipboard.writeText(address);
    said.textContent = own.data.words.copied;
    said.hidden = false;
    setTimeout(() => own.drawTool(), 2500);
  } catch {
    window.prompt(own.data.words.share, address); // without HTTPS a page may not write to the clipboard
  }
}

// What a shared address shows; null for another.
function sharedView() {
  const found = /#map=([\d.]+)\/(-?[\d.]+)\/(-?[\d.]+)/.exec(location.hash);
  return found && { zoom: Number(found[1]), center: [Number(found[3]), Number(found[2])] };
}
