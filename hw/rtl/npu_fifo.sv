// A queue in registers, so that what produces and what consumes need not keep step: the command queues, the stream of
// words, and the small buffers within the units. A word that is pushed can be popped one cycle later.
module npu_fifo #(
  parameter type T = logic,
  parameter int unsigned Depth = 2  // any number from 1; need not be a power of two
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic valid_i,
  input  T data_i,
  output logic ready_o,             // never depends on valid_i or ready_i
  output logic valid_o,
  output T data_o,
  input  logic ready_i,
  output logic [$clog2(Depth + 1)-1:0] usage_o
);
  localparam int unsigned PointerBits = Depth > 1 ? $clog2(Depth) : 1;
  localparam int unsigned UsageBits = $clog2(Depth + 1);

  T data_q [Depth];
  logic [PointerBits-1:0] head_q, tail_q;
  logic [UsageBits-1:0] usage_q;
  logic push, pop;

  assign ready_o = usage_q != UsageBits'(Depth);
  assign valid_o = usage_q != '0;
  assign data_o = data_q[head_q];
  assign usage_o = usage_q;
  assign push = valid_i && ready_o;
  assign pop = valid_o && ready_i;

  function automatic logic [PointerBits-1:0] following(logic [PointerBits-1:0] place);
    return place == PointerBits'(Depth - 1) ? '0 : place + PointerBits'(1);
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      head_q <= '0;
      tail_q <= '0;
      usage_q <= '0;
    end else begin
      if (push) tail_q <= following(tail_q);
      if (pop) head_q <= following(head_q);
      usage_q <= usage_q + UsageBits'(push) - UsageBits'(pop);
    end
  end

  // Without a reset, so that synthesis may take a memory for it.
  always_ff @(posedge clk_i) begin
    if (push) data_q[tail_q] <= data_i;
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert ((head_q == tail_q) == (!valid_o || !ready_o))
        else $error("npu_fifo: head %0d and tail %0d do not fit %0d words", head_q, tail_q, usage_q);
    end
  end
`endif
endmodule
