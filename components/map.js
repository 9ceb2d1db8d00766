// MapLibre in a Streamlit component. Layers and opacity are the reader's own and stay in the browser; only what was
// clicked goes back to Python. The map lives as long as its element: a rerun changes data, and moves the view only as far
// as what is selected has to be seen.

let library = null;
function maplibre() {
  library ??= import(location.origin + "VENDOR/maplibre/maplibre-gl.mjs");
  return library;
}

const maps = new WeakMap();
// Square pixels of a map on which the legend, open, leaves most of the ground to be seen.
const LEGEND_ROOM = 350_000;

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const element = parentElement.querySelector(".map");
  let own = maps.get(element);
  if (!own) {
    own = { shown: null, release: null };
    maps.set(element, own);
    own.ready = create(element, data).catch((error) => {
      element.innerHTML = "";
      const note = document.createElement("p");
      note.className = "failed";
      note.textContent = data.words.failed;
      element.append(note);
      console.error(error);
      return null;
    });
  }
  own.data = data; // handlers outlive a render: they read what is current
  own.pick = (value) => setTriggerValue("pick", value);
  own.drawn = (ring) => setTriggerValue("ring", ring ?? []);
  element.setAttribute("aria-label", data.words.label);
  own.ready.then((map) => {
    if (!map) return;
    own.map = map;
    if (!own.listening) listen(own, element, parentElement);
    if (own.buttons) {
      nameTools(own, data.words);
      showRing(own, data.ring);
    }
    if (own.release !== data.release) replaceLayers(own, data);
    select(own, data);
    showPhotos(own, data);
    drawPanel(own, data, parentElement);
    drawLegend(own, data, parentElement);
  });
}

