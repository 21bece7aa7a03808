// Reads rows of weights and of parameters ahead of the window: two adjacent rows a cycle, tile after tile in the order of
// the window's passes, the parameters of a block of outputs before its first tile. A few rows wait here, so that the
// next tile goes into the shadow as soon as this one has left it.
module npu_loader
  import npu_sim_pkg::*;
  import npu_types_pkg::*;
  import npu_job_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,
  input  logic halt_i,

  input  logic start_i,
  input  job_t job_i,
  output logic idle_o,

  // Rows that a job before is still to write; nothing of them is read.
  input  logic guard_valid_i,
  input  address_t guard_first_i,
  input  address_t guard_last_i,

  input  logic tile_end_i,            // a block of outputs has left the datapath

  output read_request_t [1:0] read_o,
  input  logic [1:0] read_grant_i,
  input  row_t [1:0] read_data_i,

  // To the datapath.
  output logic [1:0] weight_valid_o,
  output logic [$clog2(Dim)-1:0] weight_row_o,
  output row_t [1:0] weight_o,
  output logic weight_diagonal_o,
  output parameter_write_t [1:0] parameter_o,

  // To the window.
  output logic tile_ready_o,          // a pixel that is issued now may make the shadow's tile active
  input  logic tile_take_i,           // and does
  output block_t parameters_o,        // blocks before this one have theirs

  output error_t error_o
);

  typedef enum logic [1:0] {LoadBias, LoadMultiplier, LoadShift, LoadTile} phase_e;

  // --- The job, and where the loader is in it ------------------------------------------------------------------------
  // A job has more than the loader needs.
  /* verilator lint_off UNUSEDSIGNAL */
  job_t job_q;
  /* verilator lint_on UNUSEDSIGNAL */
  logic active_q;
  phase_e phase_q, phase_d;
  logic [6:0] nb_q;
  logic [5:0] row_q;
  logic [11:0] column_q;
  logic [7:0] tile_block_q;           // of input channels
  block_t block_q;                    // of outputs
  depth_t done_q;                     // rows of the phase that are read
  address_t weights_q, bias_q, multiplier_q, shift_q;

  logic has_tiles, pieces, segments_valid, segments_next;
  // The loader needs only how many rows a pass has.
  /* verilator lint_off UNUSEDSIGNAL */
  segments_t segments;
  /* verilator lint_on UNUSEDSIGNAL */
  assign has_tiles = job_q.tile == TileRows || job_q.tile == TileDiagonal;
  assign pieces = job_q.operand == OperandRuns;

  npu_segments u_segments (
    .clk_i,
    .rst_ni,
    .start_i,
    .job_i(job_q),
    .valid_o(segments_valid),
    .segments_o(segments),
    .next_i(segments_next)
  );

  // --- Rows of the phase -----------------------------------------------------------------------------------------------
  localparam int unsigned WordsInRow = Dim / 4;
  depth_t rows;
  address_t base;

  always_comb begin
    unique case (phase_q)
      LoadBias: begin
        rows = depth_t'((32'(job_q.n) + WordsInRow - 1) / WordsInRow);
        base = bias_q;
      end
      LoadMultiplier: begin
        rows = depth_t'((32'(job_q.n) + WordsInRow - 1) / WordsInRow);
        base = multiplier_q;
      end
      LoadShift: begin
        rows = depth_t'(1);
        base = shift_q;
      end
      default: begin
        rows = job_q.tile == TileDiagonal ? depth_t'(1) : pieces ? segments.depth : job_q.depth;
        base = weights_q;
      end
    endcase
  end

  // --- Requests --------------------------------------------------------------------------------------------------------
  localparam int unsigned Waiting = 4;  // pairs of rows; they bridge the two cycles from a request to the shadow
  logic [$clog2(Waiting+1)-1:0] usage;
  logic flight_valid_q, allowed, two, bad, finishes;
  logic [1:0] guarded, taken;
  address_t first_address, second_address;
  address_t [1:0] address;

  assign first_address = base + address_t'(done_q);
  assign second_address = first_address + 32'd1;
  assign address = {second_address, first_address};
  assign two = done_q + depth_t'(1) < rows;

  always_comb begin
    for (int unsigned i = 0; i < 2; i++) begin
      guarded[i] = guard_valid_i && address[i] >= guard_first_i && address[i] <= guard_last_i;
    end
  end

  block_t ended_q, under_way;         // blocks of outputs that have left the datapath
  assign under_way = block_q - ended_q;

  always_comb begin
    allowed = active_q && !halt_i;
    if (phase_q == LoadTile) begin
      allowed &= 32'(usage) + 32'(flight_valid_q) < Waiting && (!pieces || segments_valid);
    end else begin
      // The set of this block was that of the block before last.
      allowed &= under_way <= 8'd1;
    end
  end

  assign bad = address[0] >= SpadRows || (two && address[1] >= SpadRows);

  // What is granted is worked out apart from what is asked for: the scratchpad's answer comes in the same cycle.
  always_comb begin
    read_o[0].valid = allowed && !bad && !guarded[0];
    read_o[1].valid = allowed && !bad && !guarded[0] && two && !guarded[1];
    read_o[0].address = spad_address_t'(first_address);
    read_o[1].address = spad_address_t'(second_address);
  end

  // The second row alone is of no use.
  assign taken = {&read_grant_i, read_grant_i[0]};
  assign finishes = taken[0] && done_q + (taken[1] ? depth_t'(2) : depth_t'(1)) == rows;

  always_comb begin
    error_o = '0;
    error_o.valid = allowed && bad;
    error_o.code = CODE_ERROR_SCRATCHPAD_ADDRESS;
    error_o.address = address[0] >= SpadRows ? address[0] : address[1];
    error_o.index = job_q.index;
  end

  // --- What comes next -------------------------------------------------------------------------------------------------
  logic last_parameters, tile_block_last, column_last, row_last, kernel_last, nb_ends, job_ends;

  function automatic phase_e first_phase(logic bias, logic per_channel);
    return bias ? LoadBias : per_channel ? LoadMultiplier : LoadTile;
  endfunction

  assign last_parameters = phase_q == LoadShift || (phase_q == LoadBias && !job_q.config_.per_channel);
  assign tile_block_last = tile_block_q == job_q.blocks - 8'd1;
  assign column_last = column_q == job_q.columns - 12'd1;
  assign row_last = row_q == job_q.rows - 6'd1;
  assign kernel_last = pieces ? segments.last : tile_block_last && column_last && row_last;
  assign segments_next = finishes && phase_q == LoadTile && pieces;

  always_comb begin
    phase_d = phase_q;
    nb_ends = 1'b0;
    unique case (phase_q)
      LoadBias: phase_d = job_q.config_.per_channel ? LoadMultiplier : LoadTile;
      LoadMultiplier: phase_d = LoadShift;
      LoadShift: phase_d = LoadTile;
      default: nb_ends = kernel_last;
    endcase
    if (last_parameters && !has_tiles) begin
      nb_ends = 1'b1;
    end
    if (nb_ends) begin
      phase_d = first_phase(job_q.bias, job_q.config_.per_channel);
    end
  end

  assign job_ends = nb_ends && nb_q == job_q.nb - 7'd1;
  assign idle_o = !active_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      phase_q <= LoadBias;
      nb_q <= '0;
      row_q <= '0;
      column_q <= '0;
      tile_block_q <= '0;
      done_q <= '0;
      block_q <= '0;
    end else if (start_i) begin
      active_q <= 1'b1;
      phase_q <= first_phase(job_i.bias, job_i.config_.per_channel);
      nb_q <= '0;
      row_q <= '0;
      column_q <= '0;
      tile_block_q <= '0;
      done_q <= '0;
      block_q <= job_i.block;
    end else if (finishes) begin
      active_q <= !job_ends;
      phase_q <= phase_d;
      done_q <= '0;
      if (phase_q == LoadTile && !pieces) begin
        tile_block_q <= tile_block_last ? '0 : tile_block_q + 8'd1;
        if (tile_block_last) begin
          column_q <= column_last ? '0 : column_q + 12'd1;
          if (column_last) begin
            row_q <= row_last ? '0 : row_q + 6'd1;
          end
        end
      end
      if (nb_ends) begin
        nb_q <= nb_q + 7'd1;
        block_q <= block_q + 8'd1;
      end
    end else if (taken[0]) begin
      done_q <= done_q + (taken[1] ? depth_t'(2) : depth_t'(1));
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      job_q <= job_i;
      weights_q <= {16'd0, job_i.weights};
      bias_q <= {16'd0, job_i.bias_rows};
      multiplier_q <= {16'd0, job_i.multiplier_rows};
      shift_q <= {16'd0, job_i.shift_rows};
    end else if (finishes) begin
      if (phase_q == LoadTile) begin
        weights_q <= weights_q + address_t'(rows);
      end
      if (nb_ends) begin
        // Four rows hold Dim words of 32 bits, whatever Dim is.
        bias_q <= bias_q + 32'd4;
        multiplier_q <= multiplier_q + 32'd4;
        shift_q <= shift_q + 32'd1;
      end
    end
  end

  // --- What has been granted comes in ------------------------------------------------------------------------------------
  typedef struct packed {
    logic second;
    logic last;                       // of its tile
    logic diagonal;
    logic [$clog2(Dim)-1:0] row;
    row_t [1:0] data;
  } entry_t;

  logic flight_second_q, flight_last_q, flight_diagonal_q, flight_tile_q, flight_done_q;
  logic [$clog2(Dim)-1:0] flight_row_q;
  phase_e flight_phase_q;
  block_t flight_block_q, parameters_q;
  assign parameters_o = parameters_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      flight_valid_q <= 1'b0;
      ended_q <= '0;
      parameters_q <= '0;
    end else begin
      flight_valid_q <= taken[0];
      if (tile_end_i) begin
        ended_q <= ended_q + 8'd1;
      end
      if (flight_valid_q && flight_done_q) begin
        parameters_q <= flight_block_q + 8'd1;
      end else if (start_i) begin
        parameters_q <= job_i.block;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (taken[0]) begin
      flight_second_q <= taken[1];
      flight_last_q <= finishes;
      flight_diagonal_q <= job_q.tile == TileDiagonal;
      flight_tile_q <= phase_q == LoadTile;
      flight_done_q <= finishes && last_parameters;
      flight_row_q <= ($clog2(Dim))'(done_q);
      flight_phase_q <= phase_q;
      flight_block_q <= block_q;
    end
  end

  always_comb begin
    for (int unsigned i = 0; i < 2; i++) begin
      parameter_o[i].valid = flight_valid_q && !flight_tile_q && (i == 0 || flight_second_q);
      parameter_o[i].set = flight_block_q[0];
      parameter_o[i].kind = flight_phase_q == LoadBias ? ParameterBias :
                            flight_phase_q == LoadMultiplier ? ParameterMultiplier : ParameterShift;
      parameter_o[i].part = 4'(flight_row_q) + 4'(i);
      parameter_o[i].data = read_data_i[i];
    end
  end

  // --- Rows that wait for the shadow -------------------------------------------------------------------------------------
  entry_t [Waiting-1:0] entries_q;
  logic [$clog2(Waiting)-1:0] head_q, tail_q, after_head;
  logic [$clog2(Waiting+1)-1:0] usage_q;
  logic push, pop;
  entry_t head;

  assign usage = usage_q;
  assign push = flight_valid_q && flight_tile_q;
  assign head = entries_q[head_q];
  assign after_head = head_q + 1'b1;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      head_q <= '0;
      tail_q <= '0;
      usage_q <= '0;
    end else begin
      head_q <= head_q + ($clog2(Waiting))'(pop);
      tail_q <= tail_q + ($clog2(Waiting))'(push);
      usage_q <= usage_q + ($clog2(Waiting + 1))'(push) - ($clog2(Waiting + 1))'(pop);
    end
  end

  always_ff @(posedge clk_i) begin
    if (push) begin
      entries_q[tail_q] <= '{
        second: flight_second_q,
        last: flight_last_q,
        diagonal: flight_diagonal_q,
        row: flight_row_q,
        data: read_data_i
      };
    end
  end

  assign weight_valid_o = {pop && head.second, pop};
  assign weight_row_o = head.row;
  assign weight_o = head.data;
  assign weight_diagonal_o = head.diagonal;

  // --- The shadow ----------------------------------------------------------------------------------------------------------
  // A pixel that is issued now reaches the datapath two cycles later; until then the tile that it swaps in stays, and no
  // other one may claim the shadow.
  logic full_q, claimed_q, swaps_q, swaps_late_q, head_ends, second_ends;

  assign pop = usage_q != '0 && (!full_q || swaps_late_q);
  assign head_ends = usage_q != '0 && head.last;
  assign second_ends = 32'(usage_q) > 1 && entries_q[after_head].last;

  always_comb begin
    if (claimed_q && !swaps_late_q) begin
      tile_ready_o = 1'b0;
    end else if (full_q && !swaps_late_q) begin
      tile_ready_o = 1'b1;
    end else begin
      // The rest is here and goes in before the pixel arrives.
      tile_ready_o = head_ends || second_ends;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      full_q <= 1'b0;
      claimed_q <= 1'b0;
      swaps_q <= 1'b0;
      swaps_late_q <= 1'b0;
    end else begin
      swaps_q <= tile_take_i;
      swaps_late_q <= swaps_q;
      if (pop && head.last) begin
        full_q <= 1'b1;
      end else if (swaps_late_q) begin
        full_q <= 1'b0;
      end
      if (tile_take_i) begin
        claimed_q <= 1'b1;
      end else if (swaps_late_q) begin
        claimed_q <= 1'b0;
      end
    end
  end

  // --- Assertions ------------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!start_i || !active_q) else $error("npu_loader: a job starts while another one is read");
      assert (!tile_take_i || tile_ready_o) else $error("npu_loader: a tile is taken that is not there");
      assert (!swaps_late_q || full_q) else $error("npu_loader: the shadow is swapped before its tile is complete");
      assert (!push || 32'(usage_q) < Waiting) else $error("npu_loader: a row has no place to wait");
      assert (!guard_valid_i || guard_last_i >= guard_first_i)
      else $error("npu_loader: rows %0d to %0d are guarded", guard_first_i, guard_last_i);
    end
  end
`endif

endmodule
