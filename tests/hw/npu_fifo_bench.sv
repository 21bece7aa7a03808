// npu_fifo at three depths, since a bench cannot choose the type of a module's parameter.
module npu_fifo_bench (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic [2:0] valid_i,
  input  logic [2:0][36:0] data_i,
  output logic [2:0] ready_o,
  output logic [2:0] valid_o,
  output logic [2:0][36:0] data_o,
  input  logic [2:0] ready_i,
  output logic [2:0][4:0] usage_o
);
  localparam int unsigned Depths [3] = '{1, 5, 16};

  for (genvar i = 0; i < 3; i++) begin : gen_queues
    logic [$clog2(Depths[i] + 1)-1:0] usage;
    assign usage_o[i] = 5'(usage);

    npu_fifo #(
      .T(logic [36:0]),
      .Depth(Depths[i])
    ) u_fifo (
      .clk_i,
      .rst_ni,
      .valid_i(valid_i[i]),
      .data_i(data_i[i]),
      .ready_o(ready_o[i]),
      .valid_o(valid_o[i]),
      .data_o(data_o[i]),
      .ready_i(ready_i[i]),
      .usage_o(usage)
    );
  end
endmodule
