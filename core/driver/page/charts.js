// Cycles (or seconds) by layer, and the roofline.
Chart.defaults.animation = false;
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.font.family = "system-ui, sans-serif";
Chart.defaults.color = "#44505c";

function canvasIn(holder, height) {
  const canvas = document.createElement("canvas");
  holder.style.height = height + "px";
  holder.append(canvas);
  return canvas;
}

// What the rows of the chart measure; rows without a value are left out of the bars, not of the table.
function measureOf(run) {
  if (run.cycles !== null)
    return {title: "Cycles by layer and cause", unit: "cycles", of: (row) => row.cycles, text: grouped};
  if (timeline && timeline.unit === "seconds")
    return {title: "Time by layer", unit: "seconds", of: (row, number) => timeOf(number), text: timeText};
  if (run.layers.some((row) => typeof row.seconds === "number"))
    return {title: "Time by layer", unit: "seconds", of: (row) => row.seconds ?? null, text: timeText};
  return {title: "Declared cycles by layer", unit: "declared cycles", of: (row) => row.declared_cycles ?? null, text: grouped};
}
const timeOf = (layer) => sum(timeline.commands.filter((one) => one.layer === layer).map((one) => one.end - one.begin));

// Causes by their sum, work first; the smallest are added up where there are too many to tell apart.
function causesOf(rows) {
  const totals = {};
  for (const row of rows)
    for (const [cause, cycles] of Object.entries(row.stalls))
      totals[cause] = (totals[cause] || 0) + cycles;
  return Object.entries(totals).sort((a, b) => b[1] - a[1]).map(([cause]) => cause);
}

function layerDatasets(rows, measure) {
  if (measure.unit !== "cycles")
    return [{label: measure.unit, data: rows.map((row) => measure.of(row, row.number)), backgroundColor: palette[0]}];
  const causes = causesOf(rows), most = 9, shown = causes.length > most + 1 ? causes.slice(0, most) : causes;
  const rest = causes.slice(shown.length);
  const sets = [{label: "work", backgroundColor: "#3b6fb6",
    data: rows.map((row) => row.cycles - sum(Object.values(row.stalls)))}];
  shown.forEach((cause, number) => sets.push({label: cause, backgroundColor: palette[1 + number % (palette.length - 1)],
    data: rows.map((row) => row.stalls[cause] || 0)}));
  if (rest.length)
    sets.push({label: rest.length + " other causes", backgroundColor: "#aab4c0",
      data: rows.map((row) => sum(rest.map((cause) => row.stalls[cause] || 0)))});
  return sets;
}

function drawLayers() {
  if (!run)
    return byId("layers").remove();
  const measure = measureOf(run);
  run.layers.forEach((row, number) => { row.number = number; });
  const rows = run.layers.filter((row) => measure.of(row, row.number) !== null);
  const total = sum(rows.map((row) => measure.of(row, row.number)));
  byId("layers-title").textContent = measure.title;
  byId("layers-says").textContent = (measure.unit === "cycles"
    ? `${grouped(total)} cycles of one inference. Every cycle belongs to one layer and one cause; cycles of no layer have rows of their own.`
    : measure.unit === "seconds" ? `${timeText(total)} in the layers, of ${timeText(run.seconds)} an inference takes; the rest belongs to none.`
    : "Nothing was measured: these are the cycles that the description's timing gives the busiest unit.");
  const datasets = layerDatasets(rows, measure);
  new Chart(canvasIn(byId("layers-chart"), 80 + rows.length * 26), {
    type: "bar",
    data: {labels: rows.map((row) => shortened(labelOf(row), 30)), datasets},
    options: {
      indexAxis: "y",
      scales: {x: {stacked: true, title: {display: true, text: measure.unit},
        ticks: {callback: (value) => measure.unit === "seconds" ? timeText(value) : grouped(value)}},
        y: {stacked: true, ticks: {autoSkip: false}, grid: {display: false}}},
      datasets: {bar: {maxBarThickness: 18}},
      interaction: {mode: "index", axis: "y", intersect: false},
      plugins: {
        legend: {position: "top", align: "start", display: datasets.length > 1, labels: {boxWidth: 12}},
        tooltip: {
          filter: (item) => item.raw > 0,
          itemSort: (a, b) => b.raw - a.raw,
          callbacks: {
            title: (items) => items.length ? shortened(labelOf(rows[items[0].dataIndex]), 60) : "",
            label: (item) => item.dataset.label + ": " + measure.text(item.raw),
            footer: (items) => items.length ? "all: " + measure.text(measure.of(rows[items[0].dataIndex], rows[items[0].dataIndex].number)) : "",
          },
        },
      },
    },
  });
  drawTable(measure, total);
}

function drawTable(measure, total) {
  const cell = (text, kind) => element("td", {className: kind || "", textContent: text, title: text});
  const headings = ["node", "op", "done by", "MACs", measure.unit, "bound", "of bound", "largest stall", "name"];
  const numbers = [3, 4, 5, 6];
  const body = element("tbody");
  for (const row of run.layers) {
    const value = measure.of(row, row.number), stall = Object.entries(row.stalls).sort((a, b) => b[1] - a[1])[0];
    body.append(element("tr", {}, cell(numberOf(row.nodes)), cell(row.nodes.length ? row.op : "no layer", "name"),
      cell(row.nodes.length ? doneBy(row) : "", "name"), cell(row.macs ? grouped(row.macs) : "-", "number"),
      cell(value === null ? "-" : measure.text(value), "number"), cell(row.bound_cycles ? grouped(row.bound_cycles) : "-", "number"),
      cell(row.utilisation ? (1 / row.utilisation).toFixed(3) : "-", "number"),
      cell(stall && row.nodes.length ? grouped(stall[1]) + " " + stall[0] : "-"), cell(row.nodes.length ? row.name : row.name, "name")));
  }
  body.append(element("tr", {className: "total"}, cell(""), cell("total"), cell(""),
    cell(grouped(sum(run.layers.map((row) => row.macs || 0))), "number"), cell(measure.text(total), "number"), cell(""), cell(""), cell(""), cell("")));
  byId("layers-table").append(element("table", {}, element("thead", {}, element("tr", {},
    ...headings.map((text, number) => element("th", {textContent: text, className: numbers.includes(number) ? "number" : ""})))), body));
}

