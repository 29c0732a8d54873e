#include "region.h"

#include <cstring>

#include "../region/region.h"
#include "arguments.h"

namespace sluice {

napi_value call_region_open(napi_env env, napi_callback_info info) {
  Arguments arguments;
  Span bytes;
  uint32_t handle;
  if (!read_arguments(env, info, 1, &arguments) ||
      !read_array(arguments, 0, "bytes", napi_uint8_array, &bytes)) {
    return nullptr;
  }
  if (!open_region(env, arguments.values[0], &handle)) {
    napi_throw_range_error(env, "SLUICE_LIMIT_EXCEEDED",
                           "there are 2^20 regions, or handles or memory have run out");
    return nullptr;
  }
  return number(env, handle);
}

napi_value call_region_close(napi_env env, napi_callback_info info) {
  Arguments arguments;
  uint64_t handle;
  if (!read_arguments(env, info, 1, &arguments) ||
      !read_integer(arguments, 0, "handle", 0, kUint32Max, &handle)) {
    return nullptr;
  }
  if (!close_region(env, static_cast<uint32_t>(handle))) {
    napi_throw_error(env, "SLUICE_CLOSED", "the region was released before");
  }
  return nullptr;
}

napi_value call_region_read(napi_env env, napi_callback_info info) {
  Arguments arguments;
  uint64_t handle;
  uint64_t offset;
  Span target;
  Span region;
  if (!read_arguments(env, info, 3, &arguments) ||
      !read_integer(arguments, 0, "handle", 0, kUint32Max, &handle) ||
      !read_array(arguments, 2, "target", napi_uint8_array, &target)) {
    return nullptr;
  }
  if (!find_region(env, static_cast<uint32_t>(handle), &region)) {
    reject(env, "handle names no open region, or its memory was detached or has shrunk");
    return nullptr;
  }
  if (!read_integer(arguments, 1, "offset", 0, region.length, &offset)) return nullptr;
  if (target.length > region.length - offset) {
    reject(env, "offset + target.byteLength must be at most %zu, not %llu", region.length,
           static_cast<unsigned long long>(offset + target.length));
    return nullptr;
  }
  if (target.length == 0) return nullptr;
  // SAFETY: offset + target.length <= region.length; the two may overlap.
  std::memmove(target.data, static_cast<const uint8_t*>(region.data) + offset, target.length);
  return nullptr;
}

}  // namespace sluice
