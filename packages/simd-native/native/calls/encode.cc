// Reads and checks the arguments of the functions that make codes and tables. All of them are
// checked before the first byte is read or written; reading them never runs JavaScript that could
// detach one.
#include "encode.h"

#include "../scratch.h"
#include "space.h"

namespace sluice {
namespace {

// Bytes of a code are a multiple of this, at most kCodeBytesMax.
constexpr size_t kCodeBytesStep = 8;
constexpr size_t kCodeBytesMax = kCodeDimensionMax / 8;
constexpr size_t kTerms = 4;

const EncodeSteps& steps_of(const Arguments& arguments) {
  return *static_cast<const Kernels*>(arguments.table)->encode;
}

uint8_t* bytes_of(const Span& span) { return static_cast<uint8_t*>(span.data); }

bool check_blocks(const Arguments& arguments, const Space& space, size_t count,
                  const Span& blocks) {
  const size_t needed = (count + kBlockRows - 1) / kBlockRows * block_bytes(space.code_dimension);
  if (!check_equal(arguments, "blocks.byteLength", blocks.length, needed)) return false;
  if (overlaps_space(space, blocks.data, blocks.length)) {
    return reject(arguments.env, "blocks must not overlap mean or signs");
  }
  return true;
}

// Null where it is undefined.
bool read_centre(const Arguments& arguments, size_t index, const Space& space,
                 const float** out) {
  Span centre;
  if (!read_optional_array(arguments, index, "centre", napi_float32_array, &centre)) return false;
  *out = static_cast<const float*>(centre.data);
  return is_undefined(arguments, index) ||
         check_equal(arguments, "centre.length", centre.length, space.elements);
}

size_t centre_bytes(const EncodeTask& task) {
  return task.centre == nullptr ? 0 : task.space.elements * sizeof(float);
}

bool check_codes(const Arguments& arguments, const Span& codes, const Span& block) {
  if (codes.length == 0 || codes.length % (kBlockRows * kCodeBytesStep) != 0 ||
      codes.length > kBlockRows * kCodeBytesMax) {
    return reject(arguments.env,
                  "codes must be 32 of a multiple of %zu bytes, at most %zu, not %zu bytes",
                  kCodeBytesStep, kCodeBytesMax, codes.length);
  }
  if (!check_equal(arguments, "block.byteLength", block.length,
                   block_bytes(codes.length / kBlockRows * 8))) {
    return false;
  }
  if (overlap(codes.data, codes.length, block.data, block.length)) {
    return reject(arguments.env, "block must not overlap codes");
  }
  return true;
}

bool check_tables(const Arguments& arguments, const Space& space, const Span& query,
                  const Span& tables, const Span& terms) {
  if (!check_equal(arguments, "query.byteLength", query.length, space.stride) ||
      !check_equal(arguments, "tables.byteLength", tables.length, 4 * space.code_dimension) ||
      !check_equal(arguments, "terms.length", terms.length, kTerms)) {
    return false;
  }
  const size_t terms_bytes = kTerms * sizeof(float);
  if (overlap(tables.data, tables.length, terms.data, terms_bytes) ||
      overlap(tables.data, tables.length, query.data, query.length) ||
      overlap(terms.data, terms_bytes, query.data, query.length) ||
      overlaps_space(space, tables.data, tables.length) ||
      overlaps_space(space, terms.data, terms_bytes)) {
    return reject(arguments.env, "tables and terms must not overlap other arguments");
  }
  return true;
}

}  // namespace

napi_value call_encode(napi_env env, napi_callback_info info) {
  Arguments arguments;
  EncodeTask task;
  uint64_t row_base;
  Span blocks;
  if (!read_arguments(env, info, kSpaceArguments + 4, &arguments) ||
      !read_space(arguments, &task.space) ||
      !read_rows(arguments, kSpaceArguments, task.space, &task.rows, &task.row_count) ||
      !read_integer(arguments, kSpaceArguments + 1, "rowBase", 0, kUint32Max, &row_base) ||
      !read_array(arguments, kSpaceArguments + 2, "blocks", napi_uint8_array, &blocks) ||
      !check_blocks(arguments, task.space, task.row_count, blocks) ||
      !read_centre(arguments, kSpaceArguments + 3, task.space, &task.centre)) {
    return nullptr;
  }
  if (row_base + task.row_count > kUint32Max) {
    reject(env, "rowBase + rowCount must be at most %llu, not %llu",
           static_cast<unsigned long long>(kUint32Max),
           static_cast<unsigned long long>(row_base + task.row_count));
    return nullptr;
  }
  if (overlap(task.rows, task.row_count * task.space.stride, blocks.data, blocks.length) ||
      overlap(task.centre, centre_bytes(task), blocks.data, blocks.length)) {
    reject(env, "blocks must not overlap rows or centre");
    return nullptr;
  }
  task.row_base = static_cast<uint32_t>(row_base);
  task.blocks = bytes_of(blocks);
  // SAFETY: rows are whole, and there is a block for every 32 begun that none of them lies in.
  if (!encode_rows(steps_of(arguments), task)) reject_memory(env);
  return nullptr;
}

napi_value call_pack_block(napi_env env, napi_callback_info info) {
  Arguments arguments;
  Span codes;
  Span block;
  if (!read_arguments(env, info, 2, &arguments) ||
      !read_array(arguments, 0, "codes", napi_uint8_array, &codes) ||
      !read_array(arguments, 1, "block", napi_uint8_array, &block) ||
      !check_codes(arguments, codes, block)) {
    return nullptr;
  }
  // SAFETY: the block begins with as many bytes as the codes have, and is apart from them.
  steps_of(arguments).pack(bytes_of(codes), codes.length / kBlockRows, bytes_of(block));
  return nullptr;
}

napi_value call_build_tables(napi_env env, napi_callback_info info) {
  Arguments arguments;
  Space space;
  Span query;
  Span tables;
  Span terms;
  if (!read_arguments(env, info, kSpaceArguments + 3, &arguments) ||
      !read_space(arguments, &space) ||
      !read_array(arguments, kSpaceArguments, "query", napi_uint8_array, &query) ||
      !read_array(arguments, kSpaceArguments + 1, "tables", napi_uint8_array, &tables) ||
      !read_array(arguments, kSpaceArguments + 2, "terms", napi_float32_array, &terms) ||
      !check_tables(arguments, space, query, tables, terms)) {
    return nullptr;
  }
  const EncodeSteps& steps = steps_of(arguments);
  const Scratch<CentredRow> row;
  if (row.get() == nullptr) {
    reject_memory(env);
    return nullptr;
  }
  // SAFETY: the query is one row, the tables have 4 D bytes and the terms four floats.
  steps.centre(space, bytes_of(query), row.get());
  const Terms found = build_tables(steps, space, row.get(), bytes_of(tables));
  float* const out = static_cast<float*>(terms.data);
  out[0] = found.scale;
  out[1] = found.bias;
  out[2] = found.norm;
  out[3] = found.constant;
  return nullptr;
}

}  // namespace sluice