async function create(element, data) {
  const gl = await maplibre();
  const bounds = data.close && data.selectedBounds ? around(data.selectedBounds) : data.bounds;
  element.classList.toggle("close", Boolean(data.close));
  const map = new gl.Map({
    container: element,
    ...((data.close || !sharedView()) && { bounds, fitBoundsOptions: { padding: 24 } }),
    attributionControl: false,
    dragRotate: false,
    // A page may have several maps: each is named by what it shows.
    locale: { "Map.Title": data.layers.find((layer) => layer.name === data.first.data)?.label ?? data.words.label },
    pitchWithRotate: false,
    // What fades in is drawn anew for a third of a second, frame after frame, which is dear where no graphics card helps.
    fadeDuration: 0,
    style: { version: 8, transition: { duration: 0, delay: 0 }, sources: {}, layers: [] },
    ...(!data.close && sharedView()),
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new gl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new gl.ScaleControl({ unit: "metric" }), "bottom-right");
  await new Promise((resolve) => map.once("style.load", resolve)); // layers may be added; nothing has been drawn
  element.map = map; // for the browser's console and the tests
  map.marker = new gl.Marker({ color: "#111111", scale: 0.8 });
  map.Attribution = gl.AttributionControl;
  Object.assign(map, { Marker: gl.Marker, Popup: gl.Popup });
  let width = element.clientWidth;
  new ResizeObserver(() => {
    const lost = width - element.clientWidth;
    width = element.clientWidth;
    map.resize();
    // MapLibre keeps the centre; a reader wants the ground to stay where it is when a column opens beside the map.
    if (lost) map.panBy([-lost / 2, 0], { animate: false });
    keepInView(map);
  }).observe(element);
  return map;
}

// What is selected must be seen: it may be chosen in the list, or come to lie outside when the map gets narrower.
function keepInView(map) {
  if (!map.marked && map.chosen) {
    const [west, south, east, north] = map.chosen;
    const view = map.getBounds();
    const seen = west < view.getEast() && east > view.getWest() && south < view.getNorth() && north > view.getSouth();
    if (!seen) map.panTo([(west + east) / 2, (south + north) / 2], { animate: false });
  }
  if (!map.marked) return;
  const { x, y } = map.project(map.marked);
  const { clientWidth, clientHeight } = map.getContainer();
  if (x < 0 || y < 0 || x > clientWidth - 20 || y > clientHeight) map.panTo(map.marked, { animate: false });
}

function listen(own, element, parent) {
  own.listening = true;
  const { map } = own;
  if (!own.data.close) addTools(own, element, parent);
  map.on("click", (event) => {
    if (own.buttons && toolClick(own, [event.lngLat.lng, event.lngLat.lat])) return;
    const near = [
      [event.point.x - 5, event.point.y - 5],
      [event.point.x + 5, event.point.y + 5],
    ];
    const onLine = visible(map, "patches-line") ? map.queryRenderedFeatures(near, { layers: ["patches-line"] }) : [];
    if (onLine.length) {
      own.pick({ patch: onLine[0].properties.patch_id, at: null });
      return;
    }
    const within = map.getLayer("patches-fill")
      ? map.queryRenderedFeatures(event.point, { layers: ["patches-fill"] })
      : [];
    own.pick({ patch: within[0]?.properties.patch_id ?? null, at: [event.lngLat.lng, event.lngLat.lat] });
  });
  new ResizeObserver(() => {
    const lines = parent.querySelector(".legend .lines");
    if (lines) lines.open = unfolded(own, own.data, parent);
  }).observe(element);
  map.on("mousemove", "patches-line", () => (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", "patches-line", () => (map.getCanvas().style.cursor = ""));
  // For tests and for the idle: whether all that is asked for is drawn.
  map.on("idle", () => element.setAttribute("data-drawn", own.release));
  // The first chart has not to wait for its library, nor the reader of the map, whose page stands still while it is read:
  // it is fetched some time after the map is drawn.
  map.once("idle", () => setTimeout(() => own.data.next && requestIdleCallback(() => import(location.origin + own.data.next).catch(() => null)), 1500));
}

// A patch with half of its size round it, and no nearer than some hundred metres.
function around([west, south, east, north]) {
  const room = Math.max((east - west) / 2, (north - south) / 2, 0.001);
  return [west - room, south - room, east + room, north + room];
}

function visible(map, id) {
  return map.getLayer(id) && map.getLayoutProperty(id, "visibility") !== "none";
}

function replaceLayers(own, data) {
  const { map } = own;
  const first = own.release === null;
  const otherArea = !first && own.release.split("/")[0] !== data.release.split("/")[0];
  for (const layer of map.getStyle().layers) map.removeLayer(layer.id);
  for (const id of Object.keys(map.getStyle().sources)) map.removeSource(id);
  if (own.attribution) map.removeControl(own.attribution);
  own.attribution = new map.Attribution({ compact: false, customAttribution: escape(data.attribution) });
  map.addControl(own.attribution, "bottom-left");
  own.release = data.release;
  // The reader's choice of layers stays for as long as the release has them.
  if (!own.shown || otherArea) own.shown = { ...data.first, opacity: 0.85, off: new Set([...data.dates.map((each) => each.date), "scenes"]) };
  for (const role of ["image", "data"]) {
    const kept = own.shown[role] === "" || data.layers.some((each) => each.name === own.shown[role]);
    if (!kept) own.shown[role] = data.first[role];
  }

  for (const role of ["below", "image", "data", "above"]) {
    for (const layer of data.layers.filter((each) => each.role === role)) addRaster(map, layer, data.bounds);
  }
  const by = ["coalesce", ["get", data.colourBy], ""];
  const colour = ["match", by, ...Object.entries(data.colours).flat(), data.uncoded];
  map.addLayer({
    id: "clusters",
    type: "line",
    ...source(own, data, "clusters"),
    paint: { "line-color": "#111111", "line-width": 1.5, "line-dasharray": [2, 1.5] },
  });
  for (const { date } of data.dates) {
    const filter = ["==", ["get", "date"], date];
    const line = { type: "line", ...source(own, data, "outlines"), filter };
    map.addLayer({ ...line, id: `${date}-casing`, paint: { "line-color": "#111111", "line-width": 3 } });
    const paint = { "line-color": "#ffffff", "line-width": 1.6, "line-dasharray": [2.5, 2] };
    map.addLayer({ ...line, id: `${date}-line`, paint });
  }
  if (data.scenes) addScenes(own, data);
  if (data.hasRegister) addPermits(own, data);
  if (data.hasZones) addZones(own, data);
  const patches = source(own, data, "patches");
  map.addLayer({ id: "patches-fill", type: "fill", ...patches, paint: { "fill-color": colour, "fill-opacity": 0.06, "fill-antialias": false } });
  map.addLayer({ id: "patches-casing", type: "line", ...patches, paint: { "line-color": "#ffffff", "line-width": 4.5 } });
  map.addLayer({ id: "patches-line", type: "line", ...patches, paint: { "line-color": colour, "line-width": 2.5 } });
  if (data.tiles) {
    // Tiles hold what the filter leaves, and of small patches a few: what is selected is drawn all the same.
    map.addSource("chosen", { type: "geojson", data: nothing });
    map.addLayer({ id: "chosen-casing", type: "line", source: "chosen", paint: { "line-color": "#ffffff", "line-width": 8 } });
    map.addLayer({ id: "chosen-line", type: "line", source: "chosen", paint: { "line-color": colour, "line-width": 4 } });
  }
  if (otherArea) map.fitBounds(data.bounds, { padding: 24, animate: false });
  applyShown(own, data);
  if (own.buttons) own.drawTool();
}

const nothing = { type: "FeatureCollection", features: [] };

// Where a layer gets its shapes from: a file of all of them, or tiles where they are many. What permits of a file say
// that has just been read comes as a file.
function source(own, data, name) {
  const { map } = own;
  if (!data.tiles || data.vectors[name].startsWith("/handover")) {
    map.addSource(name, { type: "geojson", data: location.origin + data.vectors[name] });
    return { source: name };
  }
  if (!map.getSource("tiles")) {
    own.tiles = data.tiles;
    map.addSource("tiles", { type: "vector", tiles: [location.origin + data.tiles], maxzoom: DEEPEST });
  }
  return { source: "tiles", "source-layer": name };
}

// Boundaries of permits as long and short dashes, dark beneath, so that they are seen on light and dark ground; what lies
// outside them is hatched, and the image stays visible between.
function addPermits(own, data) {
  const { map } = own;
  const crossing = ["==", ["get", "kind"], "crosses"];
  if (!map.hasImage("hatch")) map.addImage("hatch", hatch(data.permitColour), { pixelRatio: 2 });
  map.addLayer({ id: "outside", type: "fill", ...source(own, data, "outside"), filter: crossing, paint: { "fill-pattern": "hatch", "fill-antialias": false } });
  const line = { type: "line", ...source(own, data, "permits") };
  map.addLayer({ ...line, id: "permits-casing", paint: { "line-color": "#111111", "line-width": 3.5 } });
  const paint = { "line-color": data.permitColour, "line-width": 1.8, "line-dasharray": [6, 1.5, 1.5, 1.5] };
  map.addLayer({ ...line, id: "permits-line", paint });
}

// How far round a patch the paper's rule looks: thin and dotted, and off until it is asked for.
function addScenes(own, data) {
  own.map.addSource("scenes", { type: "geojson", data: location.origin + data.scenes });
  const paint = { "line-color": "#ffffff", "line-width": 1.4, "line-dasharray": [1, 2] };
  own.map.addLayer({ id: "scenes-casing", type: "line", source: "scenes", paint: { "line-color": "#111111", "line-width": 2.4, "line-dasharray": [0.6, 1.2] } });
  own.map.addLayer({ id: "scenes-line", type: "line", source: "scenes", paint });
}

// Zones in which nothing may be mined: a thick dotted boundary and a tint that leaves the image visible.
function addZones(own, data) {
  const { map } = own;
  const zones = source(own, data, "zones");
  map.addLayer({ id: "zones-fill", type: "fill", ...zones, paint: { "fill-color": "#cc79a7", "fill-opacity": 0.12, "fill-antialias": false } });
  const line = { type: "line", ...zones, layout: { "line-cap": "round" } };
  map.addLayer({ ...line, id: "zones-casing", paint: { "line-color": "#111111", "line-width": 4.5, "line-dasharray": [0.1, 1.6] } });
  map.addLayer({ ...line, id: "zones-line", paint: { "line-color": "#cc79a7", "line-width": 3, "line-dasharray": [0.1, 2.4] } });
}

// Diagonal stripes with dark rims, on nothing.
function hatch(colour) {
  const size = 30;
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const pixels = new Uint8ClampedArray(4 * size * size);
  for (let at = 0; at < size * size; at++) {
    const across = (at + Math.floor(at / size)) % size;
    if (across >= 2 && across < 5) pixels.set([red, green, blue, 255], 4 * at);
    else if (across < 7) pixels.set([17, 17, 17, 220], 4 * at);
  }
  return { width: size, height: size, data: pixels };
}

function addRaster(map, layer, bounds) {
  map.addSource(layer.name, { type: "raster", tiles: [location.origin + layer.tiles], tileSize: 256, bounds });
  map.addLayer({
    id: layer.name,
    type: "raster",
    source: layer.name,
    paint: { "raster-fade-duration": 0, "raster-resampling": layer.smooth ? "linear" : "nearest" },
  });
}

function applyShown(own, data) {
  const { map, shown } = own;
  const set = (id, on) => map.getLayer(id) && map.setLayoutProperty(id, "visibility", on ? "visible" : "none");
  for (const layer of data.layers) {
    set(layer.name, layer.role in shown ? shown[layer.role] === layer.name : !shown.off.has(layer.name));
    if (layer.role === "data") map.setPaintProperty(layer.name, "raster-opacity", shown.opacity);
  }
  for (const { name, parts } of shapes(data)) for (const part of parts) set(part, !shown.off.has(name));
  showMarks(own);
}

// What is drawn as lines and areas, and the marks of photos: its name, its words, and the layers of the map that it
// consists of, the lowest first; marks are elements of the page.
function shapes(data) {
  const { words } = data;
  const cased = (name, label) => ({ name, label, parts: [`${name}-casing`, `${name}-line`] });
  return [
    ...(data.hasRadar ? [{ name: "clusters", label: words.clusters, parts: ["clusters"] }] : []),
    ...(data.scenes ? [cased("scenes", words.scenes)] : []),
    ...data.dates.map(({ date, label }) => cased(date, label)),
    ...(data.hasRegister ? [cased("permits", words.permits), { name: "outside", label: words.outside, parts: ["outside"] }] : []),
    ...(data.hasZones ? [{ name: "zones", label: words.zones, parts: ["zones-fill", "zones-casing", "zones-line"] }] : []),
    { name: "patches", label: words.patches, parts: ["patches-fill", "patches-casing", "patches-line"] },
    ...(data.photos.length ? [{ name: "photos", label: words.photos, parts: [] }] : []),
  ];
}

// The list comes first: the map's tiles of another filter are asked for once the page has been drawn, and the last alone of
// several in a row.
function tilesLater(own) {
  clearTimeout(own.asking);
  own.asking = setTimeout(() => {
    const { tiles } = own.data;
    if (tiles) own.map.getSource("tiles")?.setTiles([location.origin + tiles]);
  }, 100);
}

function select(own, data) {
  const { map } = own;
  const chosen = ["==", ["get", "patch_id"], data.selected ?? ""];
  if (data.tiles) {
    if (own.tiles !== data.tiles) tilesLater(own);
    if (own.chosen !== data.chosen) map.getSource("chosen").setData(data.chosen ? JSON.parse(data.chosen) : nothing);
    Object.assign(own, { tiles: data.tiles, chosen: data.chosen });
  } else selectAmongAll(own, data, chosen);
  const moved = JSON.stringify([map.marked, map.chosen]) !== JSON.stringify([data.at, data.selectedBounds]);
  // A permit that was searched for is shown whole, once.
  if (data.focus && JSON.stringify(data.focus) !== JSON.stringify(own.focus)) map.fitBounds(data.focus, { padding: 40, animate: false });
  own.focus = data.focus;
  map.marked = data.at;
  map.chosen = data.selectedBounds;
  if (moved && data.close && data.selectedBounds) map.fitBounds(around(data.selectedBounds), { animate: false });
  if (moved) keepInView(map);
  if (data.at) map.marker.setLngLat(data.at).addTo(map);
  else map.marker.remove();
}

const camera =
  '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 7h3.5l1.6-2.2h5.8L16.5 7H20v12H4z"/><circle cx="12" cy="12.8" r="3.6"/></svg>';

// Where the photos of the selected patch's case were taken, each with a wedge in the direction in which it looks: so few
// are elements of the page, which keys reach too.
function showPhotos(own, data) {
  const { map } = own;
  const signature = JSON.stringify(data.photos);
  if (own.photos === signature) return;
  own.photos = signature;
  for (const { marker, popup } of own.photoMarks ?? []) {
    popup.remove();
    marker.remove();
  }
  own.photoMarks = data.photos.map((photo) => {
    const element = node("button", "photo");
    Object.assign(element, { type: "button", title: photo.words, innerHTML: camera });
    element.setAttribute("aria-label", photo.words);
    if (photo.direction !== null) {
      const wedge = node("i", "");
      wedge.style.transform = `rotate(${photo.direction}deg)`;
      element.append(wedge);
    }
    const popup = new map.Popup({ offset: 14, maxWidth: "280px" }).setLngLat(photo.at).setDOMContent(photoCard(photo));
    element.onclick = (event) => {
      event.stopPropagation(); // it is no click on the ground
      popup.options.focusAfterOpen = event.detail === 0; // whoever came by keys goes on there
      if (popup.isOpen()) popup.remove();
      else popup.addTo(map);
    };
    return { popup, marker: new map.Marker({ element }).setLngLat(photo.at).addTo(map) };
  });
  showMarks(own);
}

function showMarks(own) {
  const off = own.shown.off.has("photos");
  for (const { marker, popup } of own.photoMarks ?? []) {
    marker.getElement().hidden = off;
    if (off) popup.remove();
  }
}

function photoCard(photo) {
  const picture = Object.assign(document.createElement("img"), { src: location.origin + photo.thumbnail, alt: photo.words });
  const link = Object.assign(document.createElement("a"), { href: location.origin + photo.picture, target: "_blank", rel: "noopener" });
  link.append(picture);
  return node("div", "taken", link, ...photo.lines.map((line) => node("div", "", line)));
}

// Where the browser has every patch, the layers themselves tell which is selected. Tiles would have to be read anew for
// that: there it has layers of its own, and only what crosses a boundary is hatched.
function selectAmongAll(own, data, chosen) {
  const { map } = own;
  if (map.getLayer("patches-line")) {
    map.setPaintProperty("patches-line", "line-width", ["case", chosen, 4, 2.5]);
    map.setPaintProperty("patches-casing", "line-width", ["case", chosen, 8, 4.5]);
  }
  // What the filter leaves, and what is selected all the same.
  const shown = data.shown && ["any", ["in", ["get", "patch_id"], ["literal", data.shown]], chosen];
  for (const id of ["patches-fill", "patches-casing", "patches-line"]) if (map.getLayer(id)) map.setFilter(id, shown ?? null);
  if (map.getLayer("clusters")) map.setFilter("clusters", data.selected ? chosen : (shown ?? null));
  // A patch without any permit is outside as a whole: only what is selected, or is shown and crosses a boundary, is hatched.
  const crosses = ["==", ["get", "kind"], "crosses"];
  if (map.getLayer("outside")) map.setFilter("outside", ["any", ["all", crosses, shown ?? true], chosen]);
}

function drawPanel(own, data, parent) {
  parent.querySelector(".layers").hidden = false;
  parent.querySelector(".layers summary").textContent = data.words.layers;
  const box = parent.querySelector(".layers .choices");
  const signature = JSON.stringify([data.release, data.layers.map((layer) => layer.label), data.photos.length > 0]);
  if (box.dataset.signature === signature) return;
  box.dataset.signature = signature;
  box.replaceChildren();
  const changed = () => {
    applyShown(own, own.data);
    drawLegend(own, own.data, parent);
  };
  const choices = (role) => {
    const rasters = data.layers.filter((layer) => layer.role === role);
    if (!rasters.length) return;
    const title = document.createElement("div");
    title.className = "group";
    title.textContent = data.words[role];
    box.append(title);
    for (const layer of [...rasters, { name: "", label: data.words.none }]) {
      const input = option(box, "radio", layer.label, own.shown[role] === layer.name, role);
      input.onchange = () => ((own.shown[role] = layer.name), changed());
    }
  };
  choices("image");
  choices("data");
  const slider = Object.assign(document.createElement("input"), { type: "range", min: 0.1, max: 1, step: 0.05 });
  slider.value = own.shown.opacity;
  slider.oninput = () => ((own.shown.opacity = Number(slider.value)), changed());
  const opacity = document.createElement("label");
  opacity.append(data.words.opacity, slider);
  box.append(opacity, document.createElement("hr"));
  const others = [
    ...data.layers.filter((layer) => layer.role === "below" || layer.role === "above"),
    ...shapes(data),
  ];
  for (const layer of others) {
    const input = option(box, "checkbox", layer.label, !own.shown.off.has(layer.name));
    input.onchange = () => (own.shown.off[input.checked ? "delete" : "add"](layer.name), changed());
  }
}

function option(box, type, text, checked, name = text) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type, checked, name });
  label.append(input, text);
  box.append(label);
  return input;
}

