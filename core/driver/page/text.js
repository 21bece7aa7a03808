// Data of the page, names and numbers for people, and elements. Names come from models: they are set as text only.
const data = JSON.parse(document.getElementById("data").textContent);
const run = data.run || null, explain = data.explain || null, timeline = data.timeline || null;
const head = run || explain;

const byId = (id) => document.getElementById(id);
const grouped = (number) => Math.round(number).toLocaleString("en-US");
const rounded = (number, digits) => Number(number.toPrecision(digits)).toLocaleString("en-US", {maximumSignificantDigits: digits});
const shortened = (text, most) => text.length > most ? text.slice(0, most - 3) + "..." : text;
const sum = (numbers) => numbers.reduce((total, one) => total + one, 0);

const timeText = (seconds) => seconds >= 1 ? rounded(seconds, 4) + " s" : seconds >= 1e-3 ? rounded(seconds * 1e3, 4) + " ms"
  : rounded(seconds * 1e6, 4) + " \u00b5s";
const bytesText = (bytes) => bytes < 10240 ? grouped(bytes) + " B" : bytes < 10485760 ? rounded(bytes / 1024, 4) + " KiB"
  : rounded(bytes / 1048576, 4) + " MiB";
const basename = (path) => path.split("/").pop();

// Native targets have no queues of commands, and what no intrinsic takes is code all the same.
const isNative = () => Boolean(timeline && timeline.unit === "seconds" && explain);

function element(kind, options, ...children) {
  const made = document.createElement(kind);
  Object.assign(made, options || {});
  for (const child of children)
    if (child !== null && child !== undefined)
      made.append(child);
  return made;
}

// "CONV_2D #3 (name)": the number in the model.
function numberOf(nodes) {
  const found = nodes && nodes.length ? /#(\d+)/.exec(nodes[0]) : null;
  return found ? found[1] : "";
}
const labelOf = (layer) => (numberOf(layer.nodes) + " " + (layer.op || "")).trim() + partOf(layer) || layer.name;

// Layers of one node are its parts, in their order.
const partsOfNodes = new Map();
function countParts(layers) {
  for (const layer of layers.filter((one) => one.nodes && one.nodes.length)) {
    const key = layer.nodes.join("\n");
    if (!partsOfNodes.has(key))
      partsOfNodes.set(key, []);
    partsOfNodes.get(key).push(layer);
  }
}
function partOf(layer) {
  const parts = (layer.nodes && partsOfNodes.get(layer.nodes.join("\n")) || []).filter((one) => layer.list === one.list);
  return parts.length > 1 ? ` (${parts.indexOf(layer) + 1}/${parts.length})` : "";
}
for (const [list, layers] of [["run", run && run.layers], ["timeline", timeline && timeline.layers]])
  if (layers) {
    layers.forEach((layer) => Object.defineProperty(layer, "list", {value: list}));
    countParts(layers);
  }

// Colours that follow the reader's scheme; what is drawn on a canvas cannot ask the style sheet by itself.
const colourOf = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => location.reload());

const palette = ["#3b6fb6", "#d9822b", "#4c9f70", "#b04a5a", "#7b61a8", "#2a9d9f", "#a8893b", "#c2649b", "#6b7a8c", "#8bb04a",
  "#5a8fd6", "#e0a96d"];
const colourOfLayer = (number) => number === null ? colourOf("still") : palette[number % palette.length];

const tip = byId("tip");
function showTip(event, text) {
  tip.hidden = !text;
  if (!text)
    return;
  tip.textContent = text;
  const right = event.clientX + 16 + tip.offsetWidth > window.innerWidth;
  tip.style.left = (right ? event.clientX - 12 - tip.offsetWidth : event.clientX + 16) + "px";
  tip.style.top = Math.min(event.clientY + 14, window.innerHeight - tip.offsetHeight - 4) + "px";
}
