/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/watch/buses.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#define LOGIND "org.freedesktop.login1"
#define LOGIND_PATH "/org/freedesktop/login1"
#define MANAGER LOGIND ".Manager"
#define SESSION LOGIND ".Session"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define AT_ONCE 32        /* messages, before others have their turn */
#define RETRY (60 * 1000) /* ms until a bus that is away is looked for again */

struct bus {
    sd_bus *bus; /* NULL: away */
    int64_t due; /* to look for it */
    int (*open)(sd_bus **ret);
    int (*begin)(struct buses *m, sd_bus *bus);
};

struct buses {
    void (*say)(int word);
    struct bus system, session;
    int senses;       /* as last said */
    bool logind;      /* it is there */
    bool hold, asked; /* sleep is to wait; that was asked for */
    int inhibitor;    /* -1: none */
};

static int64_t
now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- logind --- */

static void
drop_inhibitor(struct buses *m)
{
    if (m->inhibitor >= 0)
        close(m->inhibitor);
    m->inhibitor = -1;
}

static int
on_inhibited(sd_bus_message *answer, void *self, sd_bus_error *error)
{
    struct buses *m = self;
    int fd;

    if (sd_bus_message_is_method_error(answer, NULL) || sd_bus_message_read(answer, "h", &fd) < 0)
        return 0;      /* then it sleeps without waiting */
    drop_inhibitor(m); /* of an asking that was taken back before it was answered */
    if (m->hold)
        m->inhibitor = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return 0;
}

static void
ask_to_hold(struct buses *m)
{
    if (!m->logind || !m->hold || m->asked)
        return;
    m->asked = sd_bus_call_method_async(m->system.bus, NULL, LOGIND, LOGIND_PATH, MANAGER,
                                        "Inhibit", on_inhibited, m, "ssss", "sleep", "Snug",
                                        "Keys are wiped first", "delay") >= 0;
}

void
buses_hold_sleep(struct buses *m)
{
    m->hold = true;
    ask_to_hold(m);
}

void
buses_let_sleep(struct buses *m)
{
    m->hold = m->asked = false;
    drop_inhibitor(m);
}

static void
logind_is(struct buses *m, bool there)
{
    m->logind = there;
    m->asked = false; /* one that came anew knows nothing of the last */
    drop_inhibitor(m);
    ask_to_hold(m);
}

static int
on_owner(sd_bus_message *signal, void *self, sd_bus_error *error)
{
    const char *name, *before, *after;

    if (sd_bus_message_read(signal, "sss", &name, &before, &after) >= 0 &&
        strcmp(name, LOGIND) == 0)
        logind_is(self, after[0] != '\0');
    return 0;
}

static int
on_has_owner(sd_bus_message *answer, void *self, sd_bus_error *error)
{
    int there = 0;

    if (!sd_bus_message_is_method_error(answer, NULL) &&
        sd_bus_message_read(answer, "b", &there) >= 0)
        logind_is(self, there != 0);
    return 0;
}

static int
on_sleep(sd_bus_message *signal, void *self, sd_bus_error *error)
{
    struct buses *m = self;
    int sleeps;

    if (sd_bus_message_read(signal, "b", &sleeps) < 0)
        return 0;
    m->say(sleeps ? WATCH_SLEEPS : WATCH_WOKE);
    return 0;
}

/* Whose session was locked. When that cannot be learned, it may have been ours. */
static int
on_user(sd_bus_message *answer, void *self, sd_bus_error *error)
{
    struct buses *m = self;
    uint32_t user = geteuid();
    const char *path;

    if (sd_bus_message_is_method_error(answer, NULL) ||
        sd_bus_message_read(answer, "v", "(uo)", &user, &path) < 0)
        user = geteuid();
    if (user == geteuid())
        m->say(WATCH_SCREEN);
    return 0;
}

static int
on_session_lock(sd_bus_message *signal, void *self, sd_bus_error *error)
{
    struct buses *m = self;

    sd_bus_call_method_async(m->system.bus, NULL, LOGIND, sd_bus_message_get_path(signal),
                             PROPERTIES, "Get", on_user, m, "ss", SESSION, "User");
    return 0;
}

/* Whether LockedHint is among what changed, and true. */
static bool
hint_is_set(sd_bus_message *signal)
{
    const char *interface, *name;
    int locked = 0;

    if (sd_bus_message_read(signal, "s", &interface) < 0 || strcmp(interface, SESSION) != 0 ||
        sd_bus_message_enter_container(signal, 'a', "{sv}") < 0)
        return false;
    while (sd_bus_message_enter_container(signal, 'e', "sv") > 0) {
        if (sd_bus_message_read(signal, "s", &name) < 0)
            return false;
        if (strcmp(name, "LockedHint") == 0)
            return sd_bus_message_read(signal, "v", "b", &locked) >= 0 && locked;
        if (sd_bus_message_skip(signal, "v") < 0 || sd_bus_message_exit_container(signal) < 0)
            return false;
    }
    return false;
}

static int
on_session_changed(sd_bus_message *signal, void *self, sd_bus_error *error)
{
    return hint_is_set(signal) ? on_session_lock(signal, self, error) : 0;
}

