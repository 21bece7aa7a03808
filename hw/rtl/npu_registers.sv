// The host's registers: what each offset reads and writes. The map is npu_sim_pkg's REGISTER_*.
//
// An access of an offset that does not exist is answered with SLVERR, and so is a write of a register that can only
// be read, or a read of one that can only be written. A start is refused with SLVERR, and changes nothing, while a stream runs, while an error stands (reset
// first) and during a reset. The address and length of a stream may be written at any time: a start reads them.
module npu_registers
  import npu_types_pkg::*;
  import npu_sim_pkg::*;
#(
  parameter int unsigned Sources = 5,    // of errors
  parameter int unsigned Units = 3       // numbered as QUEUE_LOAD, QUEUE_EXECUTE, QUEUE_STORE are
) (
  input  logic clk_i,
  input  logic rst_ni,
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
  // Units
  output logic start_o,
  output logic [31:0] commands_address_o,
  output logic [31:0] commands_bytes_o,
  output logic halt_o,
  output logic unit_rst_no,
  input  error_t [Sources-1:0] error_i,
  input  activity_t [Units-1:0] activity_i,
  input  logic [Units-1:0] unit_busy_i,
  input  index_t dispatched_i,
  input  logic idle_i,
  input  logic quiet_i,
  input  logic transfer_i
);
  localparam int unsigned Load = unsigned'(int'(QUEUE_LOAD));
  localparam int unsigned Execute = unsigned'(int'(QUEUE_EXECUTE));
  localparam int unsigned Store = unsigned'(int'(QUEUE_STORE));
  localparam int unsigned Causes = unsigned'(REGISTER_LOAD_CYCLES_COUNT);
  localparam int unsigned CauseBits = $clog2(Causes);

  // "NPU" and a version of the map: a host that finds something else here talks to something else.
  localparam logic [31:0] Identity = 32'h4e505501;

  logic write, write_ok, read_ok, start_write, start_ready, reset_write;
  logic [11:0] write_offset, read_offset;
  logic [31:0] write_data, write_mask, written, read_data;
  logic busy, done, resetting, ended, cleared;
  error_t error;
  logic [31:0] address_d, address_q, bytes_d, bytes_q, watchdog_d, watchdog_q;
  logic enable_d, enable_q, pending_d, pending_q, acknowledge;
  logic [63:0] cycles_q;
  logic [Units-1:0][31:0] unit_cycles;

  npu_axil u_axil (
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
    .write_o(write),
    .write_offset_o(write_offset),
    .write_data_o(write_data),
    .write_mask_o(write_mask),
    .write_ok_i(write_ok),
    .read_offset_o(read_offset),
    .read_data_i(read_data),
    .read_ok_i(read_ok)
  );

  npu_control #(
    .Sources(Sources),
    .Units(Units)
  ) u_control (
    .clk_i,
    .rst_ni,
    .start_i(start_write),
    .start_ready_o(start_ready),
    .reset_i(reset_write),
    .watchdog_i(watchdog_q),
    .error_i,
    .activity_i,
    .dispatched_i,
    .idle_i,
    .quiet_i,
    .transfer_i,
    .start_o,
    .halt_o,
    .unit_rst_no,
    .busy_o(busy),
    .done_o(done),
    .resetting_o(resetting),
    .error_o(error),
    .ended_o(ended),
    .cleared_o(cleared)
  );

  // --- Counters -----------------------------------------------------------------------------------------------------
  for (genvar unit = 0; unit < Units; unit++) begin : gen_counters
    npu_counters #(
      .Causes(Causes)
    ) u_counters (
      .clk_i,
      .rst_ni,
      .clear_i(start_write),
      .count_i(busy),
      .cause_i(activity_i[unit].cause),
      .read_i(read_offset[2 +: CauseBits]),
      .cycles_o(unit_cycles[unit])
    );
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) cycles_q <= '0;
    else if (start_write) cycles_q <= '0;
    else if (busy) cycles_q <= cycles_q + 64'd1;
  end

  // --- Writes -------------------------------------------------------------------------------------------------------
  assign written = write_data & write_mask;
  assign commands_address_o = address_q;
  assign commands_bytes_o = bytes_q;
  assign irq_o = pending_q && enable_q;

  always_comb begin
    write_ok = 1'b1;
    start_write = 1'b0;
    reset_write = 1'b0;
    address_d = address_q;
    bytes_d = bytes_q;
    watchdog_d = watchdog_q;
    enable_d = enable_q;
    acknowledge = 1'b0;
    if (write) begin
      unique case (write_offset)
        REGISTER_CONTROL: begin
          reset_write = written[REGISTER_CONTROL_RESET_LOW];
          start_write = written[REGISTER_CONTROL_START_LOW] && start_ready && !reset_write;
          write_ok = !written[REGISTER_CONTROL_START_LOW] || start_write;
        end
        REGISTER_INTERRUPT: begin
          if (write_mask[REGISTER_INTERRUPT_ENABLE_LOW]) enable_d = written[REGISTER_INTERRUPT_ENABLE_LOW];
          acknowledge = written[REGISTER_INTERRUPT_PENDING_LOW];
        end
        REGISTER_COMMANDS_ADDRESS: address_d = written | (address_q & ~write_mask);
        REGISTER_COMMANDS_BYTES: bytes_d = written | (bytes_q & ~write_mask);
        REGISTER_WATCHDOG: watchdog_d = written | (watchdog_q & ~write_mask);
        default: write_ok = 1'b0;
      endcase
    end
  end
  assign pending_d = ended || (pending_q && !acknowledge && !cleared && !start_write);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      address_q <= '0;
      bytes_q <= '0;
      watchdog_q <= '0;
      enable_q <= 1'b0;
      pending_q <= 1'b0;
    end else begin
      address_q <= address_d;
      bytes_q <= bytes_d;
      watchdog_q <= watchdog_d;
      enable_q <= enable_d;
      pending_q <= pending_d;
    end
  end

  // --- Reads --------------------------------------------------------------------------------------------------------
  function automatic logic [31:0] activity_word(activity_t activity);
    logic [31:0] word = '0;
    word[REGISTER_LOAD_COMMAND_INDEX_HIGH:REGISTER_LOAD_COMMAND_INDEX_LOW] = activity.index;
    word[REGISTER_LOAD_COMMAND_CAUSE_HIGH:REGISTER_LOAD_COMMAND_CAUSE_LOW] = activity.cause;
    return word;
  endfunction

  function automatic logic is_counter(logic [11:0] offset, logic [11:0] base);
    return offset >= base && offset < base + 12'(4 * Causes) && offset[1:0] == 2'b00;
  endfunction

  logic [31:0] status, parameters;
  always_comb begin
    status = '0;
    status[REGISTER_STATUS_BUSY_LOW] = busy;
    status[REGISTER_STATUS_DONE_LOW] = done;
    status[REGISTER_STATUS_ERROR_LOW] = error.valid;
    status[REGISTER_STATUS_RESETTING_LOW] = resetting;
    status[REGISTER_STATUS_LOAD_LOW] = unit_busy_i[Load];
    status[REGISTER_STATUS_EXECUTE_LOW] = unit_busy_i[Execute];
    status[REGISTER_STATUS_STORE_LOW] = unit_busy_i[Store];
    parameters = '0;
    parameters[REGISTER_PARAMETERS_DIM_HIGH:REGISTER_PARAMETERS_DIM_LOW] = 8'(Dim);
    parameters[REGISTER_PARAMETERS_COMMANDS_HIGH:REGISTER_PARAMETERS_COMMANDS_LOW] = 8'(QueueDepth);
  end

  always_comb begin
    read_ok = 1'b1;
    read_data = '0;
    if (s_axil_arvalid_i) begin
      unique case (read_offset)
        REGISTER_IDENTITY: read_data = Identity;
        REGISTER_PARAMETERS: read_data = parameters;
        REGISTER_STATUS: read_data = status;
        REGISTER_INTERRUPT: begin
          read_data[REGISTER_INTERRUPT_ENABLE_LOW] = enable_q;
          read_data[REGISTER_INTERRUPT_PENDING_LOW] = pending_q;
        end
        REGISTER_COMMANDS_ADDRESS: read_data = address_q;
        REGISTER_COMMANDS_BYTES: read_data = bytes_q;
        REGISTER_WATCHDOG: read_data = watchdog_q;
        REGISTER_ERROR_CODE: read_data[REGISTER_ERROR_CODE_CODE_HIGH:REGISTER_ERROR_CODE_CODE_LOW] = error.code;
        REGISTER_ERROR_ADDRESS: read_data = error.address;
        REGISTER_ERROR_COMMAND: begin
          read_data[REGISTER_ERROR_COMMAND_INDEX_HIGH:REGISTER_ERROR_COMMAND_INDEX_LOW] = error.index;
        end
        REGISTER_DISPATCHED: read_data[REGISTER_DISPATCHED_INDEX_HIGH:REGISTER_DISPATCHED_INDEX_LOW] = dispatched_i;
        REGISTER_LOAD_COMMAND: read_data = activity_word(activity_i[Load]);
        REGISTER_EXECUTE_COMMAND: read_data = activity_word(activity_i[Execute]);
        REGISTER_STORE_COMMAND: read_data = activity_word(activity_i[Store]);
        REGISTER_CYCLES_LOW: read_data = cycles_q[31:0];
        REGISTER_CYCLES_HIGH: read_data = cycles_q[63:32];
        default: begin
          if (is_counter(read_offset, REGISTER_LOAD_CYCLES)) read_data = unit_cycles[Load];
          else if (is_counter(read_offset, REGISTER_EXECUTE_CYCLES)) read_data = unit_cycles[Execute];
          else if (is_counter(read_offset, REGISTER_STORE_CYCLES)) read_data = unit_cycles[Store];
          else read_ok = 1'b0;
        end
      endcase
    end
  end

  // A counter's number is cut out of its offset.
  localparam logic [11:0] ArrayOffset = 12'(4 * Causes - 1);
  if ((REGISTER_LOAD_CYCLES & ArrayOffset) != '0 || (REGISTER_EXECUTE_CYCLES & ArrayOffset) != '0 ||
      (REGISTER_STORE_CYCLES & ArrayOffset) != '0 || REGISTER_EXECUTE_CYCLES_COUNT != REGISTER_LOAD_CYCLES_COUNT ||
      REGISTER_STORE_CYCLES_COUNT != REGISTER_LOAD_CYCLES_COUNT) begin : gen_offsets
    $error("npu_registers: an array of counters must begin at a multiple of its %0d bytes", 4 * Causes);
  end
endmodule
