// NpuModel on a class that Verilator made. The ports have the same names and widths for every size of the
// array.
#pragma once

#include "sim/systemc/NpuModel.h"

#include "verilated.h"
#include "verilated_syms.h"

#include <cstring>
#include <type_traits>

namespace tenon::sim {

/// Where a model without waveforms would write them.
struct NoRecorder {};

template <class Top, class Recorder> class VerilatedNpu final : public NpuModel {
public:
  explicit VerilatedNpu(const NpuModelOptions &options) {
    context.randReset(options.random ? 2 : 0);
    context.randSeed(int(options.seed % 0x7fffffff) + 1);
    context.traceEverOn(!std::is_same_v<Recorder, NoRecorder>);
    top = std::make_unique<Top>(&context);
    // The reset falls once without a clock, so that what it sets asynchronously is set before the first edge;
    // then it is clocked, so that noise in registers writes no row after somebody has set the memories.
    top->rst_ni = 1;
    top->clk_i = 0;
    top->eval();
    top->rst_ni = 0;
    for (int level : {0, 1, 0, 1, 0}) {
      top->clk_i = CData(level);
      top->eval();
    }
  }
  ~VerilatedNpu() override {
    closeWaveform();
    top->final();
  }

  const NpuOutputs &step(const NpuInputs &inputs) override {
    drive(inputs);
    top->clk_i = 0;
    evaluate();
    sample();
    top->clk_i = 1;
    evaluate();
    return outputs;
  }

  ModelArray array(const std::string &scope, const std::string &name) const override {
    const VerilatedScope *found = context.scopeFind(("TOP." + scope).c_str());
    const VerilatedVar *variable = found ? found->varFind(name.c_str()) : nullptr;
    if (!variable || variable->udims() != 1)
      return {};
    return {static_cast<uint8_t *>(variable->datap()), unsigned(variable->entSize()),
            unsigned(variable->unpacked().elements())};
  }

  bool openWaveform(const std::string &path) override {
    closeWaveform();
    if constexpr (!std::is_same_v<Recorder, NoRecorder>) {
      recorder = std::make_unique<Recorder>();
      top->trace(recorder.get(), 99);
      recorder->open(path.c_str());
      return recorder->isOpen();
    }
    return false;
  }

  void setRecording(bool on) override { isRecording = on && recorder; }

  void closeWaveform() override {
    isRecording = false;
    if constexpr (!std::is_same_v<Recorder, NoRecorder>)
      if (recorder)
        recorder->close();
    recorder.reset();
  }

private:
  void evaluate() {
    top->eval();
    if constexpr (!std::is_same_v<Recorder, NoRecorder>)
      if (isRecording)
        recorder->dump(context.time());
    context.timeInc(1);
  }

  void drive(const NpuInputs &inputs) {
    top->rst_ni = inputs.resetN;
    const AxiSlavePins &memory = inputs.memory;
    top->m_axi_arready_i = memory.arready;
    top->m_axi_rvalid_i = memory.rvalid;
    top->m_axi_rid_i = memory.rid;
    top->m_axi_rresp_i = memory.rresp;
    top->m_axi_rlast_i = memory.rlast;
    std::memcpy(&top->m_axi_rdata_i, memory.rdata.data(), busBytes);
    top->m_axi_awready_i = memory.awready;
    top->m_axi_wready_i = memory.wready;
    top->m_axi_bvalid_i = memory.bvalid;
    top->m_axi_bid_i = memory.bid;
    top->m_axi_bresp_i = memory.bresp;
    const LiteHostPins &host = inputs.host;
    top->s_axil_arvalid_i = host.arvalid;
    top->s_axil_araddr_i = host.araddr;
    top->s_axil_rready_i = host.rready;
    top->s_axil_awvalid_i = host.awvalid;
    top->s_axil_awaddr_i = host.awaddr;
    top->s_axil_wvalid_i = host.wvalid;
    top->s_axil_wdata_i = host.wdata;
    top->s_axil_wstrb_i = host.wstrb;
    top->s_axil_bready_i = host.bready;
  }

  void sample() {
    AxiMasterPins &memory = outputs.memory;
    memory.arvalid = top->m_axi_arvalid_o;
    memory.araddr = top->m_axi_araddr_o;
    memory.arid = top->m_axi_arid_o;
    memory.arlen = top->m_axi_arlen_o;
    memory.arsize = top->m_axi_arsize_o;
    memory.arburst = top->m_axi_arburst_o;
    memory.rready = top->m_axi_rready_o;
    memory.awvalid = top->m_axi_awvalid_o;
    memory.awaddr = top->m_axi_awaddr_o;
    memory.awid = top->m_axi_awid_o;
    memory.awlen = top->m_axi_awlen_o;
    memory.awsize = top->m_axi_awsize_o;
    memory.awburst = top->m_axi_awburst_o;
    memory.wvalid = top->m_axi_wvalid_o;
    memory.wlast = top->m_axi_wlast_o;
    memory.wstrb = top->m_axi_wstrb_o;
    std::memcpy(memory.wdata.data(), &top->m_axi_wdata_o, busBytes);
    memory.bready = top->m_axi_bready_o;
    LiteDevicePins &host = outputs.host;
    host.arready = top->s_axil_arready_o;
    host.rvalid = top->s_axil_rvalid_o;
    host.rdata = top->s_axil_rdata_o;
    host.rresp = top->s_axil_rresp_o;
    host.awready = top->s_axil_awready_o;
    host.wready = top->s_axil_wready_o;
    host.bvalid = top->s_axil_bvalid_o;
    host.bresp = top->s_axil_bresp_o;
    outputs.interrupt = top->irq_o;
    outputs.load.word = top->trace_load_o;
    outputs.execute.word = top->trace_execute_o;
    outputs.store.word = top->trace_store_o;
    outputs.dispatched = uint16_t(top->trace_dispatched_o);
  }

  VerilatedContext context;
  std::unique_ptr<Top> top;
  std::unique_ptr<Recorder> recorder;
  bool isRecording = false;
  NpuOutputs outputs;
};

} // namespace tenon::sim