static int
begin_system(struct buses *m, sd_bus *bus)
{
    static const struct {
        const char *what;
        sd_bus_message_handler_t handler;
    } matches[] = {
        {"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
         "member='NameOwnerChanged',arg0='" LOGIND "'",
         on_owner},
        {"type='signal',sender='" LOGIND "',interface='" MANAGER "',member='PrepareForSleep'",
         on_sleep},
        {"type='signal',sender='" LOGIND "',interface='" SESSION "',member='Lock'",
         on_session_lock},
        {"type='signal',sender='" LOGIND "',interface='" PROPERTIES
         "',member='PropertiesChanged',path_namespace='" LOGIND_PATH "/session'",
         on_session_changed},
    };

    for (size_t i = 0; i < sizeof matches / sizeof matches[0]; i++) {
        int bad = sd_bus_add_match_async(bus, NULL, matches[i].what, matches[i].handler, NULL, m);
        if (bad < 0)
            return bad;
    }
    return sd_bus_call_method_async(bus, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                    "org.freedesktop.DBus", "NameHasOwner", on_has_owner, m, "s",
                                    LOGIND);
}

/* --- screen savers --- */

static int
on_screen_saver(sd_bus_message *signal, void *self, sd_bus_error *error)
{
    struct buses *m = self;
    int active;

    if (sd_bus_message_read(signal, "b", &active) >= 0 && active)
        m->say(WATCH_SCREEN);
    return 0;
}

static int
begin_session(struct buses *m, sd_bus *bus)
{
    static const char *const savers[] = {
        "type='signal',interface='org.freedesktop.ScreenSaver',member='ActiveChanged'",
        "type='signal',interface='org.gnome.ScreenSaver',member='ActiveChanged'",
        "type='signal',interface='org.cinnamon.ScreenSaver',member='ActiveChanged'",
        "type='signal',interface='org.mate.ScreenSaver',member='ActiveChanged'",
        "type='signal',interface='org.xfce.ScreenSaver',member='ActiveChanged'",
    };

    for (size_t i = 0; i < sizeof savers / sizeof savers[0]; i++) {
        int bad = sd_bus_add_match_async(bus, NULL, savers[i], on_screen_saver, NULL, m);
        if (bad < 0)
            return bad;
    }
    return 0;
}

/* --- both --- */

static void
go_away(struct buses *m, struct bus *b)
{
    b->bus = sd_bus_close_unref(b->bus);
    b->due = now_ms() + RETRY;
    if (b == &m->system)
        logind_is(m, false);
}

static void
look_for(struct buses *m, struct bus *b)
{
    if (b->open(&b->bus) < 0 || b->begin(m, b->bus) < 0)
        go_away(m, b);
}

static void
work(struct buses *m, struct bus *b)
{
    int more = 1;

    if (b->bus == NULL && b->due <= now_ms())
        look_for(m, b);
    for (int n = 0; n < AT_ONCE && b->bus != NULL && more > 0; n++) {
        more = sd_bus_process(b->bus, NULL);
        if (more < 0)
            go_away(m, b);
    }
}

/* Of one bus; ms until it wants to be looked after. */
static int64_t
wait_for(const struct bus *b, struct pollfd *ret)
{
    uint64_t timeout;
    int64_t left = b->due - now_ms();

    *ret = (struct pollfd){.fd = -1};
    if (b->bus == NULL)
        return left < 0 ? 0 : left;
    int fd = sd_bus_get_fd(b->bus), events = sd_bus_get_events(b->bus);
    if (fd < 0 || events < 0 || sd_bus_get_timeout(b->bus, &timeout) < 0)
        left = 0; /* the next work finds out why */
    else {
        *ret = (struct pollfd){.fd = fd, .events = (short)events};
        left = timeout == UINT64_MAX ? INT64_MAX : (int64_t)(timeout / 1000) + 1 - now_ms();
    }
    return left < 0 ? 0 : left;
}

int
buses_wait(struct buses *m, struct pollfd ret[2])
{
    int64_t one = wait_for(&m->system, &ret[0]), other = wait_for(&m->session, &ret[1]);

    if (other < one)
        one = other;
    return one == INT64_MAX ? -1 : one > RETRY ? RETRY : (int)one;
}

static void
say_senses(struct buses *m)
{
    int senses = (m->logind ? WATCH_SENSES_SLEEP : 0) |
                 (m->logind || m->session.bus != NULL ? WATCH_SENSES_SCREEN : 0);

    if (senses != m->senses)
        m->say(WATCH_SENSES + senses);
    m->senses = senses;
}

void
buses_work(struct buses *m)
{
    work(m, &m->system);
    work(m, &m->session);
    say_senses(m);
}

struct buses *
buses_new(void (*say)(int word))
{
    struct buses *m = calloc(1, sizeof *m);

    if (m == NULL)
        return NULL;
    *m = (struct buses){.say = say, .inhibitor = -1};
    m->system = (struct bus){.open = sd_bus_open_system, .begin = begin_system};
    m->session = (struct bus){.open = sd_bus_open_user, .begin = begin_session};
    return m;
}