function node(tag, name, ...children) {
  const made = Object.assign(document.createElement(tag), { className: name });
  made.append(...children);
  return made;
}

// What the colours of the map mean, of all that is switched on: the layer of data, and the lines and areas over it.
function drawLegend(own, data, parent) {
  const box = parent.querySelector(".legend");
  const layer = data.layers.find((each) => each.name === own.shown.data);
  const rows = lineRows(own, data);
  box.hidden = !layer && !rows.length;
  const children = !layer ? [] : layer.legend.swatches ? codes(layer) : scale(layer, data.words);
  if (rows.length) {
    const lines = node("details", "lines", node("summary", "", data.words.lines), ...rows);
    lines.open = unfolded(own, data, parent);
    lines.firstChild.addEventListener("click", () => (own.shown.lines = !lines.open));
    children.push(lines);
  }
  box.replaceChildren(...children);
}

// As the reader has left it; at first a small map is for its picture.
function unfolded(own, data, parent) {
  const { clientWidth, clientHeight } = parent.querySelector(".map");
  return own.shown.lines ?? (!data.close && clientWidth * clientHeight > LEGEND_ROOM);
}

function codes({ label, legend }) {
  const rows = legend.swatches.map(([colour, words]) => {
    const swatch = node("i", "");
    swatch.style.background = colour;
    return node("div", "row", swatch, words);
  });
  return [node("div", "title", label), ...rows];
}

