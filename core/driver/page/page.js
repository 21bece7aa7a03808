// The heading, and the order in which the sections are drawn.
function drawHead() {
  document.title = `${basename(head.model)} on ${head.target}`;
  byId("title").textContent = document.title;
  byId("subtitle").textContent = [head.model, run && run.engine ? "engine " + run.engine : ""].filter(Boolean).join(" \u00b7 ");
  const tiles = [];
  const tile = (value, what) => tiles.push(element("div", {className: "tile"}, element("b", {textContent: value}), element("span", {textContent: what})));
  if (run) {
    const macs = sum(run.layers.map((row) => row.macs || 0));
    if (run.cycles !== null)
      tile(grouped(run.cycles), "cycles an inference");
    else if (run.engine)
      tile(grouped(sum(run.layers.map((row) => row.declared_cycles || 0))), "cycles, declared");
    else
      tile(timeText(run.seconds), "an inference");
    if (macs)
      tile(grouped(macs), "multiply-accumulates (MACs)");
    const onTarget = sum(run.layers.map((row) => row.where === "host" ? 0 : row.macs || 0)); // the host's take no cycles
    if (onTarget && run.cycles) {
      tile(rounded(onTarget / run.cycles, 4), "MACs a cycle" + (onTarget < macs ? ", without the host's" : ""));
      if (timeline && timeline.roofs && timeline.roofs.macs)
        tile((100 * onTarget / run.cycles / timeline.roofs.macs.per_cycle).toFixed(1) + " %", `of ${rounded(timeline.roofs.macs.per_cycle, 4)} MACs a cycle`);
    } else if (macs && run.seconds && !run.engine) { // an engine's seconds are the simulation's
      const rate = macs / run.seconds;
      tile(rate >= 1e9 ? rounded(rate / 1e9, 4) + " billion" : rounded(rate / 1e6, 4) + " million", "MACs a second");
    }
    if (run.fallback_macs !== null)
      tile(grouped(run.fallback_macs), "MACs that no intrinsic did");
    const verified = run.verified;
    tile(!verified ? "not verified" : verified.bit_exact ? "bit-exact" : "within bound", verified ? "against " + verified.against : "");
  }
  byId("tiles").append(...tiles);
}

drawHead();
drawLayers();
drawRoofline();
drawTimeline();
drawMemory();
drawGraph();
document.body.dataset.drawn = "yes";
