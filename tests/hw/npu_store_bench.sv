// npu_store behind npu_axi_write, with structs taken apart.
module npu_store_bench
  import npu_types_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,
  input  logic halt_i,

  input  logic command_valid_i,
  input  logic [15:0] command_index_i,
  input  logic [255:0] command_word_i,
  output logic command_ready_o,

  output logic wait_valid_o,
  output logic [3:0] wait_id_o,
  output logic [7:0] wait_count_o,
  input  logic wait_grant_i,
  output logic signal_valid_o,
  output logic [3:0] signal_id_o,
  input  logic signal_grant_i,

  output logic read_valid_o,
  output logic [15:0] read_row_o,
  input  logic read_grant_i,
  input  row_t read_data_i,

  output logic error_valid_o,
  output logic [7:0] error_code_o,
  output logic [31:0] error_address_o,
  output logic [15:0] error_index_o,
  output logic [3:0] cause_o,
  output logic [15:0] cause_index_o,
  output logic busy_o,
  output logic quiet_o,

  output logic [31:0] m_axi_awaddr_o,
  output logic [7:0] m_axi_awlen_o,
  output logic [2:0] m_axi_awsize_o,
  output logic [1:0] m_axi_awburst_o,
  output logic m_axi_awvalid_o,
  input  logic m_axi_awready_i,
  output logic [127:0] m_axi_wdata_o,
  output logic [15:0] m_axi_wstrb_o,
  output logic m_axi_wlast_o,
  output logic m_axi_wvalid_o,
  input  logic m_axi_wready_i,
  input  logic [1:0] m_axi_bresp_i,
  input  logic m_axi_bvalid_i,
  output logic m_axi_bready_o
);
  command_t command;
  wait_request_t waits;
  signal_request_t signals;
  read_request_t read;
  error_t error;
  activity_t activity;
  logic burst_valid, burst_ready, beat_valid, beat_last, beat_ready, response_valid, response_error;
  logic [31:0] burst_address;
  logic [3:0] burst_beats_m1;
  logic [127:0] beat_data;
  logic [15:0] beat_strobe;

  assign command = '{index: command_index_i, word: command_word_i};
  assign wait_valid_o = waits.valid;
  assign wait_id_o = waits.id;
  assign wait_count_o = waits.count;
  assign signal_valid_o = signals.valid;
  assign signal_id_o = signals.id;
  assign read_valid_o = read.valid;
  assign read_row_o = 16'(read.address);
  assign error_valid_o = error.valid;
  assign error_code_o = error.code;
  assign error_address_o = error.address;
  assign error_index_o = error.index;
  assign cause_o = activity.cause;
  assign cause_index_o = activity.index;

  npu_store u_store (
    .clk_i,
    .rst_ni,
    .halt_i,
    .command_valid_i,
    .command_i(command),
    .command_ready_o,
    .wait_o(waits),
    .wait_grant_i,
    .signal_o(signals),
    .signal_grant_i,
    .read_o(read),
    .read_grant_i,
    .read_data_i,
    .burst_valid_o(burst_valid),
    .burst_address_o(burst_address),
    .burst_beats_m1_o(burst_beats_m1),
    .burst_ready_i(burst_ready),
    .beat_valid_o(beat_valid),
    .beat_data_o(beat_data),
    .beat_strobe_o(beat_strobe),
    .beat_last_o(beat_last),
    .beat_ready_i(beat_ready),
    .response_valid_i(response_valid),
    .response_error_i(response_error),
    .error_o(error),
    .activity_o(activity),
    .busy_o
  );

  npu_axi_write u_axi_write (
    .clk_i,
    .rst_ni,
    .burst_valid_i(burst_valid),
    .burst_address_i(burst_address),
    .burst_beats_m1_i(burst_beats_m1),
    .burst_ready_o(burst_ready),
    .beat_valid_i(beat_valid),
    .beat_data_i(beat_data),
    .beat_strobe_i(beat_strobe),
    .beat_last_i(beat_last),
    .beat_ready_o(beat_ready),
    .response_valid_o(response_valid),
    .response_error_o(response_error),
    .quiet_o,
    .m_axi_awid_o(),
    .m_axi_awaddr_o,
    .m_axi_awlen_o,
    .m_axi_awsize_o,
    .m_axi_awburst_o,
    .m_axi_awlock_o(),
    .m_axi_awcache_o(),
    .m_axi_awprot_o(),
    .m_axi_awqos_o(),
    .m_axi_awvalid_o,
    .m_axi_awready_i,
    .m_axi_wdata_o,
    .m_axi_wstrb_o,
    .m_axi_wlast_o,
    .m_axi_wvalid_o,
    .m_axi_wready_i,
    .m_axi_bid_i(2'd0),
    .m_axi_bresp_i,
    .m_axi_bvalid_i,
    .m_axi_bready_o
  );
endmodule
