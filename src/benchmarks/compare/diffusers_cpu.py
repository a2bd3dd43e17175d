"""Compares this project with diffusers on the same CPU, weights, scheduler and steps, each with as many
threads as it chooses by itself, or both with N.

    python src/benchmarks/compare/diffusers_cpu.py [--full-size DIR] [--rounds 3] [--threads N]

Needs torch, diffusers and transformers here, and the benchmarks' jar. Both sides alternate (ours, diffusers, ours, ...), each round in
processes of its own; the medians over all rounds are compared. A ratio above 1 says that ours is faster.
"""
import argparse
import concurrent.futures
import copy
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
JAR = ROOT / "src/benchmarks/target/advunlearn-benchmarks.jar"
PROMPT = "a photo of a church"
GUIDANCE = 4.0
WARM_UP = 10


def seconds(work, repeats):
    """Median over repeats, behind ten seconds that warm up."""
    begin = time.perf_counter()
    work()
    while time.perf_counter() - begin < WARM_UP:
        work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def copies(pipe, count):
    """Pipelines that share their networks; a scheduler and a tokenizer have a state, so each has its own."""
    return [type(pipe)(**{**pipe.components, "scheduler": type(pipe.scheduler).from_config(pipe.scheduler.config),
                          "tokenizer": copy.deepcopy(pipe.tokenizer)}, requires_safety_checker=False) for _ in range(count)]


def diffusers_side(arguments):
    """What TimingsCommand measures, with diffusers."""
    import torch
    from diffusers import StableDiffusionPipeline

    pipe = StableDiffusionPipeline.from_pretrained(arguments.model)
    pipe.set_progress_bar_config(disable=True)
    size = pipe.unet.config.sample_size
    sample = torch.randn(2, pipe.unet.config.in_channels, size, size)
    text = torch.randn(2, 77, pipe.unet.config.cross_attention_dim)
    ids = torch.full((1, 77), 5)
    result = {"threads": torch.get_num_threads()}

    def image(which, seed=1):
        which(PROMPT, num_inference_steps=arguments.steps, guidance_scale=GUIDANCE, output_type="np", generator=torch.Generator().manual_seed(seed))

    def together(pipes):
        with concurrent.futures.ThreadPoolExecutor(len(pipes)) as pool:
            list(pool.map(guarded, pipes))

    def guarded(which):
        # inference mode belongs to a thread
        with torch.inference_mode():
            image(which)

    with torch.inference_mode():
        if "step" in arguments.measures:
            result["unet_step"] = seconds(lambda: pipe.unet(sample, torch.tensor(500), encoder_hidden_states=text), arguments.repeats)
        if "text" in arguments.measures:
            result["text_encoding"] = seconds(lambda: pipe.text_encoder(ids), arguments.repeats)
        if "image" in arguments.measures:
            result["image"] = seconds(lambda: image(pipe), arguments.repeats)
        if "clients" in arguments.measures:
            clients = copies(pipe, arguments.clients)
            for each in clients:
                each.set_progress_bar_config(disable=True)
            concurrent_seconds = seconds(lambda: together(clients), arguments.repeats)
            one_by_one = seconds(lambda: [image(each) for each in clients], arguments.repeats)
            # its users may do either; the better one counts
            result["clients"] = min(concurrent_seconds, one_by_one)
    print(json.dumps(result))


def run(command, threads):
    environment = {**os.environ, "TRANSFORMERS_VERBOSITY": "error", "DIFFUSERS_VERBOSITY": "error"}
    if threads:
        # PyTorch's own setting holds for the thread that makes it; the environment's for all
        environment.update({"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)})
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(str(part) for part in command)} failed:\n{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def compare(model, measures, repeats, arguments):
    common = ["--model", model, "--measures", ",".join(measures), "--repeats", repeats, "--steps", arguments.steps,
              "--clients", arguments.clients]
    ours, theirs = [], []
    for _ in range(arguments.rounds):
        ours.append(run(["java", "-jar", JAR, "timings", *common], arguments.threads))
        theirs.append(run([sys.executable, __file__, "--side", *common], arguments.threads))
    for measure in ours[0]:
        if measure == "threads":
            print(f"{pathlib.Path(model).name} threads: ours {ours[0][measure]}, diffusers {theirs[0][measure]}")
            continue
        a = statistics.median(each[measure] for each in ours)
        b = statistics.median(each[measure] for each in theirs)
        print(f"{pathlib.Path(model).name} {measure}: ours {a:.4f} s, diffusers {b:.4f} s, {b / a:.2f} times as fast", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full-size", type=pathlib.Path, help="a folder by the benchmarks' random-weights; without it only the bundled model is compared")
    parser.add_argument("--rounds", type=int, default=3, help="how often the sides alternate (default 3)")
    parser.add_argument("--threads", type=int, help="threads of a kernel, on both sides (default: what each chooses)")
    parser.add_argument("--steps", type=int, default=25, help="denoising steps of an image (default 25)")
    parser.add_argument("--clients", type=int, default=4, help="concurrent clients (default 4)")
    parser.add_argument("--side", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "models/emoji-sd", help=argparse.SUPPRESS)
    parser.add_argument("--measures", default="image,clients", help=argparse.SUPPRESS)
    parser.add_argument("--repeats", type=int, default=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        arguments.measures = arguments.measures.split(",")
        diffusers_side(arguments)
        return
    compare(arguments.model, arguments.measures.split(","), arguments.repeats, arguments)
    if arguments.full_size:
        compare(arguments.full_size, ["step"], 3, arguments)
        # so short that a neighbour on the machine hits one of three
        compare(arguments.full_size, ["text"], 31, arguments)


if __name__ == "__main__":
    main()
