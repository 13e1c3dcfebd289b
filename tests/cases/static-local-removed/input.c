int f(int a)
{
    static int last;
    int before = last;
    last = a;
    return before;
}
