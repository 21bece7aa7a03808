// The roofline: how fast each layer multiplies, by what it moves, under the roofs that the description declares.

// A planned layer's row in the run: the one of the same nodes, or the same number of it where there are several.
function rowOfLayer(number) {
  if (!run)
    return null;
  const key = (layer) => layer.nodes.join("\n");
  const wanted = key(timeline.layers[number]);
  const same = run.layers.filter((row) => key(row) === wanted);
  const part = timeline.layers.slice(0, number).filter((layer) => key(layer) === wanted).length;
  return same[part] || null;
}

// What the intrinsic that does the layer's multiplications can do at most; the machine's fastest may be one of other types.
function ownRoof(row) {
  const roofs = timeline.roofs && timeline.roofs.macs ? timeline.roofs : null;
  const own = roofs && row ? (roofs.each || []).filter((roof) => row.intrinsics.some((name) => name.split("{")[0] === roof.intrinsic)) : [];
  return own.reduce((most, roof) => most && most.per_cycle >= roof.per_cycle ? most : roof, null) || (roofs ? roofs.macs : null);
}

// Roofs of intrinsics that layers use, below the machine's.
function lowerRoofs(points) {
  const found = new Map(points.filter((point) => point.own).map((point) => [point.own.intrinsic, point.own]));
  return [...found.values()].filter((roof) => roof.per_cycle < 0.99 * timeline.roofs.macs.per_cycle);
}

// Layers that multiply, with the cycles or seconds that they took. `rate`: multiply-accumulates in one of those.
function rooflinePoints() {
  const points = [];
  timeline.layers.forEach((layer, number) => {
    const row = rowOfLayer(number), bytes = layer.read_bytes + layer.written_bytes;
    const took = timeline.unit === "seconds" ? timeOf(number) : row && (row.cycles ?? row.declared_cycles);
    if (layer.macs && took)
      points.push({layer, number, bytes, took, own: ownRoof(row), rate: layer.macs / took, x: bytes ? layer.macs / bytes : null});
  });
  return points;
}

// What the vertical axis measures. Seconds become cycles by a clock, which no description declares.
function rateOf(points) {
  const roofs = timeline.roofs;
  if (timeline.unit === "cycles")
    return {unit: "MACs a cycle", y: (point) => point.rate};
  if (!roofs)
    return {unit: "million MACs a second", y: (point) => point.rate / 1e6};
  const threads = timeline.threads || 1, slope = roofs.bytes_per_cycle;
  const needed = points.map((point) => point.rate / threads / Math.min(point.own.per_cycle, point.x === null ? Infinity : point.x * slope));
  const least = Math.ceil(Math.max(...needed) / 1e7) / 100;
  return {unit: threads > 1 ? "MACs a cycle of one thread" : "MACs a cycle", clock: least, least,
    y(point) { return point.rate / threads / (this.clock * 1e9); }};
}

function whyNoRoofs() {
  if (!timeline)
    return "The files hold no tenon.timeline/1, which has the layers' traffic and the machine's roofs.";
  if (!run)
    return "The files hold no tenon.run/1, which has what the layers took.";
  if (timeline.roofs_missing)
    return `No roofs are drawn: ${timeline.roofs_missing}.`;
  if (timeline.unit === "seconds" && !timeline.roofs)
    return "No description declares a roof of what ran.";
  return "No roofs are drawn: the description's timing gives none of multiply-accumulates and of bytes.";
}

const hasRoofs = () => timeline.roofs && timeline.roofs.macs && timeline.roofs.bytes_per_cycle !== null;

