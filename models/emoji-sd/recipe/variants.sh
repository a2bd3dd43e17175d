#!/bin/bash
# What was made after run.sh, in its EMOJI_WORK: the second denoiser, $1/emoji-sd-b, and the two reference models, $1/ref-pizza and
# $1/ref-fluent. One process with one thread. The denoiser's budget is wall-clock seconds on a
# busy machine (its README.md gives the steps reached), the reference models' are steps, so that they do not depend on the machine.
set -e
cd "$(dirname "$0")"; P=${PYTHON:-python3}; OUT=${1:-out}; export PROCS=1 THREADS=1

LATENTS=latents_wide AUGMENT=wide SEED=11 SCALING=0.58758 $P cache_latents.py 10      # the scaling factor of the VAE is kept
TAG=b TEXT_ENCODER=../text_encoder WIDTH=40,80 LATENTS=latents_wide SEED=1 LR=8e-4 HOLD=0.4 $P train_diffusion.py 1900
$P evaluate.py b 3 2
RECIPE=0 $P deliver.py "$OUT/emoji-sd-b" b
$P verify.py "$OUT/emoji-sd-b"

reference() {   # concept, steps together, steps with the text encoder frozen
  WITHOUT=$1 TAG=ref-$1 $P train_diffusion.py "$2"
  WITHOUT=$1 TAG=ref-$1 RESUME=ref-$1 FREEZE_TEXT=1 WARM=20 HOLD=0.3 $P train_diffusion.py "$3"
  $P evaluate.py "ref-$1" 2 1
  RECIPE=0 $P deliver.py "$OUT/ref-$1" "ref-$1"
}
reference pizza 1173x 2171x
reference fluent 1173x 2171x
