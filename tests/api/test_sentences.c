/* What a person reads before signing: true, complete, and nothing in it can
 * pass for something else. */

#include "tests/api/faults.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>

static char *told(const struct sample *s, const json_t *parent,
                  const struct api_acquaintance *known)
{
    AUTO_CLEAR_BUFFER text = buffer_make(1024 * 1024);
    AUTO_JSON *manifest = sample_manifest(s);
    assert_ok(api_sentences(manifest, parent, known, &text));
    char *copy = buffer_string(&text);
    assert_non_null(copy);
    return copy;
}

static void assert_told(const struct sample *s, const char *sentence)
{
    char *text = told(s, NULL, NULL);
    if (!strstr(text, sentence))
        print_error("%s\nis not in:\n%s\n", sentence, text);
    assert_non_null(strstr(text, sentence));
    free(text);
}

static void assert_not_told(const struct sample *s, const char *part)
{
    char *text = told(s, NULL, NULL);
    if (strstr(text, part))
        print_error("%s\n", text);
    assert_null(strstr(text, part));
    free(text);
}

#define TWELVES                                                                \
    "1212121212121212121212121212121212121212121212121212121212121212"

static void a_workflow_is_told_from_people_to_ports(void **state)
{
    static const char expected[] =
        "Workflow \"Patient statistics\", version 1\n"
        "\n"
        "All of these must agree:\n"
        "  \"Alice\" with the key rapog-dipos-zuhij-zidon\n"
        "  \"Bob\" with the key bohud-luzil-gimuk-jipil\n"
        "  \"Carol\" with the key nohum-tolal-mupof-rasuz\n"
        "\n"
        "Program \"app-1\" is the build \"harmonize\" of \"Bob\" "
        "(e73c8012-1472-88ee-bd63-0bedfd0082cf)\n"
        "  runs as SIMULATED SGX enclave with mrenclave " TWELVES "\n"
        "  vouched for by the root key "
        "79bfb0e2ba76b9d447606ddbcc494834f05a4c11deb052e74b49ea307a3c5bcd\n"
        "  SIMULATED: no hardware protects it, who runs the simulator can "
        "read everything\n"
        "  accepted states of the platform: UNEVALUATED\n"
        "  UNEVALUATED: nobody asks whether the platform has known holes\n"
        "  configured by "
        "f1a1d58e36bba447d1e2284948f36f4818e6fec0fdfb43e8acf042c0a03fb166\n"
        "  started with  "
        "53cfea5533a9170fe42358090d17ff3c8852bca9e799bd0e3f13fb31b847689b\n"
        "  reads \"patients\" (dataset \"patients\" of \"Alice\", at "
        "https://store.example/patients.bin) through port \"input\"\n"
        "  writes \"result\" (dataset \"result\" of \"Carol\", at "
        "https://store.example/result.bin) through port \"output\"\n";
    char *text = told(*state, NULL, NULL);
    assert_string_equal(text, expected);
    free(text);
}

static void set_rule(struct sample *s, const char *name, const char *json)
{
    sample_set(json_object_get(sample_record(s, "a1"), "rule"), name,
               sample_parse(json));
    sample_sign(s, "a1", s->keys[BOB]);
}

static void debug_is_told_in_capitals(void **state)
{
    struct sample *s = *state;
    assert_not_told(s, "DEBUG");
    set_rule(s, "debug", "true");
    assert_told(s, "  DEBUG is allowed: who runs it can read its memory\n");
}

static void what_is_evaluated_is_told_as_it_is(void **state)
{
    struct sample *s = *state;
    set_rule(s, "tcb", "[\"UpToDate\", \"SWHardeningNeeded\"]");
    assert_told(
        s, "  accepted states of the platform: UpToDate, SWHardeningNeeded\n");
    assert_not_told(s, "UNEVALUATED");
    set_rule(s, "tcb", "[\"UpToDate\", \"unevaluated\"]");
    assert_told(s, "  accepted states of the platform: UNEVALUATED, UpToDate\n"
                   "  UNEVALUATED: ");
}

static void hardware_is_not_called_simulated(void **state)
{
    struct sample *s = *state;
    set_rule(s, "kind", "\"sgx\"");
    assert_told(s, "  runs as SGX enclave with mrenclave " TWELVES "\n");
    assert_not_told(s, "SIMULATED");
}