function rooflineText(points, rate) {
  const moved = timeline.unit === "seconds" ? "for each byte of the tensors and weights that its kernels touch, each once"
    : "for each byte between global memory and the chip";
  const text = [`Multiply-accumulates (MACs) ${rate.unit.includes("second") ? "a second" : rate.unit.replace("MACs ", "")} against MACs ${moved}.`];
  if (hasRoofs()) {
    const roofs = timeline.roofs;
    text.push(`The roofs follow from the description's timing: ${rounded(roofs.macs.per_cycle, 4)} MACs a cycle (${roofs.macs.intrinsic}), ` +
      `${rounded(roofs.bytes_per_cycle, 4)} bytes a cycle (` + roofs.bytes.map((roof) => `${roof.unit} ${rounded(roof.per_cycle, 4)}`).join(" + ") + ").");
    const lower = lowerRoofs(points);
    if (lower.length)
      text.push(`Dashed: other intrinsics that layers use, ${lower.map((roof) => `${roof.intrinsic} ${rounded(roof.per_cycle, 4)}`).join(", ")}.`);
    if (roofs.not_rated.length)
      text.push(`Not rated: ${roofs.not_rated.join(", ")}.`);
  } else {
    text.push(whyNoRoofs());
  }
  if (run.cycles === null && timeline.unit === "cycles")
    text.push("Nothing was measured: cycles are the declared ones.");
  if (rate.least)
    text.push(`It declares no clock and no bytes a cycle of the memories behind the caches: layers stand at the lowest clock at which none ` +
      `lies above the roof of its intrinsic, ${rate.least} GHz. Give the machine's own, and they move:`);
  const resident = points.filter((point) => !point.bytes).length;
  if (resident)
    text.push(`Layers that move no byte stand at the right edge: ${resident}.`);
  return text.join(" ");
}

function clockField(rate, redraw) {
  const field = element("input", {type: "number", min: "0.1", step: "0.1", value: rate.clock, ariaLabel: "clock in GHz"});
  field.addEventListener("input", () => {
    if (Number(field.value) > 0) {
      rate.clock = Number(field.value);
      redraw();
    }
  });
  return element("label", {className: "field"}, field, " GHz");
}

function drawRoofline() {
  const points = timeline && run ? rooflinePoints().filter((point) => Number.isFinite(point.rate) && Number.isFinite(point.bytes)) : [];
  if (!points.length || (timeline.unit === "cycles" && !hasRoofs())) {
    byId("roofline-says").textContent = timeline && run && !points.length ? "No layer of the machine's multiplies: there is nothing to draw." +
      (timeline.layers.some((layer) => layer.macs && layer.where === "host") ? " The host did all multiplications." : "") : whyNoRoofs();
    return;
  }
  const rate = rateOf(points), holder = byId("roofline-chart");
  byId("roofline-says").textContent = rooflineText(points, rate);
  let chart = null;
  const redraw = () => {
    if (chart)
      chart.destroy();
    holder.replaceChildren();
    chart = rooflineChart(holder, points, rate);
  };
  if (rate.clock)
    byId("roofline-says").append(clockField(rate, redraw));
  redraw();
}

