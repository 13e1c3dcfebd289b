# build.sh SOURCE OUT COMPILER: compiles what common/Makefile lists, and records how.
set -e
src=$1; out=$2; cc=$3
case $src in .) at= ;; *) at=$src/ ;; esac
stems=$(sed -n 's,^obj-y += \(.*\)\.o$,common/\1,p' "$src/common/Makefile")
cd "$out"
mkdir -p common/compat include/config
cp .config include/config/auto.conf
for stem in $stems; do
  dir=$(dirname $stem); name=$(basename $stem); target=$stem.o
  cmd="$cc -MMD -MP -MF $dir/.$name.o.d -O2 $CFLAGS -ffunction-sections -fdata-sections -I${at}include -DLABEL=$target -c ${at}$stem.c -o $dir/.$name.o.tmp -MQ $target"
  $cmd
  objcopy --redefine-sym $name.c=$stem.c $dir/.$name.o.tmp $target
  {
    printf 'cmd_%s := %s\n\nsource_%s := %s\n\ndeps_%s := \\\n' $target "$cmd" $target ${at}$stem.c $target
    sed -e ':a' -e '/\\$/N' -e 's/\\\n//' -e 'ta' $dir/.$name.o.d | sed -n '1s/^[^:]*: *//p' | tr -s ' ' '\n' |
      tail -n +2 | sed -e '/^$/d' -e 's/.*/  & \\/'
    printf '\n%s: $(deps_%s)\n' $target $target
  } > $dir/.$name.o.cmd
  rm $dir/.$name.o.tmp $dir/.$name.o.d
  objects="$objects $target"
done
ld -r -o common/built_in.o $objects
printf 'cmd_common/built_in.o := ld -r -o common/built_in.o%s\n' "$objects" > common/.built_in.o.cmd
ld -r -o prelink.o common/built_in.o
printf 'cmd_prelink.o := ld -r -o prelink.o common/built_in.o\n' > .prelink.o.cmd
