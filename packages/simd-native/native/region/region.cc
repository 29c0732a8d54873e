#include "region.h"

#include <cstdlib>

namespace sluice {
namespace {

constexpr uint32_t kSlotBits = 20;
constexpr uint32_t kSlotsMax = 1u << kSlotBits;
constexpr uint32_t kGenerationMax = (1u << (32 - kSlotBits)) - 1;
constexpr uint32_t kSlotsFirst = 64;
constexpr uint32_t kNone = 0xffffffffu;

struct Slot {
  // Null when no region is open here.
  napi_ref array;
  // As it was when registered. Only for shared memory is the pointer good later on.
  Span memory;
  bool shared;
  uint32_t generation;
  uint32_t next_free;
};

struct RegionTable {
  Slot* slots;
  uint32_t count;
  uint32_t capacity;
  uint32_t first_free;
};

void free_table(napi_env env, void* data, void*) {
  RegionTable* table = static_cast<RegionTable*>(data);
  // SAFETY: count slots were made; references still there are ours to delete.
  for (uint32_t i = 0; i < table->count; i++) {
    if (table->slots[i].array != nullptr) napi_delete_reference(env, table->slots[i].array);
  }
  std::free(table->slots);
  std::free(table);
}

RegionTable* table_of(napi_env env) {
  void* data = nullptr;
  return napi_get_instance_data(env, &data) == napi_ok ? static_cast<RegionTable*>(data) : nullptr;
}

bool read_memory(napi_env env, napi_value bytes, napi_value* buffer, Span* out) {
  napi_typedarray_type type = napi_biguint64_array;
  return napi_get_typedarray_info(env, bytes, &type, &out->length, &out->data, buffer, nullptr) ==
             napi_ok &&
         type == napi_uint8_array;
}

bool grow(RegionTable* table) {
  if (table->capacity == kSlotsMax) return false;
  const uint32_t capacity = table->capacity == 0 ? kSlotsFirst : table->capacity * 2;
  void* slots = std::realloc(table->slots, capacity * sizeof(Slot));
  if (slots == nullptr) return false;
  table->slots = static_cast<Slot*>(slots);
  table->capacity = capacity;
  return true;
}

// A slot without a region; kNone when there can be none.
uint32_t take_slot(RegionTable* table) {
  const uint32_t index = table->first_free;
  if (index != kNone) {
    // SAFETY: only slots below count are ever in the list.
    table->first_free = table->slots[index].next_free;
    return index;
  }
  if (table->count == table->capacity && !grow(table)) return kNone;
  // SAFETY: count < capacity.
  table->slots[table->count] = {nullptr, {nullptr, 0}, false, 1, kNone};
  return table->count++;
}

// The slot of an open region; null when the handle names none.
Slot* slot_of(RegionTable* table, uint32_t handle) {
  const uint32_t index = handle & (kSlotsMax - 1);
  if (table == nullptr || index >= table->count) return nullptr;
  // SAFETY: index < count.
  Slot* slot = table->slots + index;
  return slot->array != nullptr && slot->generation == handle >> kSlotBits ? slot : nullptr;
}

}  // namespace

bool init_regions(napi_env env) {
  RegionTable* table = static_cast<RegionTable*>(std::malloc(sizeof(RegionTable)));
  if (table == nullptr) return false;
  *table = {nullptr, 0, 0, kNone};
  if (napi_set_instance_data(env, table, free_table, nullptr) == napi_ok) return true;
  std::free(table);
  return false;
}

bool is_shared_memory(napi_env env, napi_value bytes, bool* out) {
  Span memory;
  napi_value buffer;
  bool is_array_buffer;
  // Node-API's array buffers are those that are not shared.
  if (!read_memory(env, bytes, &buffer, &memory) ||
      napi_is_arraybuffer(env, buffer, &is_array_buffer) != napi_ok) {
    return false;
  }
  *out = !is_array_buffer;
  return true;
}

bool open_region(napi_env env, napi_value bytes, uint32_t* handle) {
  RegionTable* table = table_of(env);
  Span memory;
  bool shared;
  napi_ref array;
  if (table == nullptr || !read_memory(env, bytes, nullptr, &memory) ||
      !is_shared_memory(env, bytes, &shared) ||
      napi_create_reference(env, bytes, 1, &array) != napi_ok) {
    return false;
  }
  const uint32_t index = take_slot(table);
  if (index == kNone) {
    napi_delete_reference(env, array);
    return false;
  }
  // SAFETY: take_slot gives an index below count.
  Slot* slot = table->slots + index;
  slot->array = array;
  slot->memory = memory;
  slot->shared = shared;
  *handle = slot->generation << kSlotBits | index;
  return true;
}

bool close_region(napi_env env, uint32_t handle) {
  RegionTable* table = table_of(env);
  Slot* slot = slot_of(table, handle);
  if (slot == nullptr) return false;
  napi_delete_reference(env, slot->array);
  slot->array = nullptr;
  if (slot->generation < kGenerationMax) {
    slot->generation++;
    slot->next_free = table->first_free;
    table->first_free = handle & (kSlotsMax - 1);
  }
  return true;
}

bool find_region(napi_env env, uint32_t handle, Span* out) {
  const Slot* slot = slot_of(table_of(env), handle);
  if (slot == nullptr) return false;
  *out = slot->memory;
  if (slot->shared) return true;
  napi_value bytes;
  Span now;
  if (napi_get_reference_value(env, slot->array, &bytes) != napi_ok || bytes == nullptr ||
      !read_memory(env, bytes, nullptr, &now) || now.length < slot->memory.length) {
    return false;
  }
  out->data = now.data;
  return true;
}

}  // namespace sluice
