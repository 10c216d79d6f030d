/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/first_frame.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define DOMAIN "snug"

/* Seconds since this process began, as the kernel knows it; negative: it does not say. */
static double
age(void)
{
    g_autofree char *stat = NULL;
    unsigned long long began;
    struct timespec now;

    if (!g_file_get_contents("/proc/self/stat", &stat, NULL, NULL))
        return -1;
    const char *fields = strrchr(stat, ')');
    if (fields == NULL ||
        sscanf(fields,
               ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
               "%*d %llu",
               &began) != 1)
        return -1;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9 -
           (double)began / (double)sysconf(_SC_CLK_TCK);
}

static void
on_painted(GdkFrameClock *clock, GtkWidget *window)
{
    g_signal_handlers_disconnect_by_func(clock, G_CALLBACK(on_painted), window);
    g_log(DOMAIN, G_LOG_LEVEL_DEBUG, "first usable frame after %.0f ms", age() * 1000);
}

/* What is to be drawn now is drawn when the next frame has been painted. */
static void
on_loaded(ConversationList *conversations, GtkWidget *window)
{
    GdkFrameClock *clock = gtk_widget_get_frame_clock(window);

    g_signal_handlers_disconnect_by_func(conversations, G_CALLBACK(on_loaded), window);
    if (clock == NULL)
        return;
    g_signal_connect_object(clock, "after-paint", G_CALLBACK(on_painted), window, 0);
    gdk_frame_clock_request_phase(clock, GDK_FRAME_CLOCK_PHASE_PAINT);
}

void
first_frame_watch(GtkWidget *window, ConversationList *conversations)
{
    if (!g_log_writer_default_would_drop(G_LOG_LEVEL_DEBUG, DOMAIN))
        g_signal_connect_object(conversations, "loaded", G_CALLBACK(on_loaded), window,
                                G_CONNECT_AFTER);
}
