// Planned lifetimes: a box is the bytes that a command or kernel wrote, from its begin to the last that reads them.
function lifetimeText(life) {
  const by = life.layer === null ? "" : ` by ${shortened(labelOf(timeline.layers[life.layer]), 50)}`;
  return `${life.what}${by}\nbytes ${grouped(life.address)} to ${grouped(life.address + life.bytes)}: ${bytesText(life.bytes)}\n` +
    `${planeTime(life.begin)} to ${planeTime(life.end)}`;
}

function byteTicks(end) {
  const step = 2 ** Math.ceil(Math.log2(Math.max(end / 6, 1))), ticks = [];
  for (let value = 0; value <= end; value += step)
    ticks.push({value});
  return ticks;
}

// When most is alive, and how much that is; older files do not say.
function peakOf(memory) {
  const live = memory.live || [];
  return live.reduce((most, moment) => moment.bytes > most.bytes ? moment : most, {bytes: 0, at: 0});
}

function layerAt(time) {
  const command = timeline.commands.find((one) => one.begin <= time && time < one.end && one.layer !== null);
  return command ? labelOf(timeline.layers[command.layer]) : "";
}

function memoryHeading(memory, end) {
  const peak = peakOf(memory), during = layerAt(peak.at);
  const parts = isNative() ? [`${bytesText(memory.bytes)}`]
    : [`${bytesText(end)} of ${bytesText(memory.bytes)} used, ${rounded(100 * end / memory.bytes, 2)} %`];
  if (peak.bytes)
    parts.push(`at most ${bytesText(peak.bytes)} are alive at once, from ${planeTime(peak.at)} on` + (during ? `, in ${during}` : ""));
  return element("h3", {textContent: memory.name + " "}, element("span", {textContent: parts.join("; ")}));
}

function memorySays() {
  const weights = run && isNative() ? run.memory.find((memory) => memory.name === "weights") : null;
  return (isNative() ? "The arena is all memory that the kernels work in: each box is a tensor or a layer's temporary, from the kernel that writes it to the last that reads it; " +
      "what is never needed at one time shares its bytes. "
    : "Planned lifetimes: each box is what one command wrote, from then until it was last read; grey is there from the start. " +
      "Addresses run from the first byte that a command touches to the last, with what strides leave out between. ") +
    "Dashed: when most is alive." + (weights ? ` Weights have a place of their own: ${bytesText(weights.peak_bytes)}.` : "");
}

function drawMemory() {
  const used = timeline ? timeline.memories.filter((memory) => memory.lifetimes.length) : [];
  if (!used.length) {
    byId("memory-says").textContent = (timeline ? "This run keeps no lifetimes." : "The files hold no tenon.timeline/1, which has the lifetimes.") +
      (run && run.memory.length ? " What was needed: " + run.memory.map((memory) => `${memory.name} ${bytesText(memory.peak_bytes)}`).join(", ") + "." : "");
    return;
  }
  byId("memory-says").textContent = memorySays();
  for (const memory of used) {
    const end = Math.max(...memory.lifetimes.map((life) => life.address + life.bytes));
    const boxes = memory.lifetimes.map((life) => ({x0: life.begin, x1: life.end, y0: life.address, y1: life.address + life.bytes,
      colour: colourOfLayer(life.layer), text: lifetimeText(life), label: life.layer === null ? life.what : ""}));
    boxes.sort((a, b) => (b.x1 - b.x0) * (b.y1 - b.y0) - (a.x1 - a.x0) * (a.y1 - a.y0)); // large ones behind
    const holder = element("div", {className: "chart"});
    byId("memory-charts").append(memoryHeading(memory, end), holder);
    const peak = peakOf(memory);
    drawPlane(holder, 260, boxes, {min: 0, max: end, ticks: {callback: bytesText, autoSkip: false},
      afterBuildTicks: (scale) => { scale.ticks = byteTicks(end); }}, peak.bytes ? [peak.at] : []);
  }
}
