/* manual.c - manual pages and completion, made from the tables of commands. */

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/groups.h"

#define PAGE_MAX ((size_t)256 * 1024)

/* --- troff --------------------------------------------------------------- */

/* Text of ours as troff: no escapes, no requests, hyphens that can be typed. */
static void put_troff(const char *text, struct buffer *out)
{
    if (*text == '.' || *text == '\'')
        buffer_put_string(out, "\\&");
    for (; *text; text++) {
        if (*text == '\\')
            buffer_put_string(out, "\\e");
        else if (*text == '-')
            buffer_put_string(out, "\\-");
        else if (*text == '"')
            buffer_put_string(out, "\\(dq");
        else
            buffer_put_u8(out, (uint8_t)*text);
    }
}

static void put_options(const struct option *options, struct buffer *out)
{
    for (; options && options->name; options++) {
        buffer_printf(out, ".TP\n\\fB%s", options->name[1] ? "\\-\\-" : "\\-");
        put_troff(options->name, out);
        buffer_put_string(out, "\\fR");
        if (options->value) {
            buffer_put_string(out, " \\fI");
            put_troff(options->value, out);
            buffer_put_string(out, "\\fR");
        }
        buffer_put_string(out, "\n");
        put_troff(options->help, out);
        buffer_put_string(out, "\n");
    }
}

static void put_command(const struct command *c, struct buffer *out)
{
    buffer_printf(out, ".SS accord %s%s%s ", c->group, c->group[0] ? " " : "",
                  c->verb);
    put_troff(c->arguments, out);
    buffer_put_string(out, "\n");
    put_troff(c->summary, out);
    buffer_put_string(out, ".\n");
    put_options(c->options, out);
    buffer_put_string(out, ".PP\n.nf\n");
    put_troff(c->example, out);
    buffer_put_string(out, "\n.fi\n");
}

static void put_commands(const char *group, struct buffer *out)
{
    for (const struct command *const *g = command_groups; *g; g++)
        for (const struct command *c = *g; c->verb; c++)
            if (strcmp(c->group, group) == 0)
                put_command(c, out);
}

/* Once for each group: at the first of its commands. */
static bool is_first_of_group(const struct command *wanted)
{
    for (const struct command *const *g = command_groups; *g; g++)
        for (const struct command *c = *g; c->verb; c++)
            if (strcmp(c->group, wanted->group) == 0)
                return c == wanted && c->group[0];
    return false;
}

static void put_see_also(struct buffer *out)
{
    bool first = true;
    buffer_put_string(out, ".SH SEE ALSO\n");
    for (const struct command *const *g = command_groups; *g; g++)
        for (const struct command *c = *g; c->verb; c++)
            if (is_first_of_group(c)) {
                buffer_printf(out, "%s.BR accord\\-%s (1)", first ? "" : ",\n",
                              c->group);
                first = false;
            }
    buffer_put_string(out, "\n");
}

static void put_page(const char *group, struct buffer *out)
{
    bool whole = group[0] == '\0';
    buffer_printf(out, ".TH ACCORD%s%s 1 \"\" \"accord %s\" \"Accord\"\n",
                  whole ? "" : "\\-", group, ACCORD_VERSION);
    buffer_printf(out, ".SH NAME\naccord%s%s \\- ", whole ? "" : "\\-", group);
    if (whole)
        buffer_put_string(out, "agree which attested program may read which "
                               "data\n");
    else
        buffer_printf(out, "the %s commands of accord\n", group);
    buffer_printf(out,
                  ".SH SYNOPSIS\n.B accord\n%s%s\\fICOMMAND\\fR "
                  "[\\fIOPTION\\fR ...]\n.SH COMMANDS\n",
                  group, whole ? "" : " ");
    put_commands(group, out);
    buffer_put_string(out, ".SH COMMON OPTIONS\n");
    put_options(common_options, out);
    buffer_put_string(
        out, ".SH EXIT STATUS\n0 ok, 1 error, 2 usage, 3 denied, 4 not found, "
             "5 conflict, 6 waits for approval,\n7 evidence was refused, "
             "8 unavailable: try again.\n");
    if (whole)
        put_see_also(out);
    else
        buffer_put_string(out, ".SH SEE ALSO\n.BR accord (1)\n");
}

