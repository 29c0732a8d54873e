// What the operating system can be asked about pages. None of it changes a byte, and all of it may
// run beside threads that write to the memory.
#ifndef SLUICE_MEMORY_PAGES_H
#define SLUICE_MEMORY_PAGES_H

#include <cstddef>
#include <cstdint>

namespace sluice {

// Asks for huge pages for the whole pages within the bytes; whether the system took the advice.
bool advise_huge_pages(uint8_t* bytes, size_t length);

// Brings in every page that has one of the bytes.
void bring_in(uint8_t* bytes, size_t length);

// Puts what the huge pages within the bytes would hold into huge pages, those that begin before
// `until`. Does nothing where the system cannot.
void collapse(uint8_t* bytes, size_t length, size_t until);

}  // namespace sluice

#endif
