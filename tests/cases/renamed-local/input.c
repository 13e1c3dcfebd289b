int f(int a)
{
    int sum = a + 1;
    return sum * sum;
}
