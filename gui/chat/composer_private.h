/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the parts of the composer share: composer.c (the widget, and what is done in
 * it), composer_shown.c (what it says, and to whom may be written), composer_draft.c (what is not
 * sent yet), composer_sending.c (sending, and taking back what is refused) and composer_files.c
 * (where files come from).
 */
#pragma once

#include "gui/chat/composer.h"
#include "gui/chat/outgoing_tray.h"
#include "gui/chat/voice_bar.h"
#include "gui/chat/writing_box.h"

struct _Composer {
    GtkWidget parent;
    Account *account;
    char *contact; /* NULL: nobody */

    GtkStack *stack;
    WritingBox *box;
    OutgoingTray *tray;
    VoiceBar *voice;
    GtkWidget *context, *notice, *busy;
    GtkImage *context_icon;
    GtkLabel *context_title, *context_line, *notice_text, *closed_text, *counter;
    GtkWidget *attach, *send, *later, *record, *waiting, *silent;

    Message *replying, *editing; /* at most one of them */
    Message *aside;              /* what was written before EDITING, */
    Message *aside_reply;        /* and what it answers; NULL: nothing */
    Contact *known;              /* who CONTACT is; NULL: not known yet */
    guint saving;                /* timer of the draft; 0: there is nothing to be saved */
    guint loading;               /* the call for the draft */
    guint preparing;             /* messages with files that are on their way to the agent */
    gint64 typed_us;             /* when typing was told; 0: it was not */
    GHashTable *returned;        /* contact -> struct unsent, refused while another was open */
    gulong known_handler;
};

/* --- composer.c --- */

/* Empty the box for the next message. */
void composer_clear(Composer *self);
void composer_tell_typing(Composer *self, gboolean on);
/* How many wait for their time. */
void composer_count_waiting(Composer *self);

/* --- composer_shown.c --- */

void composer_show_context(Composer *self);
void composer_show_buttons(Composer *self);
gboolean composer_may_write(Composer *self);
/* What is said of who CONTACT is, again. */
void composer_show_known(Composer *self);
/* Know who CONTACT is, as it changes. */
void composer_follow_contact(Composer *self);

/* --- composer_draft.c --- */

/* What is written, as the model; a new reference. */
Message *composer_dup_words(Composer *self);
void composer_save_soon(Composer *self);
void composer_save_now(Composer *self);
void composer_forget_saving(Composer *self);
/* The conversation that was asked for, with its draft. */
bridge_done_fn composer_on_draft;

/* --- composer_sending.c --- */

/* AT_MS 0: now. */
void composer_send(Composer *self, gint64 at_ms);
/* Send FILES alone, of which it takes a reference. */
void composer_send_files(Composer *self, GPtrArray *files);
/* What was refused while another conversation was open comes back. */
void composer_take_returned(Composer *self);
void unsent_free(gpointer unsent);

/* --- composer_files.c --- */

void composer_choose_files(Composer *self);
void composer_take_files(Composer *self, GdkFileList *files);
void composer_take_picture(Composer *self, GdkTexture *picture);
