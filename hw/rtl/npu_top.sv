// The chip: what is connected with what, and nothing else. An AXI4 master for commands and data, AXI4-Lite registers
// and an interrupt for the host; the trace port says in each cycle what each unit does, and is for benches.
module npu_top
  import npu_types_pkg::*;
  import npu_sim_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,
  // AXI4: reads
  output logic [1:0] m_axi_arid_o,
  output logic [31:0] m_axi_araddr_o,
  output logic [7:0] m_axi_arlen_o,
  output logic [2:0] m_axi_arsize_o,
  output logic [1:0] m_axi_arburst_o,
  output logic m_axi_arlock_o,
  output logic [3:0] m_axi_arcache_o,
  output logic [2:0] m_axi_arprot_o,
  output logic [3:0] m_axi_arqos_o,
  output logic m_axi_arvalid_o,
  input  logic m_axi_arready_i,
  input  logic [1:0] m_axi_rid_i,
  input  logic [127:0] m_axi_rdata_i,
  input  logic [1:0] m_axi_rresp_i,
  input  logic m_axi_rlast_i,
  input  logic m_axi_rvalid_i,
  output logic m_axi_rready_o,
  // AXI4: writes
  output logic [1:0] m_axi_awid_o,
  output logic [31:0] m_axi_awaddr_o,
  output logic [7:0] m_axi_awlen_o,
  output logic [2:0] m_axi_awsize_o,
  output logic [1:0] m_axi_awburst_o,
  output logic m_axi_awlock_o,
  output logic [3:0] m_axi_awcache_o,
  output logic [2:0] m_axi_awprot_o,
  output logic [3:0] m_axi_awqos_o,
  output logic m_axi_awvalid_o,
  input  logic m_axi_awready_i,
  output logic [127:0] m_axi_wdata_o,
  output logic [15:0] m_axi_wstrb_o,
  output logic m_axi_wlast_o,
  output logic m_axi_wvalid_o,
  input  logic m_axi_wready_i,
  input  logic [1:0] m_axi_bid_i,
  input  logic [1:0] m_axi_bresp_i,
  input  logic m_axi_bvalid_i,
  output logic m_axi_bready_o,
  // AXI4-Lite
  input  logic [11:0] s_axil_awaddr_i,
  input  logic s_axil_awvalid_i,
  output logic s_axil_awready_o,
  input  logic [31:0] s_axil_wdata_i,
  input  logic [3:0] s_axil_wstrb_i,
  input  logic s_axil_wvalid_i,
  output logic s_axil_wready_o,
  output logic [1:0] s_axil_bresp_o,
  output logic s_axil_bvalid_o,
  input  logic s_axil_bready_i,
  input  logic [11:0] s_axil_araddr_i,
  input  logic s_axil_arvalid_i,
  output logic s_axil_arready_o,
  output logic [31:0] s_axil_rdata_o,
  output logic [1:0] s_axil_rresp_o,
  output logic s_axil_rvalid_o,
  input  logic s_axil_rready_i,
  output logic irq_o,
  // Trace
  output activity_t trace_load_o,
  output activity_t trace_execute_o,
  output activity_t trace_store_o,
  output index_t trace_dispatched_o
);
  localparam int unsigned Load = unsigned'(int'(QUEUE_LOAD));
  localparam int unsigned Execute = unsigned'(int'(QUEUE_EXECUTE));
  localparam int unsigned Store = unsigned'(int'(QUEUE_STORE));
  localparam int unsigned Units = 3;
  localparam int unsigned Sources = 5;   // of errors: the units, then these
  localparam int unsigned FetchError = 3;
  localparam int unsigned DispatchError = 4;
  localparam int unsigned FetchClient = 0;
  localparam int unsigned LoadClient = 1;

  function automatic int unsigned depth_of(int unsigned unit);
    return unit == Load ? unsigned'(int'(QUEUE_LOAD_DEPTH))
                        : unit == Execute ? unsigned'(int'(QUEUE_EXECUTE_DEPTH)) : unsigned'(int'(QUEUE_STORE_DEPTH));
  endfunction

  // --- Host and control ---------------------------------------------------------------------------------------------
  logic start, halt, unit_rst_n, idle, quiet, transfer, read_quiet, write_quiet, fetch_busy, dispatch_busy;
  logic [31:0] commands_address, commands_bytes;
  error_t [Sources-1:0] error;
  activity_t [Units-1:0] activity;
  logic [Units-1:0] unit_busy, queue_valid;
  index_t dispatched;

  assign idle = !fetch_busy && !dispatch_busy && queue_valid == '0 && unit_busy == '0 && write_quiet;
  assign quiet = read_quiet && write_quiet;
  assign transfer = (m_axi_arvalid_o && m_axi_arready_i) || (m_axi_rvalid_i && m_axi_rready_o) ||
                    (m_axi_awvalid_o && m_axi_awready_i) || (m_axi_wvalid_o && m_axi_wready_i) ||
                    (m_axi_bvalid_i && m_axi_bready_o);
  assign trace_load_o = activity[Load];
  assign trace_execute_o = activity[Execute];
  assign trace_store_o = activity[Store];
  assign trace_dispatched_o = dispatched;

  npu_registers #(
    .Sources(Sources),
    .Units(Units)
  ) u_registers (
    .clk_i,
    .rst_ni,
    .s_axil_awaddr_i,
    .s_axil_awvalid_i,
    .s_axil_awready_o,
    .s_axil_wdata_i,
    .s_axil_wstrb_i,
    .s_axil_wvalid_i,
    .s_axil_wready_o,
    .s_axil_bresp_o,
    .s_axil_bvalid_o,
    .s_axil_bready_i,
    .s_axil_araddr_i,
    .s_axil_arvalid_i,
    .s_axil_arready_o,
    .s_axil_rdata_o,
    .s_axil_rresp_o,
    .s_axil_rvalid_o,
    .s_axil_rready_i,
    .irq_o,
    .start_o(start),
    .commands_address_o(commands_address),
    .commands_bytes_o(commands_bytes),
    .halt_o(halt),
    .unit_rst_no(unit_rst_n),
    .error_i(error),
    .activity_i(activity),
    .unit_busy_i(unit_busy | queue_valid),
    .dispatched_i(dispatched),
    .idle_i(idle),
    .quiet_i(quiet),
    .transfer_i(transfer)
  );

  // --- The bus: reads of fetch and load, writes of store ------------------------------------------------------------
  logic [1:0] read_burst_valid, read_burst_ready, read_beat_valid, read_beat_ready;
  logic [1:0][31:0] read_burst_address;
  logic [1:0][3:0] read_burst_beats_m1;
  logic [127:0] read_beat_data;
  logic read_beat_last, read_beat_error;

  npu_axi_read u_axi_read (
    .clk_i,
    .rst_ni(unit_rst_n),
    .burst_valid_i(read_burst_valid),
    .burst_address_i(read_burst_address),
    .burst_beats_m1_i(read_burst_beats_m1),
    .burst_ready_o(read_burst_ready),
    .beat_valid_o(read_beat_valid),
    .beat_data_o(read_beat_data),
    .beat_last_o(read_beat_last),
    .beat_error_o(read_beat_error),
    .beat_ready_i(read_beat_ready),
    .quiet_o(read_quiet),
    .m_axi_arid_o,
    .m_axi_araddr_o,
    .m_axi_arlen_o,
    .m_axi_arsize_o,
    .m_axi_arburst_o,
    .m_axi_arlock_o,
    .m_axi_arcache_o,
    .m_axi_arprot_o,
    .m_axi_arqos_o,
    .m_axi_arvalid_o,
    .m_axi_arready_i,
    .m_axi_rid_i,
    .m_axi_rdata_i,
    .m_axi_rresp_i,
    .m_axi_rlast_i,
    .m_axi_rvalid_i,
    .m_axi_rready_o
  );

  logic write_burst_valid, write_burst_ready, write_beat_valid, write_beat_last, write_beat_ready;
  logic [31:0] write_burst_address;
  logic [3:0] write_burst_beats_m1;
  logic [127:0] write_beat_data;
  logic [15:0] write_beat_strobe;
  logic response_valid, response_error;

  npu_axi_write u_axi_write (
    .clk_i,
    .rst_ni(unit_rst_n),
    .burst_valid_i(write_burst_valid),
    .burst_address_i(write_burst_address),
    .burst_beats_m1_i(write_burst_beats_m1),
    .burst_ready_o(write_burst_ready),
    .beat_valid_i(write_beat_valid),
    .beat_data_i(write_beat_data),
    .beat_strobe_i(write_beat_strobe),
    .beat_last_i(write_beat_last),
    .beat_ready_o(write_beat_ready),
    .response_valid_o(response_valid),
    .response_error_o(response_error),
    .quiet_o(write_quiet),
    .m_axi_awid_o,
    .m_axi_awaddr_o,
    .m_axi_awlen_o,
    .m_axi_awsize_o,
    .m_axi_awburst_o,
    .m_axi_awlock_o,
    .m_axi_awcache_o,
    .m_axi_awprot_o,
    .m_axi_awqos_o,
    .m_axi_awvalid_o,
    .m_axi_awready_i,
    .m_axi_wdata_o,
    .m_axi_wstrb_o,
    .m_axi_wlast_o,
    .m_axi_wvalid_o,
    .m_axi_wready_i,
    .m_axi_bid_i,
    .m_axi_bresp_i,
    .m_axi_bvalid_i,
    .m_axi_bready_o
  );

  // --- Commands: words, commands, queues ----------------------------------------------------------------------------
  logic word_valid, word_last, word_ready, word_wanted;
  logic [127:0] word;
  logic [31:0] word_address;
  index_t word_index;
  logic [Units-1:0] dispatch_valid, dispatch_ready, queue_ready;
  command_t dispatch_command;
  command_t [Units-1:0] queue_command;

  npu_fetch u_fetch (
    .clk_i,
    .rst_ni(unit_rst_n),
    .halt_i(halt),
    .start_i(start),
    .address_i(commands_address),
    .bytes_i(commands_bytes),
    .burst_valid_o(read_burst_valid[FetchClient]),
    .burst_address_o(read_burst_address[FetchClient]),
    .burst_beats_m1_o(read_burst_beats_m1[FetchClient]),
    .burst_ready_i(read_burst_ready[FetchClient]),
    .beat_valid_i(read_beat_valid[FetchClient]),
    .beat_data_i(read_beat_data),
    .beat_error_i(read_beat_error),
    .beat_ready_o(read_beat_ready[FetchClient]),
    .word_valid_o(word_valid),
    .word_o(word),
    .word_address_o(word_address),
    .word_last_o(word_last),
    .word_ready_i(word_ready),
    .word_wanted_i(word_wanted),
    .word_index_i(word_index),
    .error_o(error[FetchError]),
    .busy_o(fetch_busy)
  );

  npu_dispatch #(
    .Units(Units)
  ) u_dispatch (
    .clk_i,
    .rst_ni(unit_rst_n),
    .halt_i(halt),
    .start_i(start),
    .word_valid_i(word_valid),
    .word_i(word),
    .word_address_i(word_address),
    .word_last_i(word_last),
    .word_ready_o(word_ready),
    .word_wanted_o(word_wanted),
    .word_index_o(word_index),
    .command_valid_o(dispatch_valid),
    .command_o(dispatch_command),
    .command_ready_i(dispatch_ready),
    .index_o(dispatched),
    .error_o(error[DispatchError]),
    .busy_o(dispatch_busy)
  );

  for (genvar unit = 0; unit < Units; unit++) begin : gen_queues
    npu_fifo #(
      .T(command_t),
      .Depth(depth_of(unit))
    ) u_queue (
      .clk_i,
      .rst_ni(unit_rst_n),
      .valid_i(dispatch_valid[unit]),
      .data_i(dispatch_command),
      .ready_o(dispatch_ready[unit]),
      .valid_o(queue_valid[unit]),
      .data_o(queue_command[unit]),
      .ready_i(queue_ready[unit]),
      .usage_o()
    );
  end

  // --- Memory and synchronisation -----------------------------------------------------------------------------------
  write_request_t drain_write, load_write;
  logic load_write_grant;
  read_request_t [ReadPorts-1:0] read;
  logic [ReadPorts-1:0] read_grant;
  row_t [ReadPorts-1:0] read_data;

  npu_spad u_spad (
    .clk_i,
    .rst_ni(unit_rst_n),
    .drain_write_i(drain_write),
    .load_write_i(load_write),
    .load_write_grant_o(load_write_grant),
    .read_i(read),
    .read_grant_o(read_grant),
    .read_data_o(read_data)
  );

  wait_request_t [Units-1:0] wait_request;
  signal_request_t [Units-1:0] signal_request;
  logic [Units-1:0] wait_grant, signal_grant;

  npu_semaphores #(
    .Units(Units)
  ) u_semaphores (
    .clk_i,
    .rst_ni(unit_rst_n),
    .wait_i(wait_request),
    .wait_grant_o(wait_grant),
    .signal_i(signal_request),
    .signal_grant_o(signal_grant)
  );

  // --- Units --------------------------------------------------------------------------------------------------------
  npu_load u_load (
    .clk_i,
    .rst_ni(unit_rst_n),
    .halt_i(halt),
    .command_valid_i(queue_valid[Load]),
    .command_i(queue_command[Load]),
    .command_ready_o(queue_ready[Load]),
    .wait_o(wait_request[Load]),
    .wait_grant_i(wait_grant[Load]),
    .signal_o(signal_request[Load]),
    .signal_grant_i(signal_grant[Load]),
    .burst_valid_o(read_burst_valid[LoadClient]),
    .burst_address_o(read_burst_address[LoadClient]),
    .burst_beats_m1_o(read_burst_beats_m1[LoadClient]),
    .burst_ready_i(read_burst_ready[LoadClient]),
    .beat_valid_i(read_beat_valid[LoadClient]),
    .beat_data_i(read_beat_data),
    .beat_last_i(read_beat_last),
    .beat_error_i(read_beat_error),
    .beat_ready_o(read_beat_ready[LoadClient]),
    .write_o(load_write),
    .write_grant_i(load_write_grant),
    .error_o(error[Load]),
    .activity_o(activity[Load]),
    .busy_o(unit_busy[Load])
  );

  npu_execute u_execute (
    .clk_i,
    .rst_ni(unit_rst_n),
    .halt_i(halt),
    .command_valid_i(queue_valid[Execute]),
    .command_i(queue_command[Execute]),
    .command_ready_o(queue_ready[Execute]),
    .wait_o(wait_request[Execute]),
    .wait_grant_i(wait_grant[Execute]),
    .signal_o(signal_request[Execute]),
    .signal_grant_i(signal_grant[Execute]),
    .read_o(read[ReadStore-1:0]),
    .read_grant_i(read_grant[ReadStore-1:0]),
    .read_data_i(read_data[ReadStore-1:0]),
    .write_o(drain_write),
    .error_o(error[Execute]),
    .activity_o(activity[Execute]),
    .busy_o(unit_busy[Execute])
  );

  npu_store u_store (
    .clk_i,
    .rst_ni(unit_rst_n),
    .halt_i(halt),
    .command_valid_i(queue_valid[Store]),
    .command_i(queue_command[Store]),
    .command_ready_o(queue_ready[Store]),
    .wait_o(wait_request[Store]),
    .wait_grant_i(wait_grant[Store]),
    .signal_o(signal_request[Store]),
    .signal_grant_i(signal_grant[Store]),
    .read_o(read[ReadStore]),
    .read_grant_i(read_grant[ReadStore]),
    .read_data_i(read_data[ReadStore]),
    .burst_valid_o(write_burst_valid),
    .burst_address_o(write_burst_address),
    .burst_beats_m1_o(write_burst_beats_m1),
    .burst_ready_i(write_burst_ready),
    .beat_valid_o(write_beat_valid),
    .beat_data_o(write_beat_data),
    .beat_strobe_o(write_beat_strobe),
    .beat_last_o(write_beat_last),
    .beat_ready_i(write_beat_ready),
    .response_valid_i(response_valid),
    .response_error_i(response_error),
    .error_o(error[Store]),
    .activity_o(activity[Store]),
    .busy_o(unit_busy[Store])
  );
  // What the description may change and this design does not follow.
  if (BusBytes != 16) begin : gen_bus
    $error("npu_top: the description's bus has %0d bytes, commands are fetched 16 bytes a beat", BusBytes);
  end
endmodule
