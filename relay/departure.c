/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/departure.h"

#include "relay/kept_devices.h"
#include "relay/kept_tokens.h"

static uint64_t
now_s(const struct service *s)
{
    return s->host.now(s->host.ctx) / 1000;
}

enum err
device_leaves(struct service *s, const struct account_id *account, uint32_t number, uint32_t device)
{
    struct queue_name queue = {.account = number, .device = device};

    TRY(kept_device_delete(s->store, number, device));
    TRY(kept_opks_clear(s->store, number, device));
    TRY(kept_fetch_key_delete(s->store, number, device));
    TRY(kept_anchor_delete(s->store, number, device));
    TRY(queue_drop(s->queues, queue, now_s(s)));
    s->host.end(s->host.ctx, account, device, BYE_DEVICE_REMOVED);
    return OK;
}

static enum err
devices_leave(struct service *s, const struct kept_account *a)
{
    struct kept_device devices[DEVICES_MAX];
    size_t count = 0;

    TRY(kept_devices(s->store, a->number, devices, &count));
    for (size_t i = 0; i < count; i++)
        TRY(device_leaves(s, &a->id, a->number, devices[i].id));
    return queue_drop(s->queues, (struct queue_name){.account = a->number, .device = 0}, now_s(s));
}

enum err
account_leaves(struct service *s, const struct account_id *account)
{
    struct kept_account a;

    TRY(kept_account_get(s->store, account, &a));
    TRY(devices_leave(s, &a));
    TRY(blobs_delete_account(s->blobs, a.number, writer_now(s->writer)));
    TRY(kept_tokens_clear(s->store, a.number));
    TRY(blobs_delete_account(s->blobs, a.number, writer_now(s->writer)));
    TRY(kept_manifests_clear(s->store, a.number));
    TRY(kept_account_delete(s->store, account));
    TRY(kept_name_delete(s->store, SPAN_STR(a.name)));
    return kept_name_block(s->store, SPAN_STR(a.name), now_s(s) + NAME_BLOCKED, account);
}

enum err
departures_sweep(struct service *s, size_t max, uint64_t now)
{
    struct due_name due = {0};

    TRY(kept_name_due(s->store, &s->departures, max, now, &due));
    return due.is.number == 0 ? OK : account_leaves(s, &due.is.id);
}
