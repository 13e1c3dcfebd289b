int f(int i)
{
    switch (i) {
    case 0: return 3;
    case 1: return 15;
    case 2: return 9;
    case 3: return 111;
    case 4: return 77;
    }
    return 0;
}
