/* adversary.c - tries every way around the HSM that a broker has.
 *
 *     adversary SOCKET SUPERVISOR-PID TAPE DATASET token|wrapped plain|sealed
 *
 * DATASET is the id of the dataset whose release is on the tape. Prints a line
 * for each row; ends with 1 when the HSM said anything but what the row
 * expects. Must run alone on the socket. */

#include "tests/e2e/adversary.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

void must(bool holds, const char *what)
{
    if (holds)
        return;
    (void)printf("FAILED: cannot go on: %s\n", what);
    exit(2);
}

/* --- the wire ------------------------------------------------------------ */

int adversary_dial_another(const struct adversary *a)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    const struct timeval patience = { .tv_sec = 30 };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(strlen(a->socket) < sizeof(to.sun_path), "the socket's path");
    memcpy(to.sun_path, a->socket, strlen(a->socket) + 1);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    must(connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0,
         "accord-hsm cannot be reached");
    return fd;
}

void adversary_dial(struct adversary *a)
{
    a->fd = adversary_dial_another(a);
}

void adversary_hang_up(struct adversary *a)
{
    (void)close(a->fd);
    a->fd = -1;
}

void adversary_send(struct adversary *a, uint8_t job, struct bytes body)
{
    const struct pkcs11_frame frame = { ++a->asked, job, body };
    AUTO_CLEAR_BUFFER out = buffer_make(PKCS11_REQUEST_MAX + 1024);
    pkcs11_frame_put(&out, &frame);
    must(!failed(pkcs11_write(a->fd, buffer_bytes(&out))), "nobody reads");
}

void adversary_hear(struct adversary *a)
{
    must(!failed(pkcs11_frame_read(a->fd, &a->in, &a->answer)),
         "accord-hsm hung up");
}

enum status_code adversary_ask(struct adversary *a, uint8_t job,
                               struct bytes body)
{
    adversary_send(a, job, body);
    adversary_hear(a);
    must(a->answer.id == a->asked, "an answer to another question");
    return (enum status_code)a->answer.code;
}

void adversary_describe(struct adversary *a)
{
    must(adversary_ask(a, PKCS11_DESCRIBE, bytes_of(NULL, 0)) == STATUS_OK,
         "describe");
    pkcs11_description_clear(&a->about);
    must(!failed(pkcs11_decode_description(a->answer.body, &a->about)),
         "description");
}

/* --- judging ------------------------------------------------------------- */

static bool reads(struct bytes said, const char *text)
{
    size_t at = 0;
    for (; *text; text++) {
        size_t digits = 0;
        if (*text != '#') {
            if (at == said.len || said.at[at++] != (unsigned char)*text)
                return false;
            continue;
        }
        for (; at < said.len && isdigit(said.at[at]); at++)
            digits++;
        if (digits == 0)
            return false;
    }
    return at == said.len;
}

void adversary_say(struct adversary *a, const char *name, bool holds,
                   const char *otherwise)
{
    a->rows++;
    a->failures += !holds;
    (void)printf("%s  %s%s%s\n", holds ? "ok" : "FAILED", name,
                 holds ? "" : ": ", holds ? "" : otherwise);
}

void adversary_judge(struct adversary *a, const char *name,
                     enum status_code code, const char *text)
{
    char said[512];
    bool holds = a->answer.code == code &&
                 (code == STATUS_OK || reads(a->answer.body, text));
    (void)snprintf(said, sizeof(said), "expected %s \"%s\", heard %s \"%.*s\"",
                   status_name(code), text,
                   status_name((enum status_code)a->answer.code),
                   a->answer.code == STATUS_OK ? 0 : (int)a->answer.body.len,
                   (const char *)a->answer.body.at);
    adversary_say(a, name, holds, said);
}

/* --- the program --------------------------------------------------------- */

int main(int argc, char **argv)
{
    static struct adversary a = { .fd = -1 };
    if (argc != 7)
        return 2;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    must(!failed(secret_heap_open(1u << 20)), "the secret heap");
    a.socket = argv[1];
    a.supervisor = (pid_t)strtol(argv[2], NULL, 10);
    a.wrapped = strcmp(argv[5], "wrapped") == 0;
    a.plain = strcmp(argv[6], "plain") == 0;
    a.in = buffer_make(PKCS11_ANSWER_MAX);
    a.looser = buffer_make(CA_CERTIFICATE_MAX);
    a.forged = buffer_make(CA_CERTIFICATE_MAX);
    tape_read(&a, argv[3], argv[4]);
    must(!failed(api_key_generate(&a.key)) &&
             !failed(ca_key_generate(CA_KEY_RSA_3072, &a.rsa)),
         "keys");
    adversary_dial(&a);
    adversary_describe(&a);
    adversary_certificates(&a);
    adversary_releases(&a);
    adversary_jobs(&a);
    adversary_connections(&a);
    (void)printf("%u rows, %u failed\n", a.rows, a.failures);
    adversary_hang_up(&a);
    pkcs11_description_clear(&a.about);
    buffer_clear(&a.tape);
    buffer_clear(&a.in);
    buffer_clear(&a.looser);
    buffer_clear(&a.forged);
    api_key_free(a.key);
    ca_key_free(a.rsa);
    return a.failures == 0 ? 0 : 1;
}
