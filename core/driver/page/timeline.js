// Boxes in a plane of time: the timeline of the queues, and what lies in a memory. All planes show the same time.
const planes = [];

// `boxes`: {x0, x1, y0, y1, colour, text}. Wheel: closer or away around the pointer; drag: along.
const boxPlugin = (boxes, marks) => ({
  id: "boxes",
  afterDatasetsDraw(chart) {
    const {ctx, chartArea: area, scales: {x, y}} = chart;
    ctx.save();
    ctx.beginPath();
    ctx.rect(area.left, area.top, area.width, area.height);
    ctx.clip();
    const edge = colourOf("panel");
    for (const box of boxes) {
      if (box.x1 < x.min || box.x0 > x.max)
        continue;
      const left = x.getPixelForValue(box.x0), right = Math.max(x.getPixelForValue(box.x1), left + 1);
      const top = y.getPixelForValue(box.y1), bottom = y.getPixelForValue(box.y0);
      const upper = Math.min(top, bottom), height = Math.max(Math.abs(bottom - top), 1);
      ctx.fillStyle = box.colour;
      ctx.fillRect(left, upper, right - left, height);
      if (right - left > 4 && height > 4) {
        ctx.strokeStyle = edge;
        ctx.lineWidth = 1;
        ctx.strokeRect(left, upper, right - left, height);
      }
      labelBox(ctx, box, Math.max(left, area.left), Math.min(right, area.right), upper, height);
    }
    ctx.strokeStyle = colourOf("ink");
    ctx.setLineDash([4, 4]);
    for (const mark of marks) {
      ctx.beginPath();
      ctx.moveTo(x.getPixelForValue(mark), area.top);
      ctx.lineTo(x.getPixelForValue(mark), area.bottom);
      ctx.stroke();
    }
    ctx.restore();
  },
});

function labelBox(ctx, box, left, right, upper, height) {
  if (!box.label || height < 14 || right - left < 24)
    return;
  ctx.font = "11px system-ui, sans-serif";
  if (ctx.measureText(box.label).width > right - left - 8)
    return;
  ctx.fillStyle = box.colour === colourOf("still") ? colourOf("ink") : "white";
  ctx.fillText(box.label, left + 4, upper + height / 2 + 4);
}

function boxAt(chart, boxes, event) {
  const bounds = chart.canvas.getBoundingClientRect();
  const px = event.clientX - bounds.left, py = event.clientY - bounds.top, {x, y} = chart.scales, area = chart.chartArea;
  if (px < area.left || px > area.right || py < area.top || py > area.bottom)
    return null;
  for (let number = boxes.length - 1; number >= 0; --number) { // the last drawn is on top
    const box = boxes[number], left = x.getPixelForValue(box.x0) - 1, right = Math.max(x.getPixelForValue(box.x1), left + 2) + 1;
    const ends = [y.getPixelForValue(box.y0), y.getPixelForValue(box.y1)];
    if (px >= left && px <= right && py >= Math.min(...ends) - 1 && py <= Math.max(...ends) + 1)
      return box;
  }
  return null;
}

function showSpan(min, max) {
  for (const plane of planes) {
    plane.options.scales.x.min = min;
    plane.options.scales.x.max = max;
    plane.update("none");
  }
}

function moveSpan(plane, factor, around) {
  const {min, max} = plane.scales.x, end = timeline.end, span = Math.min((max - min) * factor, end);
  const least = timeline.unit === "cycles" ? Math.min(20, end) : end / 1e4;
  const width = Math.max(span, least), start = around - (around - min) / (max - min) * width;
  const from = Math.min(Math.max(start, 0), end - width);
  showSpan(from, from + width);
}

function listen(chart, boxes) {
  let dragged = null;
  const valueAt = (event) => chart.scales.x.getValueForPixel(event.clientX - chart.canvas.getBoundingClientRect().left);
  chart.canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.shiftKey)
      return; // the page scrolls
    event.preventDefault();
    moveSpan(chart, (event.deltaY || event.deltaX) > 0 ? 1.25 : 0.8, valueAt(event));
  }, {passive: false});
  chart.canvas.addEventListener("dblclick", (event) => moveSpan(chart, 0.25, valueAt(event)));
  chart.canvas.addEventListener("mousedown", (event) => { dragged = {at: event.clientX, min: chart.scales.x.min, max: chart.scales.x.max}; });
  window.addEventListener("mouseup", () => { dragged = null; });
  chart.canvas.addEventListener("mouseleave", () => showTip(null, ""));
  chart.canvas.addEventListener("mousemove", (event) => {
    if (dragged) {
      const width = dragged.max - dragged.min, shift = (dragged.at - event.clientX) / chart.chartArea.width * width;
      const from = Math.min(Math.max(dragged.min + shift, 0), timeline.end - width);
      return showSpan(from, from + width);
    }
    const box = boxAt(chart, boxes, event);
    showTip(event, box ? box.text : "");
  });
}

