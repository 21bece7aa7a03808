// The execute unit: commands in, rows of the scratchpad in and out. The sequencer makes a job of a command, the loader
// reads its tiles and parameters, the window its operands, and the datapath does the arithmetic.
module npu_execute
  import npu_sim_pkg::*;
  import npu_types_pkg::*;
  import npu_job_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,
  input  logic halt_i,

  input  logic command_valid_i,
  input  command_t command_i,
  output logic command_ready_o,

  output wait_request_t wait_o,
  input  logic wait_grant_i,
  output signal_request_t signal_o,
  input  logic signal_grant_i,

  output read_request_t [ReadPorts-2:0] read_o,
  input  logic [ReadPorts-2:0] read_grant_i,
  input  row_t [ReadPorts-2:0] read_data_i,
  output write_request_t write_o,

  output error_t error_o,
  output activity_t activity_o,
  output logic busy_o
);

  // An error of this unit stops it in the next cycle, whenever the others hear of it.
  logic failed_q, halt;
  assign halt = halt_i || failed_q;

  // A job has more than is needed here.
  /* verilator lint_off UNUSEDSIGNAL */
  job_t next_job, job;
  /* verilator lint_on UNUSEDSIGNAL */
  logic loader_start, loader_idle, loader_ahead, window_start, window_done, job_end, tile_end;
  logic tile_ready, tile_take, issue, running;
  block_t parameters_ready;
  error_t sequencer_error, loader_error, window_error;
  logic [3:0] sequencer_cause, window_cause;
  index_t index;

  npu_sequencer u_sequencer (
    .clk_i,
    .rst_ni,
    .halt_i(halt),
    .command_valid_i,
    .command_i,
    .command_ready_o,
    .wait_o,
    .wait_grant_i,
    .signal_o,
    .signal_grant_i,
    .job_o(next_job),
    .loader_start_o(loader_start),
    .loader_idle_i(loader_idle),
    .loader_ahead_o(loader_ahead),
    .window_start_o(window_start),
    .window_done_i(window_done),
    .job_end_i(job_end),
    .error_o(sequencer_error),
    .cause_o(sequencer_cause),
    .index_o(index),
    .running_o(running),
    .busy_o
  );

  // --- Weights and parameters --------------------------------------------------------------------------------------
  logic [1:0] weight_valid;
  logic [$clog2(Dim)-1:0] weight_row;
  row_t [1:0] weight;
  logic weight_diagonal;
  parameter_write_t [1:0] parameter_;

  npu_loader u_loader (
    .clk_i,
    .rst_ni,
    .halt_i(halt),
    .start_i(loader_start),
    .job_i(next_job),
    .idle_o(loader_idle),
    .guard_valid_i(loader_ahead && job.drains),
    .guard_first_i(job.out),
    .guard_last_i(job.out_end),
    .tile_end_i(tile_end),
    .read_o(read_o[ReadWeight+:2]),
    .read_grant_i(read_grant_i[ReadWeight+:2]),
    .read_data_i(read_data_i[ReadWeight+:2]),
    .weight_valid_o(weight_valid),
    .weight_row_o(weight_row),
    .weight_o(weight),
    .weight_diagonal_o(weight_diagonal),
    .parameter_o(parameter_),
    .tile_ready_o(tile_ready),
    .tile_take_i(tile_take),
    .parameters_o(parameters_ready),
    .error_o(loader_error)
  );

  // --- Operands --------------------------------------------------------------------------------------------------------
  logic operand_valid, residual_valid;
  row_t operand, residual;
  swap_t swap;
  token_t token;

  npu_window u_window (
    .clk_i,
    .rst_ni,
    .halt_i(halt),
    .start_i(window_start),
    .start_job_i(next_job),
    .job_o(job),
    .done_o(window_done),
    .tile_ready_i(tile_ready),
    .tile_take_o(tile_take),
    .parameters_i(parameters_ready),
    .read_o(read_o[ReadOperand+:OperandPorts+1]),
    .read_grant_i(read_grant_i[ReadOperand+:OperandPorts+1]),
    .read_data_i(read_data_i[ReadOperand+:OperandPorts+1]),
    .operand_valid_o(operand_valid),
    .operand_o(operand),
    .swap_o(swap),
    .token_o(token),
    .residual_valid_o(residual_valid),
    .residual_o(residual),
    .error_o(window_error),
    .issue_o(issue),
    .cause_o(window_cause)
  );

  npu_datapath u_datapath (
    .clk_i,
    .rst_ni,
    .config_i(job.config_),
    .operand_valid_i(operand_valid),
    .operand_i(operand),
    .swap_i(swap),
    .token_i(token),
    .weight_valid_i(weight_valid),
    .weight_row_i(weight_row),
    .weight_i(weight),
    .weight_diagonal_i(weight_diagonal),
    .parameter_i(parameter_),
    .residual_valid_i(residual_valid),
    .residual_i(residual),
    .write_o,
    .tile_end_o(tile_end),
    .job_end_o(job_end)
  );

  // --- Errors and account ------------------------------------------------------------------------------------------------
  // The job that runs comes before the one that is being prepared.
  assign error_o = window_error.valid ? window_error :
                   loader_error.valid && !loader_ahead ? loader_error :
                   sequencer_error.valid ? sequencer_error : loader_error;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      failed_q <= 1'b0;
    end else if (error_o.valid) begin
      failed_q <= 1'b1;
    end
  end

  always_comb begin
    activity_o.index = index;
    if (halt) begin
      activity_o.cause = CODE_CAUSE_HALT;
    end else if (issue) begin
      activity_o.cause = CODE_CAUSE_BUSY;
    end else if (running) begin
      activity_o.cause = window_cause;
    end else begin
      activity_o.cause = sequencer_cause;
    end
  end

  // --- Assertions ----------------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!issue || running) else $error("npu_execute: a pixel is issued while no job runs");
      assert (!error_o.valid || !failed_q) else $error("npu_execute: a second error");
    end
  end
`endif

endmodule
