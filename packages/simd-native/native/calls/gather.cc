// Copies rows that lie anywhere in segments. Rows a few places on are fetched meanwhile: each lies
// in a page of its own, so that no hardware foresees it.
#include "gather.h"

#include <cstdlib>
#include <cstring>

#include "../region/region.h"
#include "arguments.h"

namespace sluice {
namespace {

// Rows that are fetched ahead, and the step in which they are.
constexpr size_t kAhead = 3;
constexpr size_t kLineBytes = 64;

struct GatherTask {
  napi_env env;
  Span segments;
  uint64_t rows_per_segment;
  Span rows;
  uint64_t stride;
  Span target;
};

// Where rows are: as many pointers as there are rows.
class Sources {
 public:
  Sources() = default;
  ~Sources() { std::free(places_); }
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;

  // Finds all rows.
  bool find(const GatherTask& task);

  const uint8_t* operator[](size_t i) const { return places_[i]; }

 private:
  bool find_segment(const GatherTask& task, size_t segment);

  const uint8_t** places_ = nullptr;
  // The segment of the last row: that of the next one is likely the same.
  size_t segment_ = SIZE_MAX;
  Span region_ = {nullptr, 0};
};

// SAFETY: segment is below segments.length; its handle is read once, as another thread may write.
bool Sources::find_segment(const GatherTask& task, size_t segment) {
  const uint32_t* const handles = static_cast<const uint32_t*>(task.segments.data);
  const uint32_t handle = __atomic_load_n(handles + segment, __ATOMIC_RELAXED);
  if (!find_region(task.env, handle, &region_)) {
    return reject(task.env, "segments[%zu] names no open region, or its memory is gone", segment);
  }
  if (overlap(task.target.data, task.target.length, region_.data, region_.length)) {
    return reject(task.env, "target must not overlap segment %zu", segment);
  }
  segment_ = segment;
  return true;
}

bool Sources::find(const GatherTask& task) {
  places_ = static_cast<const uint8_t**>(std::malloc((task.rows.length + 1) * sizeof(uint8_t*)));
  if (places_ == nullptr) {
    reject_memory(task.env);
    return false;
  }
  const uint32_t* const rows = static_cast<const uint32_t*>(task.rows.data);
  for (size_t i = 0; i < task.rows.length; i++) {
    // SAFETY: i < rows.length. Read once, as handles are.
    const uint32_t row = __atomic_load_n(rows + i, __ATOMIC_RELAXED);
    const size_t segment = row / task.rows_per_segment;
    const size_t place = row % task.rows_per_segment;
    if (segment >= task.segments.length) {
      return reject(task.env, "rows[%zu] is %u, in segment %zu of %zu", i, row, segment,
                    task.segments.length);
    }
    if (segment != segment_ && !find_segment(task, segment)) return false;
    if (place >= region_.length / task.stride) {
      return reject(task.env, "rows[%zu] is %u, but segment %zu has %zu rows", i, row, segment,
                    static_cast<size_t>(region_.length / task.stride));
    }
    // SAFETY: the region has place + 1 whole rows.
    places_[i] = static_cast<const uint8_t*>(region_.data) + place * task.stride;
  }
  return true;
}

bool read_task(const Arguments& arguments, GatherTask* out) {
  out->env = arguments.env;
  if (!read_array(arguments, 0, "segments", napi_uint32_array, &out->segments) ||
      !read_integer(arguments, 1, "rowsPerSegment", 1, kUint32Max, &out->rows_per_segment) ||
      !read_array(arguments, 2, "rows", napi_uint32_array, &out->rows) ||
      !read_integer(arguments, 3, "stride", 1, kUint32Max, &out->stride) ||
      !read_array(arguments, 4, "target", napi_uint8_array, &out->target)) {
    return false;
  }
  if (out->target.length % out->stride != 0 ||
      out->target.length / out->stride != out->rows.length) {
    return reject(arguments.env, "target must have %zu rows of %zu bytes, not %zu bytes",
                  out->rows.length, static_cast<size_t>(out->stride), out->target.length);
  }
  if (overlap(out->target.data, out->target.length, out->rows.data,
              out->rows.length * sizeof(uint32_t)) ||
      overlap(out->target.data, out->target.length, out->segments.data,
              out->segments.length * sizeof(uint32_t))) {
    return reject(arguments.env, "target must not overlap other arguments");
  }
  return true;
}

void copy_rows(const Sources& sources, const GatherTask& task) {
  uint8_t* const target = static_cast<uint8_t*>(task.target.data);
  const size_t count = task.rows.length;
  for (size_t i = 0; i < count; i++) {
    const uint8_t* const ahead = sources[i + kAhead < count ? i + kAhead : count - 1];
    for (size_t at = 0; at < task.stride; at += kLineBytes) __builtin_prefetch(ahead + at);
    // SAFETY: target has count rows, and overlaps no region that rows are in.
    std::memcpy(target + i * task.stride, sources[i], task.stride);
  }
}

}  // namespace

napi_value call_gather_rows(napi_env env, napi_callback_info info) {
  Arguments arguments;
  GatherTask task;
  Sources sources;
  if (!read_arguments(env, info, 5, &arguments) || !read_task(arguments, &task) ||
      !sources.find(task)) {
    return nullptr;
  }
  copy_rows(sources, task);
  return nullptr;
}

}  // namespace sluice
