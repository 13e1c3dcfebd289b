/* SPDX-License-Identifier: MIT */
/*
 * Runs a program, its words going to a file. Arguments: path, words, environment, the file's path, and where to write why
 * the program could not be begun: an errno, 0 where it was. The result is what wait4 says of its end.
 */

#include "dom0.h"
#include "cpu.h"

#define OUTPUT 3
#define WHY    4

#define CREATED 00000100
#define EMPTIED 00001000
#define MODE    0600

__attribute__((noreturn)) static void begin(const uint64_t argument[HYPERCALL_ARGUMENTS])
{
    volatile int32_t *why = (void *)argument[WHY]; /* in memory that stays shared */
    int64_t input = call3(CALL_OPEN, (uint64_t)"/dev/null", READ_ONLY, 0);
    int64_t output = call3(CALL_OPEN, argument[OUTPUT], WRITE_ONLY | CREATED | EMPTIED, MODE);

    call3(CALL_DUP2, (uint64_t)input, 0, 0);
    call3(CALL_DUP2, (uint64_t)output, 1, 0);
    call3(CALL_DUP2, (uint64_t)output, 2, 0);
    *why = (int32_t)-call3(CALL_EXECVE, argument[0], argument[1], argument[2]);
    for (;;)
        call3(CALL_EXIT, 127, 0, 0);
}

int64_t run_program(const uint64_t argument[HYPERCALL_ARGUMENTS])
{
    int64_t child = call3(CALL_FORK, 0, 0, 0);
    int32_t status = 0;

    if (child < 0)
        return child;
    if (child == 0)
        begin(argument);
    int64_t waited = system_call(CALL_WAIT4, (uint64_t)child, (uint64_t)&status, 0, 0, 0, 0);
    return waited < 0 ? waited : status;
}
