// Adds (or takes the maximum of) a row of the array's sums and what the accumulator or the bias holds. The RAM is read
// in the cycle of the sums, the addition follows, then the row is written back or leaves for the drain: a row may come
// again after MinimumDistance cycles.
module npu_accumulate
  import npu_types_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,

  input  logic sums_valid_i,
  input  words_t sums_i,
  input  token_t token_i,
  input  words_t [1:0] bias_i,  // of both sets; token.set chooses

  // Two cycles later, of every token: with token.last the words are what leaves, else they have been kept.
  output logic valid_o,
  output words_t words_o,
  output token_t token_o
);
  // A bench places and compares sums here: Verilator shows vectors, no arrays of arrays.
  logic [$bits(words_t)-1:0] memory_q [AccRows] /*verilator public_flat_rw*/;

  logic sums_valid_q, result_valid_q;
  words_t sums_q, kept_q, result_q;
  token_t sums_token_q, result_token_q;

  // --- Reading -------------------------------------------------------------------------------------------------------
  always_ff @(posedge clk_i) begin
    if (sums_valid_i) begin
      sums_q <= sums_i;
      sums_token_q <= token_i;
    end
    if (sums_valid_i && !token_i.first) kept_q <= memory_q[token_i.sum];
  end

  // --- Addition ------------------------------------------------------------------------------------------------------
  function automatic words_t added(words_t base, words_t sums);
    for (int unsigned n = 0; n < Dim; n++) added[n] = base[n] + sums[n];
  endfunction

  function automatic words_t maximum(words_t base, words_t sums);
    for (int unsigned n = 0; n < Dim; n++) begin
      maximum[n] = signed'(base[n]) > signed'(sums[n]) ? base[n] : sums[n];
    end
  endfunction

  always_ff @(posedge clk_i) begin
    if (sums_valid_q) begin
      result_token_q <= sums_token_q;
      if (sums_token_q.first && (sums_token_q.maximum || !sums_token_q.bias)) result_q <= sums_q;
      else if (sums_token_q.maximum) result_q <= maximum(kept_q, sums_q);
      else if (sums_token_q.first) result_q <= added(bias_i[sums_token_q.set], sums_q);
      else result_q <= added(kept_q, sums_q);
    end
  end

  // --- Writing back --------------------------------------------------------------------------------------------------
  always_ff @(posedge clk_i) begin
    if (result_valid_q && !result_token_q.last) memory_q[result_token_q.sum] <= result_q;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      sums_valid_q <= 1'b0;
      result_valid_q <= 1'b0;
    end else begin
      sums_valid_q <= sums_valid_i;
      result_valid_q <= sums_valid_q;
    end
  end

  assign valid_o = result_valid_q;
  assign words_o = result_q;
  assign token_o = result_token_q;

  // --- Assertions ----------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  // What was written, or will be, by the tokens of the last three cycles. The RAM itself would do with a distance of
  // three; four is the rule, so that a register can still be put behind it.
  localparam int unsigned MinimumDistance = PassCycles;
  logic [MinimumDistance-2:0] recent_valid_q;
  acc_address_t [MinimumDistance-2:0] recent_q;
  logic too_near;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) recent_valid_q <= '0;
    else recent_valid_q <= {recent_valid_q[MinimumDistance-3:0], sums_valid_i && !token_i.last};
  end
  always_ff @(posedge clk_i) recent_q <= {recent_q[MinimumDistance-3:0], token_i.sum};

  always_comb begin
    too_near = 1'b0;
    if (sums_valid_i && !token_i.first) begin
      for (int unsigned i = 0; i < MinimumDistance - 1; i++) begin
        if (recent_valid_q[i] && recent_q[i] == token_i.sum) too_near = 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!too_near)
      else $error("npu_accumulate: row %0d of the accumulator comes again within %0d cycles; passes must be longer",
                  token_i.sum, MinimumDistance);
    end
  end
`endif
endmodule
