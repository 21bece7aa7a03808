// The array: Dim columns of Dim cells. Column n does in cycle t + n what column 0 does in cycle t, and a row of sums
// collects one word a column on its way, so that it leaves complete, Dim + 2 cycles behind its operand.
module npu_array
  import npu_types_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,

  input  logic operand_valid_i,
  input  row_t operand_i,
  input  swap_t swap_i,
  input  token_t token_i,  // comes back with the sums

  input  logic [1:0] weight_valid_i,
  input  logic [$clog2(Dim)-1:0] weight_row_i,
  input  row_t [1:0] weight_i,
  input  logic weight_diagonal_i,

  output logic sums_valid_o,
  output words_t sums_o,
  output token_t token_o
);
  // --- Columns -----------------------------------------------------------------------------------------------------
  for (genvar n = 0; n < Dim; n++) begin : gen_columns
    // Of the last column's outputs only the sums have a reader, of the others' all but sums_valid_out.
    /* verilator lint_off UNUSEDSIGNAL */
    logic operand_valid_in, operand_valid_out, diagonal_in, diagonal_out, sums_valid_out;
    logic [1:0] weight_valid_in, weight_valid_out;
    logic [$clog2(Dim)-1:0] weight_row_in, weight_row_out;
    row_t operand_in, operand_out;
    row_t [1:0] weight_in, weight_out;
    swap_t swap_in, swap_out;
    words_t sums_in, sums_out;
    /* verilator lint_on UNUSEDSIGNAL */

    if (n == 0) begin : gen_first
      assign operand_valid_in = operand_valid_i;
      assign operand_in = operand_i;
      assign swap_in = swap_i;
      assign weight_valid_in = weight_valid_i;
      assign weight_row_in = weight_row_i;
      assign weight_in = weight_i;
      assign diagonal_in = weight_diagonal_i;
      assign sums_in = '0;
    end else begin : gen_next
      assign operand_valid_in = gen_columns[n-1].operand_valid_out;
      assign operand_in = gen_columns[n-1].operand_out;
      assign swap_in = gen_columns[n-1].swap_out;
      assign weight_valid_in = gen_columns[n-1].weight_valid_out;
      assign weight_row_in = gen_columns[n-1].weight_row_out;
      assign weight_in = gen_columns[n-1].weight_out;
      assign diagonal_in = gen_columns[n-1].diagonal_out;
      assign sums_in = gen_columns[n-1].sums_out;
    end

    npu_column #(
      .Column(n)
    ) u_column (
      .clk_i,
      .rst_ni,
      .operand_valid_i(operand_valid_in),
      .operand_i(operand_in),
      .swap_i(swap_in),
      .weight_valid_i(weight_valid_in),
      .weight_row_i(weight_row_in),
      .weight_i(weight_in),
      .weight_diagonal_i(diagonal_in),
      .operand_valid_o(operand_valid_out),
      .operand_o(operand_out),
      .swap_o(swap_out),
      .weight_valid_o(weight_valid_out),
      .weight_row_o(weight_row_out),
      .weight_o(weight_out),
      .weight_diagonal_o(diagonal_out),
      .sums_i(sums_in),
      .sums_o(sums_out),
      .sums_valid_o(sums_valid_out)
    );
  end

  assign sums_valid_o = gen_columns[Dim-1].sums_valid_out;
  assign sums_o = gen_columns[Dim-1].sums_out;

  // --- Tokens --------------------------------------------------------------------------------------------------------
  // They wait in a queue while their operands cross the columns; a shift register would move all of them every cycle.
  localparam int unsigned Tokens = Dim + 4;
  logic token_space, token_valid;
  logic [$clog2(Tokens+1)-1:0] token_usage;

  npu_fifo #(
    .T(token_t),
    .Depth(Tokens)
  ) u_tokens (
    .clk_i,
    .rst_ni,
    .valid_i(operand_valid_i),
    .data_i(token_i),
    .ready_o(token_space),
    .valid_o(token_valid),
    .data_o(token_o),
    .ready_i(sums_valid_o),
    .usage_o(token_usage)
  );

  // --- Assertions ----------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!sums_valid_o || token_valid)
      else $error("npu_array: sums leave the array and no token waits for them; every operand brings one");
      assert (!operand_valid_i || token_space)
      else $error("npu_array: an operand enters the array and %0d tokens of %0d wait in it", token_usage, Tokens);
      assert (!swap_i.valid || 32'(swap_i.rows) <= Dim)
      else $error("npu_array: a swap of %0d rows, the array has %0d", swap_i.rows, Dim);
      assert (!(weight_valid_i[1] && !weight_diagonal_i) || 32'(weight_row_i) + 1 < Dim)
      else $error("npu_array: a second row of weights after row %0d, the last row is %0d", weight_row_i, Dim - 1);
      assert (!weight_diagonal_i || !weight_valid_i[1])
      else $error("npu_array: a second row of weights beside a diagonal; a diagonal comes alone in row 0");
    end
  end
`endif
endmodule
