/* Nitro documents by the wrong people: chains, keys and times. Each is
 * refused by its token. */

#include "tests/attest/forge_nitro.h"
#include "tests/support/check.h"

#define SPOIL(name, body)                                                      \
    static void name(struct nitro_forge *f)                                    \
    {                                                                          \
        body;                                                                  \
    }                                                                          \
    struct nitro_forge /* swallows the semicolon */

/* --- PCRs, time, signature --------------------------------------------- */

SPOIL(without_pcr0, f->document.present &= ~1u);
SPOIL(without_pcr2, f->document.present &= ~4u);
SPOIL(from_the_future, f->document.timestamp += 400 * 1000);
SPOIL(signed_by_another, f->signer = f->keys[4]);
SPOIL(signed_by_instance, f->signer = f->keys[2]);

/* --- the chain --------------------------------------------------------- */

SPOIL(other_root, f->order = "oei");
SPOIL(root_omitted, f->order = "ei");
SPOIL(region_omitted, f->order = "ri");
SPOIL(instance_omitted, f->order = "re");
SPOIL(bundle_reversed, f->order = "ier");
SPOIL(bundle_swapped, f->order = "rie");
SPOIL(region_twice, f->order = "reei");
SPOIL(root_twice, f->order = "rrei");
SPOIL(leaf_in_bundle, f->order = "reil");
SPOIL(region_by_another, f->region.forger = f->keys[4]);
SPOIL(instance_by_another, f->instance.forger = f->keys[4]);
SPOIL(leaf_by_another, f->leaf.forger = f->keys[4]);
SPOIL(root_by_another, f->root.forger = f->keys[4]);
SPOIL(leaf_expired, f->leaf.says.not_after = VENDOR_NOW - 1);
SPOIL(leaf_too_young, f->leaf.says.not_before = VENDOR_NOW + 1);
SPOIL(instance_expired, f->instance.says.not_after = VENDOR_NOW - 1);
SPOIL(region_too_young, f->region.says.not_before = VENDOR_NOW + 1);
SPOIL(instance_no_ca, f->instance.says.path_length = PKI_NOT_A_CA);
SPOIL(region_path_too_short, f->region.says.path_length = 0);
SPOIL(region_without_usage, f->region.retouch = vendor_drop_usage);
SPOIL(region_without_constraints, f->region.retouch = vendor_drop_constraints);
SPOIL(leaf_a_ca, f->leaf.says.path_length = 0);
SPOIL(leaf_without_usage, f->leaf.retouch = vendor_drop_usage);
SPOIL(leaf_without_constraints, f->leaf.retouch = vendor_drop_constraints);
SPOIL(leaf_with_critical, f->leaf.retouch = vendor_add_critical);
static void leaf_on_p256(struct nitro_forge *f)
{
    f->leaf.key = f->p256;
}
static void instance_on_p256(struct nitro_forge *f)
{
    f->instance.key = f->leaf.signer = f->p256;
}
static void leaf_with_sha256(struct nitro_forge *f)
{
    f->leaf.sign = vendor_sign_ecdsa_sha256;
}

static const struct {
    void (*spoil)(struct nitro_forge *);
    const char *token;
    const char *says; /* in the reason */
} spoiled[] = {
    /* clang-format off */
    { without_pcr0,         "pcr",             "PCR0" },
    { without_pcr2,         "pcr",             "PCR2" },
    { from_the_future,      "timestamp",       "future" },
    { signed_by_another,    "cose-sig",        "" },
    { signed_by_instance,   "cose-sig",        "" },
    { other_root,           "chain:root",      NITRO_ROOT },
    { root_omitted,         "chain:root",      NITRO_REGION },
    { region_omitted,       "chain:names",     NITRO_INSTANCE },
    { instance_omitted,     "chain:names",     NITRO_LEAF },
    { bundle_reversed,      "chain:root",      NITRO_INSTANCE },
    { bundle_swapped,       "chain:names",     NITRO_LEAF },
    { region_twice,         "chain:names",     NITRO_REGION },
    { root_twice,           "chain:len",       "not needed" },
    { leaf_in_bundle,       "chain:names",     NITRO_LEAF },
    { region_by_another,    "chain:sig",       NITRO_REGION },
    { instance_by_another,  "chain:sig",       NITRO_INSTANCE },
    { leaf_by_another,      "chain:sig",       NITRO_LEAF },
    { root_by_another,      "chain:sig",       NITRO_ROOT },
    { leaf_expired,         "chain:time",      "expired" },
    { leaf_too_young,       "chain:time",      "not valid yet" },
    { instance_expired,     "chain:time",      NITRO_INSTANCE },
    { region_too_young,     "chain:time",      NITRO_REGION },
    { instance_no_ca,       "chain:role",      "" },
    { region_path_too_short, "chain:role",     "path length" },
    { region_without_usage, "chain:role",      NITRO_REGION },
    { region_without_constraints, "chain:role", "" },
    { leaf_a_ca,            "chain:role",      "" },
    { leaf_without_usage,   "chain:role",      NITRO_LEAF },
    { leaf_without_constraints, "chain:role",  NITRO_LEAF },
    { leaf_with_critical,   "chain:role",      "critical" },
    { leaf_on_p256,         "chain:algorithm", NITRO_LEAF },
    { instance_on_p256,     "chain:algorithm", NITRO_INSTANCE },
    { leaf_with_sha256,     "chain:algorithm", NITRO_LEAF },
    /* clang-format on */
};

static void every_wrong_chain_is_refused_by_its_token(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(spoiled) / sizeof(spoiled[0]); i++) {
        AUTO_NITRO_FORGE forge;
        nitro_forge_init(&forge);
        spoiled[i].spoil(&forge);
        nitro_forge_expect_refusal(&forge, spoiled[i].token, spoiled[i].says,
                                   i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_wrong_chain_is_refused_by_its_token),
    };
    assert_ok(secret_heap_open((size_t)1024 * 1024));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
