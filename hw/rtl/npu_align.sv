// Makes an operand out of the rows that were read for it: the row itself, or, for packed images, runs of bytes out of up
// to four rows, each turned to its place. What no run covers lies outside the image.
module npu_align
  import npu_types_pkg::*;
  import npu_job_pkg::*;
(
  input  logic packed_i,
  input  logic narrow_i,                      // run s lies in row s, else in rows 2 s and 2 s + 1
  input  take_t [OperandPorts-1:0] take_i,
  input  row_t [OperandPorts-1:0] rows_i,
  input  logic [7:0] outside_i,
  output row_t operand_o
);

  localparam int unsigned ByteBits = $clog2(Dim);

  always_comb begin
    logic [ByteBits:0] place;
    row_t low, high;
    place = '0;
    low = '0;
    high = '0;
    operand_o = {Dim{outside_i}};
    if (!packed_i) begin
      if (take_i[0].to != '0) begin
        operand_o = rows_i[0];
      end
    end else begin
      for (int unsigned run = 0; run < OperandPorts; run++) begin
        if (take_i[run].from != take_i[run].to) begin
          low = narrow_i ? rows_i[run] : rows_i[2*run%OperandPorts];
          high = narrow_i ? rows_i[run] : rows_i[(2*run+1)%OperandPorts];
          for (int unsigned byte_ = 0; byte_ < Dim; byte_++) begin
            place = {1'b0, take_i[run].rotate} + (ByteBits + 1)'(byte_);
            if (depth_t'(byte_) >= take_i[run].from && depth_t'(byte_) < take_i[run].to) begin
              operand_o[byte_] = place[ByteBits] ? high[place[ByteBits-1:0]] : low[place[ByteBits-1:0]];
            end
          end
        end
      end
    end
  end

endmodule
