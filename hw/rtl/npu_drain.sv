// Makes bytes of a row of sums: scale, zero point and clamp, then, if the command asks for it, the sum with a row of
// the residual, scaled in its turn. A row a cycle; every row takes Stages cycles, and a stage without one stands still.
// Tokens that bring no row pass the stages too, so that ends of tiles and jobs keep their order.
module npu_drain
  import npu_types_pkg::*;
  import npu_arithmetic_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,
  input  drain_config_t config_i,  // constant while rows are on their way
  input  words_t [1:0] multiplier_i,
  input  row_t [1:0] shift_i,

  input  logic valid_i,
  input  words_t words_i,
  /* verilator lint_off UNUSEDSIGNAL */
  input  token_t token_i,          // what the accumulator did with the sum is of no interest here
  /* verilator lint_on UNUSEDSIGNAL */

  output logic residual_ready_o,   // takes residual_i in this cycle
  input  row_t residual_i,

  output write_request_t write_o,
  output logic tile_end_o,
  output logic job_end_o
);
  typedef logic [Dim-1:0][63:0] products_t;

  // What remains of a token once its sums are here.
  typedef struct packed {
    logic row;  // words come with it
    logic parameters;  // which set
    logic write;
    spad_address_t out;
    logic tile_end;
    logic job_end;
  } tag_t;

  localparam int unsigned Stages = 11;
  logic [Stages:0] valid;  // of what stage s made, s from 1; 0 is what comes in
  tag_t [Stages:0] tag;
  logic [Stages-1:0] row;         // stage s + 1 has a row to work at
  logic [Stages-1:4] total;       // and the residual is added to it

  // --- Tokens --------------------------------------------------------------------------------------------------------
  logic [Stages-1:0] valid_q;
  tag_t [Stages-1:0] tag_q;

  assign valid = {valid_q, valid_i};
  assign tag = {tag_q, tag_t'{row: token_i.last, parameters: token_i.set, write: token_i.last && token_i.write,
                              out: token_i.out, tile_end: token_i.tile_end, job_end: token_i.job_end}};

  always_comb begin
    for (int unsigned s = 0; s < Stages; s++) begin
      row[s] = valid[s] && tag[s].row;
    end
    total = config_i.residual ? row[Stages-1:4] : '0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= valid[Stages-1:0];
  end
  always_ff @(posedge clk_i) begin
    if (|valid) tag_q <= tag[Stages-1:0];
  end

  // --- The scale: stages 1 to 4 --------------------------------------------------------------------------------------
  products_t product_q, scaled_q;
  words_t shifted_q;
  row_t byte_q;

  // Without a scale the sum itself goes on.
  function automatic products_t multiplied(words_t words, words_t multipliers, logic per_channel,
                                           logic [31:0] multiplier, requantise_e requantise);
    for (int unsigned n = 0; n < Dim; n++) begin
      multiplied[n] = 64'(signed'(words[n]));
      if (requantise != RequantiseNone) begin
        multiplied[n] = multiplied[n] * 64'(signed'(per_channel ? multipliers[n] : multiplier));
      end
    end
  endfunction

  function automatic products_t scaled(products_t product, requantise_e requantise);
    for (int unsigned n = 0; n < Dim; n++) begin
      scaled[n] = requantise == RequantiseTwice ? 64'(high_of_doubled(product[n])) : product[n];
    end
  endfunction

  function automatic words_t shifted(products_t value, row_t shifts, logic per_channel, logic [5:0] shift,
                                     requantise_e requantise);
    for (int unsigned n = 0; n < Dim; n++) begin
      logic [5:0] own;
      own = per_channel ? shifts[n][5:0] : shift;
      unique case (requantise)
        RequantiseTwice: shifted[n] = round_shift_half_away(value[n][31:0], own[4:0]);
        RequantiseOnce: shifted[n] = narrowed(round_shift_half_up(value[n], own));
        default: shifted[n] = value[n][31:0];
      endcase
    end
  endfunction

  function automatic row_t bytes_of(words_t words, logic [7:0] zero, logic [7:0] low, logic [7:0] high);
    for (int unsigned n = 0; n < Dim; n++) bytes_of[n] = clamped(words[n], zero, low, high);
  endfunction

  logic [7:0] zero;
  assign zero = config_i.requantise == RequantiseNone ? '0 : config_i.zero;

  always_ff @(posedge clk_i) begin
    if (row[0]) begin
      product_q <= multiplied(words_i, multiplier_i[tag[0].parameters], config_i.per_channel, config_i.multiplier,
                              config_i.requantise);
    end
  end
  always_ff @(posedge clk_i) begin
    if (row[1]) scaled_q <= scaled(product_q, config_i.requantise);
  end
  always_ff @(posedge clk_i) begin
    if (row[2]) begin
      shifted_q <= shifted(scaled_q, shift_i[tag[2].parameters], config_i.per_channel, config_i.shift,
                           config_i.requantise);
    end
  end
  always_ff @(posedge clk_i) begin
    if (row[3]) byte_q <= bytes_of(shifted_q, zero, config_i.low, config_i.high);
  end

  // --- The sum with the residual: stages 5 to 11 ---------------------------------------------------------------------
  products_t left_product_q, right_product_q, sum_q, total_product_q;
  words_t total_q, total_scaled_q, total_shifted_q;

  // (x - zero) << 20 times the multiplier, but for the 20 zeros at its end.
  function automatic products_t distances(row_t bytes, logic [7:0] zero_point, logic [31:0] multiplier);
    for (int unsigned n = 0; n < Dim; n++) begin
      logic signed [8:0] distance;
      distance = 9'(signed'(bytes[n])) - 9'(signed'(zero_point));
      distances[n] = 64'(distance) * 64'(signed'(multiplier));
    end
  endfunction

  // Their doubled high halves side by side; |distance| < 2^8, so that nothing saturates. Or their sum.
  function automatic products_t sum_of_distances(products_t left, products_t right, logic once);
    for (int unsigned n = 0; n < Dim; n++) begin
      sum_of_distances[n] = once ? left[n] + right[n]
                                 : {32'((left[n] + 64'd1024) >> 11), 32'((right[n] + 64'd1024) >> 11)};
    end
  endfunction

  function automatic words_t totals(products_t sum, logic [4:0] left_shift, logic [4:0] right_shift,
                                    logic [5:0] shift, logic once);
    for (int unsigned n = 0; n < Dim; n++) begin
      totals[n] = once ? narrowed(round_shift_half_up(sum[n], shift))
                       : round_shift_half_away(sum[n][63:32], left_shift) +
                         round_shift_half_away(sum[n][31:0], right_shift);
    end
  endfunction

  // A total that was rounded once passes these three as it is.
  function automatic products_t total_products(words_t words, logic [31:0] multiplier, logic once);
    for (int unsigned n = 0; n < Dim; n++) begin
      total_products[n] = 64'(signed'(words[n]));
      if (!once) total_products[n] = total_products[n] * 64'(signed'(multiplier));
    end
  endfunction

  function automatic words_t total_scaled(products_t product, logic once);
    for (int unsigned n = 0; n < Dim; n++) total_scaled[n] = once ? product[n][31:0] : high_of_doubled(product[n]);
  endfunction

  function automatic words_t total_shifted(words_t words, logic [4:0] shift, logic once);
    for (int unsigned n = 0; n < Dim; n++) total_shifted[n] = once ? words[n] : round_shift_half_away(words[n], shift);
  endfunction

  assign residual_ready_o = total[4] && tag[4].write;

  always_ff @(posedge clk_i) begin
    if (total[4]) begin
      left_product_q <= distances(byte_q, config_i.z1, config_i.m1);
      right_product_q <= distances(residual_i, config_i.z2, config_i.m2);
    end
  end
  always_ff @(posedge clk_i) begin
    if (total[5]) sum_q <= sum_of_distances(left_product_q, right_product_q, config_i.total_once);
  end
  always_ff @(posedge clk_i) begin
    if (total[6]) total_q <= totals(sum_q, config_i.s1, config_i.s2, config_i.s3, config_i.total_once);
  end
  always_ff @(posedge clk_i) begin
    if (total[7]) total_product_q <= total_products(total_q, config_i.m3, config_i.total_once);
  end
  always_ff @(posedge clk_i) begin
    if (total[8]) total_scaled_q <= total_scaled(total_product_q, config_i.total_once);
  end
  always_ff @(posedge clk_i) begin
    if (total[9]) total_shifted_q <= total_shifted(total_scaled_q, config_i.s3[4:0], config_i.total_once);
  end

  // --- Rows without a residual wait as they are; then either leaves -------------------------------------------------
  row_t byte_5_q, byte_6_q, byte_7_q, byte_8_q, byte_9_q, byte_10_q, out_q;

  always_ff @(posedge clk_i) begin
    if (row[4]) byte_5_q <= byte_q;
    if (row[5]) byte_6_q <= byte_5_q;
    if (row[6]) byte_7_q <= byte_6_q;
    if (row[7]) byte_8_q <= byte_7_q;
    if (row[8]) byte_9_q <= byte_8_q;
    if (row[9]) byte_10_q <= byte_9_q;
    if (total[10]) out_q <= bytes_of(total_shifted_q, config_i.z3, config_i.low3, config_i.high3);
    else if (row[10]) out_q <= byte_10_q;
  end

  assign write_o.valid = valid[Stages] && tag[Stages].write;
  assign write_o.address = tag[Stages].out;
  assign write_o.data = out_q;
  assign tile_end_o = valid[Stages] && tag[Stages].tile_end;
  assign job_end_o = valid[Stages] && tag[Stages].job_end;

  // --- Assertions ----------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  drain_config_t config_before_q;
  always_ff @(posedge clk_i) config_before_q <= config_i;

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(|valid_q[Stages-2:0]) || config_i == config_before_q)
      else $error("npu_drain: the drain's configuration changes while rows are on their way");
      assert (!(valid_i && token_i.write) || token_i.last)
      else $error("npu_drain: a token writes a row and is not the last of its sum");
    end
  end
`endif
endmodule