const doneBy = (row) => row.where === "host" ? "HOST" : row.intrinsics.length ? row.intrinsics.join(" ") : "portable code";

// Layers that multiply and move bytes: both rates need the layer's measured cycles.
function rooflinePoints() {
  const points = [];
  timeline.layers.forEach((layer, number) => {
    const row = rowOfLayer(number), bytes = layer.read_bytes + layer.written_bytes;
    const cycles = row && (row.cycles ?? row.declared_cycles);
    if (!layer.macs || !cycles)
      return;
    points.push({layer, number, bytes, cycles, y: layer.macs / cycles, x: bytes ? layer.macs / bytes : null});
  });
  return points;
}

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

function drawRoofline() {
  if (!timeline || !run || !timeline.roofs || !timeline.roofs.macs || timeline.roofs.bytes_per_cycle === null)
    return noRoofline();
  const roofs = timeline.roofs, top = roofs.macs.per_cycle, slope = roofs.bytes_per_cycle, points = rooflinePoints();
  const resident = points.filter((point) => point.x === null), moving = points.filter((point) => point.x !== null);
  if (!points.length)
    return noRoofline();
  const most = Math.max(top / slope, ...moving.map((point) => point.x)) * 4;
  for (const point of resident)
    point.x = most;
  const least = Math.min(top / slope, ...points.map((point) => point.x)) / 4;
  const low = Math.min(least * slope, ...points.map((point) => point.y)) / 2;
  byId("roofline-says").textContent = `Multiply-accumulates (MACs) a cycle against MACs for each byte between global memory and the chip. ` +
    `The roofs follow from the description's timing: ${rounded(top, 4)} MACs a cycle (${roofs.macs.intrinsic}), ${rounded(slope, 4)} bytes a cycle (` +
    roofs.bytes.map((roof) => `${roof.unit} ${rounded(roof.per_cycle, 4)}`).join(" + ") + "). " +
    (run.cycles === null ? "Nothing was measured: cycles are the declared ones. " : "") +
    (resident.length ? `Layers that move no byte stand at the right edge: ${resident.length}. ` : "") +
    (roofs.not_rated.length ? `Not rated: ${roofs.not_rated.join(", ")}.` : "");
  const tick = (value) => { const power = Math.log2(value); return Math.abs(power - Math.round(power)) < 1e-9 ? rounded(value, 4) : ""; };
  const axis = (text, min, max) => ({type: "logarithmic", min, max, title: {display: true, text},
    afterBuildTicks: (scale) => { scale.ticks = powers(scale.min, scale.max); }, ticks: {callback: tick, autoSkip: false, maxRotation: 0}});
  new Chart(canvasIn(byId("roofline-chart"), 420), {
    type: "scatter",
    data: {datasets: [
      {label: "roofs", showLine: true, pointRadius: 0, pointHitRadius: 0, borderColor: "#1c2530", borderWidth: 2,
        data: [{x: least, y: least * slope}, {x: top / slope, y: top}, {x: most * 1.5, y: top}]},
      {label: "layers", data: points, pointRadius: 6, pointHoverRadius: 8,
        backgroundColor: points.map((point) => colourOfLayer(point.number)), borderColor: "white"}]},
    options: {
      scales: {x: axis("MACs a byte", least, most * 1.5), y: axis("MACs a cycle", low, top * 2)},
      plugins: {legend: {display: false}, tooltip: {filter: (item) => item.datasetIndex === 1, callbacks: {
        title: (items) => items.map((item) => shortened(labelOf(item.raw.layer), 60)),
        label: (item) => [`${grouped(item.raw.layer.macs)} MACs, ${grouped(item.raw.cycles)} cycles, ${grouped(item.raw.bytes)} bytes`,
          `${rounded(item.raw.y, 4)} MACs a cycle, ${(100 * item.raw.y / Math.min(top, item.raw.bytes ? item.raw.x * slope : top)).toFixed(1)} % of its roof`]}}},
    },
    plugins: [pointLabels(points)],
  });
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
    const roof = chart.getDatasetMeta(0).data;
    taken.push([roof[1].x, roof[1].y - 1, roof[2].x, roof[2].y + 1]);
    context.save();
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = "#1c2530";
    dots.forEach((point, number) => {
      const text = labelOf(points[number].layer), width = context.measureText(text).width;
      for (const [dx, dy] of [[10, 4], [-10 - width, 4], [-width / 2, -10], [-width / 2, 20], [-width / 2, -26],
        [-width / 2, 36], [-width / 2, 52], [-width / 2, 68]]) {
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

function noRoofline() {
  byId("roofline-says").textContent = !timeline ? "The files hold no tenon.timeline/1, which has the layers' traffic and the machine's roofs."
    : "The description's timing gives no roof of multiply-accumulates and of bytes, or no layer multiplies.";
}
