// The table of steps for AVX-512. Packing is that of AVX2: a hundredth of the work.
#include "steps.h"

namespace sluice {

const EncodeSteps kEncodeStepsAvx512 = {
    centre_avx512, rotate_avx512, code_avx512,   signed_sum_avx512,
    pack_avx2,     weigh_avx512,  tables_avx512, inner_product_avx512,
    squared_distance_avx512, residual_product_avx512};

}  // namespace sluice
