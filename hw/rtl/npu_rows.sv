// The scratchpad side of a move: the rows in which its runs of bytes lie, one a cycle, each run from the first byte of
// a row on.
module npu_rows
  import npu_types_pkg::*;
  import npu_sim_pkg::*;
#(
  localparam int unsigned RowBytesBits = $clog2(Dim + 1)
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic start_i,           // only while not active_o, or with the last next_i
  input  npu_move_pkg::rows_t rows_i,

  output logic active_o,          // a row is offered
  output logic [16:0] address_o,  // counts rows; bit 16 is set if it needs more bits than 16
  output logic outside_o,         // it does not exist
  output logic [RowBytesBits-1:0] bytes_o,
  output logic last_o,            // of the move
  input  logic next_i             // it was taken
);

  logic active_q;
  logic [14:0] done_q;            // rows of the run
  logic [14:0] left_q;            // bytes of the run, the offered row's included
  logic [14:0] run_bytes_q;
  logic run_end, run_last;
  logic [16:0] run_address;

  npu_odometer #(
    .AddressBits(16),
    .BlockStrideBits(16),
    .RowStrideBits(16),
    .PixelStrideBits(8)
  ) odometer (
    .clk_i,
    .rst_ni,
    .start_i,
    .address_i(rows_i.address),
    .blocks_m1_i(rows_i.blocks_m1),
    .rows_m1_i(rows_i.rows_m1),
    .pixels_m1_i(rows_i.pixels_m1),
    .block_stride_i(rows_i.block_stride),
    .row_stride_i(rows_i.row_stride),
    .pixel_stride_i(rows_i.pixel_stride),
    .address_o(run_address),
    .last_o(run_last),
    .next_i(next_i && run_end && !run_last)
  );

  always_comb begin
    address_o = run_address + 17'(done_q);
    run_end = left_q <= 15'(Dim);
    bytes_o = run_end ? left_q[RowBytesBits-1:0] : RowBytesBits'(Dim);
  end

  assign active_o = active_q;
  assign outside_o = address_o >= 17'(SpadRows);
  assign last_o = run_end && run_last;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      done_q <= '0;
      left_q <= '0;
      run_bytes_q <= '0;
    end else if (start_i) begin
      active_q <= 1'b1;
      done_q <= '0;
      left_q <= rows_i.run_bytes;
      run_bytes_q <= rows_i.run_bytes;
    end else if (next_i) begin
      active_q <= !last_o;
      done_q <= run_end ? 15'd0 : done_q + 15'd1;
      left_q <= run_end ? run_bytes_q : left_q - 15'(Dim);
    end
  end

  if (SPAD_UNIT_BYTES != DIM || SPAD_BASE != 0) begin : gen_unit
    $error("an address of spad counts %0d bytes from %0d on; it has to count rows from 0", SPAD_UNIT_BYTES, SPAD_BASE);
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!start_i || !active_q || (next_i && last_o))
      else $error("npu_rows: a move starts at row %0d before another has ended", rows_i.address);
      assert (!next_i || active_q)
      else $error("npu_rows: a row was taken that was not there");
      assert (!active_q || left_q != '0)
      else $error("npu_rows: a row without bytes at %0d", address_o);
    end
  end
`endif

endmodule
