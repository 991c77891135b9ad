/* faults.c - see faults.h. */

#include "tests/api/faults.h"
#include "tests/support/check.h"

json_t *faults_of(const struct sample *s)
{
    json_t *faults = NULL;
    assert_ok(api_proposal_check(s->proposal, &faults));
    return faults;
}

const char *fault_member(const json_t *fault, const char *name)
{
    const char *text = json_string_value(json_object_get(fault, name));
    assert_non_null(text);
    return text;
}

void faults_print(const json_t *faults)
{
    for (size_t i = 0; i < json_array_size(faults); i++)
        print_error("    %s: %s\n",
                    fault_member(json_array_get(faults, i), "where"),
                    fault_member(json_array_get(faults, i), "fault"));
}

/* Exactly this one. */
void assert_fault(const struct sample *s, const char *where,
                  const char *sentence)
{
    AUTO_JSON *faults = faults_of(s);
    if (json_array_size(faults) != 1)
        faults_print(faults);
    assert_int_equal(json_array_size(faults), 1);
    assert_string_equal(fault_member(json_array_get(faults, 0), "where"),
                        where);
    assert_string_equal(fault_member(json_array_get(faults, 0), "fault"),
                        sentence);
}

bool has_fault(const json_t *faults, const char *where, const char *sentence)
{
    for (size_t i = 0; i < json_array_size(faults); i++)
        if (strcmp(fault_member(json_array_get(faults, i), "where"), where) ==
                0 &&
            strcmp(fault_member(json_array_get(faults, i), "fault"),
                   sentence) == 0)
            return true;
    faults_print(faults);
    return false;
}

int open_sample(void **state)
{
    static struct sample s;
    sample_open(&s);
    *state = &s;
    return 0;
}

int close_sample(void **state)
{
    sample_close(*state);
    return 0;
}

void a_workflow_in_order_has_no_fault(void **state)
{
    struct sample *s = *state;
    AUTO_JSON *faults = faults_of(s);
    faults_print(faults);
    assert_int_equal(json_array_size(faults), 0);
}
