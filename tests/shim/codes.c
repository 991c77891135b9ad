#include "tests/shim/codes.h"

const CK_RV shim_codes[] = {
    CKR_HOST_MEMORY,           CKR_GENERAL_ERROR,
    CKR_FUNCTION_FAILED,       CKR_ARGUMENTS_BAD,
    CKR_DEVICE_ERROR,          CKR_DEVICE_MEMORY,
    CKR_DEVICE_REMOVED,        CKR_FUNCTION_CANCELED,
    CKR_KEY_HANDLE_INVALID,    CKR_OBJECT_HANDLE_INVALID,
    CKR_OPERATION_ACTIVE,      CKR_OPERATION_NOT_INITIALIZED,
    CKR_SESSION_CLOSED,        CKR_SESSION_HANDLE_INVALID,
    CKR_TOKEN_NOT_PRESENT,     CKR_USER_NOT_LOGGED_IN,
    CKR_BUFFER_TOO_SMALL,      CKR_CRYPTOKI_NOT_INITIALIZED,
    CKR_TEMPLATE_INCONSISTENT, CKR_VENDOR_DEFINED + 77,
};
const size_t shim_codes_count = sizeof(shim_codes) / sizeof(shim_codes[0]);

#define OWN_MAX 16

#define OF_TEMPLATES                                                           \
    CKR_ATTRIBUTE_READ_ONLY, CKR_ATTRIBUTE_TYPE_INVALID,                       \
        CKR_ATTRIBUTE_VALUE_INVALID
#define OF_WRITING                                                             \
    CKR_PIN_EXPIRED, CKR_SESSION_READ_ONLY, CKR_TOKEN_WRITE_PROTECTED
#define OF_MECHANISMS CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID
#define OF_KEYS                                                                \
    OF_MECHANISMS, CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_KEY_SIZE_RANGE,         \
        CKR_KEY_TYPE_INCONSISTENT, CKR_PIN_EXPIRED

static const CK_RV own[SHIM_ANY][OWN_MAX] = {
    [SHIM_Initialize] = { CKR_CANT_LOCK, CKR_NEED_TO_CREATE_THREADS },
    [SHIM_GetTokenInfo] = { CKR_SLOT_ID_INVALID, CKR_TOKEN_NOT_RECOGNIZED },
    [SHIM_OpenSession] = { CKR_SESSION_COUNT,
                           CKR_SESSION_PARALLEL_NOT_SUPPORTED,
                           CKR_SESSION_READ_WRITE_SO_EXISTS,
                           CKR_SLOT_ID_INVALID, CKR_TOKEN_NOT_RECOGNIZED,
                           CKR_TOKEN_WRITE_PROTECTED },
    [SHIM_Login] = { CKR_SESSION_READ_ONLY_EXISTS, CKR_USER_TYPE_INVALID,
                     CKR_USER_ANOTHER_ALREADY_LOGGED_IN,
                     CKR_USER_TOO_MANY_TYPES },
    [SHIM_CreateObject] = { OF_TEMPLATES, OF_WRITING, CKR_TEMPLATE_INCOMPLETE,
                            CKR_DOMAIN_PARAMS_INVALID },
    [SHIM_CopyObject] = { OF_TEMPLATES, OF_WRITING },
    [SHIM_DestroyObject] = { OF_WRITING },
    [SHIM_GetAttributeValue] = { CKR_ATTRIBUTE_SENSITIVE,
                                 CKR_ATTRIBUTE_TYPE_INVALID },
    [SHIM_FindObjectsInit] = { CKR_ATTRIBUTE_TYPE_INVALID,
                               CKR_ATTRIBUTE_VALUE_INVALID, CKR_PIN_EXPIRED },
    [SHIM_SignInit] = { OF_KEYS },
    [SHIM_Sign] = { CKR_DATA_INVALID, CKR_DATA_LEN_RANGE },
    [SHIM_EncryptInit] = { OF_KEYS },
    [SHIM_Encrypt] = { CKR_DATA_INVALID, CKR_DATA_LEN_RANGE },
    [SHIM_DecryptInit] = { OF_KEYS },
    [SHIM_Decrypt] = { CKR_ENCRYPTED_DATA_INVALID,
                       CKR_ENCRYPTED_DATA_LEN_RANGE },
    [SHIM_GenerateKey] = { OF_TEMPLATES, OF_WRITING, OF_MECHANISMS,
                           CKR_KEY_SIZE_RANGE, CKR_TEMPLATE_INCOMPLETE },
    [SHIM_WrapKey] = { OF_MECHANISMS, CKR_PIN_EXPIRED, CKR_KEY_NOT_WRAPPABLE,
                       CKR_KEY_SIZE_RANGE, CKR_KEY_UNEXTRACTABLE,
                       CKR_WRAPPING_KEY_HANDLE_INVALID,
                       CKR_WRAPPING_KEY_SIZE_RANGE,
                       CKR_WRAPPING_KEY_TYPE_INCONSISTENT },
    [SHIM_UnwrapKey] = { OF_TEMPLATES, OF_WRITING, OF_MECHANISMS,
                         CKR_TEMPLATE_INCOMPLETE,
                         CKR_UNWRAPPING_KEY_HANDLE_INVALID,
                         CKR_UNWRAPPING_KEY_SIZE_RANGE,
                         CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT,
                         CKR_WRAPPED_KEY_INVALID, CKR_WRAPPED_KEY_LEN_RANGE },
    [SHIM_DeriveKey] = { OF_TEMPLATES, OF_WRITING, OF_MECHANISMS,
                         CKR_KEY_SIZE_RANGE, CKR_KEY_TYPE_INCONSISTENT,
                         CKR_TEMPLATE_INCOMPLETE },
};

CK_RV shim_own_code(enum shim_function function, size_t nth)
{
    return nth < OWN_MAX ? own[function][nth] : CKR_OK;
}
