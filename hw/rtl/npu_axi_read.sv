// The read half of the AXI4 master: bursts of two clients, commands (0, first at AR) and data (1), told apart by their
// ID. A burst once offered to the bus stays there whatever its client does, so that a client may stop at any time; a
// client that takes no beats holds up the other one, so each asks only for what it can take in the end.
module npu_axi_read
  import npu_types_pkg::*;
#(
  parameter int unsigned Outstanding = 32  // bursts of both clients
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic [1:0] burst_valid_i,
  input  logic [1:0][31:0] burst_address_i,  // multiples of BusBytes
  input  logic [1:0][3:0] burst_beats_m1_i,
  output logic [1:0] burst_ready_o,

  output logic [1:0] beat_valid_o,
  output logic [8*BusBytes-1:0] beat_data_o,
  output logic beat_last_o,
  output logic beat_error_o,
  input  logic [1:0] beat_ready_i,

  output logic quiet_o,  // nothing is offered or outstanding

  output logic [1:0] m_axi_arid_o,
  output logic [31:0] m_axi_araddr_o,
  output logic [7:0] m_axi_arlen_o,
  output logic [2:0] m_axi_arsize_o,
  output logic [1:0] m_axi_arburst_o,
  output logic m_axi_arlock_o,
  output logic [3:0] m_axi_arcache_o,
  output logic [2:0] m_axi_arprot_o,
  output logic [3:0] m_axi_arqos_o,
  output logic m_axi_arvalid_o,
  input  logic m_axi_arready_i,

  input  logic [1:0] m_axi_rid_i,
  input  logic [8*BusBytes-1:0] m_axi_rdata_i,
  input  logic [1:0] m_axi_rresp_i,
  input  logic m_axi_rlast_i,
  input  logic m_axi_rvalid_i,
  output logic m_axi_rready_o
);

  localparam int unsigned CountBits = $clog2(Outstanding + 1);
  localparam logic [1:0] Incrementing = 2'b01;
  localparam logic [1:0] Okay = 2'b00;
  localparam logic [1:0] ExclusiveOkay = 2'b01;

  typedef struct packed {
    logic client;
    logic [31:0] address;
    logic [3:0] beats_m1;
  } burst_t;

  // --- AR ------------------------------------------------------------------------------------------------------------
  burst_t burst_q;
  logic burst_valid_q;
  logic [CountBits-1:0] outstanding_q;  // offered ones included
  logic client, accept, ended;

  assign client = !burst_valid_i[0];

  always_comb begin
    accept = (!burst_valid_q || m_axi_arready_i) && outstanding_q != CountBits'(Outstanding);
    burst_ready_o = '0;
    burst_ready_o[client] = accept;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      burst_valid_q <= 1'b0;
      burst_q <= '0;
    end else if (accept && burst_valid_i != '0) begin
      burst_valid_q <= 1'b1;
      burst_q <= '{client: client, address: burst_address_i[client], beats_m1: burst_beats_m1_i[client]};
    end else if (m_axi_arready_i) begin
      burst_valid_q <= 1'b0;
    end
  end

  assign m_axi_arid_o = {1'b0, burst_q.client};
  assign m_axi_araddr_o = burst_q.address;
  assign m_axi_arlen_o = {4'b0, burst_q.beats_m1};
  assign m_axi_arsize_o = 3'($clog2(BusBytes));
  assign m_axi_arburst_o = Incrementing;
  assign m_axi_arlock_o = 1'b0;
  assign m_axi_arcache_o = 4'b0011;  // normal memory, not cached, may be buffered
  assign m_axi_arprot_o = 3'b000;
  assign m_axi_arqos_o = 4'b0000;
  assign m_axi_arvalid_o = burst_valid_q;

  // --- R -------------------------------------------------------------------------------------------------------------
  always_comb begin
    beat_valid_o = '0;
    beat_valid_o[m_axi_rid_i[0]] = m_axi_rvalid_i;
    m_axi_rready_o = beat_ready_i[m_axi_rid_i[0]];
  end

  assign beat_data_o = m_axi_rdata_i;
  assign beat_last_o = m_axi_rlast_i;
  assign beat_error_o = m_axi_rresp_i != Okay && m_axi_rresp_i != ExclusiveOkay;
  assign ended = m_axi_rvalid_i && m_axi_rready_o && m_axi_rlast_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      outstanding_q <= '0;
    end else begin
      outstanding_q <= outstanding_q + CountBits'(accept && burst_valid_i != '0) - CountBits'(ended);
    end
  end

  assign quiet_o = outstanding_q == '0;

  // --- Assertions ----------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  burst_t past_burst_q;
  logic past_waits_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      past_waits_q <= 1'b0;
      past_burst_q <= '0;
    end else begin
      past_waits_q <= m_axi_arvalid_o && !m_axi_arready_i;
      past_burst_q <= burst_q;
    end
  end

  npu_axi_order #(.Ids(2), .Outstanding(Outstanding)) order (
    .clk_i,
    .rst_ni,
    .burst_i(m_axi_arvalid_o && m_axi_arready_i),
    .burst_id_i(burst_q.client),
    .burst_beats_m1_i(burst_q.beats_m1),
    .beat_i(m_axi_rvalid_i && m_axi_rready_o),
    .beat_id_i(m_axi_rid_i[0]),
    .beat_last_i(m_axi_rlast_i)
  );

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!past_waits_q || (m_axi_arvalid_o && burst_q == past_burst_q))
      else $error("npu_axi_read: AR changed before it was taken, from %h to %h", past_burst_q, burst_q);
      assert (!m_axi_arvalid_o || m_axi_araddr_o[3:0] == '0)
      else $error("npu_axi_read: address %h is no multiple of %0d", m_axi_araddr_o, BusBytes);
      assert (!m_axi_arvalid_o || 9'(m_axi_araddr_o[11:4]) + 9'(m_axi_arlen_o) < 9'd256)
      else $error("npu_axi_read: %0d beats from %h on cross 4 KiB", m_axi_arlen_o + 1, m_axi_araddr_o);
      assert (!m_axi_rvalid_i || !m_axi_rid_i[1])
      else $error("npu_axi_read: a beat with ID %0d, which no client has", m_axi_rid_i);
    end
  end
`endif

endmodule
