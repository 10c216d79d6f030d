/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/ways.h"

#include "core/agent/agent.h"

enum err
ways_of(struct span file, struct ways *ret)
{
    struct ways w = {.keyring = -1};

    TRY(slots_list(file, w.slots, &w.count));
    for (size_t i = 0; i < w.count; i++) {
        if (w.slots[i].type == SLOT_KEYRING)
            w.keyring = (int)i;
        w.key_file |= w.slots[i].type == SLOT_KEY_FILE;
    }
    *ret = w;
    return OK;
}

enum err
ways_read(const struct agent *a, struct ways *ret)
{
    AUTO(buf_done) struct buf file = BUF(SLOTS_FILE_MAX);

    if (a->state == AGENT_NO_PROFILE)
        return fail(ERR_NOT_FOUND, "There is no profile %s yet: `snug init` makes it.",
                    profile_name(a->profile));
    TRY(profile_slots_read(a->profile, &file));
    return ways_of(buf_span(&file), ret);
}

const char *
way_name(enum slot_type t)
{
    static const char *const names[] = {"", "passphrase", "key-file", "recovery", "keyring"};

    return names[t];
}

enum err
ways_write(const struct agent *a, struct span before, struct span after)
{
    AUTO(buf_done) struct buf now = BUF(SLOTS_FILE_MAX);

    TRY(profile_slots_read(a->profile, &now));
    if (!span_equal(buf_span(&now), before))
        return fail(ERR_BUSY, "The ways to unlock changed meanwhile: try again.");
    return profile_slots_write(a->profile, after);
}

enum err
ways_show(const struct agent *a, json_t **ret)
{
    struct ways w;

    TRY(ways_read(a, &w));
    json_t *list = json_array();
    for (size_t i = 0; i < w.count; i++) {
        const struct slot_info *s = &w.slots[i];
        json_t *j = json_pack("{s:i,s:s}", "slot", (int)i, "kind", way_name(s->type));

        if (s->type != SLOT_KEYRING) {
            json_object_set_new(j, "passes", json_integer(s->cost.passes));
            json_object_set_new(j, "memory_kib", json_integer(s->cost.memory));
        }
        json_array_append_new(list, j);
    }
    *ret = list;
    return OK;
}

json_t *
ways_kinds(const struct agent *a)
{
    unsigned seen = 0;
    struct ways w;

    if (ways_read(a, &w) != OK)
        return NULL;
    json_t *list = json_array();
    for (size_t i = 0; i < w.count; i++) {
        if ((seen & 1U << w.slots[i].type) == 0)
            json_array_append_new(list, json_string(way_name(w.slots[i].type)));
        seen |= 1U << w.slots[i].type;
    }
    return list;
}
