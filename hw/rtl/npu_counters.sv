// Counts a unit's cycles by their cause: one counter for each cause that a cycle can have.
module npu_counters
  import npu_types_pkg::*;
#(
  parameter int unsigned Causes = 16
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic clear_i,
  input  logic count_i,                           // this cycle belongs to a stream
  input  logic [$clog2(Causes)-1:0] cause_i,
  input  logic [$clog2(Causes)-1:0] read_i,       // which counter is on cycles_o
  output logic [31:0] cycles_o
);
  logic [31:0] cycles_q [Causes];

  assign cycles_o = cycles_q[read_i];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int unsigned cause = 0; cause < Causes; cause++) cycles_q[cause] <= '0;
    end else if (clear_i) begin
      for (int unsigned cause = 0; cause < Causes; cause++) cycles_q[cause] <= '0;
    end else if (count_i) begin
      cycles_q[cause_i] <= cycles_q[cause_i] + 32'd1;
    end
  end
endmodule
