/* main.c - accord: finds the command, or helps. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/secret.h"
#include "cli/groups.h"

#define SECRET_HEAP ((size_t)1024 * 1024)

#ifndef ACCORD_VERSION
#define ACCORD_VERSION "unknown"
#endif

static void print_options(const struct option *options)
{
    for (; options && options->name; options++)
        (void)printf("  %s%s %-14s %s\n", options->name[1] ? "--" : "-",
                     options->name, options->value ? options->value : "",
                     options->help);
}

static void print_command_help(const struct command *c)
{
    (void)printf("%s\n\nexample:\n  %s\n\nusage: accord %s%s%s%s%s [options]\n",
                 c->summary, c->example, c->group, c->group[0] ? " " : "",
                 c->verb, c->arguments[0] ? " " : "", c->arguments);
    (void)printf("\noptions:\n");
    print_options(c->options);
    print_options(common_options);
}

static void print_help(void)
{
    (void)printf("accord %s - agree which attested program may read which "
                 "data\n\nfirst steps:\n"
                 "  accord join --name \"Dana\" < invitation\n"
                 "  accord status\n\ncommands:\n",
                 ACCORD_VERSION);
    for (const struct command *const *g = command_groups; *g; g++)
        for (const struct command *c = *g; c->verb; c++)
            (void)printf("  %-14s %-10s %s\n", c->group[0] ? c->group : c->verb,
                         c->group[0] ? c->verb : "", c->summary);
    (void)printf("\naccord GROUP VERB --help says more\n\n"
                 "exit codes: 0 ok, 1 error, 2 usage, 3 denied, 4 not found, "
                 "5 conflict, 6 pending, 7 attestation, 8 unavailable\n");
}

static int usage_error(const char *text)
{
    (void)fprintf(stderr, "accord: %s\n", text);
    return EXIT_USAGE;
}

static int help_group(const char *group, const char *verb)
{
    bool asked = verb && strcmp(verb, "--help") == 0;
    FILE *to = asked ? stdout : stderr;
    for (const struct command *const *g = command_groups; *g; g++)
        for (const struct command *c = *g; c->verb; c++)
            if (strcmp(c->group, group) == 0)
                (void)fprintf(to, "accord %s %-10s %s\n", group, c->verb,
                              c->summary);
    return asked ? EXIT_OK : EXIT_USAGE;
}

static int run(const struct command *c, int argc, char **argv)
{
    struct arguments given;
    struct reason why = { "" };
    if (failed(arguments_parse(argc, argv, c->options, common_options, &given,
                               &why)))
        return usage_error(why.text);
    if (arguments_value(&given, "help")) {
        print_command_help(c);
        return EXIT_OK;
    }
    const char *form = arguments_value(&given, "o");
    if (form && strcmp(form, "json") != 0)
        return usage_error("-o: json is the one form there is");
    if (given.count < c->least || given.count > c->most) {
        (void)fprintf(stderr, "accord: usage: accord %s%s%s %s\n", c->group,
                      c->group[0] ? " " : "", c->verb, c->arguments);
        return EXIT_USAGE;
    }
    return c->run(&given);
}

int main(int argc, char **argv)
{
    const struct command *command = NULL;
    struct rlimit none = { 0, 0 };
    (void)umask(077);
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)signal(SIGPIPE, SIG_IGN);
    api_json_memory_open();
    if (argc < 2 || strcmp(argv[1], "--help") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help();
        return argc < 2 ? EXIT_USAGE : EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("accord %s\n", ACCORD_VERSION);
        return EXIT_OK;
    }
    int words = command_find(argc - 1, argv + 1, &command);
    if (words == 0 && command_is_group(argv[1]))
        return help_group(argv[1], argc > 2 ? argv[2] : NULL);
    if (words == 0)
        return usage_error("there is no such command; accord --help lists "
                           "them");
    struct status s = secret_heap_open(SECRET_HEAP);
    if (failed(s)) {
        struct reason why = { "cannot lock memory for keys: raise ulimit -l" };
        return exit_with(s, &why);
    }
    return run(command, argc - words - 1, argv + words + 1);
}
