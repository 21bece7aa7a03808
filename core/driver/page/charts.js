// Cycles (or seconds) by layer, and the roofline.
Chart.defaults.animation = false;
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.font.family = "system-ui, sans-serif";
Chart.defaults.color = colourOf("soft");
Chart.defaults.borderColor = colourOf("line");

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
const timeOf = (layer) => sum(timeline.commands.filter((one) => one.layer === layer && one.queue === "layers").map((one) => one.end - one.begin));

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
    sets.push({label: rest.length + " other causes", backgroundColor: colourOf("still"),
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
    : measure.unit === "seconds" ? `${timeText(total)} in the layers. ` + (isNative() ? `They were measured in a run of its own, one kernel after the other, after the inference of ${timeText(run.seconds)}.`
      : `An inference took ${timeText(run.seconds)}.`)
    : "Nothing was measured: these are the cycles that the description's timing gives the busiest unit.");
  const datasets = layerDatasets(rows, measure);
  new Chart(canvasIn(byId("layers-chart"), 80 + rows.length * 26), {
    type: "bar",
    data: {labels: rows.map((row) => shortened(row.nodes.length ? labelOf(row) : row.name, 30)), datasets},
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

// Columns of the table: heading, text of a row, whether it is a number, the total. Those that no row fills are left out.
function columnsOf(measure, total) {
  const largest = (row) => Object.entries(row.stalls).sort((a, b) => b[1] - a[1])[0];
  const ofModel = (row) => row.nodes.length > 0;
  return [
    ["node", (row) => numberOf(row.nodes)],
    ["op", (row) => ofModel(row) ? row.op : "no layer", false, "total"],
    ["done by", (row) => ofModel(row) ? doneBy(row) : ""],
    ["MACs", (row) => row.macs ? grouped(row.macs) : "", true, grouped(sum(run.layers.map((row) => row.macs || 0)))],
    [measure.unit, (row) => { const value = measure.of(row, row.number); return value === null ? "" : measure.text(value); }, true, measure.text(total)],
    ["bound", (row) => row.bound_cycles ? grouped(row.bound_cycles) : "", true],
    ["of bound", (row) => row.utilisation ? (1 / row.utilisation).toFixed(3) : "", true],
    ["largest stall", (row) => { const stall = largest(row); return stall && ofModel(row) ? grouped(stall[1]) + " " + stall[0] : ""; }],
    ["name", (row) => row.name],
  ].filter(([, text]) => run.layers.some((row) => text(row)));
}

function drawTable(measure, total) {
  const columns = columnsOf(measure, total), kindOf = (heading, number) => number ? "number" : heading === "name" || heading === "done by" ? "name" : "";
  const cell = (kind, text, className) => element(kind, {className, textContent: text, title: text});
  const rows = run.layers.map((row) => element("tr", {}, ...columns.map(([heading, text, number]) =>
    cell("td", text(row) || (heading === "node" || heading === "name" ? "" : "-"), kindOf(heading, number)))));
  rows.push(element("tr", {className: "total"}, ...columns.map(([heading, , number, all]) => cell("td", all || "", kindOf(heading, number)))));
  byId("layers-table").append(element("table", {}, element("thead", {}, element("tr", {},
    ...columns.map(([heading, , number]) => cell("th", heading, number ? "number" : "")))), element("tbody", {}, ...rows)));
}

const doneBy = (row) => row.where === "host" ? "HOST" : row.intrinsics.length ? row.intrinsics.join(" ") : "portable code";
