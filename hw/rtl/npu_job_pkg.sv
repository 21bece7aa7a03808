// What a command of the execute unit is once its opcode, its word and the registers of its queue have been read
// together: the sequencer makes one of these, and the window, the loader and the datapath know nothing else.
package npu_job_pkg;
  import npu_sim_pkg::*;
  import npu_types_pkg::*;

  // Rows of the scratchpad. Wider than the memory, so that an address which does not exist is seen and never wraps:
  // the strides and counts of a command reach 2^31 at most.
  typedef logic [31:0] address_t;

  // A place in the input, along one axis: negative to the left of it, and beyond its extent to the right.
  typedef logic signed [19:0] place_t;

  // Number of a block of outputs (an n-tile) among all that the unit has run, modulo 256. Its lowest bit is the set of
  // parameters that the block uses. Never are as many as 128 of them under way.
  typedef logic [7:0] block_t;

  typedef logic [$clog2(Dim+1)-1:0] depth_t;  // how many rows of k, or bytes of a row

  typedef enum logic [1:0] {
    OperandRows,    // a row of the scratchpad for each pixel
    OperandRuns,    // bytes out of rows of an image, packed
    OperandNothing  // zeros: sums that are there already only pass by
  } operand_kind_e;

  typedef enum logic [1:0] {
    TileRows,
    TileDiagonal,
    TileIdentity,
    TileNothing     // the tile of before stays; with operands of 0 it does not matter
  } tile_kind_e;

  // What the set_* commands have written.
  typedef struct packed {
    set_input_t input_;
    set_kernel_t kernel;
    set_result_t result;
    set_residual_t residual;
    set_total_t total;
  } settings_t;

  typedef struct packed {
    index_t index;               // of the command in its stream
    block_t block;               // its first block of outputs

    // Loops, outermost first: nb, passes (rows, columns, blocks of the kernel), y, x.
    logic [6:0] nb;
    logic [5:0] rows;
    logic [11:0] columns;
    logic [7:0] blocks;
    logic [10:0] y;
    logic [10:0] x;

    // Operands.
    operand_kind_e operand;
    tile_kind_e tile;
    depth_t depth;               // rows of k in a tile; packed passes have their own
    depth_t n;                   // columns that have parameters
    logic nb_moves;              // each nb reads a plane of its own
    logic narrow;                // (packed) a row of the image lies in one row of the scratchpad
    logic [11:0] height;
    logic [13:0] width;          // packed: in bytes
    place_t first_y;             // of the window's first place
    place_t first_x;
    logic [2:0] move_y;          // from one pixel to the next one
    logic [7:0] move_x;
    logic [3:0] dilation_y;      // from one tap of the kernel to the next one
    logic [3:0] dilation_x;
    address_t address;           // of the window's first place, though it may lie outside
    logic [15:0] plane;
    address_t pixel_rows_y;      // what the moves above are in rows of the scratchpad
    address_t pixel_rows_x;
    address_t tap_rows_y;
    address_t tap_rows_x;
    logic [7:0] outside;

    // Sums.
    logic starts;                // the first pass starts them, else they are there
    logic bias;
    logic maximum;
    logic drains;                // the last pass sends them to the drain, which writes rows
    logic addressed;             // they lie at an address of the command's, one after the other for all nb
    acc_address_t sum;

    // Rows of results, and of the residual.
    address_t out;
    address_t out_end;           // highest row that is written
    logic [15:0] out_plane;
    logic [15:0] out_pitch;
    logic [15:0] out_step;
    address_t residual;
    logic [15:0] residual_plane;
    logic [15:0] residual_pitch;
    logic [15:0] residual_step;

    // What the loader reads.
    logic [15:0] weights;
    logic [15:0] bias_rows;
    logic [15:0] multiplier_rows;
    logic [15:0] shift_rows;

    drain_config_t config_;
  } job_t;

  // A run of bytes inside one row of the kernel: bytes [from, to) of the operand are bytes `shift` + their number of
  // an image row, if the window stands at byte 0.
  typedef struct packed {
    depth_t from;
    depth_t to;                  // `from` again where there is no run
    place_t shift;
    place_t y;                   // image row, from the window's first one
    address_t rows;              // the same in rows of the scratchpad
  } segment_t;

  typedef struct packed {
    segment_t [OperandPorts-1:0] segment;
    depth_t depth;               // rows of k in this pass
    logic last;                  // of the kernel
  } segments_t;

  // Which bytes of an operand come out of which place of the rows that were read.
  typedef struct packed {
    depth_t from;
    depth_t to;
    logic [$clog2(Dim)-1:0] rotate;  // byte `b` of the operand is byte b + rotate, from Dim on in the next row
  } take_t;
endpackage
