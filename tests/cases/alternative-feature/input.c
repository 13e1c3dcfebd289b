int f(int a)
{
    asm volatile("1: nop; nop; nop\n2:\n"
                 ".pushsection .altinstr_replacement, \"ax\"\n3: lfence\n4: .popsection\n"
                 ".pushsection .altinstructions, \"a\"\n"
                 ".long 1b - ., 3b - .\n.word 7\n.byte 2b - 1b, 4b - 3b, 0, 0\n"
                 ".popsection");
    return a;
}

int g(int a)
{
    return a + 1;
}
