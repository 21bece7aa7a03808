// The AXI4-Lite side of the registers: address and data of a write may come in any order; one write and one read are
// under way at a time. What an offset means, and whether it exists, is npu_registers' matter.
module npu_axil (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic [11:0] s_axil_awaddr_i,
  input  logic s_axil_awvalid_i,
  output logic s_axil_awready_o,
  input  logic [31:0] s_axil_wdata_i,
  input  logic [3:0] s_axil_wstrb_i,
  input  logic s_axil_wvalid_i,
  output logic s_axil_wready_o,
  output logic [1:0] s_axil_bresp_o,
  output logic s_axil_bvalid_o,
  input  logic s_axil_bready_i,
  input  logic [11:0] s_axil_araddr_i,
  input  logic s_axil_arvalid_i,
  output logic s_axil_arready_o,
  output logic [31:0] s_axil_rdata_o,
  output logic [1:0] s_axil_rresp_o,
  output logic s_axil_rvalid_o,
  input  logic s_axil_rready_i,
  // A write is done in the cycle of write_o; reads have no effects. Answers come in the same cycle.
  output logic write_o,
  output logic [11:0] write_offset_o,
  output logic [31:0] write_data_o,
  output logic [31:0] write_mask_o,
  input  logic write_ok_i,
  output logic [11:0] read_offset_o,
  input  logic [31:0] read_data_i,
  input  logic read_ok_i
);
  localparam logic [1:0] Okay = 2'b00;
  localparam logic [1:0] SlaveError = 2'b10;

  logic address_valid_q, data_valid_q, answer_valid_q, answer_ok_q, value_valid_q, value_ok_q, read;
  logic [11:0] address_q;
  logic [31:0] data_q, value_q;
  logic [3:0] strobe_q;

  assign s_axil_awready_o = !address_valid_q;
  assign s_axil_wready_o = !data_valid_q;
  assign s_axil_bvalid_o = answer_valid_q;
  assign s_axil_bresp_o = answer_ok_q ? Okay : SlaveError;
  assign s_axil_arready_o = !value_valid_q;
  assign s_axil_rvalid_o = value_valid_q;
  assign s_axil_rdata_o = value_q;
  assign s_axil_rresp_o = value_ok_q ? Okay : SlaveError;

  assign write_o = address_valid_q && data_valid_q && !answer_valid_q;
  assign write_offset_o = address_q;
  assign write_data_o = data_q;
  assign write_mask_o = {{8{strobe_q[3]}}, {8{strobe_q[2]}}, {8{strobe_q[1]}}, {8{strobe_q[0]}}};
  assign read = s_axil_arvalid_i && s_axil_arready_o;
  assign read_offset_o = s_axil_araddr_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      address_valid_q <= 1'b0;
      data_valid_q <= 1'b0;
      answer_valid_q <= 1'b0;
      value_valid_q <= 1'b0;
    end else begin
      if (s_axil_awvalid_i && s_axil_awready_o) address_valid_q <= 1'b1;
      else if (write_o) address_valid_q <= 1'b0;
      if (s_axil_wvalid_i && s_axil_wready_o) data_valid_q <= 1'b1;
      else if (write_o) data_valid_q <= 1'b0;
      if (write_o) answer_valid_q <= 1'b1;
      else if (s_axil_bready_i) answer_valid_q <= 1'b0;
      if (read) value_valid_q <= 1'b1;
      else if (s_axil_rready_i) value_valid_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (s_axil_awvalid_i && s_axil_awready_o) address_q <= s_axil_awaddr_i;
    if (s_axil_wvalid_i && s_axil_wready_o) begin
      data_q <= s_axil_wdata_i;
      strobe_q <= s_axil_wstrb_i;
    end
    if (write_o) answer_ok_q <= write_ok_i;
    if (read) begin
      value_q <= read_data_i;
      value_ok_q <= read_ok_i;
    end
  end
endmodule