static void a_vouching_node_is_told_in_capitals(void **state)
{
    struct sample *s = *state;
    set_rule(s, "kind", "\"sgx-node-vouched\"");
    assert_told(s, "  runs as NODE-VOUCHED SGX enclave");
    assert_told(s, "  NODE-VOUCHED: an unattested node says so");
}

static void a_replaced_key_s_signature_is_told_in_capitals(void **state)
{
    struct sample *s = *state;
    AUTO_FREE(api_key) key = NULL;
    struct api_signer old = api_key_signer(s->keys[BOB]);
    char words[API_KEY_WORDS_LEN], sentence[256];
    struct hash hash;
    assert_not_told(s, "REPLACED KEY");
    assert_ok(api_key_generate(&key));
    struct api_spki now = api_key_signer(key).key;
    assert_ok(api_owner_change(&s->owners[BOB], &now, &old, NULL));
    sample_tell_owner(s, BOB);
    assert_ok(api_spki_hash(&old.key, &hash));
    api_key_words(&hash, words);
    (void)snprintf(sentence, sizeof(sentence),
                   "  SIGNED BY A REPLACED KEY: the build's owner does not use "
                   "%s any more\n",
                   words);
    assert_told(s, sentence);
}

static void a_signer_s_rule_tells_what_it_admits(void **state)
{
    struct sample *s = *state;
    json_t *rule = json_object_get(sample_record(s, "a1"), "rule");
    sample_set(rule, "mrenclave", json_null());
    sample_set(rule, "mrsigner", json_string(TWELVES));
    sample_set(rule, "isvprodid", json_integer(3));
    set_rule(s, "isvsvn_min", "7");
    assert_told(s, "SGX enclave signed by " TWELVES
                   ", product 3, version 7 or later\n");
}

static void a_description_is_told_in_quotes(void **state)
{
    struct sample *s = *state;
    sample_set(s->proposal, "description",
               json_string("yearly\nProgram \"safe\""));
    assert_told(s, "  described as \"yearly\\u{a}Program \\\"safe\\\"\"\n");
}

static void a_name_cannot_pass_for_a_sentence(void **state)
{
    struct sample *s = *state;
    sample_set(sample_at(s, "people", s->people[BOB], NULL), "name",
               json_string("Bob\" with the key lusab\xe2\x80\xae"));
    assert_told(s, "  \"Bob\\\" with the key lusab\\u{202e}\" with the key ");
}

/* --- who reads */

static const char *name_root(void *context, const struct hash *anchor)
{
    const struct hash *known = context;
    return hash_equal(anchor, known) ? "the test factory" : NULL;
}

static bool met_alice(void *context, const struct hash *owner,
                      const struct hash *key)
{
    (void)owner;
    return hash_equal(key, context);
}

static void a_known_root_is_named(void **state)
{
    struct hash anchor;
    assert_ok(hash_of(&anchor, bytes_of_string("anchor")));
    struct api_acquaintance known = { &anchor, name_root, NULL };
    char *text = told(*state, NULL, &known);
    assert_non_null(
        strstr(text, "  vouched for by the root key of the test factory ("));
    free(text);
    anchor.bytes[0] ^= 1;
    text = told(*state, NULL, &known);
    assert_null(strstr(text, "factory"));
    free(text);
}

static void who_was_met_before_is_told(void **state)
{
    struct sample *s = *state;
    struct hash alice;
    struct api_spki key = api_key_signer(s->keys[ALICE]).key;
    assert_ok(api_spki_hash(&key, &alice));
    struct api_acquaintance known = { &alice, NULL, met_alice };
    char *text = told(s, NULL, &known);
    assert_non_null(strstr(text, "rapog-dipos-zuhij-zidon (met before)\n"));
    assert_non_null(strstr(
        text, "bohud-luzil-gimuk-jipil (NOT MET BEFORE: compare the words)\n"));
    free(text);
}

/* --- words */

static void key_words_are_proquints(void **state)
{
    (void)state;
    /* the examples of the proquint proposal: 127.0.0.1, 63.84.220.193 */
    struct hash hash = { { 127, 0, 0, 1, 63, 84, 220, 193 } };
    char words[API_KEY_WORDS_LEN];
    api_key_words(&hash, words);
    assert_string_equal(words, "lusab-babad-gutih-tugad");
}

