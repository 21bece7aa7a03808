// Checks of one direction of an AXI4 channel pair, for assertions alone: the beats of an ID are those of its bursts, in
// the bursts' order, and the last beat of each says so.
`ifndef SYNTHESIS
module npu_axi_order #(
  parameter int unsigned Ids = 2,
  parameter int unsigned Outstanding = 32,
  localparam int unsigned IdBits = Ids > 1 ? $clog2(Ids) : 1
) (
  input logic clk_i,
  input logic rst_ni,
  input logic burst_i,  // an address was taken
  input logic [IdBits-1:0] burst_id_i,
  input logic [3:0] burst_beats_m1_i,
  input logic beat_i,   // a beat was taken
  input logic [IdBits-1:0] beat_id_i,
  input logic beat_last_i
);
  localparam int unsigned CountBits = $clog2(Outstanding + 1);
  localparam int unsigned PlaceBits = $clog2(Outstanding);

  for (genvar id = 0; id < Ids; id++) begin : gen_ids
    logic [3:0] lengths[Outstanding];
    logic [PlaceBits-1:0] head_q, tail_q;
    logic [CountBits-1:0] count_q;
    logic [3:0] beat_q;
    logic burst, beat, ended;

    assign burst = burst_i && burst_id_i == IdBits'(id);
    assign beat = beat_i && beat_id_i == IdBits'(id);
    assign ended = beat && beat_last_i;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        head_q <= '0;
        tail_q <= '0;
        count_q <= '0;
        beat_q <= '0;
      end else begin
        if (burst) begin
          tail_q <= tail_q + PlaceBits'(1);
        end
        if (ended) begin
          head_q <= head_q + PlaceBits'(1);
        end
        count_q <= count_q + CountBits'(burst) - CountBits'(ended);
        if (beat) begin
          beat_q <= beat_last_i ? 4'd0 : beat_q + 4'd1;
        end
      end
    end

    always_ff @(posedge clk_i) begin
      if (burst) begin
        lengths[tail_q] <= burst_beats_m1_i;
      end
      if (rst_ni) begin
        assert (!beat || count_q != '0)
        else $error("npu_axi_order: a beat of ID %0d without a burst", id);
        assert (!beat || count_q == '0 || beat_last_i == (beat_q == lengths[head_q]))
        else $error("npu_axi_order: beat %0d of %0d of ID %0d has last %0d", beat_q, lengths[head_q], id, beat_last_i);
        assert (!burst || ended || count_q != CountBits'(Outstanding))
        else $error("npu_axi_order: more than %0d bursts of ID %0d", Outstanding, id);
      end
    end
  end

  if ((1 << PlaceBits) != Outstanding) begin : gen_size
    $error("%0d bursts outstanding; the checks need a power of two", Outstanding);
  end
endmodule
`endif
