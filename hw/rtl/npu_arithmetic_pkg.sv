// The scalar operations that requantising is made of, bit for bit as the description's semantics define them:
// doubling_high_multiply, round_shift_half_away, round_shift_half_up and clamp. A shift must be less than the width.
package npu_arithmetic_pkg;

  // doubling_high_multiply of 32 bits, from the operands' product: floor((2p + 2^31) / 2^32). Only the product of two
  // minima, 2^62, is too large, and saturates.
  function automatic logic [31:0] high_of_doubled(logic [63:0] product);
    return product[63:62] == 2'b01 ? 32'h7fff_ffff : 32'((product + 64'h4000_0000) >> 31);
  endfunction

  // floor(x / 2^shift + 1/2), less for a negative half: it is enough to begin one lower there.
  function automatic logic [31:0] round_shift_half_away(logic [31:0] x, logic [4:0] shift);
    logic signed [32:0] sum;
    logic [31:0] half;
    half = (32'd1 << shift) >> 1;
    sum = signed'({x[31], x}) + signed'({1'b0, half}) - signed'({32'd0, x[31] && shift != '0});
    return 32'(sum >>> shift);
  endfunction

  // floor(x / 2^shift + 1/2).
  function automatic logic [63:0] round_shift_half_up(logic [63:0] x, logic [5:0] shift);
    logic signed [64:0] sum;
    sum = signed'({x[63], x}) + signed'({1'b0, (64'd1 << shift) >> 1});
    return 64'(sum >>> shift);
  endfunction

  // The value of 64 bits as one of 32 that clamps to the same byte, also after a byte is added to it.
  function automatic logic [31:0] narrowed(logic [63:0] x);
    if (x[63:30] == {34{x[63]}}) return x[31:0];
    return x[63] ? 32'hc000_0000 : 32'h3fff_ffff;
  endfunction

  // min(max(x + zero, low), high), of bytes but for x; the sum wraps.
  function automatic logic [7:0] clamped(logic [31:0] x, logic [7:0] zero, logic [7:0] low, logic [7:0] high);
    logic signed [31:0] value;
    value = signed'(x) + 32'(signed'(zero));
    if (value < 32'(signed'(low))) value = 32'(signed'(low));
    if (value > 32'(signed'(high))) value = 32'(signed'(high));
    return value[7:0];
  endfunction

endpackage
