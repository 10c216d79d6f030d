/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/pictures.h"

#include <sodium.h>
#include <stdlib.h>

#include "core/agent/agent.h"
#include "core/attachments.h"

/* In the agent's list, the newest first. */
struct picture {
    struct picture *next;
    uint64_t number;
    const struct client *client;
    int64_t attachment;
    size_t n;
    uint8_t pixels[];
};

static void
drop(struct picture **place)
{
    struct picture *p = *place;

    *place = p->next;
    sodium_memzero(p->pixels, p->n);
    free(p);
}

/* Whatever stands behind the newest few. */
static void
keep_few(struct agent *a)
{
    struct picture **place = &a->pictures;

    for (int i = 0; i < PICTURES_MAX && *place != NULL; i++)
        place = &(*place)->next;
    while (*place != NULL)
        drop(place);
}

enum err
pictures_hold(struct agent *a, struct client *client, int64_t attachment, struct span pixels,
              uint64_t *ret)
{
    struct picture *p = malloc(sizeof *p + pixels.n);

    if (p == NULL)
        return fail(ERR_MEMORY, "There is not enough memory for the picture.");
    p->number = ++a->picture_last;
    p->client = client;
    p->attachment = attachment;
    p->n = pixels.n;
    memcpy(p->pixels, pixels.p, pixels.n);
    p->next = a->pictures;
    a->pictures = p;
    keep_few(a);
    *ret = p->number;
    return OK;
}

static struct picture **
find(struct agent *a, uint64_t number)
{
    struct picture **place = &a->pictures;

    while (*place != NULL && (*place)->number != number)
        place = &(*place)->next;
    return place;
}

enum err
pictures_read(struct agent *a, const struct client *client, uint64_t number, uint64_t offset,
              struct span *ret)
{
    struct picture **place = find(a, number);
    struct attachment about;

    if (*place == NULL || (*place)->client != client)
        return fail(ERR_NOT_FOUND, "This picture is held no more.");
    if (attachment_get(a->engine, (*place)->attachment, &about) != OK) {
        drop(place);
        return fail(ERR_NOT_FOUND, "There is no such file any more.");
    }
    const struct picture *p = *place;
    if (offset >= p->n)
        return fail(ERR_USAGE, "The picture ends before that.");
    size_t left = p->n - (size_t)offset;
    *ret = SPAN(p->pixels + offset, left < PICTURE_PIECE ? left : PICTURE_PIECE);
    return OK;
}

void
pictures_drop(struct agent *a, uint64_t number)
{
    struct picture **place = find(a, number);

    if (*place != NULL)
        drop(place);
}

void
pictures_client_gone(struct agent *a, const struct client *client)
{
    for (struct picture **place = &a->pictures; *place != NULL;) {
        if ((*place)->client == client)
            drop(place);
        else
            place = &(*place)->next;
    }
}

void
pictures_drop_all(struct agent *a)
{
    while (a->pictures != NULL)
        drop(&a->pictures);
}
