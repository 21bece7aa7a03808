// The model's layers in order, with edges in a gutter, and for each what takes it, how, and why nothing else does.
const isBeside = (candidate) => !candidate.legal && candidate.repair === null && candidate.reason !== null &&
  (candidate.reason.startsWith("sets registers") || candidate.reason.startsWith("a move:"));

// Intrinsics with the same fate together; a reason that names its own intrinsic is the same for all that share it.
function fates(op) {
  const groups = new Map();
  for (const candidate of op.candidates) {
    if (isBeside(candidate) || (op.chosen && (op.chosen.intrinsics || [op.chosen.intrinsic]).includes(candidate.intrinsic)))
      continue;
    const reason = candidate.legal
      ? candidate.cost_cycles !== null ? `fits: ${grouped(candidate.cost_cycles)} declared cycles` : candidate.reason ? `fits, but is in no plan: ${candidate.reason}` : "fits, but nothing that goes with it does"
      : (candidate.reason || "").replaceAll(`'${candidate.intrinsic}'`, "the intrinsic");
    const key = reason + "\n" + (candidate.repair || "");
    if (!groups.has(key))
      groups.set(key, {names: [], reason, repair: candidate.repair});
    groups.get(key).names.push(candidate.intrinsic);
  }
  return [...groups.values()];
}

function mappingList(chosen) {
  const list = element("ul");
  const parts = Array.isArray(chosen.mapping) ? chosen.mapping : [];
  for (const part of parts) {
    const loops = (part.loops || []).map((loop) => `${loop.loop} (${loop.extent}) \u2192 ${loop.size ?? "outside"}` +
      (loop.tile && loop.tile !== loop.extent ? ` by ${loop.tile}` : "")).join(", ");
    list.append(element("li", {}, element("b", {textContent: part.intrinsic || chosen.intrinsic}),
      `${part.does ? " does " + part.does : ""}: ${loops}`));
  }
  for (const adapter of chosen.adapters || [])
    list.append(element("li", {textContent: typeof adapter === "string" ? adapter : JSON.stringify(adapter)}));
  if (typeof chosen.cost_cycles === "number")
    list.append(element("li", {textContent: `${grouped(chosen.cost_cycles)} declared cycles` + (chosen.unit ? ` of ${chosen.unit}` : "") +
      (typeof chosen.useful === "number" ? `, ${(100 * chosen.useful).toFixed(1)} % of its work useful` : "")}));
  return list;
}

function whyNotList(op) {
  const groups = fates(op);
  if (!groups.length)
    return null;
  return element("ul", {}, ...groups.map((group) => element("li", {}, element("b", {textContent: group.names.join(", ")}),
    ": " + group.reason, group.repair ? element("span", {className: "repair", textContent: " \u2192 " + group.repair}) : null)));
}

function nodeBox(layer, op) {
  const taken = op ? op.chosen !== null : layer.where !== "host" && (layer.intrinsics || []).length > 0;
  const by = op && op.chosen ? (op.chosen.intrinsics || [op.chosen.intrinsic]).join(", ")
    : taken ? layer.intrinsics.join(", ") : isNative() ? "portable code" : layer.where === "host" || op ? "HOST" : "target";
  const part = op && op.parts > 1 ? `, part ${op.part + 1} of ${op.parts}` : "";
  const box = element("details", {className: taken || by === "target" ? "node" : "node host"},
    element("summary", {}, element("span", {className: "number", textContent: numberOf(layer.nodes)}),
      element("span", {textContent: layer.op + part}), element("span", {className: "taken", textContent: by}),
      element("span", {className: "output", textContent: [layer.output || "", layer.macs ? grouped(layer.macs) + " MACs" : ""].filter(Boolean).join("  \u00b7  ")})));
  box.append(element("p", {className: "full", textContent: layer.nodes.join(" + ")}));
  const reason = op ? op.reason : layer.reason;
  if (!taken && reason)
    box.append(element("p", {className: "full", textContent: reason}));
  if (!op)
    return box;
  if (op.chosen)
    box.append(element("h4", {textContent: "How"}), mappingList(op.chosen));
  const whyNot = whyNotList(op);
  if (whyNot)
    box.append(element("h4", {textContent: op.chosen ? "Why not the others" : "Why not"}), whyNot);
  return box;
}

function drawGraph() {
  const layers = timeline ? timeline.layers : explain ? explain.ops : run.layers.filter((row) => row.nodes.length);
  const key = (layer) => layer.nodes.join("\n"), seen = {};
  const boxes = layers.map((layer) => {
    const part = seen[key(layer)] = (seen[key(layer)] ?? -1) + 1;
    const op = explain ? explain.ops.filter((one) => key(one) === key(layer))[part] : null;
    const row = run ? run.layers.filter((one) => key(one) === key(layer))[0] : null;
    return nodeBox({...(row || {}), ...layer}, op || null);
  });
  byId("graph-says").textContent = "Layers in the order they run; green: taken by declared intrinsics, red: not. A click opens how, and why not the others." +
    (explain && explain.layout ? ` Layout: ${explain.layout.chosen === "model" ? "as in the model" : "channels innermost"}.` : "") +
    (explain ? "" : " The files hold no tenon.explain/1, which says why.") +
    (timeline ? "" : " Edges are in tenon.timeline/1, which is not among the files.");
  byId("graph-rows").append(...boxes);
  if (timeline)
    drawEdges(layers, boxes);
}

// An edge to the next layer is straight; one that skips layers has a track of its own, the longest outermost.
function drawEdges(layers, boxes) {
  const edges = layers.flatMap((layer, to) => (layer.inputs || []).filter((from) => from >= 0).map((from) => ({from, to})));
  const long = edges.filter((edge) => edge.to - edge.from > 1).sort((a, b) => (a.to - a.from) - (b.to - b.from));
  const tracks = [];
  for (const edge of long) {
    let track = 0;
    while ((tracks[track] || []).some((other) => other.from < edge.to && edge.from < other.to))
      ++track;
    (tracks[track] ||= []).push(edge);
    edge.track = track;
  }
  const gutter = 26 + tracks.length * 10, kind = "http://www.w3.org/2000/svg";
  byId("graph-rows").style.paddingLeft = gutter + "px";
  const svg = document.createElementNS(kind, "svg");
  byId("graph-rows").append(svg);
  const draw = () => {
    svg.replaceChildren();
    svg.setAttribute("width", gutter);
    svg.setAttribute("height", byId("graph-rows").offsetHeight);
    for (const edge of edges) {
      const first = boxes[edge.from].offsetTop + 24, last = boxes[edge.to].offsetTop + 12;
      const x = edge.track === undefined ? gutter - 8 : gutter - 18 - edge.track * 10;
      const path = document.createElementNS(kind, "path");
      path.setAttribute("d", `M ${gutter} ${first} H ${x + 4} Q ${x} ${first} ${x} ${first + 4} V ${last - 4} Q ${x} ${last} ${x + 4} ${last} H ${gutter - 5}`);
      path.setAttribute("fill", "none");
      path.setAttribute("stroke", colourOf("edge"));
      const tip = document.createElementNS(kind, "path");
      tip.setAttribute("d", `M ${gutter} ${last} l -6 -3.5 v 7 z`);
      tip.setAttribute("fill", colourOf("edge"));
      svg.append(path, tip);
    }
  };
  draw();
  new ResizeObserver(draw).observe(byId("graph-rows"));
}