function scale({ label, legend }, words) {
  const gradient = legend.stops.map(([place, colour]) => `${colour} ${(100 * place).toFixed(1)}%`).join(", ");
  const bar = node("div", "bar");
  bar.style.background = `linear-gradient(to right, ${gradient})`;
  const ticks = legend.ticks.map(([place, value]) => {
    const tick = node("span", "", value);
    tick.style.left = `${100 * place}%`;
    return tick;
  });
  const children = [node("div", "title", legend.unit ? `${label}, ${legend.unit}` : label), bar, node("div", "ticks", ...ticks)];
  if (legend.neutral) {
    children.push(node("div", "ends", node("span", "", "◀ " + legend.ends[0]), node("span", "", legend.ends[1] + " ▶")));
    children.push(node("div", "ends", node("span", "", words.still.replace("{neutral}", legend.neutral))));
  }
  return children;
}

// Patches by the code that colours them, then the other lines and areas, and hatches.
function lineRows(own, data) {
  const on = (name) => !own.shown.off.has(name);
  const row = (sign, label) => node("div", "row", sign, label);
  const others = shapes(data).filter(({ name, parts }) => name !== "patches" && parts.length && on(name));
  return [
    ...(on("patches") ? data.codes.map(([colour, label]) => row(swatch(own.map, ["patches-fill", "patches-casing", "patches-line"], colour), label)) : []),
    ...others.map(({ label, parts }) => row(swatch(own.map, parts), label)),
    ...(data.layers.some((each) => each.role === "above" && on(each.name))
      ? ["lost", "flagged"].map((name) => row(node("i", name), data.words[name]))
      : []),
  ];
}