static void every_one_of_64_bits_changes_the_words(void **state)
{
    (void)state;
    struct hash hash = { { 0 } };
    char zero[API_KEY_WORDS_LEN], other[API_KEY_WORDS_LEN];
    api_key_words(&hash, zero);
    for (size_t bit = 0; bit < 64; bit++) {
        hash.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        api_key_words(&hash, other);
        assert_string_not_equal(zero, other);
        hash.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

static void plain_text_neither_moves_nor_hides(void **state)
{
    (void)state;
    static const struct {
        const char *text, *plain;
    } texts[] = {
        { "", "" },
        { "Z\xc3\xbcrich \xe5\xb7\xa5 \xf0\x9f\x94\x92 ~!",
          "Z\xc3\xbcrich \xe5\xb7\xa5 \xf0\x9f\x94\x92 ~!" },
        { "a\x1b[2Jb\r\n\t\x7f", "a\\u{1b}[2Jb\\u{d}\\u{a}\\u{9}\\u{7f}" },
        { "\xc2\x9b", "\\u{9b}" },            /* C1: CSI in one byte   */
        { "\xc2\xa0", "\\u{a0}" },            /* no-break space        */
        { "\xc2\xad", "\\u{ad}" },            /* soft hyphen           */
        { "\xe2\x80\x8b", "\\u{200b}" },      /* zero width space      */
        { "\xe2\x80\xae", "\\u{202e}" },      /* right-to-left override */
        { "\xe2\x81\xa6", "\\u{2066}" },      /* isolate               */
        { "\xef\xbb\xbf", "\\u{feff}" },      /* byte order mark       */
        { "\xf3\xa0\x81\x81", "\\u{e0041}" }, /* a tag                 */
        { "\xe3\x85\xa4", "\\u{3164}" },      /* Hangul filler         */
        { "\\u{202e}", "\\\\u{202e}" },       /* not to be faked       */
        { "\"", "\\\"" },
        { "\xff", "\\u{ff}" }, /* not UTF-8 at all      */
        { "\xc3", "\\u{c3}" },
        { "\xe2\x80", "\\u{e2}\\u{80}" },
        { "\xc0\x9b", "\\u{c0}\\u{9b}" }, /* overlong              */
        { "\xe0\x80\x9b", "\\u{1b}" },
        { "\xf7\xbf\xbf\xbf", "\\u{f7}\\u{bf}\\u{bf}\\u{bf}" },
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        AUTO_CLEAR_BUFFER out = buffer_make(256);
        api_put_plain(bytes_of_string(texts[i].text), &out);
        assert_ok(buffer_status(&out));
        assert_true(
            bytes_equal(buffer_bytes(&out), bytes_of_string(texts[i].plain)));
    }
}

static void a_manifest_with_a_hole_is_not_told(void **state)
{
    struct sample *s = *state;
    static const char *const needed[] = { "version", "name", "description",
                                          "people",  "apps", "datasets" };
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        AUTO_JSON *manifest = sample_manifest(s);
        AUTO_CLEAR_BUFFER text = buffer_make(10000);
        (void)json_object_del(manifest, needed[i]);
        assert_status(STATUS_INVALID,
                      api_sentences(manifest, NULL, NULL, &text));
        assert_int_equal(text.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SAMPLE(a_workflow_is_told_from_people_to_ports),
        ON_SAMPLE(debug_is_told_in_capitals),
        ON_SAMPLE(what_is_evaluated_is_told_as_it_is),
        ON_SAMPLE(hardware_is_not_called_simulated),
        ON_SAMPLE(a_vouching_node_is_told_in_capitals),
        ON_SAMPLE(a_replaced_key_s_signature_is_told_in_capitals),
        ON_SAMPLE(a_signer_s_rule_tells_what_it_admits),
        ON_SAMPLE(a_description_is_told_in_quotes),
        ON_SAMPLE(a_name_cannot_pass_for_a_sentence),
        ON_SAMPLE(a_known_root_is_named),
        ON_SAMPLE(who_was_met_before_is_told),
        cmocka_unit_test(key_words_are_proquints),
        cmocka_unit_test(every_one_of_64_bits_changes_the_words),
        cmocka_unit_test(plain_text_neither_moves_nor_hides),
        ON_SAMPLE(a_manifest_with_a_hole_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
