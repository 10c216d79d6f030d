/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/trust_words.h"

#include <glib/gi18n.h>
#include <string.h>

const char *
trust_label(enum contact_trust trust)
{
    const char *const labels[] = {_("Not verified"), _("Known by their link"), _("Verified")};

    return labels[trust];
}

const char *
trust_meaning(enum contact_trust trust)
{
    const char *const meanings[] = {
        _("Only their relay says that this is them. Compare the safety number to be sure."),
        _("The link named this account for certain. Compare the safety number to be sure that it "
          "was their link."),
        _("You compared the safety number with them. Nobody stands between you."),
    };

    return meanings[trust];
}

const char *
trust_icon(enum contact_trust trust)
{
    static const char *const icons[] = {"security-low-symbolic", "security-medium-symbolic",
                                        "security-high-symbolic"};

    return icons[trust];
}

static const char *const notices[][2] = {
    {"forged",
     N_("Somebody presented forged keys for this contact. They were refused, and messages "
        "go on with the right ones. If it happens again, tell them.")},
    {"fork", N_("There are two contradicting histories of this contact's keys. Nothing is sent to "
                "them until that is settled. Ask them in another way what happened.")},
    {"key-changed", N_("The address of this contact belongs to another account now. Nothing is "
                       "sent until you look at it.")},
    {"account-changed", N_("Another device changed your account. If that was not you, look at it "
                           "at once, tell your contacts in another way, and use your recovery "
                           "kit.")},
    {"own-name", N_("Your relay shows somebody else's keys under your name. Who adds you by your "
                    "address alone may get them. Move to another relay.")},
    {"relay-key",
     N_("Your relay shows another identity than before. Nothing is sent to it. Ask who runs "
        "it, or move to another.")},
    {"relay-pin",
     N_("Your relay shows another certificate than before. Nothing is sent to it. Ask who "
        "runs it whether it was renewed.")},
    {"relay-forgot-us", N_("Your relay does not know your account any more.")},
    {"device-replaced", N_("This contact goes on with another device. The safety number is as it "
                           "was.")},
    {"replaced", N_("Another device took the place of this one. Nothing is sent from here any "
                    "more.")},
    {"backup-failed", N_("A backup could not be made. Is the folder there, and is there room?")},
    {"key-rotated", N_("This contact changed to the key that was announced before. All is well.")},
    {"different-before", N_("Something else was said before one of this contact's messages than "
                            "what you see here.")},
    {"sent-twice", N_("This contact sent two different messages in one place.")},
    {"bad-keys", N_("This contact's relay offered keys that are not theirs. They were refused.")},
    {"device-removed",
     N_("This device was removed from your account. If that was not you, use your "
        "recovery kit. What is here can still be read.")},
    {"put-back",
     N_("This profile was put back to an older copy of itself. What contacts still have "
        "comes again by itself; what you sent since then is not here.")},
    {"put-together", N_("What is kept of this profile was put together from copies of different "
                        "times. Encryption was set up anew with every contact.")},
    {"anchor-lost",
     N_("Your relay lost what tells an old copy of this profile from the newest one. "
        "It was given to it again.")},
    {"not-seen", N_("This contact has not seen the keys you have now.")},
    {"needs-link", N_("They take requests by contact link only. Ask them for one.")},
    {"token-abuse", N_("Somebody else used what only this contact may send with. They get "
                       "something new.")},
    {"clock", N_("This computer's clock and your relay's differ by more than two minutes. "
                 "Set this computer's clock.")},
};

const char *
notice_text(const char *kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(notices); i++)
        if (strcmp(kind, notices[i][0]) == 0)
            return _(notices[i][1]);
    return NULL;
}
