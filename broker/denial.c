#include "broker/denial.h"

bool denial_admit(struct denial_table *table, const struct hash *who,
                  uint64_t now_ms, uint32_t *summary, struct hash *whose)
{
    uint64_t minute = now_ms / 60000;
    size_t at = ((size_t)who->bytes[0] << 8 | who->bytes[1]) % DENIAL_SLOTS;
    struct denial_slot *slot = &table->slots[at];

    *summary = 0;
    if (slot->minute != minute || !hash_equal(&slot->who, who)) {
        *summary = slot->suppressed;
        *whose = slot->who;
        *slot = (struct denial_slot){ .who = *who, .minute = minute };
    }
    slot->seen++;
    if (slot->seen <= DENIAL_PER_MINUTE)
        return true;
    slot->suppressed++;
    return false;
}
