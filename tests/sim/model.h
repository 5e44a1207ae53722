/* What the relations of the simulation must hold, computed anew from the tables each time. */
#pragma once

#include "base/bytes.h"
#include "base/rand.h"

#define MODEL_ITEM_COUNT  40
#define MODEL_GROUP_COUNT 6
#define MODEL_ROW_MAX     400

struct model_item {
    bool is_there;
    i32 group;
    i64 value;
};

/* The tables. */
struct model {
    struct model_item items[MODEL_ITEM_COUNT];
    i64 prices[MODEL_GROUP_COUNT]; /* 0: none */
};

enum model_change_kind {
    MODEL_INSERT, /* some ids; an error when one is there */
    MODEL_UPSERT,
    MODEL_ADD,    /* to the values of a group */
    MODEL_MOVE,   /* from one group to another */
    MODEL_DELETE, /* each third id, or so */
    MODEL_PRICE,
    MODEL_UNPRICE,
    MODEL_TRUNCATE,
    MODEL_CHANGE_COUNT,
};

#define MODEL_ID_MAX 12

/* A transaction. */
struct model_change {
    enum model_change_kind kind;
    u32 id_count;
    u32 ids[MODEL_ID_MAX];
    i32 group, other;
    i64 value;
};

struct model_change model_draw(struct rand *rand);
void model_sql(const struct model_change *change, struct buf *out);
/* False: it must be rejected; nothing changed. */
bool model_apply(struct model *model, const struct model_change *change);

struct model_relation {
    const char *name;
    const char *definition; /* of a view; NULL: a table */
    const char *uses;       /* a view that it needs, or NULL */
    const char *query;      /* its query alone */
    /* The JSON of each row, ended by newlines. */
    void (*rows)(const struct model *model, struct buf *out);
};

#define MODEL_RELATION_COUNT 8
extern const struct model_relation model_relations[MODEL_RELATION_COUNT];

/* A number for the rows of a text, whatever their order. */
u64 model_sum(struct slice lines);
