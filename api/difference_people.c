/* difference_people.c - who must agree now, and with which key. */

#include "api/difference.h"

static STATUS say_key(const struct api_comparison *c, const json_t *person)
{
    struct hash key;
    char words[API_KEY_WORDS_LEN];
    TRY(api_json_hash(person, "key", &key, NULL));
    api_key_words(&key, words);
    api_say(c, words);
    return OK;
}

static STATUS added(const struct api_comparison *c, const json_t *now)
{
    TRY(api_say_subject(c, "", now));
    api_say(c, " must agree from now on, with the key ");
    TRY(say_key(c, now));
    api_say(c, ".\n");
    return OK;
}

static STATUS removed(const struct api_comparison *c, const json_t *before)
{
    TRY(api_say_subject(c, "", before));
    api_say(c, " is not asked any more.\n");
    return OK;
}

static STATUS changed(const struct api_comparison *c, const char *key,
                      const json_t *now, const json_t *before)
{
    const char *old_key = NULL, *owner;
    TRY(api_say_text(c, "", "name", " was renamed: now ", now, before));
    if (!api_same(now, before, "key")) {
        TRY(api_say_subject(c, "", now));
        api_say(c, " signs with another key: now ");
        TRY(say_key(c, now));
        api_say(c, ", before ");
        TRY(say_key(c, before));
        api_say(c, ".\n");
    }
    TRY(api_json_text(before, "owner", &owner, NULL));
    (void)api_find(json_object_get(c->before, "people"), "owner", owner,
                   &old_key);
    if (!old_key || strcmp(old_key, key) != 0) {
        TRY(api_say_subject(c, "", now));
        api_say(c, " has another id in the account.\n");
    }
    return OK;
}

struct status api_say_person(const struct api_comparison *c, const char *key,
                             const json_t *now, const json_t *before)
{
    if (!before)
        return added(c, now);
    if (!now)
        return removed(c, before);
    return changed(c, key, now, before);
}
