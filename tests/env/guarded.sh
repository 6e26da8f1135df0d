#!/bin/sh
# Runs a program that can not outlive whoever started it, however that one ends: when stdin closes, it is killed.
# Prints its process id on a line of its own, then what it prints; ends with its exit code (128 + n for signal n).
#
#   guarded.sh COMMAND [ARGUMENT ...]
exec 3<&0
"$@" < /dev/null 3<&- &
program=$!
{ cat <&3 > /dev/null; kill -9 "$program" 2> /dev/null; } > /dev/null 2>&1 &
guard=$!
exec 3<&-
echo "$program"
wait "$program"
code=$?
# Before anybody else can get the program's number.
kill "$guard" 2> /dev/null
exit "$code"
