// Planned lifetimes: a box is the bytes that a command wrote, from its begin to the last command that reads them.
function lifetimeText(life) {
  const by = life.layer === null ? "" : ` by ${shortened(labelOf(timeline.layers[life.layer]), 50)}`;
  return `${life.what}${by}\nbytes ${grouped(life.address)} to ${grouped(life.address + life.bytes)}: ${grouped(life.bytes)}\n` +
    `${planeTime(life.begin)} to ${planeTime(life.end)}`;
}

function byteTicks(end) {
  const step = 2 ** Math.ceil(Math.log2(Math.max(end / 6, 1))), ticks = [];
  for (let value = 0; value <= end; value += step)
    ticks.push({value});
  return ticks;
}

function drawMemory() {
  const used = timeline ? timeline.memories.filter((memory) => memory.lifetimes.length) : [];
  if (!used.length) {
    byId("memory-says").textContent = "No planned lifetimes are among the files." + (run && run.memory.length ? " What was needed: " : "") +
      (run ? run.memory.map((memory) => `${memory.name} ${bytesText(memory.peak_bytes)}`).join(", ") : "");
    return;
  }
  byId("memory-says").textContent = "Planned lifetimes: each box is what one command wrote, from then until it was last read; grey is there from the start. " +
    "Addresses run from the first byte that a command touches to the last, with what strides leave out between.";
  for (const memory of used) {
    const end = Math.max(...memory.lifetimes.map((life) => life.address + life.bytes));
    const boxes = memory.lifetimes.map((life) => ({x0: life.begin, x1: life.end, y0: life.address, y1: life.address + life.bytes,
      colour: colourOfLayer(life.layer), text: lifetimeText(life)}));
    boxes.sort((a, b) => (b.x1 - b.x0) * (b.y1 - b.y0) - (a.x1 - a.x0) * (a.y1 - a.y0)); // large ones behind
    const holder = element("div", {className: "chart"});
    byId("memory-charts").append(element("h3", {textContent: memory.name + " "},
      element("span", {textContent: `${bytesText(end)} of ${bytesText(memory.bytes)} used, ${(100 * end / memory.bytes).toFixed(1)} %`})), holder);
    drawPlane(holder, 260, boxes, {min: 0, max: end, ticks: {callback: bytesText, autoSkip: false},
      afterBuildTicks: (scale) => { scale.ticks = byteTicks(end); }});
  }
}
