// Makes a job of a command: what its opcode asks for, with the registers as they are when it is taken, then the products
// of settings that the window's counters need, and at last whether it can be. A setting that no command needs may be
// anything.
module npu_setup
  import npu_sim_pkg::*;
  import npu_types_pkg::*;
  import npu_job_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,
  input  logic halt_i,

  input  logic set_i,        // the command writes a register
  input  logic kick_i,       // the command is to become a job
  input  command_t command_i,
  input  block_t block_i,    // its first block of outputs

  output logic known_o,      // the command's opcode is one of a job
  output job_t job_o,        // with checked_o, and until the next command is taken
  output logic checked_o,    // a pulse some cycles after kick_i, unless an error comes instead
  output error_t error_o
);

  conv_t word;
  logic [7:0] op;
  assign word = command_i.word[$bits(conv_t)-1:0];
  assign op = command_i.word[7:0];

  // --- Registers of the queue ----------------------------------------------------------------------------------------
  settings_t settings_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      settings_q <= '0;
    end else if (set_i) begin
      unique case (op)
        SET_INPUT_OP: settings_q.input_ <= command_i.word[$bits(set_input_t)-1:0];
        SET_KERNEL_OP: settings_q.kernel <= command_i.word[$bits(set_kernel_t)-1:0];
        SET_RESULT_OP: settings_q.result <= command_i.word[$bits(set_result_t)-1:0];
        SET_RESIDUAL_OP: settings_q.residual <= command_i.word[$bits(set_residual_t)-1:0];
        SET_TOTAL_OP: settings_q.total <= command_i.word[$bits(set_total_t)-1:0];
        default: ;
      endcase
    end
  end

  // --- What an opcode asks for -----------------------------------------------------------------------------------------
  typedef enum logic [2:0] {ShapeDense, ShapePacked, ShapeTaps, ShapeDrain, ShapeAdd, ShapeNone} shape_e;

  typedef struct packed {
    shape_e shape;
    logic per_channel;  // multipliers and shifts
    logic once;         // one rounding of a result, and of its sum with the residual
    logic addressed;    // sums that outlive a command
    logic starts;       // ... and begin with it
    logic maximum;
    logic residual;
    logic alone;        // the residual is the input again, times 0
  } kind_t;

  function automatic kind_t kind_of(logic [7:0] opcode);
    kind_of = '0;
    kind_of.shape = ShapeNone;
    unique case (opcode)
      CONV_OP, CONV_ADD_OP, CONV_CHANNEL_ONCE_OP, CONV_ADD_ONCE_OP: begin
        kind_of.shape = ShapeDense;
        kind_of.per_channel = 1'b1;
      end
      CONV_TENSOR_OP, CONV_ONCE_OP, CONV_START_OP, CONV_MORE_OP: kind_of.shape = ShapeDense;
      CONV_PACKED_OP, CONV_PACKED_ONCE_OP, CONV_PACKED_ADD_OP, CONV_PACKED_ADD_ONCE_OP: begin
        kind_of.shape = ShapePacked;
        kind_of.per_channel = 1'b1;
      end
      DEPTHWISE_OP, DEPTHWISE_CHANNEL_ONCE_OP: begin
        kind_of.shape = ShapeTaps;
        kind_of.per_channel = 1'b1;
      end
      DEPTHWISE_ONCE_OP, MAX_POOL_OP: kind_of.shape = ShapeTaps;
      DRAIN_OP, DRAIN_CHANNEL_ONCE_OP: begin
        kind_of.shape = ShapeDrain;
        kind_of.per_channel = 1'b1;
      end
      DRAIN_TENSOR_OP, DRAIN_ONCE_OP: kind_of.shape = ShapeDrain;
      ADD_OP, ADD_ONCE_OP, RESCALE_OP: kind_of.shape = ShapeAdd;
      default: ;
    endcase
    kind_of.once = opcode inside {CONV_ONCE_OP, CONV_CHANNEL_ONCE_OP, CONV_ADD_ONCE_OP, CONV_PACKED_ONCE_OP,
                                  CONV_PACKED_ADD_ONCE_OP, DEPTHWISE_ONCE_OP, DEPTHWISE_CHANNEL_ONCE_OP, DRAIN_ONCE_OP,
                                  DRAIN_CHANNEL_ONCE_OP, ADD_ONCE_OP, RESCALE_OP};
    kind_of.alone = opcode == RESCALE_OP;
    kind_of.addressed = kind_of.shape == ShapeDrain || opcode inside {CONV_START_OP, CONV_MORE_OP};
    kind_of.starts = kind_of.shape != ShapeDrain && opcode != CONV_MORE_OP;
    kind_of.maximum = opcode == MAX_POOL_OP;
    kind_of.residual = opcode inside {ADD_OP, ADD_ONCE_OP, CONV_ADD_OP, CONV_ADD_ONCE_OP, CONV_PACKED_ADD_OP,
                                      CONV_PACKED_ADD_ONCE_OP, RESCALE_OP};
  endfunction

  // Each function looks at some fields of what it is given.
  /* verilator lint_off UNUSEDSIGNAL */
  function automatic logic drains(kind_t kind);
    return !(kind.addressed && kind.shape == ShapeDense);
  endfunction

  function automatic logic requantises(kind_t kind);
    return drains(kind) && kind.shape != ShapeAdd && !kind.maximum;
  endfunction

  // Loops and operands. The address is that of the word; products are added below.
  function automatic job_t with_loops(kind_t kind, conv_t word_, settings_t settings);
    with_loops = '0;
    with_loops.nb = {1'b0, word_.nb} + 7'd1;
    with_loops.y = settings.kernel.y;
    with_loops.x = settings.kernel.x;

    with_loops.rows = 6'd1;
    with_loops.columns = 12'd1;
    with_loops.blocks = 8'd1;
    with_loops.operand = OperandRows;
    with_loops.depth = kind.shape inside {ShapeDense, ShapeTaps} ? depth_t'(settings.kernel.c) : '0;
    with_loops.n = depth_t'(kind.shape == ShapeTaps ? settings.kernel.c : settings.kernel.n);
    with_loops.height = settings.input_.height;
    with_loops.width = settings.input_.width;
    with_loops.first_y = -place_t'($signed(word_.top));
    with_loops.first_x = -place_t'($signed(settings.input_.left));
    with_loops.move_y = settings.input_.sy;
    with_loops.move_x = {5'd0, settings.input_.sx};
    with_loops.dilation_y = 4'd1;
    with_loops.dilation_x = 4'd1;
    with_loops.address = {16'd0, word_.input_};
    with_loops.plane = settings.input_.plane;
    with_loops.outside = settings.input_.zero;

    unique case (kind.shape)
      ShapeDense: begin
        with_loops.tile = TileRows;
        with_loops.rows = settings.kernel.rows;
        with_loops.columns = settings.kernel.columns;
        with_loops.blocks = settings.kernel.blocks;
        with_loops.dilation_y = settings.input_.dil_y;
        with_loops.dilation_x = settings.input_.dil_x;
      end
      ShapePacked: begin
        with_loops.operand = OperandRuns;
        with_loops.tile = TileRows;
        with_loops.rows = settings.kernel.rows;
        with_loops.columns = settings.kernel.columns;
        with_loops.narrow = settings.input_.width <= 14'(Dim);
        with_loops.move_x = settings.input_.byte_step;
        with_loops.dilation_y = settings.input_.dil_y;
      end
      ShapeTaps: begin
        with_loops.tile = kind.maximum ? TileIdentity : TileDiagonal;
        with_loops.rows = settings.kernel.rows;
        with_loops.columns = settings.kernel.columns;
        with_loops.nb_moves = 1'b1;
      end
      ShapeAdd: begin
        // The input is what the output is: no place of it lies outside.
        with_loops.tile = TileIdentity;
        with_loops.nb_moves = 1'b1;
        with_loops.height = {1'b0, settings.kernel.y};
        with_loops.width = {3'd0, settings.kernel.x};
        with_loops.first_y = '0;
        with_loops.first_x = '0;
        with_loops.move_y = 3'd1;
        with_loops.move_x = 8'd1;
      end
      default: begin
        with_loops.operand = OperandNothing;
        with_loops.tile = TileNothing;
        with_loops.outside = '0;
      end
    endcase
  endfunction

  // Sums, results, and what the loader reads.
  function automatic job_t with_rows(job_t job, kind_t kind, conv_t word_, settings_t settings);
    with_rows = job;
    with_rows.starts = kind.starts;
    with_rows.bias = kind.starts && kind.shape != ShapeAdd && !kind.maximum;
    with_rows.maximum = kind.maximum;
    with_rows.drains = drains(kind);
    with_rows.addressed = kind.addressed;
    with_rows.sum = kind.addressed ? acc_address_t'(word_.sums) : acc_address_t'(AccInnerBase);

    with_rows.out = {16'd0, word_.out};
    with_rows.out_plane = settings.kernel.plane;
    with_rows.out_pitch = settings.kernel.pitch;
    with_rows.out_step = settings.kernel.step;
    with_rows.residual = {16'd0, kind.alone ? word_.input_ : word_.residual};
    with_rows.residual_plane = kind.alone ? settings.input_.plane : settings.residual.plane;
    with_rows.residual_pitch = kind.alone ? settings.input_.pitch : settings.residual.pitch;
    with_rows.residual_step = kind.alone ? settings.input_.step : settings.residual.step;

    with_rows.weights = word_.weights;
    with_rows.bias_rows = word_.bias;
    with_rows.multiplier_rows = word_.multiplier;
    with_rows.shift_rows = word_.shift;
  endfunction

  function automatic drain_config_t drain_config(kind_t kind, settings_t settings);
    drain_config.requantise = !requantises(kind) ? RequantiseNone : kind.once ? RequantiseOnce : RequantiseTwice;
    drain_config.per_channel = kind.per_channel;
    drain_config.multiplier = settings.result.multiplier;
    drain_config.shift = settings.result.shift;
    drain_config.zero = settings.result.zero;
    // `add` reads no limits of a first half: what it adds is the input as it is.
    drain_config.low = kind.shape == ShapeAdd ? 8'h80 : settings.result.low;
    drain_config.high = kind.shape == ShapeAdd ? 8'h7f : settings.result.high;
    drain_config.residual = kind.residual;
    drain_config.total_once = kind.once;
    drain_config.z1 = settings.residual.z1;
    drain_config.m1 = settings.residual.m1;
    drain_config.s1 = settings.residual.s1;
    drain_config.z2 = settings.residual.z2;
    drain_config.m2 = kind.alone ? '0 : settings.total.m2;
    drain_config.s2 = settings.residual.s2;
    drain_config.m3 = settings.total.multiplier;
    drain_config.s3 = settings.total.shift;
    drain_config.z3 = settings.total.zero;
    drain_config.low3 = settings.total.low;
    drain_config.high3 = settings.total.high;
  endfunction

  // All settings that the command needs are in range by themselves.
  function automatic logic in_range(kind_t kind, job_t job, settings_t settings);
    logic windows, pixels_fit, channels_fit, kernel_fits, window_fits, shift_fits, total_fits;
    logic [5:0] most;
    windows = kind.shape inside {ShapeDense, ShapePacked, ShapeTaps};
    pixels_fit = job.y != '0 && job.y <= 11'd1024 && job.x != '0 && job.x <= 11'd1024;
    channels_fit =
        (!(kind.shape inside {ShapeDense, ShapeTaps}) ||
         (settings.kernel.c != '0 && settings.kernel.c <= 6'(Dim))) &&
        (kind.shape == ShapeTaps || (settings.kernel.n != '0 && settings.kernel.n <= 6'(Dim)));
    kernel_fits = job.rows != '0 && job.columns != '0 && job.blocks != '0 &&
                  job.columns <= (kind.shape == ShapePacked ? 12'd1023 : 12'd63);
    window_fits = job.height != '0 && job.width != '0 && job.move_y != '0 && job.move_x != '0 &&
                  job.dilation_y != '0 && job.dilation_x != '0;
    most = kind.once ? 6'd62 : 6'd31;
    shift_fits = !requantises(kind) || kind.per_channel || settings.result.shift <= most;
    total_fits = !kind.residual || settings.total.shift <= most;
    return kind.shape != ShapeNone && pixels_fit && channels_fit && kernel_fits && (!windows || window_fits) &&
           shift_fits && total_fits;
  endfunction

  function automatic job_t job_of(kind_t kind, conv_t word_, settings_t settings);
    job_of = with_rows(with_loops(kind, word_, settings), kind, word_, settings);
    job_of.config_ = drain_config(kind, settings);
  endfunction

  /* verilator lint_on UNUSEDSIGNAL */

  kind_t asked;
  assign asked = kind_of(op);
  assign known_o = asked.shape != ShapeNone;

  // --- Products of settings: two multipliers, in steps ---------------------------------------------------------------
  localparam logic [2:0] LastStep = 3'd6;
  job_t job_q;
  logic busy_q, legal_q;
  logic [2:0] step_q;
  logic [15:0] pitch_q, step_rows_q;
  logic signed [11:0] top_q;
  logic signed [7:0] left_q;
  logic signed [16:0] left_a, left_b;
  logic signed [11:0] right_a, right_b;
  logic signed [28:0] product_a, product_b;
  logic [21:0] pixels_q;            // y * x
  logic [22:0] all_pixels_q;        // nb * y * x

  always_comb begin
    left_a = {1'b0, pitch_q};
    left_b = {1'b0, job_q.out_plane};
    right_a = '0;
    right_b = '0;
    unique case (step_q)
      3'd0: begin
        right_a = top_q;
        left_b = {6'd0, job_q.y};
        right_b = {1'b0, job_q.x};
      end
      3'd1: begin
        left_a = {1'b0, step_rows_q};
        right_a = 12'(left_q);
        left_b = {1'b0, pixels_q[15:0]};
        right_b = {5'd0, job_q.nb};
      end
      3'd2: begin
        right_a = {9'd0, job_q.move_y};
        right_b = {5'd0, job_q.nb} - 12'd1;
      end
      3'd3: begin
        left_a = {1'b0, step_rows_q};
        right_a = {4'd0, job_q.move_x};
        left_b = {1'b0, job_q.out_pitch};
        right_b = {1'b0, job_q.y} - 12'd1;
      end
      3'd4: begin
        right_a = {8'd0, job_q.dilation_y};
        left_b = {1'b0, job_q.out_step};
        right_b = {1'b0, job_q.x} - 12'd1;
      end
      3'd5: begin
        left_a = {1'b0, step_rows_q};
        right_a = {8'd0, job_q.dilation_x};
      end
      default: ;
    endcase
    product_a = left_a * right_a;
    product_b = left_b * right_b;
  end

  // --- Whether its sums fit ----------------------------------------------------------------------------------------------
  logic one_pass, checked, illegal_setting, illegal_sums;
  logic [15:0] sum_q;
  logic [22:0] sums_end;
  assign one_pass = job_q.operand != OperandRuns && job_q.rows == 6'd1 && job_q.columns == 12'd1 &&
                    job_q.blocks == 8'd1;
  assign sums_end = 23'(sum_q) + all_pixels_q;
  assign checked = busy_q && step_q == LastStep;
  assign illegal_setting = checked && (!legal_q || (!job_q.addressed && !one_pass &&
                                                    pixels_q > 22'(AccRows - AccInnerBase)));
  assign illegal_sums = checked && !illegal_setting && job_q.addressed &&
                        (pixels_q > 22'(AccInnerBase) || sums_end > 23'(AccInnerBase));

  always_comb begin
    error_o = '0;
    error_o.valid = !halt_i && (illegal_setting || illegal_sums);
    error_o.code = illegal_sums ? CODE_ERROR_ACCUMULATOR_ADDRESS : CODE_ERROR_ILLEGAL_SETTING;
    error_o.address = illegal_sums ? {9'd0, sums_end} - 32'd1 : '0;
    error_o.index = job_q.index;
  end

  assign checked_o = checked && !illegal_setting && !illegal_sums;
  assign job_o = job_q;

  // --- The job that is made ----------------------------------------------------------------------------------------------
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      step_q <= '0;
    end else if (kick_i) begin
      busy_q <= 1'b1;
      step_q <= '0;
    end else if (busy_q && !halt_i) begin
      busy_q <= step_q != LastStep;
      step_q <= step_q + 3'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (kick_i) begin
      job_q <= job_of(asked, word, settings_q);
      job_q.index <= command_i.index;
      job_q.block <= block_i;
      job_q.out_end <= {16'd0, word.out};
      legal_q <= in_range(asked, job_of(asked, word, settings_q), settings_q);
      pitch_q <= settings_q.input_.pitch;
      // Steps and the left edge of packed images count bytes, and no product of them is an address.
      step_rows_q <= asked.shape == ShapePacked ? '0 : settings_q.input_.step;
      top_q <= asked.shape == ShapeAdd ? '0 : word.top;
      left_q <= asked.shape == ShapeAdd ? '0 : settings_q.input_.left;
      sum_q <= word.sums;
    end else if (busy_q) begin
      unique case (step_q)
        3'd0: pixels_q <= product_b[21:0];
        3'd1: all_pixels_q <= product_b[22:0];
        3'd3: job_q.pixel_rows_x <= 32'(product_a);
        3'd2: job_q.pixel_rows_y <= 32'(product_a);
        3'd4: job_q.tap_rows_y <= 32'(product_a);
        3'd5: job_q.tap_rows_x <= 32'(product_a);
        default: ;
      endcase
      if (step_q == 3'd0 || step_q == 3'd1) begin
        job_q.address <= job_q.address - 32'(product_a);
      end
      if (step_q == 3'd2 || step_q == 3'd3 || step_q == 3'd4) begin
        job_q.out_end <= job_q.out_end + 32'(product_b);
      end
    end
  end

  // --- Assertions ------------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!kick_i || !busy_q) else $error("npu_setup: a command comes while another one is made a job");
    end
  end
`endif

endmodule
