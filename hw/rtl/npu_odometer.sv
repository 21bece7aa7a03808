// Where the runs of a move begin: three nested counts (blocks, rows, pixels) with a stride each. Both sides of both
// directions use it, for byte addresses in DRAM and for rows of the scratchpad.
module npu_odometer #(
  parameter int unsigned AddressBits = 32,
  parameter int unsigned BlockStrideBits = 32,
  parameter int unsigned RowStrideBits = 24,
  parameter int unsigned PixelStrideBits = 24
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic start_i,  // takes all of these
  input  logic [AddressBits-1:0] address_i,
  input  logic [9:0] blocks_m1_i,
  input  logic [9:0] rows_m1_i,
  input  logic [13:0] pixels_m1_i,
  input  logic [BlockStrideBits-1:0] block_stride_i,
  input  logic [RowStrideBits-1:0] row_stride_i,
  input  logic [PixelStrideBits-1:0] pixel_stride_i,

  // One bit more than an address, so that none wraps to a place that exists: the first one that needs it is an error,
  // and nobody goes on from there.
  output logic [AddressBits:0] address_o,
  output logic last_o,
  input  logic next_i
);

  typedef logic [AddressBits:0] address_t;

  address_t block_q, row_q, pixel_q;  // where the present one of each begins
  address_t block_next, row_next, pixel_next;
  logic [9:0] blocks_left_q, rows_left_q, rows_m1_q;
  logic [13:0] pixels_left_q, pixels_m1_q;
  logic [BlockStrideBits-1:0] block_stride_q;
  logic [RowStrideBits-1:0] row_stride_q;
  logic [PixelStrideBits-1:0] pixel_stride_q;

  assign address_o = pixel_q;
  assign last_o = blocks_left_q == '0 && rows_left_q == '0 && pixels_left_q == '0;

  assign block_next = block_q + address_t'(block_stride_q);
  assign row_next = row_q + address_t'(row_stride_q);
  assign pixel_next = pixel_q + address_t'(pixel_stride_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      block_q <= '0;
      row_q <= '0;
      pixel_q <= '0;
      blocks_left_q <= '0;
      rows_left_q <= '0;
      pixels_left_q <= '0;
    end else if (start_i) begin
      block_q <= {1'b0, address_i};
      row_q <= {1'b0, address_i};
      pixel_q <= {1'b0, address_i};
      blocks_left_q <= blocks_m1_i;
      rows_left_q <= rows_m1_i;
      pixels_left_q <= pixels_m1_i;
    end else if (next_i) begin
      if (pixels_left_q != '0) begin
        pixels_left_q <= pixels_left_q - 14'd1;
        pixel_q <= pixel_next;
      end else if (rows_left_q != '0) begin
        pixels_left_q <= pixels_m1_q;
        rows_left_q <= rows_left_q - 10'd1;
        row_q <= row_next;
        pixel_q <= row_next;
      end else begin
        pixels_left_q <= pixels_m1_q;
        rows_left_q <= rows_m1_q;
        blocks_left_q <= blocks_left_q - 10'd1;
        block_q <= block_next;
        row_q <= block_next;
        pixel_q <= block_next;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      rows_m1_q <= rows_m1_i;
      pixels_m1_q <= pixels_m1_i;
      block_stride_q <= block_stride_i;
      row_stride_q <= row_stride_i;
      pixel_stride_q <= pixel_stride_i;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && next_i && !start_i) begin
      assert (!last_o)
      else $error("npu_odometer: a step past the last of its runs, at %h", address_o);
    end
  end
`endif

endmodule
