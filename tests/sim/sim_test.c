/* Seeds of the simulation. `WEIR_SEED=7 build/tests/sim/sim` runs one seed alone, WEIR_ROUNDS=100 a hundred times as many,
 * WEIR_SIM_TRACE=1 names each step on standard error. */
#include "tests/sim/sim.h"
#include "tests/test.h"

#define STEP_COUNT 3000

TEST(simulated_lives_keep_every_promise)
{
    u64 seed = test_seed(1);
    for (u32 round = 0; round < test_rounds(20); round++) {
        print_message("seed %llu\n", (unsigned long long)(seed + round));
        sim_run(seed + round, STEP_COUNT);
    }
}

TEST(a_seed_gives_the_same_life_twice)
{
    u64 seed = test_seed(1);
    assert_true(sim_run(seed, STEP_COUNT) == sim_run(seed, STEP_COUNT));
}
