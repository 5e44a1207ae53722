/* Type names with their modifiers, and window definitions: both hide bit masks. */
#include "base/assert.h"
#include "plan/parse_internal.h"

/* The bits of interval fields in a type's first modifier: 1 << these (PostgreSQL's datetime.h). */
enum {
    FIELD_MONTH = 1,
    FIELD_YEAR = 2,
    FIELD_DAY = 3,
    FIELD_HOUR = 10,
    FIELD_MINUTE,
    FIELD_SECOND
};
#define FIELDS_ALL 0x7FFF

static u32 interval_fields(i32 mask)
{
    static const struct {
        u32 bit;
        u32 field;
    } fields[] = {
        { FIELD_YEAR, SYNTAX_INTERVAL_YEAR },     { FIELD_MONTH, SYNTAX_INTERVAL_MONTH },
        { FIELD_DAY, SYNTAX_INTERVAL_DAY },       { FIELD_HOUR, SYNTAX_INTERVAL_HOUR },
        { FIELD_MINUTE, SYNTAX_INTERVAL_MINUTE }, { FIELD_SECOND, SYNTAX_INTERVAL_SECOND },
    };
    if (mask == FIELDS_ALL) return 0;
    u32 result = 0;
    for (u32 i = 0; i < countof(fields); i++) {
        if (mask & (1 << fields[i].bit)) result |= fields[i].field;
    }
    return result;
}

static void read_typmods(struct parse *parse, const PgQuery__TypeName *from,
                         struct syntax_type *type)
{
    if (from->n_typmods > countof(type->typmods)) {
        parse_fail(parse, "22023", type->offset, "invalid type modifier");
        return;
    }
    for (size_t i = 0; i < from->n_typmods; i++) {
        const pg_node *node = from->typmods[i];
        if (node->node_case != PG_QUERY__NODE__NODE_A_CONST ||
            node->a_const->val_case != PG_QUERY__A__CONST__VAL_IVAL) {
            parse_fail(parse, "42601", type->offset,
                       "type modifiers must be simple constants or identifiers");
            return;
        }
        type->typmods[type->typmod_count++] = node->a_const->ival->ival;
    }
}

/* interval(3) and interval day to second(3) have the fields first. */
static void take_interval_fields(struct syntax_type *type)
{
    bool is_interval = type->typmod_count > 0 && type->schema &&
                       strcmp(type->schema, "pg_catalog") == 0 &&
                       strcmp(type->name, "interval") == 0;
    if (!is_interval) return;
    type->interval_fields = interval_fields(type->typmods[0]);
    type->typmod_count -= 1;
    type->typmods[0] = type->typmod_count > 0 ? type->typmods[1] : 0;
}

struct syntax_type *parse_type(struct parse *parse, const PgQuery__TypeName *name)
{
    struct syntax_type *type = arena_new(parse->arena, struct syntax_type);
    type->offset = parse_offset(parse, name->location);
    if (name->pct_type) parse_refuse(parse, type->offset, "%TYPE");
    struct syntax_names names = parse_names(parse, name->names, name->n_names);
    if (parse->has_failed) return NULL;
    assert(names.count > 0);
    if (names.count > 2) {
        parse_refuse(parse, type->offset, "a type of another database");
        return NULL;
    }
    type->name = names.items[names.count - 1];
    type->schema = names.count == 2 ? names.items[0] : NULL;
    type->is_setof = name->setof;
    type->array_depth = (u32)name->n_array_bounds;
    read_typmods(parse, name, type);
    if (parse->has_failed) return NULL;
    take_interval_fields(type);
    return type;
}

/* PostgreSQL's frame options (parsenodes.h). */
enum {
    FRAME_NONDEFAULT = 0x1,
    FRAME_ROWS = 0x4,
    FRAME_GROUPS = 0x8,
    FRAME_START_UNBOUNDED_PRECEDING = 0x20,
    FRAME_END_UNBOUNDED_FOLLOWING = 0x100,
    FRAME_START_CURRENT_ROW = 0x200,
    FRAME_END_CURRENT_ROW = 0x400,
    FRAME_START_OFFSET_PRECEDING = 0x800,
    FRAME_END_OFFSET_PRECEDING = 0x1000,
    FRAME_EXCLUDE_CURRENT_ROW = 0x8000,
    FRAME_EXCLUDE_GROUP = 0x10000,
    FRAME_EXCLUDE_TIES = 0x20000,
};

static enum syntax_bound frame_start(i32 options)
{
    if (options & FRAME_START_UNBOUNDED_PRECEDING) return SYNTAX_BOUND_UNBOUNDED_PRECEDING;
    if (options & FRAME_START_CURRENT_ROW) return SYNTAX_BOUND_CURRENT_ROW;
    if (options & FRAME_START_OFFSET_PRECEDING) return SYNTAX_BOUND_PRECEDING;
    return SYNTAX_BOUND_FOLLOWING;
}

static enum syntax_bound frame_end(i32 options)
{
    if (options & FRAME_END_UNBOUNDED_FOLLOWING) return SYNTAX_BOUND_UNBOUNDED_FOLLOWING;
    if (options & FRAME_END_CURRENT_ROW) return SYNTAX_BOUND_CURRENT_ROW;
    if (options & FRAME_END_OFFSET_PRECEDING) return SYNTAX_BOUND_PRECEDING;
    return SYNTAX_BOUND_FOLLOWING;
}

static enum syntax_exclude frame_exclude(i32 options)
{
    if (options & FRAME_EXCLUDE_CURRENT_ROW) return SYNTAX_EXCLUDE_CURRENT_ROW;
    if (options & FRAME_EXCLUDE_GROUP) return SYNTAX_EXCLUDE_GROUP;
    if (options & FRAME_EXCLUDE_TIES) return SYNTAX_EXCLUDE_TIES;
    return SYNTAX_EXCLUDE_NONE;
}

struct syntax_window parse_window(struct parse *parse, const PgQuery__WindowDef *window)
{
    i32 options = window->frame_options;
    return (struct syntax_window){
        .name = parse_name(parse, window->name),
        .base = parse_name(parse, window->refname),
        .partition = parse_exprs(parse, window->partition_clause, window->n_partition_clause),
        .order = parse_orders(parse, window->order_clause, window->n_order_clause),
        .has_frame = options & FRAME_NONDEFAULT,
        .mode = options & FRAME_ROWS     ? SYNTAX_FRAME_ROWS
                : options & FRAME_GROUPS ? SYNTAX_FRAME_GROUPS
                                         : SYNTAX_FRAME_RANGE,
        .start = frame_start(options),
        .end = frame_end(options),
        .start_offset = parse_expr(parse, window->start_offset),
        .end_offset = parse_expr(parse, window->end_offset),
        .exclude = frame_exclude(options),
        .offset = parse_offset(parse, window->location),
    };
}
