#include "arguments.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace sluice {
namespace {

constexpr const char* kCode = "SLUICE_INVALID_ARGUMENT";

bool reject_type(napi_env env, const char* name, const char* expected) {
  char message[128];
  std::snprintf(message, sizeof(message), "%s must be %s", name, expected);
  napi_throw_type_error(env, kCode, message);
  return false;
}

const char* name_of(napi_typedarray_type type) {
  if (type == napi_uint8_array) return "a Uint8Array";
  if (type == napi_uint16_array) return "a Uint16Array";
  if (type == napi_uint32_array) return "a Uint32Array";
  if (type == napi_float32_array) return "a Float32Array";
  return "a Float64Array";
}

}  // namespace

bool reject(napi_env env, const char* format, ...) {
  char message[192];
  std::va_list values;
  va_start(values, format);
  std::vsnprintf(message, sizeof(message), format, values);
  va_end(values);
  napi_throw_range_error(env, kCode, message);
  return false;
}

void reject_memory(napi_env env) {
  napi_throw_error(env, "SLUICE_LIMIT_EXCEEDED", "there is no memory left to work with");
}

bool check_equal(const Arguments& arguments, const char* name, size_t actual, size_t expected) {
  return actual == expected ||
         reject(arguments.env, "%s must be %zu, not %zu", name, expected, actual);
}

bool check_min(const Arguments& arguments, const char* name, size_t actual, size_t min) {
  return actual >= min ||
         reject(arguments.env, "%s must be at least %zu, not %zu", name, min, actual);
}

bool read_arguments(napi_env env, napi_callback_info info, size_t count, Arguments* out) {
  size_t actual = count;
  void* table = nullptr;
  out->env = env;
  // SAFETY: every caller's count is at most the 24 values there is room for; missing arguments
  // come as undefined.
  if (napi_get_cb_info(env, info, &actual, out->values, nullptr, &table) != napi_ok) {
    return reject(env, "the call could not be read");
  }
  out->table = table;
  return true;
}

napi_value number(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}

bool read_any_number(const Arguments& arguments, size_t index, const char* name, double* out) {
  return napi_get_value_double(arguments.env, arguments.values[index], out) == napi_ok ||
         reject_type(arguments.env, name, "a number");
}

bool read_number(const Arguments& arguments, size_t index, const char* name, double* out) {
  if (!read_any_number(arguments, index, name, out)) return false;
  return !std::isnan(*out) || reject_type(arguments.env, name, "a number");
}

bool read_integer(const Arguments& arguments, size_t index, const char* name, uint64_t min,
                  uint64_t max, uint64_t* out) {
  double value;
  if (!read_number(arguments, index, name, &value)) return false;
  if (value < static_cast<double>(min) || value > static_cast<double>(max) ||
      value != std::floor(value)) {
    return reject(arguments.env, "%s must be an integer from %llu to %llu, not %.17g", name,
                  static_cast<unsigned long long>(min), static_cast<unsigned long long>(max),
                  value);
  }
  *out = static_cast<uint64_t>(value);
  return true;
}

bool read_array(const Arguments& arguments, size_t index, const char* name,
                napi_typedarray_type type, Span* out) {
  const napi_env env = arguments.env;
  const napi_value value = arguments.values[index];
  bool is_array = false;
  // Some versions of Node.js leave it as it is for a type that they do not know (Float16Array in
  // 24.0): so it starts as one that is never asked for.
  napi_typedarray_type actual = napi_biguint64_array;
  if (napi_is_typedarray(env, value, &is_array) != napi_ok || !is_array ||
      napi_get_typedarray_info(env, value, &actual, &out->length, &out->data, nullptr, nullptr) !=
          napi_ok ||
      actual != type) {
    return reject_type(env, name, name_of(type));
  }
  // SAFETY: a detached or empty array may have any pointer; nothing is read from it.
  if (out->data == nullptr) out->length = 0;
  return true;
}

bool is_undefined(const Arguments& arguments, size_t index) {
  napi_valuetype kind;
  return napi_typeof(arguments.env, arguments.values[index], &kind) == napi_ok &&
         kind == napi_undefined;
}

bool read_optional_array(const Arguments& arguments, size_t index, const char* name,
                         napi_typedarray_type type, Span* out) {
  *out = {nullptr, 0};
  if (is_undefined(arguments, index)) return true;
  return read_array(arguments, index, name, type, out);
}

bool overlap(const void* a, size_t a_length, const void* b, size_t b_length) {
  const uintptr_t from = reinterpret_cast<uintptr_t>(a);
  const uintptr_t other = reinterpret_cast<uintptr_t>(b);
  return a_length > 0 && b_length > 0 && from < other + b_length && other < from + a_length;
}

}  // namespace sluice