function rooflineChart(holder, points, rate) {
  const top = hasRoofs() ? timeline.roofs.macs.per_cycle : null, slope = top && timeline.roofs.bytes_per_cycle;
  const ridge = top ? [top / slope] : [];
  const moving = points.filter((point) => point.bytes);
  const most = Math.max(...ridge, ...moving.map((point) => point.x), 1) * 4;
  const dots = points.map((point) => ({...point, x: point.x ?? most, y: rate.y(point)}));
  const least = Math.min(...ridge, ...dots.map((dot) => dot.x)) / 4;
  const low = Math.min(...(top ? [least * slope] : []), ...dots.map((dot) => dot.y)) / 2;
  const high = Math.max(...(top ? [top] : []), ...dots.map((dot) => dot.y)) * 2;
  const lower = top ? lowerRoofs(points) : [];
  const roof = top ? [{x: least, y: least * slope}, {x: top / slope, y: top}, {x: most * 1.5, y: top}] : [];
  const tick = (value) => { const power = Math.log2(value); return Math.abs(power - Math.round(power)) < 1e-9 ? rounded(value, 4) : ""; };
  const axis = (text, min, max) => ({type: "logarithmic", min, max, title: {display: true, text},
    afterBuildTicks: (scale) => { scale.ticks = powers(scale.min, scale.max); }, ticks: {callback: tick, autoSkip: false, maxRotation: 0}});
  return new Chart(canvasIn(holder, 420), {
    type: "scatter",
    data: {datasets: [
      {label: "roofs", showLine: true, pointRadius: 0, pointHitRadius: 0, borderColor: colourOf("ink"), borderWidth: 2, data: roof},
      {label: "layers", data: dots, pointRadius: 6, pointHoverRadius: 8,
        backgroundColor: dots.map((dot) => colourOfLayer(dot.number)), borderColor: colourOf("panel")},
      ...lower.map((own) => ({label: own.intrinsic, showLine: true, pointRadius: 0, pointHitRadius: 0, borderColor: colourOf("ink"),
        borderWidth: 1, borderDash: [5, 4], data: [{x: own.per_cycle / slope, y: own.per_cycle}, {x: most * 1.5, y: own.per_cycle}]}))]},
    options: {
      scales: {x: axis("MACs a byte", least, most * 1.5), y: axis(rate.unit, low, high)},
      plugins: {legend: {display: false}, tooltip: {filter: (item) => item.datasetIndex === 1, callbacks: {
        title: (items) => items.map((item) => shortened(labelOf(item.raw.layer), 60)),
        label: (item) => pointText(item.raw, rate, slope)}}},
    },
    plugins: [pointLabels(dots)],
  });
}

function pointText(point, rate, slope) {
  const took = timeline.unit === "seconds" ? timeText(point.took) : grouped(point.took) + " cycles";
  const text = [`${grouped(point.layer.macs)} MACs, ${took}, ${grouped(point.bytes)} bytes`, `${rounded(point.y, 4)} ${rate.unit}`];
  if (point.own) {
    const roof = Math.min(point.own.per_cycle, point.bytes ? point.x * slope : Infinity);
    text.push(`${(100 * point.y / roof).toFixed(1)} % of its roof, ${rounded(roof, 4)}` +
      (roof < point.own.per_cycle ? " by the bytes" : ` (${point.own.intrinsic})`) + (rate.clock ? `, at ${rate.clock} GHz` : ""));
  }
  return text;
}

function powers(min, max) {
  const step = Math.max(1, Math.ceil(Math.log2(max / min) / 14)), ticks = [];
  for (let power = Math.ceil(Math.log2(min)); 2 ** power <= max; power += step)
    ticks.push({value: 2 ** power});
  return ticks;
}

// The layer's number beside its point; one that would lie on another label is left to the tooltip.
const pointLabels = (points) => ({
  id: "pointLabels",
  afterDatasetsDraw(chart) {
    const dots = chart.getDatasetMeta(1).data, context = chart.ctx;
    const taken = dots.map((dot) => [dot.x - 6, dot.y - 6, dot.x + 6, dot.y + 6]);
    for (let set = 0; set < chart.data.datasets.length; ++set) {
      const line = set === 1 ? [] : chart.getDatasetMeta(set).data.slice(-2);
      if (line.length)
        taken.push([line[0].x, line[0].y - 1, line[1].x, line[1].y + 1]);
    }
    context.save();
    context.font = "12px system-ui, sans-serif";
    dots.forEach((point, number) => {
      context.fillStyle = colourOf("ink");
      const text = labelOf(points[number].layer), width = context.measureText(text).width;
      for (const [dx, dy] of [[10, 4], [-10 - width, 4], [-width / 2, -10], [-width / 2, 20], [-width / 2, -26], [-width / 2, 34]]) {
        const box = [point.x + dx, point.y + dy - 11, point.x + dx + width, point.y + dy + 3];
        const free = taken.every((other) => box[2] < other[0] || box[0] > other[2] || box[3] < other[1] || box[1] > other[3]);
        if (!free || box[2] > chart.chartArea.right || box[0] < chart.chartArea.left)
          continue;
        taken.push(box);
        context.fillText(text, box[0], point.y + dy);
        break;
      }
    });
    context.restore();
  },
});
