#!/bin/bash
# The recipe in order. EMOJI_ASSETS = folder with the unpacked npm packages (names in data.py), EMOJI_WORK = scratch folder
# (put vocab.json and merges.txt of this model's tokenizer/ in EMOJI_WORK/tokenizer first), $1 = output folder.
# Needs python with torch 2.7.1 (CPU, bf16 units help), numpy, pillow, and rsvg-convert; verify.py also diffusers 0.35.2, transformers 4.57.1.
# Budgets are wall-clock seconds on a busy machine (an idle one needs about a third); README.md, Training, gives the steps reached and
# says where the delivered weights were made in more pieces than this.
set -e
cd "$(dirname "$0")"; P=${PYTHON:-python3}
$P data.py
$P train_vae.py 600
$P cache_latents.py 14
TAG=diff $P train_diffusion.py 1040                                                    # text encoder and UNet together
$P tune_decoder.py 420                                                                 # encoder frozen
RESUME=diff FREEZE_TEXT=1 WARM=20 HOLD=0.45 $P train_diffusion.py 2050                 # text encoder frozen
RESUME=diff FREEZE_TEXT=1 WARM=20 LR=3.5e-4 HOLD=0.1 $P train_diffusion.py 840
$P train_detector.py a 150 diff                                                        # CPU seconds
$P train_detector.py b 590 diff
$P evaluate.py diff 3 2
$P deliver.py "${1:-out}" diff
$P verify.py "${1:-out}"
