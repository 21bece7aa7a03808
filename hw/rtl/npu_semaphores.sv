// Counters by which the queues wait for each other. All waits and signals of a cycle are served in that cycle, in a
// fixed order: waits of load, execute, store, then signals of load, execute, store. A wait sees a signal one cycle
// later. Counters keep their values from one stream to the next; a reset clears them.
module npu_semaphores
  import npu_types_pkg::*;
#(
  parameter int unsigned Units = 3  // numbered as QUEUE_LOAD, QUEUE_EXECUTE, QUEUE_STORE are
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  wait_request_t [Units-1:0] wait_i,
  output logic [Units-1:0] wait_grant_o,
  input  signal_request_t [Units-1:0] signal_i,
  output logic [Units-1:0] signal_grant_o
);
  // The widths of sync_t's fields `id` and `count`: every number that fits is a semaphore, or a count that it can hold.
  localparam int unsigned IdBits = 4;
  localparam int unsigned CountBits = 8;
  localparam int unsigned Semaphores = 1 << IdBits;
  localparam logic [CountBits-1:0] Maximum = '1;

  logic [Semaphores-1:0][CountBits-1:0] count_d, count_q;

  always_comb begin
    count_d = count_q;
    wait_grant_o = '0;
    signal_grant_o = '0;
    for (int unsigned unit = 0; unit < Units; unit++) begin
      if (wait_i[unit].valid && count_d[wait_i[unit].id] >= wait_i[unit].count) begin
        wait_grant_o[unit] = 1'b1;
        count_d[wait_i[unit].id] -= wait_i[unit].count;
      end
    end
    for (int unsigned unit = 0; unit < Units; unit++) begin
      if (signal_i[unit].valid && count_d[signal_i[unit].id] != Maximum) begin
        signal_grant_o[unit] = 1'b1;
        count_d[signal_i[unit].id] += 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) count_q <= '0;
    else count_q <= count_d;
  end

`ifndef SYNTHESIS
  if (IdBits != $bits(wait_i[0].id) || CountBits != $bits(wait_i[0].count)) begin : gen_widths
    $error("npu_semaphores: %0d and %0d bits, a request has %0d and %0d", IdBits, CountBits, $bits(wait_i[0].id),
           $bits(wait_i[0].count));
  end

  for (genvar unit = 0; unit < Units; unit++) begin : gen_assert
    always_ff @(posedge clk_i) begin
      if (rst_ni) begin
        assert (!wait_i[unit].valid || wait_i[unit].count != '0)
          else $error("npu_semaphores: unit %0d waits for 0 of %0d, a wait is for 1 or more", unit, wait_i[unit].id);
      end
    end
  end
`endif
endmodule
