/* shim.c - a PKCS#11 module in front of SoftHSM that does what real ones do
 * on bad days. A file in the directory $ACCORD_SHIM asks for it:
 *     sign-hangs     C_Sign does not return while the file is there
 *     login-hangs    C_Login likewise
 *     copy-is-slow   C_CopyObject takes three seconds
 *     device-gone    C_Sign answers CKR_DEVICE_REMOVED
 * and `logins` in it grows by one byte with every C_Login. */

#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define REAL "/usr/lib/softhsm/libsofthsm2.so"

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(
    CK_FUNCTION_LIST_PTR_PTR out);

static CK_FUNCTION_LIST real, shim;

static void path_of(const char *name, char *out, size_t size)
{
    const char *directory = getenv("ACCORD_SHIM");
    (void)snprintf(out, size, "%s/%s", directory ? directory : "/nonexistent",
                   name);
}

static bool is_asked_for(const char *name)
{
    char path[256];
    path_of(name, path, sizeof(path));
    return access(path, F_OK) == 0;
}

static void rest(long milliseconds)
{
    const struct timespec time = { milliseconds / 1000,
                                   milliseconds % 1000 * 1000000 };
    (void)nanosleep(&time, NULL);
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user,
                   CK_UTF8CHAR_PTR pin, CK_ULONG len)
{
    char path[256];
    path_of("logins", path, sizeof(path));
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0 && write(fd, ".", 1) == 1)
        (void)close(fd);
    while (is_asked_for("login-hangs"))
        rest(20);
    return real.C_Login(session, user, pin, len);
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG len,
                  CK_BYTE_PTR out, CK_ULONG_PTR out_len)
{
    while (is_asked_for("sign-hangs"))
        rest(20);
    if (is_asked_for("device-gone"))
        return CKR_DEVICE_REMOVED;
    return real.C_Sign(session, data, len, out, out_len);
}

static CK_RV copy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                  CK_ATTRIBUTE_PTR template, CK_ULONG count,
                  CK_OBJECT_HANDLE_PTR out)
{
    if (is_asked_for("copy-is-slow"))
        rest(3000);
    return real.C_CopyObject(session, object, template, count, out);
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR out)
{
    void *module = dlopen(REAL, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get = NULL;
    CK_FUNCTION_LIST_PTR list = NULL;

    if (module)
        *(void **)&get = dlsym(module, "C_GetFunctionList");
    if (!get || get(&list) != CKR_OK)
        return CKR_GENERAL_ERROR;
    real = shim = *list;
    shim.C_Login = login;
    shim.C_Sign = sign;
    shim.C_CopyObject = copy;
    *out = &shim;
    return CKR_OK;
}
