// The DRAM side of a move: cuts its runs of bytes into bursts that cross no boundary of BurstBeats * BusBytes bytes,
// one a cycle, and says which of them lie beyond the memory before anyone sends them.
module npu_bursts
  import npu_types_pkg::*;
  import npu_sim_pkg::*;
#(
  localparam int unsigned BlockBytes = BurstBeats * BusBytes,
  localparam int unsigned BurstBytesBits = $clog2(BlockBytes + 1)
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic start_i,           // only while not active_o
  input  npu_move_pkg::dram_t dram_i,

  output logic active_o,          // a burst is offered
  output logic [31:0] address_o,  // of its first byte; all ones if it needs more bits
  output logic outside_o,         // no byte of it exists
  output logic [BurstBytesBits-1:0] bytes_o,
  output logic [3:0] beats_m1_o,
  output logic last_o,            // of the move
  input  logic next_i             // it was taken
);

  localparam int unsigned BeatBits = $clog2(BusBytes);

  logic active_q;
  logic [19:0] done_q, left_q;      // bytes of the run
  logic [19:0] run_bytes_q;
  logic [BurstBytesBits-1:0] room;  // up to the next boundary
  logic run_end, run_last;
  logic [32:0] run_address, address;

  npu_odometer #(
    .AddressBits(32),
    .BlockStrideBits(32),
    .RowStrideBits(24),
    .PixelStrideBits(24)
  ) odometer (
    .clk_i,
    .rst_ni,
    .start_i,
    .address_i(dram_i.address),
    .blocks_m1_i(dram_i.blocks_m1),
    .rows_m1_i(dram_i.rows_m1),
    .pixels_m1_i(dram_i.pixels_m1),
    .block_stride_i(dram_i.block_stride),
    .row_stride_i(dram_i.row_stride),
    .pixel_stride_i(dram_i.pixel_stride),
    .address_o(run_address),
    .last_o(run_last),
    .next_i(next_i && run_end && !run_last)
  );

  always_comb begin
    address = run_address + 33'(done_q);
    room = BurstBytesBits'(BlockBytes) - BurstBytesBits'(address[$clog2(BlockBytes)-1:0]);
    run_end = left_q <= 20'(room);
    bytes_o = run_end ? left_q[BurstBytesBits-1:0] : room;
    beats_m1_o = 4'((BurstBytesBits'(address[BeatBits-1:0]) + bytes_o - BurstBytesBits'(1)) >> BeatBits);
  end

  assign active_o = active_q;
  assign address_o = address[32] ? '1 : address[31:0];
  assign outside_o = address >= 33'(DRAM_BYTES);
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
      left_q <= dram_i.run_bytes;
      run_bytes_q <= dram_i.run_bytes;
    end else if (next_i) begin
      active_q <= !last_o;
      done_q <= run_end ? 20'd0 : done_q + 20'(bytes_o);
      left_q <= run_end ? run_bytes_q : left_q - 20'(bytes_o);
    end
  end

  // A burst lies inside or outside as a whole only if the memory ends at a boundary.
  if (DRAM_BYTES % longint'(BlockBytes) != 0 || DRAM_BYTES > 64'sh1_0000_0000) begin : gen_memory
    $error("dram has %0d bytes; bursts need a multiple of %0d, at most 4 GiB", DRAM_BYTES, BlockBytes);
  end
  if (DRAM_UNIT_BYTES != 1 || DRAM_BASE != 0) begin : gen_unit
    $error("an address of dram counts %0d bytes from %0d on; it has to count 1 from 0", DRAM_UNIT_BYTES, DRAM_BASE);
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!start_i || !active_q)
      else $error("npu_bursts: a move starts at %h before another has ended", dram_i.address);
      assert (!next_i || active_q)
      else $error("npu_bursts: a burst was taken that was not there");
      assert (!active_q || (left_q != '0 && bytes_o != '0 && bytes_o <= room))
      else $error("npu_bursts: %0d bytes at %h of %0d left and room for %0d", bytes_o, address, left_q, room);
    end
  end
`endif

endmodule
