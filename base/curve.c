#include "base/curve.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <stdatomic.h>
#include <stddef.h>

/* Two threads may both make it: the first keeps its own. */
static const EC_GROUP *made_once(_Atomic(EC_GROUP *) *kept, int curve)
{
    EC_GROUP *known = atomic_load_explicit(kept, memory_order_acquire);
    if (known)
        return known;
    EC_GROUP *made = EC_GROUP_new_by_curve_name(curve);
    if (made && !atomic_compare_exchange_strong(kept, &known, made)) {
        EC_GROUP_free(made);
        return known;
    }
    return made;
}

const struct ec_group_st *curve_p256(void)
{
    static _Atomic(EC_GROUP *) kept;
    return made_once(&kept, NID_X9_62_prime256v1);
}

const struct ec_group_st *curve_p384(void)
{
    static _Atomic(EC_GROUP *) kept;
    return made_once(&kept, NID_secp384r1);
}
