// Takes the commands of the execute queue in order. While one runs, the next is decoded, its products are made and its
// semaphore is awaited, and the loader may begin on it; its window begins when the one before has left the datapath
// and has signalled.
module npu_sequencer
  import npu_sim_pkg::*;
  import npu_types_pkg::*;
  import npu_job_pkg::*;
(
  input  logic clk_i,
  input  logic rst_ni,
  input  logic halt_i,

  input  logic command_valid_i,
  input  command_t command_i,
  output logic command_ready_o,

  output wait_request_t wait_o,
  input  logic wait_grant_i,
  output signal_request_t signal_o,
  input  logic signal_grant_i,

  // The job that is ready; it stands until both have begun on it.
  output job_t job_o,
  output logic loader_start_o,
  input  logic loader_idle_i,
  output logic loader_ahead_o,   // what the loader reads is for a job whose window has not begun
  output logic window_start_o,
  input  logic window_done_i,    // its last pixel has been issued
  input  logic job_end_i,        // ... and has left the datapath

  output error_t error_o,

  // For the account of cycles.
  output logic [3:0] cause_o,    // of a cycle in which the window has no pixels to issue
  output index_t index_o,
  output logic running_o,        // the window has
  output logic busy_o
);

  // --- Registers ---------------------------------------------------------------------------------------------------
  settings_t settings_q;
  job_t job_q;
  conv_t word;
  // The opcode has been looked at, and dispatch has looked at the rest.
  /* verilator lint_off UNUSEDSIGNAL */
  sync_t sync;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [7:0] op;

  assign word = command_i.word[$bits(conv_t)-1:0];
  assign sync = command_i.word[$bits(sync_t)-1:0];
  assign op = command_i.word[7:0];

  job_t decoded;
  logic decoded_legal;

  npu_decode u_decode (
    .word_i(word),
    .settings_i(settings_q),
    .job_o(decoded),
    .legal_o(decoded_legal)
  );

  // --- The next command --------------------------------------------------------------------------------------------
  typedef enum logic [2:0] {NextTake, NextSetup, NextWait, NextOffer, NextSyncWait, NextSyncSignal} next_e;
  typedef enum logic [1:0] {RunIdle, RunIssue, RunDrain, RunSignal} run_e;

  next_e next_q, next_d;
  run_e run_q, run_d;

  logic take, is_set, is_wait, is_signal, is_kick;
  assign is_set = op inside {SET_INPUT_OP, SET_KERNEL_OP, SET_RESULT_OP, SET_RESIDUAL_OP, SET_TOTAL_OP};
  assign is_wait = op == WAIT_SEM_OP;
  assign is_signal = op == SIGNAL_SEM_OP;
  assign is_kick = !is_set && !is_wait && !is_signal;
  assign take = next_q == NextTake && command_valid_i && !halt_i;
  assign command_ready_o = take;

  wait_request_t wait_q;            // valid: the command has a wait
  signal_request_t signal_q;        // of the next command
  signal_request_t run_signal_q;    // of the running one
  index_t index_q, run_index_q;
  logic legal_q;

  // --- Products of settings: two multipliers, in steps ---------------------------------------------------------------
  localparam logic [2:0] LastStep = 3'd6;
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
  logic one_pass, illegal_setting, illegal_sums;
  logic [22:0] sums_end;
  assign one_pass = job_q.operand != OperandRuns && job_q.rows == 6'd1 && job_q.columns == 12'd1 &&
                    job_q.blocks == 8'd1;
  logic [15:0] sum_q;
  logic checked, decodes;
  assign sums_end = 23'(sum_q) + all_pixels_q;
  assign checked = next_q == NextSetup && step_q == LastStep;
  assign illegal_setting = checked && (!legal_q || (!job_q.addressed && !one_pass &&
                                                    pixels_q > 22'(AccRows - AccInnerBase)));
  assign illegal_sums = checked && !illegal_setting && job_q.addressed &&
                        (pixels_q > 22'(AccInnerBase) || sums_end > 23'(AccInnerBase));

  always_comb begin
    error_o = '0;
    error_o.index = index_q;
    if (!halt_i && illegal_setting) begin
      error_o.valid = 1'b1;
      error_o.code = CODE_ERROR_ILLEGAL_SETTING;
    end else if (!halt_i && illegal_sums) begin
      error_o.valid = 1'b1;
      error_o.code = CODE_ERROR_ACCUMULATOR_ADDRESS;
      error_o.address = {9'd0, sums_end} - 32'd1;
    end else if (take && is_kick && !decodes) begin
      error_o.valid = 1'b1;
      error_o.code = CODE_ERROR_ILLEGAL_COMMAND;
      error_o.index = command_i.index;
    end
  end

  assign decodes = op inside {CONV_OP, CONV_TENSOR_OP, CONV_ONCE_OP, CONV_ADD_OP, CONV_PACKED_OP, DEPTHWISE_OP,
                              DEPTHWISE_ONCE_OP, MAX_POOL_OP, CONV_START_OP, CONV_MORE_OP, DRAIN_OP, DRAIN_TENSOR_OP,
                              DRAIN_ONCE_OP, ADD_OP};

  // --- Start: the loader as soon as it is free, the window when the job before has ended -----------------------------------
  logic loads, loader_begun_q, run_free;
  assign loads = job_q.bias || job_q.config_.per_channel || job_q.tile == TileRows || job_q.tile == TileDiagonal;
  assign run_free = run_q == RunIdle || (run_q == RunSignal && signal_grant_i) ||
                    (run_q == RunDrain && job_end_i && !run_signal_q.valid);
  assign job_o = job_q;
  assign loader_start_o = next_q == NextOffer && !halt_i && loads && !loader_begun_q && loader_idle_i;
  assign window_start_o = next_q == NextOffer && !halt_i && (!loads || loader_begun_q || loader_idle_i) && run_free;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      loader_begun_q <= 1'b0;
    end else if (window_start_o) begin
      loader_begun_q <= 1'b0;
    end else if (loader_start_o) begin
      loader_begun_q <= 1'b1;
    end
  end
  assign loader_ahead_o = loader_begun_q;

  // --- States ----------------------------------------------------------------------------------------------------------
  always_comb begin
    next_d = next_q;
    unique case (next_q)
      NextTake: begin
        if (take && is_wait) begin
          next_d = NextSyncWait;
        end else if (take && is_signal) begin
          next_d = NextSyncSignal;
        end else if (take && is_kick) begin
          next_d = NextSetup;
        end
      end
      NextSetup: begin
        if (checked && !illegal_setting && !illegal_sums && !halt_i) begin
          next_d = wait_q.valid ? NextWait : NextOffer;
        end
      end
      NextWait, NextSyncWait: begin
        if (wait_grant_i && !halt_i) begin
          next_d = next_q == NextWait ? NextOffer : NextTake;
        end
      end
      NextOffer: begin
        if (window_start_o) begin
          next_d = NextTake;
        end
      end
      NextSyncSignal: begin
        if (run_q == RunIdle && signal_grant_i && !halt_i) begin
          next_d = NextTake;
        end
      end
      default: next_d = NextTake;
    endcase
  end

  always_comb begin
    run_d = run_q;
    unique case (run_q)
      RunIdle: ;
      RunIssue: if (window_done_i) run_d = RunDrain;
      RunDrain: if (job_end_i) run_d = run_signal_q.valid ? RunSignal : RunIdle;
      RunSignal: if (signal_grant_i && !halt_i) run_d = RunIdle;
      default: run_d = RunIdle;
    endcase
    if (window_start_o) begin
      run_d = RunIssue;
    end
  end

  always_comb begin
    wait_o = wait_q;
    wait_o.valid = (next_q == NextWait || next_q == NextSyncWait) && !halt_i;
  end

  always_comb begin
    signal_o = run_signal_q;
    signal_o.valid = run_q == RunSignal && !halt_i;
    if (next_q == NextSyncSignal && run_q == RunIdle) begin
      signal_o = signal_q;
      signal_o.valid = !halt_i;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      next_q <= NextTake;
      run_q <= RunIdle;
      step_q <= '0;
    end else begin
      next_q <= next_d;
      run_q <= run_d;
      if (next_q == NextSetup && step_q != LastStep) begin
        step_q <= step_q + 3'd1;
      end else begin
        step_q <= '0;
      end
    end
  end

  // --- What the next command is ------------------------------------------------------------------------------------------
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      settings_q <= '0;
    end else if (take) begin
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

  block_t block_q;    // the first that no command has yet

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      block_q <= '0;
      index_q <= '0;
      run_index_q <= '0;
      wait_q <= '0;
      signal_q <= '0;
      run_signal_q <= '0;
    end else begin
      if (take) begin
        index_q <= command_i.index;
        if (is_kick) begin
          block_q <= block_q + block_t'(decoded.nb);
          wait_q <= '{valid: word.wait_, id: word.wait_id, count: word.wait_count};
          signal_q <= '{valid: word.signal, id: word.signal_id};
        end else begin
          wait_q <= '{valid: 1'b1, id: sync.id, count: sync.count};
          signal_q <= '{valid: 1'b1, id: sync.id};
        end
      end
      if (window_start_o) begin
        run_signal_q <= signal_q;
        run_index_q <= index_q;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      job_q <= decoded;
      job_q.index <= command_i.index;
      job_q.block <= block_q;
      job_q.out_end <= decoded.out;
      legal_q <= decoded_legal;
      pitch_q <= settings_q.input_.pitch;
      // Steps and the left edge of packed images count bytes, and no product of them is an address.
      step_rows_q <= decoded.operand == OperandRuns ? '0 : settings_q.input_.step;
      top_q <= decoded.first_y == '0 ? '0 : word.top;
      left_q <= decoded.first_x == '0 ? '0 : settings_q.input_.left;
      sum_q <= word.sums;
    end else if (next_q == NextSetup) begin
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

  // --- Account -----------------------------------------------------------------------------------------------------------
  assign running_o = run_q == RunIssue;
  assign busy_o = next_q != NextTake || run_q != RunIdle;

  always_comb begin
    index_o = index_q;
    cause_o = CODE_CAUSE_IDLE;
    if (run_q != RunIdle) begin
      index_o = run_index_q;
      cause_o = run_q == RunSignal ? CODE_CAUSE_SIGNAL : CODE_CAUSE_DRAIN;
    end else begin
      unique case (next_q)
        NextTake: begin
          if (command_valid_i) begin
            index_o = command_i.index;
            cause_o = CODE_CAUSE_SETUP;
          end
        end
        NextSyncWait, NextWait: cause_o = CODE_CAUSE_WAIT;
        NextSyncSignal: cause_o = CODE_CAUSE_SIGNAL;
        default: cause_o = CODE_CAUSE_SETUP;
      endcase
    end
  end

  // --- Assertions --------------------------------------------------------------------------------------------------------
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!job_end_i || run_q == RunDrain)
      else $error("npu_sequencer: a job has ended in state %0d of the running one", run_q);
      assert (!window_done_i || run_q == RunIssue)
      else $error("npu_sequencer: the window is done in state %0d of the running job", run_q);
      assert (!loader_start_o || !loader_begun_q) else $error("npu_sequencer: the loader begins twice on a job");
    end
  end
`endif

endmodule
