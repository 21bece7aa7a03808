// The loops of a job: for each nb, for each pass, for each y, for each x. Keeps where the pixel's window, its sum and its
// row of results lie by adding on a step and reloading on a wrap; no multiplier.
module npu_walk
  import npu_types_pkg::*;
  import npu_job_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,

  input  logic start_i,
  // A job has more than is needed here.
  /* verilator lint_off UNUSEDSIGNAL */
  input  job_t start_job_i,
  input  job_t job_i,             // the same, from the next cycle on
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic pass_last_i,       // (packed) of the kernel
  input  logic step_i,

  output logic active_o,          // there is a pixel
  output place_t y_o,             // place of its window in the input; packed: its first kernel row, and byte
  output place_t x_o,
  output address_t address_o,     // of that place; packed: of the image row
  output acc_address_t sum_o,
  output address_t out_o,
  output address_t residual_o,
  output block_t block_o,
  output logic pass_begins_o,
  output logic pass_ends_o,
  output logic first_pass_o,
  output logic last_pass_o,
  output logic job_ends_o
);

  // --- State -----------------------------------------------------------------------------------------------------------
  logic active_q, first_pass_q, begins_q;
  logic [6:0] nb_q;
  logic [5:0] tap_row_q;
  logic [11:0] tap_column_q;
  logic [7:0] tap_block_q;
  logic [10:0] row_q, column_q;
  block_t block_q;

  // Addresses and places, by the loop that moves them.
  address_t nb_address_q, tap_row_address_q, tap_column_address_q, pass_address_q, row_address_q, address_q;
  place_t pass_y_q, pass_x_q, y_q, x_q;
  address_t nb_out_q, row_out_q, out_q, nb_residual_q, row_residual_q, residual_q;
  acc_address_t nb_sum_q, sum_q;

  // --- Which loops wrap --------------------------------------------------------------------------------------------------
  logic column_last, row_last, tap_block_last, tap_column_last, tap_row_last, nb_last, last_pass, runs;
  assign runs = job_i.operand == OperandRuns;
  assign column_last = column_q == job_i.x - 11'd1;
  assign row_last = row_q == job_i.y - 11'd1;
  assign tap_block_last = tap_block_q == job_i.blocks - 8'd1;
  assign tap_column_last = tap_column_q == job_i.columns - 12'd1;
  assign tap_row_last = tap_row_q == job_i.rows - 6'd1;
  assign last_pass = runs ? pass_last_i : tap_block_last && tap_column_last && tap_row_last;
  assign nb_last = nb_q == job_i.nb - 7'd1;

  assign active_o = active_q;
  assign y_o = y_q;
  assign x_o = x_q;
  assign address_o = address_q;
  assign sum_o = sum_q;
  assign out_o = out_q;
  assign residual_o = residual_q;
  assign block_o = block_q;
  assign pass_begins_o = begins_q;
  assign pass_ends_o = column_last && row_last;
  assign first_pass_o = first_pass_q;
  assign last_pass_o = last_pass;
  assign job_ends_o = pass_ends_o && last_pass && nb_last;

  // --- The next pass's first place -----------------------------------------------------------------------------------------
  address_t pass_address_d, tap_row_address_d, tap_column_address_d, nb_address_d;
  place_t pass_y_d, pass_x_d;

  always_comb begin
    nb_address_d = nb_address_q;
    tap_row_address_d = tap_row_address_q;
    tap_column_address_d = tap_column_address_q;
    pass_address_d = pass_address_q;
    pass_y_d = pass_y_q;
    pass_x_d = pass_x_q;
    if (last_pass) begin
      nb_address_d = job_i.nb_moves ? nb_address_q + address_t'(job_i.plane) : nb_address_q;
      tap_row_address_d = nb_address_d;
      tap_column_address_d = nb_address_d;
      pass_address_d = nb_address_d;
      pass_y_d = job_i.first_y;
      pass_x_d = job_i.first_x;
    end else if (runs) begin
      pass_address_d = pass_address_q;  // the run says how far below the window's first row it lies
    end else if (!tap_block_last) begin
      pass_address_d = pass_address_q + address_t'(job_i.plane);
    end else if (!tap_column_last) begin
      tap_column_address_d = tap_column_address_q + job_i.tap_rows_x;
      pass_address_d = tap_column_address_d;
      pass_x_d = pass_x_q + place_t'({1'b0, job_i.dilation_x});
    end else begin
      tap_row_address_d = tap_row_address_q + job_i.tap_rows_y;
      tap_column_address_d = tap_row_address_d;
      pass_address_d = tap_row_address_d;
      pass_x_d = job_i.first_x;
      pass_y_d = pass_y_q + place_t'({1'b0, job_i.dilation_y});
    end
  end

  // --- Counters ------------------------------------------------------------------------------------------------------------
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      first_pass_q <= 1'b0;
      begins_q <= 1'b0;
      nb_q <= '0;
      tap_row_q <= '0;
      tap_column_q <= '0;
      tap_block_q <= '0;
      row_q <= '0;
      column_q <= '0;
      block_q <= '0;
    end else if (start_i) begin
      active_q <= 1'b1;
      first_pass_q <= 1'b1;
      begins_q <= 1'b1;
      nb_q <= '0;
      tap_row_q <= '0;
      tap_column_q <= '0;
      tap_block_q <= '0;
      row_q <= '0;
      column_q <= '0;
      block_q <= start_job_i.block;
    end else if (step_i) begin
      begins_q <= pass_ends_o;
      column_q <= column_last ? '0 : column_q + 11'd1;
      if (column_last) begin
        row_q <= row_last ? '0 : row_q + 11'd1;
      end
      if (pass_ends_o) begin
        first_pass_q <= last_pass;
        if (!runs) begin
          tap_block_q <= tap_block_last ? '0 : tap_block_q + 8'd1;
          if (tap_block_last) begin
            tap_column_q <= tap_column_last ? '0 : tap_column_q + 12'd1;
            if (tap_column_last) begin
              tap_row_q <= tap_row_last ? '0 : tap_row_q + 6'd1;
            end
          end
        end
        if (last_pass) begin
          nb_q <= nb_q + 7'd1;
          block_q <= block_q + 8'd1;
          active_q <= !nb_last;
        end
      end
    end
  end

  // --- The window ------------------------------------------------------------------------------------------------------------
  always_ff @(posedge clk_i) begin
    if (start_i) begin
      nb_address_q <= start_job_i.address;
      tap_row_address_q <= start_job_i.address;
      tap_column_address_q <= start_job_i.address;
      pass_address_q <= start_job_i.address;
      row_address_q <= start_job_i.address;
      address_q <= start_job_i.address;
      pass_y_q <= start_job_i.first_y;
      pass_x_q <= start_job_i.first_x;
      y_q <= start_job_i.first_y;
      x_q <= start_job_i.first_x;
    end else if (step_i) begin
      if (!column_last) begin
        x_q <= x_q + place_t'({1'b0, job_i.move_x});
        address_q <= address_q + job_i.pixel_rows_x;
      end else if (!row_last) begin
        x_q <= pass_x_q;
        y_q <= y_q + place_t'({1'b0, job_i.move_y});
        row_address_q <= row_address_q + job_i.pixel_rows_y;
        address_q <= row_address_q + job_i.pixel_rows_y;
      end else begin
        nb_address_q <= nb_address_d;
        tap_row_address_q <= tap_row_address_d;
        tap_column_address_q <= tap_column_address_d;
        pass_address_q <= pass_address_d;
        row_address_q <= pass_address_d;
        address_q <= pass_address_d;
        pass_y_q <= pass_y_d;
        pass_x_q <= pass_x_d;
        y_q <= pass_y_d;
        x_q <= pass_x_d;
      end
    end
  end

  // --- Sums, results, residual -------------------------------------------------------------------------------------------------
  always_ff @(posedge clk_i) begin
    if (start_i) begin
      nb_sum_q <= start_job_i.sum;
      sum_q <= start_job_i.sum;
      nb_out_q <= start_job_i.out;
      row_out_q <= start_job_i.out;
      out_q <= start_job_i.out;
      nb_residual_q <= start_job_i.residual;
      row_residual_q <= start_job_i.residual;
      residual_q <= start_job_i.residual;
    end else if (step_i) begin
      if (!column_last) begin
        sum_q <= sum_q + 1'b1;
        out_q <= out_q + address_t'(job_i.out_step);
        residual_q <= residual_q + address_t'(job_i.residual_step);
      end else if (!row_last) begin
        sum_q <= sum_q + 1'b1;
        row_out_q <= row_out_q + address_t'(job_i.out_pitch);
        out_q <= row_out_q + address_t'(job_i.out_pitch);
        row_residual_q <= row_residual_q + address_t'(job_i.residual_pitch);
        residual_q <= row_residual_q + address_t'(job_i.residual_pitch);
      end else if (!last_pass) begin
        sum_q <= nb_sum_q;
        row_out_q <= nb_out_q;
        out_q <= nb_out_q;
        row_residual_q <= nb_residual_q;
        residual_q <= nb_residual_q;
      end else begin
        // Sums at an address lie one after the other for all nb; a command's own are free again.
        nb_sum_q <= job_i.addressed ? sum_q + 1'b1 : nb_sum_q;
        sum_q <= job_i.addressed ? sum_q + 1'b1 : nb_sum_q;
        nb_out_q <= nb_out_q + address_t'(job_i.out_plane);
        row_out_q <= nb_out_q + address_t'(job_i.out_plane);
        out_q <= nb_out_q + address_t'(job_i.out_plane);
        nb_residual_q <= nb_residual_q + address_t'(job_i.residual_plane);
        row_residual_q <= nb_residual_q + address_t'(job_i.residual_plane);
        residual_q <= nb_residual_q + address_t'(job_i.residual_plane);
      end
    end
  end

  // --- Assertions --------------------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!step_i || active_q) else $error("npu_walk: a step after the last pixel");
      assert (!start_i || !active_q) else $error("npu_walk: a job starts while another one runs");
    end
  end
`endif

endmodule
