// Reads and checks JavaScript arguments. Every reader throws a JavaScript error with code
// SLUICE_INVALID_ARGUMENT and returns false when the argument is not what it must be.
#ifndef SLUICE_CALLS_ARGUMENTS_H
#define SLUICE_CALLS_ARGUMENTS_H

#include <node_api.h>

#include <cstddef>
#include <cstdint>

namespace sluice {

constexpr uint64_t kUint32Max = 0xffffffffu;

// A typed array's memory. A detached one has length 0.
struct Span {
  void* data;
  size_t length;
};

// Of the function that has most.
constexpr size_t kArgumentsMax = 26;

struct Arguments {
  napi_env env;
  napi_value values[kArgumentsMax];
  // The kernel table the function was created with.
  const void* table;
};

bool read_arguments(napi_env env, napi_callback_info info, size_t count, Arguments* out);

// Throws a RangeError whose message is formatted as by printf; always false.
__attribute__((format(printf, 2, 3))) bool reject(napi_env env, const char* format, ...);

// Rejects a length, or a number like it, that is not the one expected; the message has both.
bool check_equal(const Arguments& arguments, const char* name, size_t actual, size_t expected);

// The same for one that is less than `min`.
bool check_min(const Arguments& arguments, const char* name, size_t actual, size_t min);

// Throws for want of memory.
void reject_memory(napi_env env);

// A JavaScript number; null when there can be none, which is what the caller then returns.
napi_value number(napi_env env, double value);

// An integer from min to max, both at most 2^53.
bool read_integer(const Arguments& arguments, size_t index, const char* name, uint64_t min,
                  uint64_t max, uint64_t* out);

// Any number at all.
bool read_any_number(const Arguments& arguments, size_t index, const char* name, double* out);

// Any number but NaN.
bool read_number(const Arguments& arguments, size_t index, const char* name, double* out);

// A typed array of the given type; length in elements.
bool read_array(const Arguments& arguments, size_t index, const char* name,
                napi_typedarray_type type, Span* out);

// Whether it is undefined.
bool is_undefined(const Arguments& arguments, size_t index);

// The same, or undefined, which leaves out at {nullptr, 0}.
bool read_optional_array(const Arguments& arguments, size_t index, const char* name,
                         napi_typedarray_type type, Span* out);

// Whether two arrays, of lengths in bytes, have memory in common. What is checked before a call and
// read during it must not lie in what the call writes.
bool overlap(const void* a, size_t a_length, const void* b, size_t b_length);

}  // namespace sluice

#endif
