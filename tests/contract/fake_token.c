#include "tests/contract/fake_private.h"

void fake_token_reset(void)
{
    fake_sessions_reset();
    fake_objects_reset();
}

CK_FUNCTION_LIST fake_token_calls(void)
{
    CK_FUNCTION_LIST calls = {
        .version = { 2, 40 },
        .C_CreateObject = fake_create,
        .C_CopyObject = fake_copy,
        .C_DestroyObject = fake_destroy,
        .C_GetAttributeValue = fake_get,
        .C_SetAttributeValue = fake_set,
    };
    fake_sessions_fill(&calls);
    fake_ciphers_fill(&calls);
    fake_keys_fill(&calls);
    return calls;
}
