// What the chip is doing with a stream: running, stopped by an error, or on its way through a soft reset; and the
// watchdog. The first error of a stream is kept and halts all units, which stay readable until a reset.
//
// A soft reset waits for the bus, which cannot take back what it has seen: all units are halted until both sides are
// quiet, and only then reset.
module npu_control
  import npu_types_pkg::*;
  import npu_sim_pkg::*;
#(
  parameter int unsigned Sources = 5,     // of errors; if several come in one cycle, the lowest number's is kept
  parameter int unsigned Units = 3
) (
  input  logic clk_i,
  input  logic rst_ni,
  // From the registers
  input  logic start_i,                   // a pulse; without effect while start_ready_o is low
  output logic start_ready_o,
  input  logic reset_i,                   // a pulse
  input  logic [31:0] watchdog_i,         // cycles without progress that are too many; 0: never
  // From the units
  input  error_t [Sources-1:0] error_i,
  input  activity_t [Units-1:0] activity_i,
  input  index_t dispatched_i,
  input  logic idle_i,                    // nothing of a stream is left anywhere
  input  logic quiet_i,                   // nothing is outstanding on the bus
  input  logic transfer_i,                // a handshake on the bus in this cycle
  output logic start_o,                   // a pulse: the units begin a stream
  output logic halt_o,                    // begin nothing: no command, no read, no burst
  output logic unit_rst_no,
  // State
  output logic busy_o,
  output logic done_o,
  output logic resetting_o,
  output error_t error_o,
  output logic ended_o,                   // a pulse: done, or an error
  output logic cleared_o                  // a pulse: the units have been reset
);
  localparam int unsigned ResetCycles = 4;

  typedef enum logic [2:0] {
    StateIdle,
    StateStart,
    StateRun,
    StateError,
    StateQuiesce,
    StateReset
  } state_e;

  state_e state_d, state_q;
  logic done_d, done_q, idle_q;
  error_t error_d, error_q, first;
  logic [1:0] reset_cycles_d, reset_cycles_q;
  logic running, expired, unit_rst_nd, unit_rst_nq;

  assign running = state_q == StateStart || state_q == StateRun;
  assign start_ready_o = state_q == StateIdle;
  assign start_o = state_q == StateStart;
  assign busy_o = running;
  assign done_o = done_q;
  assign error_o = error_q;
  assign resetting_o = state_q == StateQuiesce || state_q == StateReset;
  assign halt_o = state_q == StateError || resetting_o;
  assign ended_o = running && state_d != StateStart && state_d != StateRun && !reset_i;
  assign cleared_o = state_q == StateReset;
  // The chip's reset reaches the units without waiting for a clock.
  assign unit_rst_no = rst_ni && unit_rst_nq;

  // --- Watchdog: progress is a handshake on the bus, a busy unit, or a unit that does something else than before ----
  logic progress;
  activity_t [Units-1:0] activity_q;
  logic [31:0] without_q;
  index_t stuck;

  always_comb begin
    progress = transfer_i || activity_i != activity_q;
    // The command of the last unit in the order of the queues that has one: others mostly wait for it.
    stuck = dispatched_i;
    for (int unsigned unit = 0; unit < Units; unit++) begin
      if (activity_i[unit].cause == CODE_CAUSE_BUSY) progress = 1'b1;
      if (activity_i[unit].cause != CODE_CAUSE_IDLE) stuck = activity_i[unit].index;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      without_q <= '0;
      activity_q <= '0;
    end else begin
      without_q <= !running || progress ? '0 : without_q + 32'd1;
      activity_q <= activity_i;
    end
  end
  assign expired = state_q == StateRun && watchdog_i != '0 && without_q >= watchdog_i;

  // --- Errors -------------------------------------------------------------------------------------------------------
  always_comb begin
    first = '{valid: expired, code: CODE_ERROR_WATCHDOG, address: '0, index: stuck};
    for (int source = int'(Sources) - 1; source >= 0; source--) begin
      if (error_i[source].valid) first = error_i[source];
    end
  end

  // --- State --------------------------------------------------------------------------------------------------------
  always_comb begin
    state_d = state_q;
    done_d = done_q;
    error_d = error_q;
    reset_cycles_d = '0;
    unique case (state_q)
      StateIdle: begin
        if (start_i) begin
          state_d = StateStart;
          done_d = 1'b0;
        end
      end
      // Two cycles idle in a row: what one unit hands to the next may be with neither for one.
      StateStart, StateRun: begin
        state_d = StateRun;
        if (first.valid) begin
          state_d = StateError;
          error_d = first;
        end else if (state_q == StateRun && idle_i && idle_q) begin
          state_d = StateIdle;
          done_d = 1'b1;
        end
      end
      StateError: ;
      StateQuiesce: begin
        if (quiet_i) state_d = StateReset;
      end
      StateReset: begin
        done_d = 1'b0;
        error_d = '0;
        reset_cycles_d = reset_cycles_q + 2'd1;
        if (reset_cycles_q == 2'(ResetCycles - 1)) state_d = StateIdle;
      end
      default: state_d = StateQuiesce;
    endcase
    if (reset_i && !resetting_o) state_d = StateQuiesce;
    unit_rst_nd = state_d != StateReset;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StateIdle;
      done_q <= 1'b0;
      idle_q <= 1'b0;
      error_q <= '0;
      reset_cycles_q <= '0;
      unit_rst_nq <= 1'b0;
    end else begin
      state_q <= state_d;
      done_q <= done_d;
      idle_q <= idle_i && state_q == StateRun;
      error_q <= error_d;
      reset_cycles_q <= reset_cycles_d;
      unit_rst_nq <= unit_rst_nd;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(done_q && error_q.valid)) else $error("npu_control: done, and an error at once");
      assert (running || !busy_o) else $error("npu_control: busy without a stream");
    end
  end
`endif
endmodule
