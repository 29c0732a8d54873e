// The heap of the nearest rows.
#ifndef SLUICE_HEAP_H
#define SLUICE_HEAP_H

#include "scan.h"

namespace sluice {

// Lets one row compete.
void offer(Heap* heap, double distance, uint32_t row);

// The same for one that may be in the heap: it is there once then, with the lesser distance.
void offer_again(Heap* heap, double distance, uint32_t row);

}  // namespace sluice

#endif
