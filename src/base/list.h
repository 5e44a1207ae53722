/* An intrusive doubly linked list. The head is a link of its own; an empty list points to itself. */
#pragma once

#include "base/base.h"

struct link {
    struct link *previous;
    struct link *next;
};

static inline void list_init(struct link *head)
{
    head->previous = head->next = head;
}

static inline bool list_empty(const struct link *head)
{
    return head->next == head;
}

static inline void list_insert(struct link *after, struct link *link)
{
    link->previous = after;
    link->next = after->next;
    after->next->previous = link;
    after->next = link;
}

static inline void list_append(struct link *head, struct link *link)
{
    list_insert(head->previous, link);
}

/* The link may be removed again: it points to itself afterwards. */
static inline void list_remove(struct link *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
    link->previous = link->next = link;
}

#define list_each(head, link)                                                                      \
    for (struct link *link = (head)->next; link != (head); link = link->next)
/* The current link may be removed inside the loop. */
#define list_each_safe(head, link, following)                                                      \
    for (struct link *link = (head)->next, *following = link->next; link != (head);                \
         link = following, following = link->next)
