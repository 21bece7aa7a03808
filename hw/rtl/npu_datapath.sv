// From operands to rows of results: array, accumulator, drain, and what they take from outside the stream of operands,
// parameters and the residual. An operand a cycle; nothing in here ever waits.
module npu_datapath
  import npu_types_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,
  input  drain_config_t config_i,

  input  logic operand_valid_i,
  input  row_t operand_i,
  input  swap_t swap_i,
  input  token_t token_i,

  input  logic [1:0] weight_valid_i,
  input  logic [$clog2(Dim)-1:0] weight_row_i,
  input  row_t [1:0] weight_i,
  input  logic weight_diagonal_i,

  input  parameter_write_t [1:0] parameter_i,

  input  logic residual_valid_i,
  input  row_t residual_i,

  output write_request_t write_o,
  output logic tile_end_o,
  output logic job_end_o
);
  words_t [1:0] bias, multiplier;
  row_t [1:0] shift;
  logic sums_valid, result_valid;
  words_t sums, result;
  token_t sums_token, result_token;

  npu_array u_array (
    .clk_i,
    .rst_ni,
    .operand_valid_i,
    .operand_i,
    .swap_i,
    .token_i,
    .weight_valid_i,
    .weight_row_i,
    .weight_i,
    .weight_diagonal_i,
    .sums_valid_o(sums_valid),
    .sums_o(sums),
    .token_o(sums_token)
  );

  npu_parameters u_parameters (
    .clk_i,
    .rst_ni,
    .write_i(parameter_i),
    .bias_o(bias),
    .multiplier_o(multiplier),
    .shift_o(shift)
  );

  npu_accumulate u_accumulate (
    .clk_i,
    .rst_ni,
    .sums_valid_i(sums_valid),
    .sums_i(sums),
    .token_i(sums_token),
    .bias_i(bias),
    .valid_o(result_valid),
    .words_o(result),
    .token_o(result_token)
  );

  // --- Residual ------------------------------------------------------------------------------------------------------
  // A row comes at the latest with its operand and is taken once that has crossed the array and half of the drain:
  // about Dim + 10 rows are here when nothing is read ahead.
  localparam int unsigned ResidualRows = Dim > 16 ? 4 * Dim : 64;
  logic residual_space, residual_valid, residual_ready;
  row_t residual;
  logic [$clog2(ResidualRows+1)-1:0] residual_usage;

  npu_fifo #(
    .T(row_t),
    .Depth(ResidualRows)
  ) u_residual (
    .clk_i,
    .rst_ni,
    .valid_i(residual_valid_i),
    .data_i(residual_i),
    .ready_o(residual_space),
    .valid_o(residual_valid),
    .data_o(residual),
    .ready_i(residual_ready),
    .usage_o(residual_usage)
  );

  npu_drain u_drain (
    .clk_i,
    .rst_ni,
    .config_i,
    .multiplier_i(multiplier),
    .shift_i(shift),
    .valid_i(result_valid),
    .words_i(result),
    .token_i(result_token),
    .residual_ready_o(residual_ready),
    .residual_i(residual),
    .write_o,
    .tile_end_o,
    .job_end_o
  );

  // --- Assertions ----------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!residual_valid_i || residual_space)
      else $error("npu_datapath: a row of the residual comes and %0d of %0d are here", residual_usage, ResidualRows);
      assert (!residual_ready || residual_valid)
      else $error("npu_datapath: the drain takes a row of the residual and none is here");
      assert (!(job_end_o && config_i.residual) || residual_usage == '0)
      else $error("npu_datapath: %0d rows of the residual are left when the command ends", residual_usage);
    end
  end
`endif
endmodule
