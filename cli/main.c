/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"

#define COMMAND(name, function, usage, help) command_fn command_##function;
#include "cli/commands.def"
#undef COMMAND

const struct command commands[] = {
#define COMMAND(name, function, usage, help) {name, command_##function, usage, help},
#include "cli/commands.def"
#undef COMMAND
};
const size_t command_count = sizeof commands / sizeof *commands;

const struct command *
command_named(const char *name)
{
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

/* On stderr; with --json as an object that programs read. */
static int
say_failure(const struct cli *cli, enum err e)
{
    int code = (int)exit_code_of(e);

    if (!cli->json) {
        note("snug: %s\n", safe_text(err_why(e)));
        return code;
    }
    json_t *j = json_pack("{s:{s:s,s:s,s:i}}", "error", "name", err_name(e), "message", err_why(e),
                          "exit", code);
    if (j != NULL)
        json_dumpf(j, stderr, JSON_COMPACT | JSON_ENSURE_ASCII);
    note("\n");
    json_decref(j);
    return code;
}

/* Take --json, --profile NAME and --help out of ARGV, wherever they are. */
static enum err
take_common(struct cli *cli, int *argc, char **argv, bool *ret_help)
{
    int kept = 0;
    bool flags = true;

    for (int i = 0; i < *argc; i++) {
        if (flags && strcmp(argv[i], "--") == 0)
            flags = false;
        if (flags && strcmp(argv[i], "--json") == 0)
            cli->json = true;
        else if (flags && strcmp(argv[i], "--help") == 0)
            *ret_help = true;
        else if (flags && strncmp(argv[i], "--profile=", 10) == 0)
            cli->profile = argv[i] + 10;
        else if (flags && strcmp(argv[i], "--profile") == 0 && i + 1 < *argc)
            cli->profile = argv[++i];
        else if (flags && strcmp(argv[i], "--profile") == 0)
            return fail(ERR_USAGE, "--profile needs a name.");
        else
            argv[kept++] = argv[i];
    }
    *argc = kept;
    return OK;
}

static enum err
run(struct cli *cli, int argc, char **argv, int *ret)
{
    bool help = false;

    TRY(take_common(cli, &argc, argv, &help));
    if (argc > 0 && strcmp(argv[0], "--version") == 0) {
        print("snug " SNUG_VERSION "\n");
        return print_end();
    }
    const struct command *c = command_named(argc > 0 && !(help && argc == 0) ? argv[0] : "help");
    if (c == NULL)
        return fail(ERR_USAGE, "There is no command %.40s; `snug help` names them.", argv[0]);
    if (help) {
        cli->args = (struct args){.words = {c->name}, .count = 1};
        return command_named("help")->run(cli, ret);
    }
    enum err e = args_read(c->usage, argc > 0 ? argc - 1 : 0, argv + 1, &cli->args);
    if (e != OK)
        return fail(e, "%s Usage: snug %s %s", err_why(e), c->name, c->usage);
    return c->run(cli, ret);
}

int
main(int argc, char **argv)
{
    struct cli cli = {.profile = getenv("SNUG_PROFILE")};
    int code = -1;

    setlocale(LC_TIME, "");
    signal(SIGPIPE, SIG_IGN);
    if (cli.profile == NULL || cli.profile[0] == '\0')
        cli.profile = "default";
    if (sodium_init() < 0)
        return EXIT_FAILED;
    json_setup();
    enum err e = run(&cli, argc - 1, argv + 1, &code);
    if (e == OK)
        e = print_end();
    if (e != OK)
        code = say_failure(&cli, e);
    rpc_free(cli.rpc);
    return code >= 0 ? code : EXIT_DONE;
}
