// A channel that waits keeps what it shows; a burst is one that the bridge carries out.
#include "sim/systemc/AxiRules.h"

namespace tenon::sim {
namespace {

std::string burst(const char *channel, uint64_t address, unsigned length, unsigned size, unsigned kind) {
  std::string name = std::string("AXI ") + channel + ": ";
  if (size != 4)
    return name + "the size is " + std::to_string(size) + ", the bridge takes 4 (16 bytes a beat)";
  if (kind != 1)
    return name + "the burst is of kind " + std::to_string(kind) + ", the bridge takes 1 (incrementing)";
  uint64_t first = address / busBytes * busBytes, last = first + (uint64_t(length) + 1) * busBytes - 1;
  if (first / 4096 != last / 4096)
    return name + "the burst of " + std::to_string(length + 1) + " beats at address " +
           std::to_string(address) + " crosses a boundary of 4096 bytes";
  return "";
}

std::string changed(const char *channel) {
  return std::string("AXI ") + channel + ": what it shows changed, or its valid fell, before it was taken";
}

} // namespace

std::string AxiRules::check(const AxiMasterPins &master, const AxiSlavePins &slave) {
  std::string wrong;
  if (hasBefore && before.arvalid && !slaveBefore.arready &&
      (!master.arvalid || master.araddr != before.araddr || master.arlen != before.arlen ||
       master.arid != before.arid || master.arsize != before.arsize || master.arburst != before.arburst))
    wrong = changed("AR");
  if (hasBefore && before.awvalid && !slaveBefore.awready &&
      (!master.awvalid || master.awaddr != before.awaddr || master.awlen != before.awlen ||
       master.awid != before.awid || master.awsize != before.awsize || master.awburst != before.awburst))
    wrong = changed("AW");
  if (hasBefore && before.wvalid && !slaveBefore.wready &&
      (!master.wvalid || master.wdata != before.wdata || master.wstrb != before.wstrb ||
       master.wlast != before.wlast))
    wrong = changed("W");
  if (wrong.empty() && master.arvalid)
    wrong = burst("AR", master.araddr, master.arlen, master.arsize, master.arburst);
  if (wrong.empty() && master.awvalid)
    wrong = burst("AW", master.awaddr, master.awlen, master.awsize, master.awburst);
  hasBefore = true;
  before = master;
  slaveBefore = slave;
  return wrong;
}

} // namespace tenon::sim
