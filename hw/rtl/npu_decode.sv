// Turns a command of the execute queue, with the registers as they are, into a job: which of its loops, reads, sums and
// roundings an opcode asks for. Products of settings (addresses of the window, sizes) are left to the sequencer.
module npu_decode
  import npu_sim_pkg::*;
  import npu_types_pkg::*;
  import npu_job_pkg::*;
(
  // Waits and signals are the sequencer's.
  /* verilator lint_off UNUSEDSIGNAL */
  input  conv_t word_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  settings_t settings_i,
  output job_t job_o,       // without index, block, products, and out_end; address, out and sum are those of the word
  output logic legal_o      // all settings that the command needs are in range by themselves
);

  typedef enum logic [2:0] {ShapeDense, ShapePacked, ShapeTaps, ShapeDrain, ShapeAdd, ShapeNone} shape_e;

  // --- What an opcode asks for -------------------------------------------------------------------------------------
  shape_e shape;
  logic per_channel, once, sums, starts;

  always_comb begin
    shape = ShapeNone;
    per_channel = 1'b0;
    once = 1'b0;
    sums = 1'b0;      // they lie at an address
    starts = 1'b1;
    unique case (word_i.op)
      CONV_OP, CONV_ADD_OP: begin
        shape = ShapeDense;
        per_channel = 1'b1;
      end
      CONV_TENSOR_OP: shape = ShapeDense;
      CONV_ONCE_OP: begin
        shape = ShapeDense;
        once = 1'b1;
      end
      CONV_PACKED_OP: begin
        shape = ShapePacked;
        per_channel = 1'b1;
      end
      DEPTHWISE_OP: begin
        shape = ShapeTaps;
        per_channel = 1'b1;
      end
      DEPTHWISE_ONCE_OP: begin
        shape = ShapeTaps;
        once = 1'b1;
      end
      MAX_POOL_OP: shape = ShapeTaps;
      CONV_START_OP: begin
        shape = ShapeDense;
        sums = 1'b1;
      end
      CONV_MORE_OP: begin
        shape = ShapeDense;
        sums = 1'b1;
        starts = 1'b0;
      end
      DRAIN_OP: begin
        shape = ShapeDrain;
        per_channel = 1'b1;
        sums = 1'b1;
        starts = 1'b0;
      end
      DRAIN_TENSOR_OP: begin
        shape = ShapeDrain;
        sums = 1'b1;
        starts = 1'b0;
      end
      DRAIN_ONCE_OP: begin
        shape = ShapeDrain;
        once = 1'b1;
        sums = 1'b1;
        starts = 1'b0;
      end
      ADD_OP: shape = ShapeAdd;
      default: ;
    endcase
  end

  logic maximum, add, residual, drains, requantises;
  assign maximum = word_i.op == MAX_POOL_OP;
  assign add = shape == ShapeAdd;
  assign residual = add || word_i.op == CONV_ADD_OP;
  assign drains = !(sums && shape == ShapeDense);
  assign requantises = drains && !add && !maximum;

  // --- The job ---------------------------------------------------------------------------------------------------------
  always_comb begin
    job_o = '0;
    job_o.nb = {1'b0, word_i.nb} + 7'd1;
    job_o.y = settings_i.kernel.y;
    job_o.x = settings_i.kernel.x;

    job_o.rows = 6'd1;
    job_o.columns = 12'd1;
    job_o.blocks = 8'd1;
    job_o.operand = OperandRows;
    job_o.depth = shape == ShapeDense || shape == ShapeTaps ? depth_t'(settings_i.kernel.c) : '0;
    job_o.n = depth_t'(shape == ShapeTaps ? settings_i.kernel.c : settings_i.kernel.n);
    job_o.height = settings_i.input_.height;
    job_o.width = settings_i.input_.width;
    job_o.first_y = -place_t'($signed(word_i.top));
    job_o.first_x = -place_t'($signed(settings_i.input_.left));
    job_o.move_y = settings_i.input_.sy;
    job_o.move_x = {5'd0, settings_i.input_.sx};
    job_o.dilation_y = 4'd1;
    job_o.dilation_x = 4'd1;
    job_o.address = {16'd0, word_i.input_};
    job_o.plane = settings_i.input_.plane;
    job_o.outside = settings_i.input_.zero;

    unique case (shape)
      ShapeDense: begin
        job_o.tile = TileRows;
        job_o.rows = settings_i.kernel.rows;
        job_o.columns = settings_i.kernel.columns;
        job_o.blocks = settings_i.kernel.blocks;
        job_o.dilation_y = settings_i.input_.dil_y;
        job_o.dilation_x = settings_i.input_.dil_x;
      end
      ShapePacked: begin
        job_o.operand = OperandRuns;
        job_o.tile = TileRows;
        job_o.rows = settings_i.kernel.rows;
        job_o.columns = settings_i.kernel.columns;
        job_o.narrow = settings_i.input_.width <= 14'(Dim);
        job_o.move_x = settings_i.input_.byte_step;
        job_o.dilation_y = settings_i.input_.dil_y;
      end
      ShapeTaps: begin
        job_o.tile = maximum ? TileIdentity : TileDiagonal;
        job_o.rows = settings_i.kernel.rows;
        job_o.columns = settings_i.kernel.columns;
        job_o.nb_moves = 1'b1;
      end
      ShapeAdd: begin
        // The input is what the output is: no place of it lies outside.
        job_o.tile = TileIdentity;
        job_o.nb_moves = 1'b1;
        job_o.height = {1'b0, settings_i.kernel.y};
        job_o.width = {3'd0, settings_i.kernel.x};
        job_o.first_y = '0;
        job_o.first_x = '0;
        job_o.move_y = 3'd1;
        job_o.move_x = 8'd1;
      end
      default: begin
        job_o.operand = OperandNothing;
        job_o.tile = TileNothing;
        job_o.outside = '0;
      end
    endcase

    job_o.starts = starts;
    job_o.bias = starts && (shape == ShapeDense || shape == ShapePacked || (shape == ShapeTaps && !maximum));
    job_o.maximum = maximum;
    job_o.drains = drains;
    job_o.addressed = sums;
    job_o.sum = sums ? acc_address_t'(word_i.sums) : acc_address_t'(AccInnerBase);

    job_o.out = {16'd0, word_i.out};
    job_o.out_plane = settings_i.kernel.plane;
    job_o.out_pitch = settings_i.kernel.pitch;
    job_o.out_step = settings_i.kernel.step;
    job_o.residual = {16'd0, word_i.residual};
    job_o.residual_plane = settings_i.residual.plane;
    job_o.residual_pitch = settings_i.residual.pitch;
    job_o.residual_step = settings_i.residual.step;

    job_o.weights = word_i.weights;
    job_o.bias_rows = word_i.bias;
    job_o.multiplier_rows = word_i.multiplier;
    job_o.shift_rows = word_i.shift;

    job_o.config_.requantise = !requantises ? RequantiseNone : once ? RequantiseOnce : RequantiseTwice;
    job_o.config_.per_channel = per_channel;
    job_o.config_.multiplier = settings_i.result.multiplier;
    job_o.config_.shift = settings_i.result.shift;
    job_o.config_.zero = settings_i.result.zero;
    // `add` reads no limits of a first half: what it adds is the input as it is.
    job_o.config_.low = add ? 8'h80 : settings_i.result.low;
    job_o.config_.high = add ? 8'h7f : settings_i.result.high;
    job_o.config_.residual = residual;
    job_o.config_.z1 = settings_i.residual.z1;
    job_o.config_.m1 = settings_i.residual.m1;
    job_o.config_.s1 = settings_i.residual.s1;
    job_o.config_.z2 = settings_i.residual.z2;
    job_o.config_.m2 = settings_i.total.m2;
    job_o.config_.s2 = settings_i.residual.s2;
    job_o.config_.m3 = settings_i.total.multiplier;
    job_o.config_.s3 = settings_i.total.shift;
    job_o.config_.z3 = settings_i.total.zero;
    job_o.config_.low3 = settings_i.total.low;
    job_o.config_.high3 = settings_i.total.high;
  end

  // --- Settings in range -----------------------------------------------------------------------------------------------
  logic windows, pixels_fit, channels_fit, kernel_fits, window_fits, shift_fits;

  assign windows = shape == ShapeDense || shape == ShapePacked || shape == ShapeTaps;
  assign pixels_fit = settings_i.kernel.y != '0 && settings_i.kernel.y <= 11'd1024 &&
                      settings_i.kernel.x != '0 && settings_i.kernel.x <= 11'd1024;
  assign channels_fit =
      ((shape != ShapeDense && shape != ShapeTaps) ||
       (settings_i.kernel.c != '0 && settings_i.kernel.c <= 6'(Dim))) &&
      (shape == ShapeTaps || (settings_i.kernel.n != '0 && settings_i.kernel.n <= 6'(Dim)));
  assign kernel_fits =
      job_o.rows != '0 && job_o.columns != '0 && job_o.blocks != '0 &&
      job_o.columns <= (shape == ShapePacked ? 12'd1023 : 12'd63);
  assign window_fits =
      job_o.height != '0 && job_o.width != '0 && job_o.move_y != '0 && job_o.move_x != '0 &&
      job_o.dilation_y != '0 && job_o.dilation_x != '0;
  assign shift_fits = !requantises || per_channel || settings_i.result.shift <= (once ? 6'd62 : 6'd31);
  assign legal_o = shape != ShapeNone && pixels_fit && channels_fit && kernel_fits &&
                   (!windows || window_fits) && shift_fits;

endmodule
