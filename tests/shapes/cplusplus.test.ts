/** Patches to a program of C++: what the unit's headers define is as it was, and what changes of a class is seen. */
import { describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { missingFor } from '../support/missing.ts'
import { sampled } from '../support/sampled.ts'
import { patchProgram } from '../support/small-program.ts'

const HEADER = `#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>
namespace zoo {
class Animal {
 public:
  virtual ~Animal() = default;
  virtual std::string name() const;
  int legs() const;
 protected:
  int legs_ = 4;
};
class Bird : public Animal {
 public:
  std::string name() const override;
 private:
  int wings_ = 2;
};
double total(const std::vector<Animal *> &all);
double total(std::vector<Animal *> &&all, int Animal::*member);
}
namespace farm { struct Pen { int size; }; }
namespace shed { struct Pen { long size; int door; }; }
farm::Pen *first_pen();
shed::Pen *other_pen();
`
const SOURCE = `#include "zoo.h"
#include <cstdio>
namespace {
std::map<std::string, int> seen;
template <class T> T most(T value, T top) { return value > top ? top : value; }
}
std::function<int(int)> hook;
std::nullptr_t nothing;
class Keeper { std::vector<zoo::Animal *> all; public: Keeper(); int once(int top); };
Keeper::Keeper() { all.push_back(new zoo::Bird); }
int Keeper::once(int top) {
  for (auto each : all) seen[each->name()]++;
  std::printf("%d kinds, %g\\n", (int)seen.size(), zoo::total(all) + zoo::total({}, nullptr));
  hook = [top](int more) { return top + more; };
  return most((int)seen.size(), top) + hook(3) + first_pen()->size + (int)other_pen()->size;
}
int keep(int top) { static Keeper keeper; return keeper.once(top); }
`
const command = ['g++', '-O2', '-std=c++17', '-fno-exceptions', '-fcf-protection=none']
const program = { files: { 'zoo.h': HEADER, 'zoo.c': SOURCE }, listed: ['zoo.c'], command }

const CODE = ['"%d kinds', '"%d sorts'] as const
const inHeader = (from: string, to: string) => ({ 'zoo.h': HEADER.replace(from, to), 'zoo.c': SOURCE.replace(...CODE) })

const REFUSED: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  [
    'a member more in a class, of which objects are on the heap',
    inHeader('wings_ = 2;', 'wings_ = 2; long age_ = 0;'),
    'struct Bird in zoo',
  ],
  ['a member more in a base class', inHeader('legs_ = 4;', 'legs_ = 4; long age_ = 0;'), 'struct Animal in zoo'],
  [
    'another base class',
    inHeader('class Bird : public Animal', 'struct Named { long id; };\nclass Bird : public Animal, public Named'),
    'struct Bird in zoo',
  ],
  [
    'the first of two structures of one name',
    inHeader('{ int size; }', '{ int size; int more; }'),
    'struct Pen in farm',
  ],
  ['the second of two structures of one name', inHeader('{ long size; int', '{ int size; int'), 'struct Pen in shed'],
  [
    'what a closure keeps',
    { 'zoo.c': SOURCE.replace('[top](int more) { return top', '[top, this](int more) { return (int)all.size() + top') },
    'struct <closure> in _ZN6Keeper4onceEi',
  ],
  [
    'what a method of the same parameters gives back',
    {
      'zoo.h': HEADER.replace('int legs() const', 'long legs() const'),
      'zoo.c': `${SOURCE.replace(...CODE)}long legs(zoo::Animal *a) { return a->legs(); }\n`,
    },
    '_ZNK3zoo6Animal4legsEv',
  ],
]

const without = missingFor('clang-14')
describe.skipIf(without !== '')(`types of C++ by clang${without}`, () => {
  test('a member more in a class that the unit makes no object of', async () => {
    const clang = { ...program, command: ['clang-14', '-x', 'c++', '-O2', '-std=c++17', '-fcf-protection=none'] }
    const source = (size: string) =>
      `struct Base { virtual int of(); virtual ~Base(); ${size} };\nint of(Base *base) { return base->of(); }\n`
    const files = { 'zoo.c': source('int a;') }
    const { error, run } = await patchProgram(
      { ...clang, files },
      { 'zoo.c': source('int a, b;').replace('of();', 'of() ;').replace('base->of()', 'base->of() + 1') },
    )
    expect(error).toBeUndefined()
    expect(run?.refusals.map(({ code }) => code)).toContain('shape-changed')
  })
})

describe.skipIf(!hasGcc)(`types of C++${withoutGcc}`, () => {
  test('a patch of a method changes no type and no prototype', async () => {
    const { error, refused, replaced, run } = await patchProgram(program, { 'zoo.c': SOURCE.replace(...CODE) })
    expect({ error, refused, replaced }).toEqual({ error: undefined, refused: [], replaced: ['_ZN6Keeper4onceEi'] })
    expect(run?.notices.filter(({ code }) => code === 'type-changed')).toEqual([])
  })

  test.each(sampled(REFUSED))('%s', async (_name, edit, symbol) => {
    const { error, run } = await patchProgram(program, edit)
    expect(error).toBeUndefined()
    const told = run?.refusals.map(({ code, text }) => `${code}: ${text}`) ?? []
    expect(told.join('\n')).toContain(symbol)
  })
})
