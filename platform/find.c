#include "platform/platform.h"

struct status platform_find(const struct platform_system *system,
                            struct platform_sim *sim, struct platform *out,
                            struct reason *why)
{
    void *context = system->context;
    if (system->exists(context, "/dev/attestation/attestation_type"))
        *out = platform_gramine(system);
    else if (system->exists(context, "/sys/kernel/config/tsm/report"))
        return platform_tsm(system, out, why);
    else if (system->exists(context, PLATFORM_NSM_DEVICE))
        *out = platform_nitro(system);
    else
        *out = platform_sim(sim);
    return OK;
}
