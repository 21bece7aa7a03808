// Makes a stream of operands: for each pixel of each pass the rows of the input under the window, and the residual's row
// with the last pass. A pixel is issued in the cycle in which the last of its reads is granted, if its tile, its
// parameters and its sum are there; rows that were granted earlier wait here.
module npu_window
  import npu_sim_pkg::*;
  import npu_types_pkg::*;
  import npu_job_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,
  input  logic halt_i,

  input  logic start_i,
  input  job_t start_job_i,
  output job_t job_o,              // that runs
  output logic done_o,             // its last pixel is issued

  // The loader's side.
  input  logic tile_ready_i,
  output logic tile_take_o,
  input  block_t parameters_i,

  output read_request_t [OperandPorts:0] read_o,       // operands, and the residual last
  input  logic [OperandPorts:0] read_grant_i,
  input  row_t [OperandPorts:0] read_data_i,

  // To the datapath.
  output logic operand_valid_o,
  output row_t operand_o,
  output swap_t swap_o,
  output token_t token_o,
  output logic residual_valid_o,
  output row_t residual_o,

  output error_t error_o,
  output logic issue_o,
  output logic [3:0] cause_o       // why none is issued
);

  localparam int unsigned Ports = OperandPorts + 1;
  localparam int unsigned Residual = OperandPorts;
  localparam int unsigned ByteBits = $clog2(Dim);
  localparam int unsigned Spacing = PassCycles;  // of two pixels with one sum, in cycles

  job_t job_q;
  assign job_o = job_q;

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      job_q <= start_job_i;
    end
  end

  logic runs;
  assign runs = job_q.operand == OperandRuns;

  // --- The next pixel ----------------------------------------------------------------------------------------------
  logic walk_active, step, pass_begins, pass_ends, first_pass, last_pass, job_ends, segments_valid;
  place_t y, x;
  address_t address, out, residual;
  acc_address_t sum;
  block_t block;
  segments_t segments;

  npu_walk u_walk (
    .clk_i,
    .rst_ni,
    .start_i,
    .start_job_i,
    .job_i(job_q),
    .pass_last_i(segments.last),
    .step_i(step),
    .active_o(walk_active),
    .y_o(y),
    .x_o(x),
    .address_o(address),
    .sum_o(sum),
    .out_o(out),
    .residual_o(residual),
    .block_o(block),
    .pass_begins_o(pass_begins),
    .pass_ends_o(pass_ends),
    .first_pass_o(first_pass),
    .last_pass_o(last_pass),
    .job_ends_o(job_ends)
  );

  npu_segments u_segments (
    .clk_i,
    .rst_ni,
    .start_i,
    .job_i(job_q),
    .valid_o(segments_valid),
    .segments_o(segments),
    .next_i(step && runs && pass_ends)
  );

  // --- Its reads -----------------------------------------------------------------------------------------------------
  typedef struct packed {
    logic [Ports-1:0] needed;
    address_t [Ports-1:0] address;
    take_t [OperandPorts-1:0] take;
    token_t token;
    swap_t swap;
    logic parameters;       // the pixel begins a block of outputs that has some
    block_t block;
    address_t out;
  } pixel_t;

  pixel_t pixel_d, pixel_q;

  function automatic depth_t at_least(depth_t from, place_t place);
    return place > place_t'({1'b0, from}) ? (place > place_t'(Dim) ? depth_t'(Dim) : depth_t'(place)) : from;
  endfunction

  function automatic depth_t at_most(depth_t to, place_t place);
    return place < place_t'({1'b0, to}) ? (place < 0 ? '0 : depth_t'(place)) : to;
  endfunction

  function automatic logic inside_extent(place_t place, place_t extent);
    return place >= 0 && place < extent;
  endfunction

  always_comb begin
    logic read_low, read_high;
    place_t place, shift, rows_on;
    address_t image_row;
    depth_t from, to, turn;
    read_low = 1'b0;
    read_high = 1'b0;
    place = '0;
    shift = '0;
    rows_on = '0;
    image_row = '0;
    from = '0;
    to = '0;
    turn = '0;

    pixel_d = '0;
    if (job_q.operand == OperandRows) begin
      pixel_d.needed[0] = inside_extent(y, place_t'({1'b0, job_q.height})) &&
                          inside_extent(x, place_t'({1'b0, job_q.width}));
      pixel_d.address[0] = address;
      pixel_d.take[0].to = pixel_d.needed[0] ? depth_t'(Dim) : '0;
    end else if (runs) begin
      for (int unsigned run = 0; run < OperandPorts; run++) begin
        // Byte b of the operand is byte shift + b of the image row; from byte `turn` on it lies in the next scratchpad row.
        place = y + segments.segment[run].y;
        shift = x + segments.segment[run].shift;
        rows_on = shift >>> ByteBits;
        image_row = address + segments.segment[run].rows;
        from = at_least(segments.segment[run].from, -shift);
        to = at_most(segments.segment[run].to, place_t'({1'b0, job_q.width}) - shift);
        if (from >= to || !inside_extent(place, place_t'({1'b0, job_q.height}))) begin
          from = '0;
          to = '0;
        end
        pixel_d.take[run].from = from;
        pixel_d.take[run].to = to;
        pixel_d.take[run].rotate = shift[ByteBits-1:0];
        turn = depth_t'(Dim) - depth_t'({1'b0, shift[ByteBits-1:0]});
        read_low = from != to && from < turn;
        read_high = from != to && to > turn;
        if (job_q.narrow) begin
          pixel_d.needed[run] = from != to;
          pixel_d.address[run] = image_row;
        end else if (run < OperandPorts / 2) begin
          pixel_d.needed[2*run%OperandPorts] = read_low;
          pixel_d.needed[(2*run+1)%OperandPorts] = read_high;
          pixel_d.address[2*run%OperandPorts] = image_row + address_t'(rows_on);
          pixel_d.address[(2*run+1)%OperandPorts] = image_row + address_t'(rows_on) + 32'd1;
        end
      end
    end
    pixel_d.needed[Residual] = last_pass && job_q.config_.residual;
    pixel_d.address[Residual] = residual;

    pixel_d.token.first = first_pass && job_q.starts;
    pixel_d.token.bias = job_q.bias;
    pixel_d.token.maximum = job_q.maximum;
    pixel_d.token.last = last_pass && job_q.drains;
    pixel_d.token.sum = sum;
    pixel_d.token.set = block[0];
    pixel_d.token.write = last_pass && job_q.drains;
    pixel_d.token.out = spad_address_t'(out);
    pixel_d.token.tile_end = pass_ends && last_pass;
    pixel_d.token.job_end = job_ends;
    pixel_d.out = out;
    pixel_d.block = block;
    pixel_d.parameters = pass_begins && first_pass && (job_q.bias || job_q.config_.per_channel);

    pixel_d.swap.valid = pass_begins && job_q.tile != TileNothing;
    pixel_d.swap.kind = job_q.tile == TileDiagonal ? SwapDiagonal :
                        job_q.tile == TileIdentity ? SwapIdentity : SwapRows;
    pixel_d.swap.rows = runs ? segments.depth : job_q.depth;
  end

  // --- The pixel whose reads are asked for -----------------------------------------------------------------------------
  logic valid_q;
  logic [Ports-1:0] granted_q, granted, exists, refused;
  logic bad, loaded, parameters_there, apart, complete, issue;

  always_comb begin
    for (int unsigned port = 0; port < Ports; port++) begin
      exists[port] = pixel_q.address[port] < SpadRows;
    end
  end

  always_comb begin
    for (int unsigned port = 0; port < Ports; port++) begin
      read_o[port].valid = valid_q && !halt_i && !bad && pixel_q.needed[port] && !granted_q[port];
      read_o[port].address = spad_address_t'(pixel_q.address[port]);
    end
  end

  assign bad = |(pixel_q.needed & ~exists) || (pixel_q.token.write && pixel_q.out >= SpadRows);
  assign granted = granted_q | read_grant_i;
  assign refused = pixel_q.needed & ~granted;
  assign loaded = !pixel_q.swap.valid || pixel_q.swap.kind == SwapIdentity || tile_ready_i;
  // Blocks are counted modulo 256, and the two sides are near each other.
  block_t ahead;
  assign ahead = parameters_i - pixel_q.block;
  assign parameters_there = !pixel_q.parameters || (ahead != '0 && !ahead[7]);
  assign complete = refused == '0;
  assign issue = valid_q && !halt_i && !bad && complete && loaded && parameters_there && apart;

  assign step = walk_active && (!runs || segments_valid) && (!valid_q || issue);
  assign issue_o = issue;
  assign done_o = issue && pixel_q.token.job_end;
  assign tile_take_o = issue && pixel_q.swap.valid && pixel_q.swap.kind != SwapIdentity;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      granted_q <= '0;
    end else begin
      if (step) begin
        valid_q <= 1'b1;
      end else if (issue) begin
        valid_q <= 1'b0;
      end
      granted_q <= issue ? '0 : granted;
    end
  end

  always_ff @(posedge clk_i) begin
    if (step) begin
      pixel_q <= pixel_d;
    end
  end

  // --- Sums that are under way -------------------------------------------------------------------------------------------
  logic [Spacing-2:0] recent_valid_q;
  acc_address_t [Spacing-2:0] recent_sum_q;

  always_comb begin
    apart = 1'b1;
    for (int unsigned i = 0; i < Spacing - 1; i++) begin
      if (recent_valid_q[i] && recent_sum_q[i] == pixel_q.token.sum && !pixel_q.token.first) begin
        apart = 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      recent_valid_q <= '0;
      recent_sum_q <= '0;
    end else begin
      recent_valid_q <= {recent_valid_q[Spacing-3:0], issue && !pixel_q.token.last};
      recent_sum_q <= {recent_sum_q[Spacing-3:0], pixel_q.token.sum};
    end
  end

  // --- One cycle later its rows are here; one more, and they are aligned -----------------------------------------------
  logic data_valid_q;
  logic [OperandPorts-1:0] data_now_q;
  take_t [OperandPorts-1:0] data_take_q;
  token_t data_token_q;
  swap_t data_swap_q;
  row_t [OperandPorts-1:0] held_q, rows;
  row_t operand;
  logic residual_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      data_valid_q <= 1'b0;
      data_now_q <= '0;
      residual_q <= 1'b0;
      operand_valid_o <= 1'b0;
      swap_o <= '0;
    end else begin
      data_valid_q <= issue;
      data_now_q <= read_grant_i[OperandPorts-1:0];
      residual_q <= read_grant_i[Residual];
      operand_valid_o <= data_valid_q;
      swap_o <= data_swap_q;
      swap_o.valid <= data_valid_q && data_swap_q.valid;
    end
  end

  always_comb begin
    for (int unsigned port = 0; port < OperandPorts; port++) begin
      rows[port] = data_now_q[port] ? read_data_i[port] : held_q[port];
    end
  end

  npu_align u_align (
    .packed_i(runs),
    .narrow_i(job_q.narrow),
    .take_i(data_take_q),
    .rows_i(rows),
    .outside_i(job_q.outside),
    .operand_o(operand)
  );

  always_ff @(posedge clk_i) begin
    if (issue) begin
      data_take_q <= pixel_q.take;
      data_token_q <= pixel_q.token;
      data_swap_q <= pixel_q.swap;
    end
    if (data_valid_q) begin
      operand_o <= operand;
      token_o <= data_token_q;
    end
    for (int unsigned port = 0; port < OperandPorts; port++) begin
      if (data_now_q[port]) begin
        held_q[port] <= read_data_i[port];
      end
    end
  end

  assign residual_valid_o = residual_q;
  assign residual_o = read_data_i[Residual];

  // --- Errors, account -----------------------------------------------------------------------------------------------------
  always_comb begin
    error_o = '0;
    error_o.valid = valid_q && !halt_i && bad;
    error_o.code = CODE_ERROR_SCRATCHPAD_ADDRESS;
    error_o.index = job_q.index;
    error_o.address = pixel_q.out;
    for (int unsigned port = Ports; port > 0; port--) begin
      if (pixel_q.needed[port-1] && !exists[port-1]) begin
        error_o.address = pixel_q.address[port-1];
      end
    end
  end

  always_comb begin
    if (!valid_q) begin
      cause_o = CODE_CAUSE_SETUP;
    end else if (!loaded || !parameters_there) begin
      cause_o = CODE_CAUSE_WEIGHTS;
    end else if (|refused[OperandPorts-1:0]) begin
      cause_o = CODE_CAUSE_OPERAND_BANK;
    end else if (refused[Residual]) begin
      cause_o = CODE_CAUSE_RESIDUAL_BANK;
    end else begin
      cause_o = CODE_CAUSE_HAZARD;
    end
  end

  // --- Assertions ----------------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!start_i || (!valid_q && !walk_active)) else $error("npu_window: a job starts while another one runs");
      for (int unsigned port = 0; port < Ports; port++) begin
        assert (!read_grant_i[port] || read_o[port].valid)
        else $error("npu_window: port %0d is granted a read that it did not ask for", port);
      end
      assert (!issue || !pixel_q.token.write || pixel_q.out <= job_q.out_end)
      else $error("npu_window: row %0d is written, past %0d", pixel_q.out, job_q.out_end);
    end
  end
`endif

endmodule
