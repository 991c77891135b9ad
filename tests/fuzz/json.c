/* Our reader against jansson's: whatever ours accepts, jansson's accepts as
 * the same value; what jansson accepts beyond that has a real number in it, is
 * too deep, or has a NUL byte, which jansson takes for the end. And canonical
 * text is read back as itself. */

#include <stdint.h>
#include <stdlib.h>

#include "api/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void canonical_round_trip(const json_t *value, size_t size)
{
    AUTO_CLEAR_BUFFER first = buffer_make(6 * size + 64);
    AUTO_CLEAR_BUFFER second = buffer_make(6 * size + 64);
    AUTO_JSON *back = NULL;
    if (failed(api_json_canonical(value, &first)) ||
        failed(api_json_read(buffer_bytes(&first), first.max, true, &back,
                             NULL)) ||
        !json_equal(value, back) || failed(api_json_canonical(back, &second)) ||
        !bytes_equal(buffer_bytes(&first), buffer_bytes(&second)))
        abort();
}

static bool is_beyond_us(const json_t *value, unsigned level)
{
    if (json_is_real(value))
        return true;
    if ((json_is_array(value) || json_is_object(value)) && level == 16)
        return true;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (is_beyond_us(json_array_get(value, i), level + 1))
            return true;
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        if (is_beyond_us(member, level + 1))
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_JSON *ours = NULL;
    AUTO_JSON *theirs = json_loadb(
        size ? (const char *)data : "", size,
        JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    struct reason why = { "" };
    struct status read =
        api_json_read(bytes_of(data, size), size, true, &ours, &why);
    if (failed(read)) {
        bool stops_short = size > 0 && memchr(data, 0, size);
        if (why.text[0] == '\0' ||
            (theirs && !stops_short && !is_beyond_us(theirs, 0)))
            abort();
        return 0;
    }
    if (!theirs || !json_equal(ours, theirs))
        abort();
    canonical_round_trip(ours, size);
    return 0;
}
