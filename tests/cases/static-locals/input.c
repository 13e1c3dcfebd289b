int f(void)
{
    static int count;
    return ++count;
}

int g(void)
{
    static int count;
    return count += 2;
}
