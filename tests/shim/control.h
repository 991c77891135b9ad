/* control.h - what a test asks of the shim: a PKCS#11 module in front of
 * SoftHSM that does what real ones do on bad days.
 *
 * Both sides map one file, named by $ACCORD_SHIM, so that a test changes what
 * the module does while another process uses it. */

#ifndef TESTS_SHIM_CONTROL_H
#define TESTS_SHIM_CONTROL_H

#include <stdatomic.h>
#include <stdint.h>

/* SHIM(name): the functions that the shim watches; the others are SoftHSM's. */
#define SHIM_FUNCTIONS(SHIM)                                                   \
    SHIM(Initialize)                                                           \
    SHIM(Finalize)                                                             \
    SHIM(GetSlotList)                                                          \
    SHIM(GetTokenInfo)                                                         \
    SHIM(OpenSession)                                                          \
    SHIM(CloseSession)                                                         \
    SHIM(Login)                                                                \
    SHIM(CreateObject)                                                         \
    SHIM(CopyObject)                                                           \
    SHIM(DestroyObject)                                                        \
    SHIM(GetAttributeValue)                                                    \
    SHIM(SetAttributeValue)                                                    \
    SHIM(FindObjectsInit)                                                      \
    SHIM(FindObjects)                                                          \
    SHIM(FindObjectsFinal)                                                     \
    SHIM(SignInit)                                                             \
    SHIM(Sign)                                                                 \
    SHIM(EncryptInit)                                                          \
    SHIM(Encrypt)                                                              \
    SHIM(DecryptInit)                                                          \
    SHIM(Decrypt)                                                              \
    SHIM(GenerateKey)                                                          \
    SHIM(GenerateKeyPair)                                                      \
    SHIM(WrapKey)                                                              \
    SHIM(UnwrapKey)                                                            \
    SHIM(DeriveKey)

enum shim_function {
    SHIM_NONE,
#define SHIM_NUMBER(name) SHIM_##name,
    SHIM_FUNCTIONS(SHIM_NUMBER)
#undef SHIM_NUMBER
        SHIM_ANY, /* every one of them */
};

enum shim_trouble {
    SHIM_ANSWER, /* `code` instead of the call                            */
    SHIM_LOSE,   /* the call is made, its answer is `code`                */
    SHIM_HANG,   /* does not return while asked for                       */
    SHIM_DELAY,  /* `code` milliseconds late                              */
    SHIM_LOGOUT, /* the token logs out first                              */
    SHIM_CLOSE,  /* the token closes all sessions first                   */
};

struct shim_rule {
    _Atomic uint32_t function; /* enum shim_function; none: all goes well  */
    _Atomic uint32_t trouble;
    _Atomic uint64_t code;
    _Atomic uint64_t after; /* this many calls go well first               */
    _Atomic uint64_t times; /* then this many do not                       */
    _Atomic uint64_t struck;
};

#define SHIM_RULES 2

struct shim_control {
    struct shim_rule rules[SHIM_RULES];
    _Atomic uint64_t calls[SHIM_ANY]; /* since the file was made           */
};

/* The test's side (control.c): makes the file and exports its path. Asserts
 * success. One in a process. */
struct shim_control *shim_make(const char *path);

/* From now on: after `after` calls of `function`, `times` calls meet the
 * trouble (UINT64_MAX: all). One trouble for each rule. */
void shim_ask(struct shim_rule *rule, enum shim_function function,
              enum shim_trouble trouble, uint64_t code, uint64_t after,
              uint64_t times);
void shim_stop_asking(struct shim_rule *rule);

/* "C_Sign"; "any". */
const char *shim_name(enum shim_function function);

#endif