const planeTime = (value) => timeline.unit === "seconds" ? timeText(value) : grouped(value);

// `axis`: Chart.js options of the vertical one; `marks`: times at which a line stands.
function drawPlane(holder, height, boxes, axis, marks) {
  const plane = new Chart(canvasIn(holder, height), {
    type: "scatter",
    data: {datasets: [{data: []}]},
    options: {
      events: [],
      layout: {padding: {right: 12}},
      scales: {x: {type: "linear", min: 0, max: timeline.end, title: {display: true, text: timeline.unit},
        ticks: {callback: planeTime, maxRotation: 0}}, y: Object.assign({afterFit: (scale) => { scale.width = 92; }}, axis)},
      plugins: {legend: {display: false}, tooltip: {enabled: false}},
    },
    plugins: [boxPlugin(boxes, marks || [])],
  });
  planes.push(plane);
  listen(plane, boxes);
  return plane;
}

const basisText = {
  measured: "As the device says: from the first cycle in which a queue's unit was at a command to the last one, with what it waited for on the way.",
  declared: "Not measured: each queue's commands in the order of the stream, one after the other, as long as the description's timing says and without waiting for other queues.",
  counted: "The device counts each command's cycles and not when it began: commands stand one after the other, in the order of the stream.",
};
const howTo = " Shift or Ctrl with the wheel comes closer, a double click too; dragging moves along.";

function commandText(command) {
  const name = command.layer === null ? "no layer" : shortened(labelOf(timeline.layers[command.layer]), 50), causes = Object.entries(command.causes || {}).sort((a, b) => b[1] - a[1]);
  const lines = [`${command.name} for ${name}`,
    `${planeTime(command.begin)} to ${planeTime(command.end)}, ${planeTime(command.end - command.begin)}` + (timeline.unit === "cycles" ? " cycles" : "")];
  if (command.what)
    lines.push(command.what);
  if (causes.length)
    lines.push("counted as its own: " + causes.map(([cause, cycles]) => `${grouped(cycles)} ${cause}`).join(", "));
  return lines.join("\n");
}

function timelineBoxes() {
  return timeline.commands.filter((command) => command.end > command.begin).map((command) => {
    const row = timeline.queues.indexOf(command.queue);
    return {x0: command.begin, x1: command.end, y0: row + 0.12, y1: row + 0.88, colour: colourOfLayer(command.layer),
      text: commandText(command), label: command.queue === "layers" ? labelOf(timeline.layers[command.layer]) : command.name};
  });
}

function drawTimeline() {
  if (!timeline || !timeline.commands.length) {
    byId("timeline-says").textContent = !timeline ? "The files hold no tenon.timeline/1; tenon run MODEL --report-dir DIR writes one."
      : "No command was run: the host did all of it.";
    return;
  }
  const host = timeline.host.length ? ` Host steps take no cycles: ${timeline.host.length}, at ` +
    [...new Set(timeline.host.map((moment) => planeTime(moment.at)))].slice(0, 6).join(", ") + "." : "";
  const basis = timeline.unit === "seconds" ? timeline.queues.includes("kernels")
    ? "Kernels one after the other, each as long as it was measured in a run that times every launch." : "Layers one after the other, each as long as it was measured." : basisText[timeline.basis];
  byId("timeline-says").append(basis + " Colours are layers." + host + howTo,
    element("button", {textContent: "whole", onclick: () => showSpan(0, timeline.end)}));
  const queues = timeline.queues.length;
  drawPlane(byId("timeline-chart"), 70 + queues * 54, timelineBoxes(), {min: 0, max: queues, reverse: true, grid: {display: true},
    afterBuildTicks: (scale) => { scale.ticks = timeline.queues.map((_, row) => ({value: row + 0.5})); },
    ticks: {callback: (value) => timeline.queues[Math.floor(value)], autoSkip: false}});
}