static struct status write_page(const char *directory, const char *group,
                                struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(PAGE_MAX);
    char path[4096];
    int len = snprintf(path, sizeof(path), "%s/accord%s%s.1", directory,
                       group[0] ? "-" : "", group);
    if (len < 0 || (size_t)len >= sizeof(path))
        return refuse(why, STATUS_INVALID, "man", "DIRECTORY is too long");
    put_page(group, &text);
    TRY(buffer_status(&text));
    struct status s = file_write(path, buffer_bytes(&text), 0644);
    return failed(s) ? refuse(why, s.code, "man", "cannot write %s", path) : OK;
}

static struct status write_pages(const char *directory, struct reason *why)
{
    struct status s = file_make_directory(directory, 0755);
    if (failed(s))
        return refuse(why, s.code, "man", "cannot make %s", directory);
    TRY(write_page(directory, "", why));
    for (const struct command *const *g = command_groups; *g; g++)
        for (const struct command *c = *g; c->verb; c++)
            if (is_first_of_group(c))
                TRY(write_page(directory, c->group, why));
    return OK;
}

static int run_man(const struct arguments *given)
{
    struct reason why = { "" };
    return exit_with(write_pages(given->at[0], &why), &why);
}

/* --- completion ---------------------------------------------------------- */

static void print_option_words(const struct option *options)
{
    for (; options && options->name; options++)
        (void)printf(" %s%s", options->name[1] ? "--" : "-", options->name);
}

static void print_first_words(void)
{
    for (const struct command *const *g = command_groups; *g; g++)
        for (const struct command *c = *g; c->verb; c++)
            if (!c->group[0] || is_first_of_group(c))
                (void)printf(" %s", c->group[0] ? c->group : c->verb);
}

static void print_cases(void)
{
    for (const struct command *const *g = command_groups; *g; g++)
        for (const struct command *c = *g; c->verb; c++) {
            (void)printf("    '%s%s%s') words='", c->group,
                         c->group[0] ? " " : "", c->verb);
            print_option_words(c->options);
            print_option_words(common_options);
            (void)printf("' ;;\n");
        }
}

static void print_verbs(void)
{
    for (const struct command *const *g = command_groups; *g; g++)
        for (const struct command *first = *g; first->verb; first++) {
            if (!is_first_of_group(first))
                continue;
            (void)printf("        %s) words='", first->group);
            for (const struct command *const *h = command_groups; *h; h++)
                for (const struct command *c = *h; c->verb; c++)
                    if (strcmp(c->group, first->group) == 0)
                        (void)printf(" %s", c->verb);
            (void)printf("' ;;\n");
        }
}

static int run_completion(const struct arguments *given)
{
    if (strcmp(given->at[0], "bash") != 0) {
        (void)fprintf(stderr, "accord: completion: bash is the one shell\n");
        return EXIT_USAGE;
    }
    (void)printf("# accord(1) completion, made by `accord completion bash`\n"
                 "_accord() {\n"
                 "    local word=${COMP_WORDS[COMP_CWORD]} words=\n"
                 "    COMPREPLY=()\n"
                 "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words='");
    print_first_words();
    (void)printf("'\n    elif [ \"$COMP_CWORD\" -eq 2 ]; then\n"
                 "        case ${COMP_WORDS[1]} in\n");
    print_verbs();
    (void)printf("        esac\n    fi\n"
                 "    case $word in -*) case "
                 "\"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n");
    print_cases();
    (void)printf("    *) case ${COMP_WORDS[1]} in\n");
    print_cases();
    (void)printf("    esac ;; esac ;; esac\n"
                 "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- "
                 "\"$word\")\n}\n"
                 "complete -o bashdefault -o default -F _accord accord\n");
    return EXIT_OK;
}

/* clang-format off */
const struct command commands_manual[] = {
    { "", "completion", "print what completes accord's words in a shell", "bash", 1, 1,
      NULL, "accord completion bash > /usr/share/bash-completion/completions/accord", run_completion },
    { "", "man", "write the manual pages", "DIRECTORY", 1, 1,
      NULL, "accord man /usr/local/share/man/man1", run_man },
    { 0 },
};
/* clang-format on */
