// Reads and checks the arguments of the scans of 1-bit codes. All of them are checked before the
// first block is read or a result written; reading them never runs JavaScript.
#include "code-scan.h"

#include "../encode/encode.h"
#include "../scan/code-scan.h"
#include "arguments.h"

namespace sluice {
namespace {

constexpr size_t kCodeDimensionStep = 64;

// codeDimension, tables, blocks, from, to: what both functions share.
constexpr size_t kSharedArguments = 5;

struct Scan {
  size_t code_dimension;
  const uint8_t* tables;
  const uint8_t* blocks;
  size_t blocks_length;
  uint64_t from;
  uint64_t to;
};

bool read_scan(const Arguments& arguments, Scan* scan) {
  uint64_t code_dimension;
  Span tables;
  Span blocks;
  if (!read_integer(arguments, 0, "codeDimension", kCodeDimensionStep, kCodeDimensionMax,
                    &code_dimension) ||
      !read_array(arguments, 1, "tables", napi_uint8_array, &tables) ||
      !read_array(arguments, 2, "blocks", napi_uint8_array, &blocks)) {
    return false;
  }
  if (code_dimension % kCodeDimensionStep != 0) {
    return reject(arguments.env, "codeDimension must be a multiple of %zu, not %llu",
                  kCodeDimensionStep, static_cast<unsigned long long>(code_dimension));
  }
  if (!check_equal(arguments, "tables.byteLength", tables.length, 4 * code_dimension)) return false;
  const size_t bytes = block_bytes(code_dimension);
  if (blocks.length % bytes != 0) {
    return reject(arguments.env, "blocks must hold whole blocks of %zu bytes, not %zu bytes", bytes,
                  blocks.length);
  }
  if (!read_integer(arguments, 3, "from", 0, blocks.length / bytes, &scan->from) ||
      !read_integer(arguments, 4, "to", scan->from, blocks.length / bytes, &scan->to)) {
    return false;
  }
  scan->code_dimension = code_dimension;
  scan->tables = static_cast<const uint8_t*>(tables.data);
  scan->blocks = static_cast<const uint8_t*>(blocks.data);
  scan->blocks_length = blocks.length;
  return true;
}

// Whether memory that is to be written is also the tables' or the blocks'.
bool overlaps_scan(const Scan& scan, const void* data, size_t length) {
  return overlap(data, length, scan.tables, 4 * scan.code_dimension) ||
         overlap(data, length, scan.blocks, scan.blocks_length);
}

// Whether the arrays that survivors go to, of the same length, overlap each other or the scan.
bool overlaps_survivors(const Scan& scan, const Span& rows, const Span& bounds) {
  const size_t length = rows.length * sizeof(uint32_t);
  return overlaps_scan(scan, rows.data, length) || overlaps_scan(scan, bounds.data, length) ||
         overlap(rows.data, length, bounds.data, length);
}

// Four arguments from `first` on, any of which may be NaN.
bool read_bound(const Arguments& arguments, size_t first, Bound* bound) {
  double scale;
  double bias;
  double weight;
  double threshold;
  if (!read_any_number(arguments, first, "scale", &scale) ||
      !read_any_number(arguments, first + 1, "bias", &bias) ||
      !read_any_number(arguments, first + 2, "weight", &weight) ||
      !read_any_number(arguments, first + 3, "threshold", &threshold)) {
    return false;
  }
  bound->sums = {static_cast<float>(scale), static_cast<float>(bias)};
  for (BlockBound& block : bound->blocks) {
    block = {static_cast<float>(weight), round_up(threshold)};
  }
  return true;
}

}  // namespace

napi_value call_scan_sums(napi_env env, napi_callback_info info) {
  Arguments arguments;
  Scan scan;
  Span out;
  if (!read_arguments(env, info, kSharedArguments + 1, &arguments) ||
      !read_scan(arguments, &scan) ||
      !read_array(arguments, kSharedArguments, "out", napi_uint16_array, &out)) {
    return nullptr;
  }
  const size_t count = scan.to - scan.from;
  if (!check_min(arguments, "out.length", out.length, count * kBlockRows)) return nullptr;
  if (overlaps_scan(scan, out.data, out.length * sizeof(uint16_t))) {
    reject(env, "out must not overlap tables or blocks");
    return nullptr;
  }
  const CodeScans& scans = *static_cast<const Kernels*>(arguments.table)->code_scans;
  // SAFETY: from <= to <= the number of whole blocks, and `out` has room for them.
  scans.sums(scan.tables, scan.code_dimension,
             scan.blocks + scan.from * block_bytes(scan.code_dimension), count,
             static_cast<uint16_t*>(out.data));
  return nullptr;
}

napi_value call_scan_blocks(napi_env env, napi_callback_info info) {
  Arguments arguments;
  Scan scan;
  Bound bound;
  Span rows;
  Span bounds;
  Span state;
  if (!read_arguments(env, info, kSharedArguments + 7, &arguments) ||
      !read_scan(arguments, &scan) || !read_bound(arguments, kSharedArguments, &bound) ||
      !read_array(arguments, kSharedArguments + 4, "rows", napi_uint32_array, &rows) ||
      !read_array(arguments, kSharedArguments + 5, "bounds", napi_float32_array, &bounds) ||
      !read_array(arguments, kSharedArguments + 6, "state", napi_uint32_array, &state)) {
    return nullptr;
  }
  if (!check_min(arguments, "survivors.rows.length", rows.length, kBlockRows) ||
      !check_equal(arguments, "survivors.bounds.length", bounds.length, rows.length) ||
      !check_equal(arguments, "state.length", state.length, 1)) {
    return nullptr;
  }
  if (overlaps_survivors(scan, rows, bounds)) {
    reject(env, "rows and bounds must not overlap each other, tables or blocks");
    return nullptr;
  }
  // SAFETY: read once, as another thread may write to it.
  uint32_t* survivor_count = static_cast<uint32_t*>(state.data);
  size_t count = *survivor_count;
  if (count > rows.length) {
    reject(env, "survivors.count must be at most %zu, not %zu", rows.length, count);
    return nullptr;
  }
  // SAFETY: from <= to <= the number of whole blocks; count <= the length of rows and bounds.
  const size_t next =
      scan_blocks(*static_cast<const Kernels*>(arguments.table)->code_scans, scan.tables,
                  scan.code_dimension, scan.blocks, scan.from, scan.to, bound,
                  static_cast<uint32_t*>(rows.data), static_cast<float*>(bounds.data), rows.length,
                  &count);
  *survivor_count = static_cast<uint32_t>(count);
  return number(env, static_cast<double>(next));
}

}  // namespace sluice
