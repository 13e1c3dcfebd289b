int f(int *p)
{
    int error = 0, value = 0;
    asm volatile("1: mov (%2), %0\n2:\n"
                 ".pushsection .fixup, \"ax\"\n3: mov $-14, %1\n jmp 2b\n.popsection\n"
                 ".pushsection .ex_table, \"a\"\n.balign 4\n.long 1b - ., 3b - .\n.popsection"
                 : "=r" (value), "+r" (error) : "r" (p));
    return error ? error : value;
}

int g(int a)
{
    return a + 1;
}
