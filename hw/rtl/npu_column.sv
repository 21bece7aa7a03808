// One column of the array: it keeps Dim weights and multiplies them with every operand that passes. Operands, swaps
// and rows of weights go on to the next column a cycle later; the row of sums goes along and gains this column's word.
module npu_column
  import npu_types_pkg::*;
#(
  parameter int unsigned Column = 0
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic operand_valid_i,
  input  row_t operand_i,
  input  swap_t swap_i,
  input  logic [1:0] weight_valid_i,
  input  logic [$clog2(Dim)-1:0] weight_row_i,
  input  row_t [1:0] weight_i,
  input  logic weight_diagonal_i,

  output logic operand_valid_o,
  output row_t operand_o,
  output swap_t swap_o,
  output logic [1:0] weight_valid_o,
  output logic [$clog2(Dim)-1:0] weight_row_o,
  output row_t [1:0] weight_o,
  output logic weight_diagonal_o,

  // Two cycles behind the operand that they belong to, here and at the next column.
  input  words_t sums_i,
  output words_t sums_o,
  output logic sums_valid_o
);
  localparam int unsigned Group = 4;  // products that are added before they are kept
  localparam int unsigned Groups = Dim / Group;
  typedef logic [$clog2(Dim)-1:0] index_in_column_t;
  localparam index_in_column_t Own = index_in_column_t'(Column);

  row_t active_q, operand_q;
  row_t [1:0] weight_q;
  logic [1:0] weight_valid_q;
  index_in_column_t weight_row_q;
  logic weight_diagonal_q;
  swap_t swap_q;
  logic operand_valid_q, partial_valid_q, sums_valid_q;
  logic [Groups-1:0][31:0] partial_q;
  words_t sums_q;

  // --- Weights -----------------------------------------------------------------------------------------------------
  // The shadow is a small memory, as it is written; a swap reads all of it.
  logic [7:0] shadow_q [Dim];

  always_ff @(posedge clk_i) begin
    if (|weight_valid_i) begin
      weight_q <= weight_i;
      weight_row_q <= weight_row_i;
      weight_diagonal_q <= weight_diagonal_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (weight_valid_i[0]) shadow_q[weight_diagonal_i ? Own : weight_row_i] <= weight_i[0][Own];
    if (weight_valid_i[1]) shadow_q[weight_row_i+1'b1] <= weight_i[1][Own];
  end

  function automatic logic kept(int unsigned k, swap_kind_e kind, logic [$clog2(Dim+1)-1:0] rows);
    return k < 32'(rows) && (kind == SwapRows || k == Column);
  endfunction

  always_ff @(posedge clk_i) begin
    if (swap_i.valid) begin
      for (int unsigned k = 0; k < Dim; k++) begin
        if (swap_i.kind == SwapIdentity) active_q[k] <= 8'(k == Column);
        else active_q[k] <= kept(k, swap_i.kind, swap_i.rows) ? shadow_q[k] : '0;
      end
    end
  end

  // --- Products and their sum ----------------------------------------------------------------------------------------
  // Words have 32 bits although fewer would do: the upper ones are copies of the sign, which synthesis merges, and
  // whole words are moved without shifts in simulation.
  function automatic logic [Groups-1:0][31:0] products(row_t operand, row_t weights);
    for (int unsigned g = 0; g < Groups; g++) begin
      products[g] = '0;
      for (int unsigned k = Group * g; k < Group * (g + 1); k++) begin
        products[g] += 32'(signed'(operand[k])) * 32'(signed'(weights[k]));
      end
    end
  endfunction

  function automatic logic [31:0] total(logic [Groups-1:0][31:0] partial);
    total = '0;
    for (int unsigned g = 0; g < Groups; g++) total += partial[g];
  endfunction

  function automatic words_t with_own(words_t sums, logic [31:0] own);
    with_own = sums;
    with_own[Own] = own;
  endfunction

  always_ff @(posedge clk_i) begin
    if (operand_valid_i) operand_q <= operand_i;
  end
  always_ff @(posedge clk_i) begin
    if (operand_valid_q) partial_q <= products(operand_q, active_q);
  end
  always_ff @(posedge clk_i) begin
    if (partial_valid_q) sums_q <= with_own(sums_i, total(partial_q));
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      operand_valid_q <= 1'b0;
      partial_valid_q <= 1'b0;
      sums_valid_q <= 1'b0;
      weight_valid_q <= '0;
      swap_q <= '0;
    end else begin
      operand_valid_q <= operand_valid_i;
      partial_valid_q <= operand_valid_q;
      sums_valid_q <= partial_valid_q;
      weight_valid_q <= weight_valid_i;
      swap_q <= swap_i;
    end
  end

  assign operand_valid_o = operand_valid_q;
  assign operand_o = operand_q;
  assign swap_o = swap_q;
  assign weight_valid_o = weight_valid_q;
  assign weight_row_o = weight_row_q;
  assign weight_o = weight_q;
  assign weight_diagonal_o = weight_diagonal_q;
  assign sums_o = sums_q;
  assign sums_valid_o = sums_valid_q;
endmodule
