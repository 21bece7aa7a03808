// A stream of bytes between pieces of two widths, none of them aligned: what a bus delivers in beats leaves in rows
// (load), and what the scratchpad delivers in rows leaves in beats (store).
module npu_bytes #(
  parameter int unsigned InBytes = 16,   // most in a cycle
  parameter int unsigned OutBytes = 16,
  parameter int unsigned Capacity = 48,  // whoever pushes keeps count: there is no refusal
  localparam int unsigned InBits = $clog2(InBytes + 1),
  localparam int unsigned OutBits = $clog2(OutBytes + 1),
  localparam int unsigned CountBits = $clog2(Capacity + 1)
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic [InBits-1:0] push_bytes_i,       // 0 for none
  input  logic [InBytes-1:0][7:0] push_data_i,  // those above push_bytes_i don't count

  output logic [CountBits-1:0] count_o,
  output logic [OutBytes-1:0][7:0] data_o,      // the next ones; zeros beyond count_o
  input  logic [OutBits-1:0] pop_bytes_i        // 0 for none, at most count_o
);

  logic [Capacity-1:0][7:0] data_q, data_d;
  logic [CountBits-1:0] count_q, count_d, kept;
  logic [InBytes-1:0][7:0] pushed;

  assign count_o = count_q;
  assign data_o = data_q[OutBytes-1:0];

  always_comb begin
    for (int unsigned place = 0; place < InBytes; place++) begin
      pushed[place] = InBits'(place) < push_bytes_i ? push_data_i[place] : 8'd0;
    end
  end

  assign kept = count_q - CountBits'(pop_bytes_i);

  always_comb begin
    data_d = data_q;
    count_d = kept;
    if (pop_bytes_i != '0) begin
      data_d = data_d >> {pop_bytes_i, 3'b000};
    end
    if (push_bytes_i != '0) begin
      data_d = data_d | ((8 * Capacity)'(pushed) << {kept, 3'b000});
      count_d = kept + CountBits'(push_bytes_i);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      data_q <= '0;
      count_q <= '0;
    end else if (pop_bytes_i != '0 || push_bytes_i != '0) begin
      data_q <= data_d;
      count_q <= count_d;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (32'(pop_bytes_i) <= 32'(count_q))
      else $error("npu_bytes: %0d bytes are to leave and %0d are there", pop_bytes_i, count_q);
      assert (32'(count_q) - 32'(pop_bytes_i) + 32'(push_bytes_i) <= Capacity)
      else $error("npu_bytes: %0d bytes more than %0d do not fit", push_bytes_i, kept);
      assert (32'(push_bytes_i) <= InBytes && 32'(pop_bytes_i) <= OutBytes)
      else $error("npu_bytes: %0d in, %0d out", push_bytes_i, pop_bytes_i);
    end
  end
`endif

endmodule
