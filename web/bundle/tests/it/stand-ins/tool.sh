#!/bin/sh
# Stands in for cargo, rustc and rustup, under whose names it is linked: notes how it was called, and does what the test
# wrote down for that name.
echo "${0##*/} $*" >>"$STAND_IN/calls"
. "$STAND_IN/${0##*/}.sh"
