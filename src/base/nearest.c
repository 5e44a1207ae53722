#include "base/nearest.h"

#include <string.h>

u32 nearest_distance(const char *a, const char *b)
{
    size_t a_size = strlen(a), b_size = strlen(b);
    u32 row[NEAREST_NAME_MAX + 1];
    if (a_size > NEAREST_NAME_MAX || b_size > NEAREST_NAME_MAX) return NEAREST_DISTANCE_MAX + 1;
    for (u32 j = 0; j <= b_size; j++)
        row[j] = j;
    for (u32 i = 1; i <= a_size; i++) {
        u32 diagonal = row[0];
        row[0] = i;
        for (u32 j = 1; j <= b_size; j++) {
            u32 above = row[j];
            u32 change = diagonal + (a[i - 1] != b[j - 1]);
            row[j] = MIN(change, MIN(above, row[j - 1]) + 1);
            diagonal = above;
        }
    }
    return row[b_size];
}

struct nearest nearest_make(const char *name)
{
    size_t size = strlen(name);
    u32 most = size < 4 ? 1 : size < 9 ? 2 : NEAREST_DISTANCE_MAX;
    return (struct nearest){ .name = name, .distance = most + 1 };
}

void nearest_look(struct nearest *nearest, const char *name)
{
    u32 distance = nearest_distance(nearest->name, name);
    if (distance > nearest->distance) return;
    if (nearest->best && strcmp(nearest->best, name) == 0) return;
    nearest->is_unique = distance < nearest->distance;
    nearest->distance = distance;
    nearest->best = name;
}

const char *nearest_found(const struct nearest *nearest)
{
    return nearest->is_unique ? nearest->best : NULL;
}
