// What takes long is asked for in steps, each a work item of the thread pool of its own: an
// environment that ends waits for the step under way, which is short, and JavaScript that has ended
// asks for no other. The step holds the typed array. Memory that is not shared could be transferred
// to another thread and freed meanwhile, so it is brought in on the calling thread.
#include "memory.h"

#include <cstdlib>

#include "../memory/pages.h"
#include "../region/region.h"
#include "arguments.h"

namespace sluice {
namespace {

constexpr uint64_t kAlignmentMax = 1u << 30;

// What is done to some bytes, from an offset up to another.
struct Task {
  void (*act)(const Task& task);
  uint8_t* bytes;
  size_t length;
  size_t from;
  size_t to;
};

struct Step {
  Task task;
  napi_ref array;
  napi_deferred deferred;
  napi_async_work work;
};

void prefault(const Task& task) {
  // SAFETY: from <= to <= length.
  bring_in(task.bytes + task.from, task.to - task.from);
}

void collapse_from(const Task& task) {
  // SAFETY: from <= to <= length.
  collapse(task.bytes + task.from, task.length - task.from, task.to - task.from);
}

void execute_step(napi_env, void* data) {
  const Step* step = static_cast<const Step*>(data);
  // SAFETY: shared memory stays where it is, and the reference keeps it from being collected.
  step->task.act(step->task);
}

void drop_step(napi_env env, Step* step) {
  if (step->work != nullptr) napi_delete_async_work(env, step->work);
  if (step->array != nullptr) napi_delete_reference(env, step->array);
  std::free(step);
}

void complete_step(napi_env env, napi_status, void* data) {
  Step* step = static_cast<Step*>(data);
  napi_value nothing;
  // Fails in an environment that is ending, where nobody waits any more.
  if (napi_get_undefined(env, &nothing) == napi_ok) {
    napi_resolve_deferred(env, step->deferred, nothing);
  }
  drop_step(env, step);
}

napi_value start_step(napi_env env, napi_value array, const Task& task) {
  Step* step = static_cast<Step*>(std::malloc(sizeof(Step)));
  if (step != nullptr) *step = {task, nullptr, nullptr, nullptr};
  napi_value promise = nullptr;
  napi_value name;
  if (step != nullptr && napi_create_reference(env, array, 1, &step->array) == napi_ok &&
      napi_create_string_utf8(env, "sluice pages", NAPI_AUTO_LENGTH, &name) == napi_ok &&
      napi_create_async_work(env, nullptr, name, execute_step, complete_step, step,
                             &step->work) == napi_ok &&
      napi_create_promise(env, &step->deferred, &promise) == napi_ok &&
      napi_queue_async_work(env, step->work) == napi_ok) {
    return promise;
  }
  if (step != nullptr) drop_step(env, step);
  napi_throw_error(env, "SLUICE_INTERNAL", "work on pages could not be started");
  return nullptr;
}

bool read_bytes(const Arguments& arguments, Span* out) {
  return read_array(arguments, 0, "bytes", napi_uint8_array, out);
}

// The bytes, from and to of a step, and whether the bytes are shared.
bool read_task(napi_env env, napi_callback_info info, Arguments* arguments, Task* out,
               bool* shared) {
  Span span;
  uint64_t from;
  uint64_t to;
  if (!read_arguments(env, info, 3, arguments) || !read_bytes(*arguments, &span) ||
      !read_integer(*arguments, 1, "from", 0, span.length, &from) ||
      !read_integer(*arguments, 2, "to", from, span.length, &to)) {
    return false;
  }
  if (!is_shared_memory(env, arguments->values[0], shared)) {
    reject(env, "bytes cannot be read");
    return false;
  }
  *out = {nullptr, static_cast<uint8_t*>(span.data), span.length, from, to};
  return true;
}

}  // namespace

napi_value call_advise_huge_pages(napi_env env, napi_callback_info info) {
  Arguments arguments;
  Span bytes;
  napi_value result = nullptr;
  if (!read_arguments(env, info, 1, &arguments) || !read_bytes(arguments, &bytes)) return nullptr;
  napi_get_boolean(env, advise_huge_pages(static_cast<uint8_t*>(bytes.data), bytes.length),
                   &result);
  return result;
}

napi_value call_prefault_step(napi_env env, napi_callback_info info) {
  Arguments arguments;
  Task task;
  bool shared;
  if (!read_task(env, info, &arguments, &task, &shared) || task.from == task.to) return nullptr;
  task.act = prefault;
  if (shared) return start_step(env, arguments.values[0], task);
  prefault(task);
  return nullptr;
}

napi_value call_collapse_step(napi_env env, napi_callback_info info) {
  Arguments arguments;
  Task task;
  bool shared;
  if (!read_task(env, info, &arguments, &task, &shared) || task.from == task.to) return nullptr;
  task.act = collapse_from;
  return shared ? start_step(env, arguments.values[0], task) : nullptr;
}

napi_value call_address_offset(napi_env env, napi_callback_info info) {
  Arguments arguments;
  Span bytes;
  uint64_t alignment;
  if (!read_arguments(env, info, 2, &arguments) || !read_bytes(arguments, &bytes) ||
      !read_integer(arguments, 1, "alignment", 1, kAlignmentMax, &alignment)) {
    return nullptr;
  }
  if ((alignment & (alignment - 1)) != 0) {
    reject(env, "alignment must be a power of two, not %llu",
           static_cast<unsigned long long>(alignment));
    return nullptr;
  }
  return number(env, static_cast<double>(reinterpret_cast<uintptr_t>(bytes.data) &
                                         (alignment - 1)));
}

}  // namespace sluice
