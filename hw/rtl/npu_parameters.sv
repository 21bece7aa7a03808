// Two sets of what a tile of outputs needs for each channel: bias, multiplier and shift. One set is filled while the
// other is in use.
module npu_parameters
  import npu_types_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,
  input  parameter_write_t [1:0] write_i,
  output words_t [1:0] bias_o,
  output words_t [1:0] multiplier_o,
  output row_t [1:0] shift_o
);
  localparam int unsigned Parts = 4;  // rows of Dim bytes that Dim words take
  typedef row_t [Parts-1:0] parts_t;

  words_t [1:0] bias_q, multiplier_q;
  row_t [1:0] shift_q;

  function automatic words_t with_part(words_t words, logic [$clog2(Parts)-1:0] part, row_t data);
    parts_t parts = words;
    parts[part] = data;
    return parts;
  endfunction

  function automatic words_t [1:0] with_words(words_t [1:0] words, logic [1:0] kind, parameter_write_t [1:0] writes);
    with_words = words;
    for (int unsigned i = 0; i < 2; i++) begin
      if (writes[i].valid && writes[i].kind == kind) begin
        with_words[writes[i].set] =
            with_part(with_words[writes[i].set], writes[i].part[$clog2(Parts)-1:0], writes[i].data);
      end
    end
  endfunction

  function automatic row_t [1:0] with_shifts(row_t [1:0] shifts, parameter_write_t [1:0] writes);
    with_shifts = shifts;
    for (int unsigned i = 0; i < 2; i++) begin
      if (writes[i].valid && writes[i].kind == ParameterShift) with_shifts[writes[i].set] = writes[i].data;
    end
  endfunction

  always_ff @(posedge clk_i) begin
    if (write_i[0].valid || write_i[1].valid) begin
      bias_q <= with_words(bias_q, ParameterBias, write_i);
      multiplier_q <= with_words(multiplier_q, ParameterMultiplier, write_i);
      shift_q <= with_shifts(shift_q, write_i);
    end
  end

  assign bias_o = bias_q;
  assign multiplier_o = multiplier_q;
  assign shift_o = shift_q;

  // --- Assertions ----------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < 2; i++) begin
      if (rst_ni) begin
        assert (!write_i[i].valid || 32'(write_i[i].part) < (write_i[i].kind == ParameterShift ? 1 : Parts))
        else $error("npu_parameters: part %0d of parameters of kind %0d; words have %0d, shifts one",
                    write_i[i].part, write_i[i].kind, Parts);
        assert (!write_i[i].valid || write_i[i].kind <= ParameterShift)
        else $error("npu_parameters: parameters of kind %0d; the kinds are 0 to %0d", write_i[i].kind, ParameterShift);
      end
    end
  end
`endif
endmodule
