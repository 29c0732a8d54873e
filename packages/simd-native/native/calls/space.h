// The space that codes live in, as JavaScript passes it: five arguments that every function over
// rows and codes begins with.
#ifndef SLUICE_CALLS_SPACE_H
#define SLUICE_CALLS_SPACE_H

#include "../encode/encode.h"
#include "arguments.h"

namespace sluice {

constexpr size_t kSpaceArguments = 5;

// metric, dtype, dimension, mean, signs: arguments 0 to 4, of exactly the lengths they must have.
bool read_space(const Arguments& arguments, Space* out);

// Whole packed rows, a Uint8Array; *count is how many.
bool read_rows(const Arguments& arguments, size_t index, const Space& space, const uint8_t** rows,
               size_t* count);

// Whether memory that is to be written is also the mean's or the signs'.
bool overlaps_space(const Space& space, const void* data, size_t length);

}  // namespace sluice

#endif
