#include "pkcs11/token.h"

struct status hsm_ckr_status(const char *call, CK_RV rv)
{
    uint32_t detail = (uint32_t)rv;

    switch (rv) {
    case CKR_OK: return OK;
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE:
    case CKR_PIN_EXPIRED:
    case CKR_PIN_LOCKED: return failure(STATUS_DENIED, call, detail);
    case CKR_DATA_INVALID:
    case CKR_DATA_LEN_RANGE:
    case CKR_ENCRYPTED_DATA_INVALID:
    case CKR_ENCRYPTED_DATA_LEN_RANGE:
    case CKR_WRAPPED_KEY_INVALID:
    case CKR_WRAPPED_KEY_LEN_RANGE:
    case CKR_SIGNATURE_INVALID:
    case CKR_SIGNATURE_LEN_RANGE:
    case CKR_ATTRIBUTE_VALUE_INVALID:
    case CKR_MECHANISM_INVALID:
    case CKR_MECHANISM_PARAM_INVALID:
    case CKR_KEY_SIZE_RANGE:
    case CKR_KEY_TYPE_INCONSISTENT:
    case CKR_KEY_FUNCTION_NOT_PERMITTED:
        return failure(STATUS_INVALID, call, detail);
    case CKR_ATTRIBUTE_TYPE_INVALID:
        return failure(STATUS_NOT_FOUND, call, detail);
    case CKR_SESSION_COUNT: return failure(STATUS_BUSY, call, detail);
    case CKR_HOST_MEMORY: return failure(STATUS_NO_MEMORY, call, detail);
    default: /* removed, locked, broken or vendor-specific: fail closed */
        return failure(STATUS_UNAVAILABLE, call, detail);
    }
}

bool hsm_is_lost(struct status status)
{
    if (!failed(status) || !status.origin ||
        strncmp(status.origin, "C_", 2) != 0)
        return false;

    switch (status.detail) {
    case CKR_SLOT_ID_INVALID:
    case CKR_DEVICE_ERROR:
    case CKR_DEVICE_MEMORY:
    case CKR_DEVICE_REMOVED:
    case CKR_FUNCTION_FAILED:
    case CKR_KEY_HANDLE_INVALID:
    case CKR_OBJECT_HANDLE_INVALID:
    case CKR_SESSION_CLOSED:
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_TOKEN_NOT_RECOGNIZED:
    case CKR_USER_NOT_LOGGED_IN:
    case CKR_CRYPTOKI_NOT_INITIALIZED: return true;
    default: return false;
    }
}
