// npu_load behind npu_axi_read, with the other client's side of the bus and structs taken apart.
module npu_load_bench
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

  output logic write_valid_o,
  output logic [15:0] write_row_o,
  output row_t write_data_o,
  input  logic write_grant_i,

  output logic error_valid_o,
  output logic [7:0] error_code_o,
  output logic [31:0] error_address_o,
  output logic [15:0] error_index_o,
  output logic [3:0] cause_o,
  output logic [15:0] cause_index_o,
  output logic busy_o,
  output logic quiet_o,

  input  logic fetch_valid_i,
  input  logic [31:0] fetch_address_i,
  input  logic [3:0] fetch_beats_m1_i,
  output logic fetch_ready_o,
  output logic fetch_beat_valid_o,
  output logic fetch_beat_last_o,
  output logic fetch_beat_error_o,
  output logic [127:0] fetch_beat_data_o,
  input  logic fetch_beat_ready_i,

  output logic [1:0] m_axi_arid_o,
  output logic [31:0] m_axi_araddr_o,
  output logic [7:0] m_axi_arlen_o,
  output logic [2:0] m_axi_arsize_o,
  output logic [1:0] m_axi_arburst_o,
  output logic m_axi_arvalid_o,
  input  logic m_axi_arready_i,
  input  logic [1:0] m_axi_rid_i,
  input  logic [127:0] m_axi_rdata_i,
  input  logic [1:0] m_axi_rresp_i,
  input  logic m_axi_rlast_i,
  input  logic m_axi_rvalid_i,
  output logic m_axi_rready_o
);
  command_t command;
  wait_request_t waits;
  signal_request_t signals;
  write_request_t write;
  error_t error;
  activity_t activity;
  logic burst_valid, beat_valid, beat_ready, beat_last, beat_error;
  logic [31:0] burst_address;
  logic [3:0] burst_beats_m1;
  logic [1:0] burst_ready, beats_valid;
  logic [127:0] beat_data;

  assign command = '{index: command_index_i, word: command_word_i};
  assign wait_valid_o = waits.valid;
  assign wait_id_o = waits.id;
  assign wait_count_o = waits.count;
  assign signal_valid_o = signals.valid;
  assign signal_id_o = signals.id;
  assign write_valid_o = write.valid;
  assign write_row_o = 16'(write.address);
  assign write_data_o = write.data;
  assign error_valid_o = error.valid;
  assign error_code_o = error.code;
  assign error_address_o = error.address;
  assign error_index_o = error.index;
  assign cause_o = activity.cause;
  assign cause_index_o = activity.index;
  assign fetch_ready_o = burst_ready[0];
  assign fetch_beat_valid_o = beats_valid[0];
  assign fetch_beat_last_o = beat_last;
  assign fetch_beat_error_o = beat_error;
  assign fetch_beat_data_o = beat_data;
  assign beat_valid = beats_valid[1];

  npu_load u_load (
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
    .burst_valid_o(burst_valid),
    .burst_address_o(burst_address),
    .burst_beats_m1_o(burst_beats_m1),
    .burst_ready_i(burst_ready[1]),
    .beat_valid_i(beat_valid),
    .beat_data_i(beat_data),
    .beat_last_i(beat_last),
    .beat_error_i(beat_error),
    .beat_ready_o(beat_ready),
    .write_o(write),
    .write_grant_i,
    .error_o(error),
    .activity_o(activity),
    .busy_o
  );

  npu_axi_read u_axi_read (
    .clk_i,
    .rst_ni,
    .burst_valid_i({burst_valid, fetch_valid_i}),
    .burst_address_i({burst_address, fetch_address_i}),
    .burst_beats_m1_i({burst_beats_m1, fetch_beats_m1_i}),
    .burst_ready_o(burst_ready),
    .beat_valid_o(beats_valid),
    .beat_data_o(beat_data),
    .beat_last_o(beat_last),
    .beat_error_o(beat_error),
    .beat_ready_i({beat_ready, fetch_beat_ready_i}),
    .quiet_o,
    .m_axi_arid_o,
    .m_axi_araddr_o,
    .m_axi_arlen_o,
    .m_axi_arsize_o,
    .m_axi_arburst_o,
    .m_axi_arlock_o(),
    .m_axi_arcache_o(),
    .m_axi_arprot_o(),
    .m_axi_arqos_o(),
    .m_axi_arvalid_o,
    .m_axi_arready_i,
    .m_axi_rid_i,
    .m_axi_rdata_i,
    .m_axi_rresp_i,
    .m_axi_rlast_i,
    .m_axi_rvalid_i,
    .m_axi_rready_o
  );
endmodule
