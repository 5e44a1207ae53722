#include "state/rows_internal.h"

static u8 cell_kind_of(struct type type);
static u32 cell_width(enum cell_kind kind);

u32 rows_layout(const struct type *types, u32 column_count, struct cell *cells)
{
    static const u8 widths[] = { 17, 16, 8, 4, 2, 1 };
    u32 offset = ROW_FLAGS + (2 + column_count + 7) / 8;
    for (u32 step = 0; step < countof(widths); step++) {
        for (u32 column = 0; column < column_count; column++) {
            u8 kind = cell_kind_of(types[column]);
            if (cell_width(kind) != widths[step]) continue;
            cells[column] = (struct cell){ .offset = offset,
                                           .kind = kind,
                                           .phys = (u8)type_phys(types[column]),
                                           .null_offset = (u16)(ROW_FLAGS + (2 + column) / 8),
                                           .null_bit = (u8)(1u << (2 + column) % 8) };
            offset += widths[step];
        }
    }
    return (u32)align_up(MAX(offset, (u32)ROW_WIDTH_MIN), 4);
}

/* SQL's width where a vector has a wider one. */
static u8 cell_kind_of(struct type type)
{
    switch (type_phys(type)) {
    case PHYS_BOOL: return CELL_BOOL;
    case PHYS_I64:
        if (type.id == TYPE_INT2) return CELL_I16;
        return type.id == TYPE_INT4 || type.id == TYPE_DATE ? CELL_I32 : CELL_WORD;
    case PHYS_F64: return type.id == TYPE_FLOAT4 ? CELL_F32 : CELL_WORD;
    case PHYS_DECIMAL: return CELL_DECIMAL;
    case PHYS_STR: return CELL_STR;
    case PHYS_INTERVAL:
    case PHYS_UUID: return CELL_PAIR;
    }
    unreachable();
}

static u32 cell_width(enum cell_kind kind)
{
    switch (kind) {
    case CELL_BOOL: return 1;
    case CELL_I16: return 2;
    case CELL_I32:
    case CELL_F32: return 4;
    case CELL_WORD: return 8;
    case CELL_DECIMAL: return 17;
    case CELL_STR:
    case CELL_PAIR: return 16;
    }
    unreachable();
}
