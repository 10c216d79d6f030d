/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/config.h"

#include <getopt.h>
#include <stdio.h>

#define MIB (1024 * 1024)

static const struct option options[] = {
    {"data", required_argument, NULL, 'd'},
    {"listen", required_argument, NULL, 'l'},
    {"name", required_argument, NULL, 'n'},
    {"registration", required_argument, NULL, 'r'},
    {"cert", required_argument, NULL, 'c'},
    {"key", required_argument, NULL, 'k'},
    {"invite", no_argument, NULL, 'i'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'v'},
    {"attachments", required_argument, NULL, 'a'},
    {0},
};

static enum err
read_name(const char *text, struct config *c)
{
    if (c->name_count == CONFIG_NAMES_MAX)
        return fail(ERR_USAGE, "--name can be given %d times", CONFIG_NAMES_MAX);
    if (relay_address_read(SPAN_STR(text), &c->names[c->name_count]) != OK)
        return fail(ERR_USAGE, "--name takes a host and, unless it is 443, a port");
    c->name_count++;
    return OK;
}

static enum err
read_registration(const char *text, struct config *c)
{
    if (strcmp(text, "open") == 0)
        c->registration = WIRE__REQUEST_POLICY__POLICY_OPEN;
    else if (strcmp(text, "invite") == 0)
        c->registration = WIRE__REQUEST_POLICY__POLICY_INVITE;
    else if (strcmp(text, "closed") == 0)
        c->registration = WIRE__REQUEST_POLICY__POLICY_CLOSED;
    else
        return fail(ERR_USAGE, "--registration is open, invite or closed");
    return OK;
}

/* Whole MiB, up to what the protocol allows. */
static enum err
read_attachments(const char *text, struct config *c)
{
    uint64_t mib = 0;
    size_t n = strlen(text);

    for (size_t i = 0; i < n && i < 4; i++) {
        if (text[i] < '0' || text[i] > '9')
            return fail(ERR_USAGE, "--attachments takes a number of MiB; 0 for none");
        mib = 10 * mib + (uint64_t)(text[i] - '0');
    }
    if (n == 0 || n > 3 || mib > BLOB_MAX / MIB)
        return fail(ERR_USAGE, "--attachments is 0 to %d MiB", BLOB_MAX / MIB);
    c->attachment_max = mib * MIB;
    return OK;
}

static enum err
read_option(int letter, const char *value, struct config *c)
{
    switch (letter) {
    case 'd':
        c->data = value;
        return OK;
    case 'l':
        return listen_address_read(value, &c->listen);
    case 'n':
        return read_name(value, c);
    case 'r':
        return read_registration(value, c);
    case 'c':
        c->cert = value;
        return OK;
    case 'k':
        c->key = value;
        return OK;
    case 'a':
        return read_attachments(value, c);
    case 'i':
        c->task = CONFIG_INVITE;
        return OK;
    case 'h':
        c->task = CONFIG_HELP;
        return OK;
    case 'v':
        c->task = CONFIG_VERSION;
        return OK;
    default:
        return fail(ERR_USAGE, "unknown option, or one without its value; see --help");
    }
}

enum err
config_read(int argc, char **argv, struct config *ret)
{
    struct config c = {.registration = WIRE__REQUEST_POLICY__POLICY_INVITE,
                       .attachment_max = BLOB_MAX};
    int letter;

    TRY(listen_address_read("127.0.0.1", &c.listen));
    opterr = 0;
    optind = 1;
    while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
        TRY(read_option(letter, optarg, &c));
        if (c.task == CONFIG_HELP || c.task == CONFIG_VERSION) {
            *ret = c;
            return OK;
        }
    }
    if (optind < argc)
        return fail(ERR_USAGE, "nothing but options is expected; see --help");
    if (c.data == NULL || c.data[0] == '\0')
        return fail(ERR_USAGE, "--data is missing: the directory for keys and queues");
    if ((c.cert == NULL) != (c.key == NULL))
        return fail(ERR_USAGE, "--cert and --key go together");
    *ret = c;
    return OK;
}

void
config_print_help(void)
{
    printf(
        "snug-relay: carries sealed messages between people, and knows little\n"
        "\n"
        "  snug-relay --data DIR [--listen ADDR:PORT] [--name HOST[:PORT]]...\n"
        "             [--registration open|invite|closed] [--cert PEM --key PEM]\n"
        "             [--attachments MIB]\n"
        "  snug-relay --data DIR --invite\n"
        "\n"
        "  --data DIR       keys, certificate, queues and attachments; made if it is not there\n"
        "  --listen A:P     where to listen; 127.0.0.1:%d unless given; port 0 takes a free one\n"
        "  --name H[:P]     a name clients dial; may be repeated; port 443 unless given.\n"
        "                   Requests signed for another name are refused\n"
        "  --registration   who may make an account: open (with proof of work), invite\n"
        "                   (the default: with a code), closed\n"
        "  --cert, --key    a certificate (with its chain) and key for --name; without them\n"
        "                   the relay signs one for itself, which clients trust by its pin\n"
        "  --attachments    the largest attachment in MiB: 0 (none) to %d, which is the default\n"
        "  --invite         print an invitation code of the relay that runs with this DIR\n"
        "  --help, --version\n"
        "\n"
        "When it is ready it prints one line: its address and the pin of its certificate.\n"
        "SIGTERM and SIGINT end it cleanly.\n"
        "\n"
        "Limits that are promises:\n"
        "  text of a message         %d bytes\n"
        "  queue of a device         %d messages or %d MiB, for %d days\n"
        "  pending contact requests  %d, for %d days\n"
        "  devices of an account     %d\n"
        "  delivery token            %d messages an hour, %d MiB a day, a quarter of the queue\n"
        "  one source (/24, /48)     %d requests a minute, %d with a token;\n"
        "                            %d new accounts an hour\n"
        "  a request                 %d KiB of header, %d KiB of body\n"
        "  attachments               %d MiB for an account, half of it from one contact,\n"
        "                            for %d days; unfinished ones for %d hours\n",
        RELAY_PORT, BLOB_MAX / MIB, TEXT_MAX, QUEUE_ITEMS_MAX, QUEUE_BYTES_MAX / 1024 / 1024,
        QUEUE_LIFE / SECONDS_A_DAY, REQUESTS_PENDING_MAX, REQUEST_LIFE / SECONDS_A_DAY, DEVICES_R1,
        TOKEN_RATE_AN_HOUR, TOKEN_BYTES_A_DAY / 1024 / 1024, SOURCE_RATE_A_MINUTE,
        SOURCE_TOKEN_RATE_A_MINUTE, REGISTRATIONS_AN_HOUR, REQUEST_HEADER_MAX / 1024,
        DELIVER_BODY_MAX / 1024, BLOB_ACCOUNT_MAX / MIB, BLOB_LIFE / SECONDS_A_DAY,
        BLOB_UNFINISHED_LIFE / 3600);
}

size_t
config_authorities(const struct config *c, const struct listen_address *bound,
                   char (*ret)[AUTHORITY_MAX])
{
    size_t n = 0;

    for (; n < c->name_count; n++)
        relay_authority_write(&c->names[n], ret[n]);
    if (n == 0 || listen_address_is_loopback(bound))
        listen_address_write(bound, ret[n++]);
    if (listen_address_is_loopback(bound))
        snprintf(ret[n++], AUTHORITY_MAX, "localhost:%u", listen_address_port(bound));
    return n;
}
