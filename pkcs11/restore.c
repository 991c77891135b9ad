#include "pkcs11/restore.h"

#include "base/file.h"
#include "base/text.h"
#include "pkcs11/state.h"

struct restoring {
    const struct hsm_settings *settings;
    const struct hsm_restore_order *order;
    struct api_restore_request request;
    struct hsm_token *token;
    struct hsm_session session;
    struct hsm_frontier_file file;
    struct hsm_state stands, anchor; /* before */
    struct api_restore record;
    struct hsm_state next;
};

/* --- the record ---------------------------------------------------------- */

STATUS hsm_restored_read(const struct hsm_settings *settings,
                         struct api_restore *out, bool *known,
                         struct reason *why)
{
    char path[HSM_PATH_MAX];
    AUTO_CLEAR_BUFFER encoded = buffer_make(4096);

    *known = false;
    TRY(hsm_state_path(settings, HSM_RESTORED_FILE, path));
    struct status s = file_read(path, &encoded);
    if (s.code == STATUS_NOT_FOUND)
        return OK;
    if (!failed(s))
        s = api_restore_decode(buffer_bytes(&encoded), out);
    if (failed(s))
        return refuse(why, STATUS_CORRUPT, "restored",
                      "%s is not whole: put it back, or remove it once the "
                      "broker has started after that restore",
                      path);
    *known = true;
    return OK;
}

static struct status write_record(const struct restoring *r, struct reason *why)
{
    char path[HSM_PATH_MAX];
    unsigned char encoded[API_RESTORE_LEN];

    TRY(hsm_state_path(r->settings, HSM_RESTORED_FILE, path));
    TRY(api_restore_encode(&r->record, encoded));
    struct status s =
        file_write(path, bytes_of(encoded, sizeof(encoded)), 0600);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot write %s", path);
    return OK;
}

/* --- what is asked, and where things stand ------------------------------- */

static struct status read_request(struct restoring *r, struct reason *why)
{
    if (failed(api_restore_request_decode(r->order->request, &r->request)))
        return refuse(why, STATUS_INVALID, "restore",
                      "this is no request to restore: accordd --restore "
                      "writes one");
    if (r->request.frontier.size != r->order->size)
        return refuse(why, STATUS_INVALID, "restore",
                      "the request keeps %llu leaves, --size says %llu",
                      (unsigned long long)r->request.frontier.size,
                      (unsigned long long)r->order->size);
    return OK;
}

static struct status open_all(struct restoring *r, const struct secret *pin,
                              struct reason *why)
{
    char path[HSM_PATH_MAX];

    TRY(hsm_state_path(r->settings, HSM_FRONTIER_FILE, path));
    TRY(hsm_frontier_open(path, &r->file, &r->stands, why));
    TRY(hsm_token_open(&r->settings->place, &r->token, why));
    TRY(hsm_token_login(r->token, pin, why));
    TRY(hsm_session_open(r->token, &r->session));
    return hsm_anchor_read(&r->session, &r->anchor, why);
}

static struct status check_older(const struct restoring *r, struct reason *why)
{
    struct hash kept, signed_root;

    if (!api_id_equal(&r->request.store, &r->stands.store))
        return refuse(why, STATUS_INVALID, "restore",
                      "the request is about the store of another "
                      "installation");
    if (r->request.frontier.size > r->stands.frontier.size)
        return refuse(why, STATUS_CONFLICT, "restore",
                      "the store has %llu leaves and the log key has "
                      "signed only %llu: nothing is lost, start accordd",
                      (unsigned long long)r->request.frontier.size,
                      (unsigned long long)r->stands.frontier.size);
    TRY(api_frontier_root(&r->request.frontier, &kept));
    TRY(api_frontier_root(&r->stands.frontier, &signed_root));
    if (hash_equal(&kept, &signed_root))
        return refuse(why, STATUS_CONFLICT, "restore",
                      "the store has all %llu "
                      "leaves that were signed: nothing is lost, start accordd",
                      (unsigned long long)r->stands.frontier.size);
    return OK;
}

/* --- the new epoch ------------------------------------------------------- */

