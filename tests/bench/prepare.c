/* prepare.c - a certificate that a broker issued to an enclave, with its key,
 * in files: for the load client only. What runs in an enclave never lets go
 * of its key; this program stands in for one on the simulated platform.
 *
 *     prepare measure
 *     prepare certificate KIND HASH AGENT BROKER DIRECTORY
 *
 * KIND is rsa (the kind releases are sealed to) or p256. Writes
 * DIRECTORY/KIND.pem, KIND.key (0600) and the dataset ids of the
 * configuration, one per line, to DIRECTORY/datasets. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "enclave/session.h"

static int complain(const char *step, const struct trouble *trouble)
{
    (void)fprintf(stderr, "prepare: %s: %s %s\n", step, trouble->why.text,
                  trouble->code);
    return EXIT_FAILURE;
}

static int measure(struct accord_session *session)
{
    char text[2 * HASH_LEN + 1];
    struct trouble trouble = { 0 };
    struct accord_options options = ACCORD_OPTIONS_INIT;
    options.configuration =
        "0000000000000000000000000000000000000000000000000000000000000000";
    if (failed(session_read_options(session, &options, &trouble)) ||
        failed(session_measure(session, NULL, &trouble)))
        return complain("measurement", &trouble);
    hex_encode(hash_bytes(&session->measurement), text);
    return puts(text) < 0;
}

static struct status obtain(struct accord_session *session, char **argv,
                            struct trouble *trouble)
{
    struct accord_options options = ACCORD_OPTIONS_INIT;
    options.configuration = argv[3];
    options.agent = argv[4];
    options.broker = argv[5];
    options.allow_http = 1;
    TRY(session_read_options(session, &options, trouble));
    TRY(session_measure(session, NULL, trouble));
    TRY(ca_key_generate(strcmp(argv[2], "rsa") == 0 ? CA_KEY_RSA_3072
                                                    : CA_KEY_P256,
                        &session->key));
    TRY(session_get_quote(session, trouble));
    TRY(session_get_certificate(session, trouble));
    return session_get_configuration(session, trouble);
}

static struct status leave(const struct accord_session *session, char **argv,
                           struct trouble *trouble)
{
    char path[4096];
    AUTO_FREE(secret) key = NULL;
    AUTO_CLEAR_BUFFER ids = buffer_make(65536);
    (void)trouble;
    TRY(ca_key_write(session->key, &key));
    (void)snprintf(path, sizeof(path), "%s/%s.key", argv[6], argv[2]);
    TRY(file_write(path, secret_expose(key), 0600));
    (void)snprintf(path, sizeof(path), "%s/%s.pem", argv[6], argv[2]);
    TRY(file_write(path, buffer_bytes(&session->chain), 0600));
    for (size_t i = 0; i < session->count; i++) {
        char text[API_ID_TEXT];
        api_id_text(&session->datasets[i].id, text);
        buffer_printf(&ids, "%s\n", text);
    }
    TRY(buffer_status(&ids));
    (void)snprintf(path, sizeof(path), "%s/datasets", argv[6]);
    return file_write(path, buffer_bytes(&ids), 0600);
}

static int certificate(struct accord_session *session, char **argv)
{
    struct trouble trouble = { 0 };
    if (failed(obtain(session, argv, &trouble)))
        return complain("certificate", &trouble);
    if (failed(leave(session, argv, &trouble)))
        return complain("cannot write the files", &trouble);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    int code = 2;
    struct accord_session *session = session_new();
    if (!session) {
        (void)fprintf(stderr, "prepare: %s\n", accord_error(NULL));
        return EXIT_FAILURE;
    }
    if (argc == 2 && strcmp(argv[1], "measure") == 0)
        code = measure(session);
    else if (argc == 7 && strcmp(argv[1], "certificate") == 0 &&
             (strcmp(argv[2], "rsa") == 0 || strcmp(argv[2], "p256") == 0))
        code = certificate(session, argv);
    else
        (void)fprintf(stderr,
                      "usage: prepare measure\n"
                      "       prepare certificate rsa|p256 HASH AGENT BROKER "
                      "DIRECTORY\n");
    accord_session_free(session);
    return code;
}
