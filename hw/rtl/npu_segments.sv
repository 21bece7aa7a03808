// Cuts the k of a packed convolution into passes: each takes up to Dim bytes in order, out of at most two rows of the
// kernel (each may straddle two rows of the scratchpad), or of four where an image row never straddles. The next pass
// is cut while the present one runs. After the last one of the kernel it begins again, for the next nb.
module npu_segments
  import npu_types_pkg::*;
  import npu_job_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,

  input  logic start_i,         // from the next cycle on, passes of this job
  // A job has more than is needed here.
  /* verilator lint_off UNUSEDSIGNAL */
  input  job_t job_i,           // constant from then on
  /* verilator lint_on UNUSEDSIGNAL */

  output logic valid_o,
  output segments_t segments_o,
  input  logic next_i           // this pass is done with
);

  localparam int unsigned CountBits = $clog2(OperandPorts + 1);

  // --- Position in the kernel --------------------------------------------------------------------------------------
  logic [5:0] row_q;
  logic [11:0] column_q;
  place_t y_q;
  address_t rows_q;

  // --- The pass that is being cut, and the one that is shown -----------------------------------------------------------
  segments_t cut_q, shown_q;
  logic [CountBits-1:0] count_q;
  logic active_q, complete_q, valid_q;

  logic [11:0] left_in_row, left_in_pass, length;
  logic row_ends, kernel_ends, pass_ends;
  segment_t segment;
  depth_t to;

  assign left_in_row = job_i.columns - column_q;
  assign left_in_pass = 12'(Dim) - 12'(cut_q.depth);
  assign length = left_in_row < left_in_pass ? left_in_row : left_in_pass;
  assign to = cut_q.depth + depth_t'(length);
  assign row_ends = left_in_row <= left_in_pass;
  assign kernel_ends = row_ends && row_q == job_i.rows - 6'd1;
  assign pass_ends = kernel_ends || to == depth_t'(Dim) ||
                     count_q == (job_i.narrow ? CountBits'(OperandPorts - 1) : CountBits'(OperandPorts / 2 - 1));

  always_comb begin
    segment.from = cut_q.depth;
    segment.to = to;
    segment.shift = place_t'({8'd0, column_q}) - place_t'({1'b0, cut_q.depth});
    segment.y = y_q;
    segment.rows = rows_q;
  end

  logic show;
  assign show = complete_q && (!valid_q || next_i);
  assign valid_o = valid_q;
  assign segments_o = shown_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      complete_q <= 1'b0;
      valid_q <= 1'b0;
      count_q <= '0;
      row_q <= '0;
      column_q <= '0;
      y_q <= '0;
      rows_q <= '0;
      cut_q <= '0;
    end else if (start_i) begin
      active_q <= 1'b1;
      complete_q <= 1'b0;
      valid_q <= 1'b0;
      count_q <= '0;
      row_q <= '0;
      column_q <= '0;
      y_q <= '0;
      rows_q <= '0;
      cut_q <= '0;
    end else begin
      if (next_i) begin
        valid_q <= 1'b0;
      end
      if (show) begin
        valid_q <= 1'b1;
        complete_q <= 1'b0;
        count_q <= '0;
        cut_q <= '0;
      end else if (active_q && !complete_q) begin
        cut_q.segment[count_q[CountBits-2:0]] <= segment;
        cut_q.depth <= to;
        cut_q.last <= kernel_ends;
        count_q <= count_q + 1'b1;
        complete_q <= pass_ends;
        column_q <= row_ends ? '0 : column_q + length;
        if (kernel_ends) begin
          row_q <= '0;
          y_q <= '0;
          rows_q <= '0;
        end else if (row_ends) begin
          row_q <= row_q + 6'd1;
          y_q <= y_q + place_t'({1'b0, job_i.dilation_y});
          rows_q <= rows_q + job_i.tap_rows_y;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (show) begin
      shown_q <= cut_q;
    end
  end

  // --- Assertions ------------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && !start_i) begin
      assert (!next_i || valid_q) else $error("npu_segments: the next pass is asked for before this one is there");
      assert (!active_q || complete_q || length != 0) else $error("npu_segments: a run of no bytes");
      assert (!valid_q || shown_q.depth != 0) else $error("npu_segments: a pass of no bytes");
    end
  end
`endif

endmodule