static uint64_t latest(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static struct status describe_loss(struct restoring *r)
{
    r->record = (struct api_restore){
        .store = r->stands.store,
        .epoch = r->stands.epoch + 1,
        .time = latest(r->order->now, latest(r->stands.time, r->request.time)),
        .kept_size = r->request.frontier.size,
        .lost_size = r->stands.frontier.size,
    };
    TRY(api_frontier_root(&r->request.frontier, &r->record.kept_root));
    return api_frontier_root(&r->stands.frontier, &r->record.lost_root);
}

/* The kept leaves and the one about it, which nobody can leave out. */
static struct status begin_epoch(struct restoring *r)
{
    AUTO_JSON *detail = NULL;
    unsigned char leaf[API_LEAF_LEN], salt[API_SALT_LEN];
    struct hash hash;

    r->next = (struct hsm_state){
        .store = r->record.store,
        .epoch = r->record.epoch,
        .time = r->record.time,
        .frontier = r->request.frontier,
    };
    TRY(api_restore_leaf(&r->record, leaf, salt, &detail));
    TRY(api_leaf_hash(leaf, &hash));
    return api_frontier_add(&r->next.frontier, &hash);
}

static struct status same_tree(const struct api_frontier *a,
                               const struct api_frontier *b, bool *out)
{
    struct hash one, other;

    TRY(api_frontier_root(a, &one));
    TRY(api_frontier_root(b, &other));
    *out = a->size == b->size && hash_equal(&one, &other);
    return OK;
}

/* The record and the token are written, the frontier is not: exactly that,
 * or it is another trouble. */
static struct status was_interrupted(struct restoring *r, bool *out,
                                     struct reason *why)
{
    bool known;

    *out = false;
    if (r->anchor.epoch != r->stands.epoch + 1)
        return OK;
    TRY(hsm_restored_read(r->settings, &r->record, &known, why));
    if (!known || r->record.epoch != r->anchor.epoch)
        return OK;
    TRY(begin_epoch(r));
    return same_tree(&r->next.frontier, &r->anchor.frontier, out);
}

static struct status accept(struct restoring *r, struct reason *why)
{
    bool interrupted;

    TRY(was_interrupted(r, &interrupted, why));
    if (!interrupted) {
        TRY(hsm_state_check(&r->stands, &r->anchor, why));
        TRY(check_older(r, why));
        TRY(describe_loss(r));
        TRY(begin_epoch(r));
        TRY(write_record(r, why));
        TRY(hsm_anchor_write(&r->session, &r->next));
    }
    return hsm_frontier_write(&r->file, &r->next);
}

static void print(const struct restoring *r, FILE *report)
{
    char kept[2 * HASH_LEN + 1], lost[2 * HASH_LEN + 1];

    hex_encode(hash_bytes(&r->record.kept_root), kept);
    hex_encode(hash_bytes(&r->record.lost_root), lost);
    (void)fprintf(report, "epoch          %u\n", r->record.epoch);
    (void)fprintf(report, "kept           %llu leaves, root %s\n",
                  (unsigned long long)r->record.kept_size, kept);
    (void)fprintf(
        report, "lost           %llu leaves of the %llu signed, root %s\n",
        (unsigned long long)(r->record.lost_size - r->record.kept_size),
        (unsigned long long)r->record.lost_size, lost);
    (void)fprintf(report,
                  "leaf %-9llu says so; every dataset is suspended until its "
                  "owner resumes it\n",
                  (unsigned long long)r->record.kept_size);
}

static struct status perform(struct restoring *r, const struct secret *pin,
                             FILE *report, struct reason *why)
{
    TRY(read_request(r, why));
    TRY(open_all(r, pin, why));
    TRY(accept(r, why));
    print(r, report);
    return OK;
}

STATUS hsm_restore(const struct hsm_settings *settings,
                   const struct secret *pin,
                   const struct hsm_restore_order *order, FILE *report,
                   struct reason *why)
{
    struct restoring r = {
        .settings = settings,
        .order = order,
        .session = { .handle = CK_INVALID_HANDLE },
        .file = { .fd = -1 },
    };

    why->text[0] = '\0';
    struct status s = perform(&r, pin, report, why);
    if (failed(s) && !why->text[0])
        s = refuse(why, s.code, s.origin, "%s failed (0x%x)",
                   s.origin ? s.origin : "restore", (unsigned)s.detail);
    if (r.token)
        hsm_session_clear(&r.session);
    hsm_token_free(r.token);
    hsm_frontier_close(&r.file);
    return s;
}