// A sample of layers of the map as the map itself paints them, on a grey that stands for ground: so it looks the same in
// both themes. colour : of layers whose own depends on what they show.
function swatch(map, parts, colour) {
  const sample = node("i", "");
  const [width, height] = [26, 14];
  const painted = parts.map((id) => {
    const of = (name) => map.getPaintProperty(id, name);
    const paint = (own) => (Array.isArray(own) ? colour : own);
    if (map.getLayer(id).type === "fill") {
      if (of("fill-pattern")) return (sample.className = "outside"), "";
      return `<rect width="${width}" height="${height}" fill="${paint(of("fill-color"))}" fill-opacity="${of("fill-opacity")}"/>`;
    }
    const thick = [of("line-width")].flat().at(-1); // what is not selected is thinner
    const dashes = (of("line-dasharray") ?? []).map((length) => length * thick).join(" ");
    const cap = map.getLayoutProperty(id, "line-cap") ?? "butt";
    return `<path d="M0 ${height / 2}h${width}" stroke="${paint(of("line-color"))}" stroke-width="${thick}" stroke-dasharray="${dashes}" stroke-linecap="${cap}"/>`;
  });
  sample.innerHTML = `<svg width="${width}" height="${height}" aria-hidden="true">${painted.join("")}</svg>`;
  return sample;
}

function escape(value) {
  const node = document.createElement("span");
  node.textContent = value;
  return node.innerHTML;
}
