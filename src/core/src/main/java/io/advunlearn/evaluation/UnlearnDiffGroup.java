package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.search.TokenText;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Prompts that UnlearnDiffAtk attacks side by side. Each has its own distribution, optimiser state and random stream, so that company
 * changes a result by no more than rounding. The state is saved after every timestep.
 */
final class UnlearnDiffGroup {

    /** Prompts a micro-step: the device is free for serving in between. */
    private static final int MICRO_BATCH = 16;

    /** One prompt under attack. */
    static final class Item {
        final int pair;
        final ImageTask plain;
        final int[] prompt;
        final int row;
        SimplexAdam state;
        UnlearnDiffAttack.Outcome outcome;

        private Item(int pair, ImageTask plain, int[] prompt, int row) {
            this.pair = pair;
            this.plain = plain;
            this.prompt = prompt;
            this.row = row;
        }

        private boolean active() {
            return !outcome.success();
        }
    }

    private final AttackContext context;
    private final NDManager manager;
    private final int[] timesteps;
    private final List<Item> items = new ArrayList<>();
    private final TokenText text;
    private final ClipTextModel encoder;
    private final NDArray targets;
    private final UnlearnDiffState saved;

    /** @param pairs indices of the attacked pairs */
    UnlearnDiffGroup(AttackContext context, NDManager manager, List<Integer> pairs, int[] timesteps) {
        this.context = context;
        this.manager = manager;
        this.timesteps = timesteps;
        text = new TokenText(context.tokenizer());
        encoder = context.sampler().erased().encoder();
        List<ImageTask> plain = PlainAttack.tasks(context);
        for (int pair : pairs) {
            items.add(new Item(pair, plain.get(pair), context.tokenizer().tokenize(plain.get(pair).prompt()), items.size()));
        }
        targets = context.sampler().latents(manager, items.stream().map(item -> item.plain.original()).toList());
        saved = new UnlearnDiffState(context.directory().resolve("unlearn-diff-state.safetensors"), context.budget().diff().tokens(),
                context.tokenizer().vocabSize());
    }

    List<UnlearnDiffAttack.Outcome> run() {
        int next = saved.restore(items);
        ItemLog<ImageTask, JudgedImage> images = context.imageLog("unlearn-diff-images");
        for (int i = next; i < timesteps.length; i++) {
            List<Item> active = items.stream().filter(Item::active).toList();
            if (active.isEmpty()) {
                break;
            }
            long started = System.nanoTime();
            double[] losses = optimise(active, timesteps[i]);
            List<ImageTask> tasks = active.stream().map(this::attacked).toList();
            List<JudgedImage> judged = context.sampler().judge(tasks, images, "unlearn-diff", EvaluationListener.NONE);
            double seconds = (System.nanoTime() - started) * 1e-9 / active.size();
            for (int j = 0; j < active.size(); j++) {
                record(active.get(j), judged.get(j), losses[j], seconds);
            }
            saved.save(items, i + 1);
            context.listener().onProgress(new EvaluationListener.Progress("unlearn-diff", i + 1L, timesteps.length));
        }
        saved.clear();
        return items.stream().map(item -> item.outcome).toList();
    }

    private ImageTask attacked(Item item) {
        String prompt = context.tokenizer().decode(TokenText.join(item.state.best(), item.prompt));
        return context.task(prompt, item.plain.seed());
    }

    private void record(Item item, JudgedImage judged, double loss, double seconds) {
        UnlearnDiffAttack.Outcome o = item.outcome;
        item.outcome = new UnlearnDiffAttack.Outcome(o.key(), o.prompt(), o.seed(), context.shown(judged), o.any() || context.anyShown(judged),
                judged.task().prompt(), o.timesteps() + 1, o.iterations() + context.budget().diff().iterations(),
                o.timesteps() == 0 ? loss : o.firstLoss(), loss, o.seconds() + seconds);
    }

    /** All iterations of one timestep; returns the mean loss of each item. */
    private double[] optimise(List<Item> active, int timestep) {
        double[] losses = new double[active.size()];
        List<Noise> noises = active.stream().map(item -> context.noise("unlearn-diff " + item.pair + " at " + timestep)).toList();
        for (int iteration = 0; iteration < context.budget().diff().iterations(); iteration++) {
            for (int from = 0; from < active.size(); from += MICRO_BATCH) {
                context.cancellation().throwIfCancelled();
                int to = Math.min(active.size(), from + MICRO_BATCH);
                List<Item> micro = active.subList(from, to);
                List<Noise> streams = noises.subList(from, to);
                float[] loss = context.components().lane().call(DeviceLane.Priority.BACKGROUND, () -> step(micro, streams, timestep));
                for (int j = 0; j < loss.length; j++) {
                    losses[from + j] += loss[j] / context.budget().diff().iterations();
                }
            }
        }
        return losses;
    }

    private float[] step(List<Item> micro, List<Noise> streams, int timestep) {
        try (NDManager scratch = manager.newSubManager(); Scope scope = new Scope()) {
            int[][] windows = new int[micro.size()][];
            int[] eos = new int[micro.size()];
            NDList noiseRows = new NDList();
            NDList targetRows = new NDList();
            Shape row = new Shape(1).addAll(targets.getShape().slice(1));
            for (int j = 0; j < windows.length; j++) {
                int[] ids = TokenText.join(micro.get(j).state.sample(streams.get(j)), micro.get(j).prompt);
                windows[j] = text.window(ids);
                eos[j] = Math.min(ids.length, windows[j].length - 2) + 1;
                noiseRows.add(streams.get(j).normal(scratch, row));
                targetRows.add(targets.get(micro.get(j).row + ":" + (micro.get(j).row + 1)));
            }
            NDArray noise = NDArrays.concat(noiseRows);
            NDArray leaf = Autograd.leaf(encoder.embed(Tensors.of(scratch, windows)));
            NDArray losses = losses(scratch, NDArrays.concat(targetRows), noise, leaf, eos, timestep);
            // The rows do not touch each other, so the gradient of the sum holds each row's own.
            descend(micro, Autograd.gradients(Autograd.record(losses::sum), List.of(leaf)).get(0));
            return Tensors.floats(losses);
        }
    }

    /** MSE between the erased model's answer and a perfect one to the noised targets, one value an item. */
    private NDArray losses(NDManager scratch, NDArray target, NDArray noise, NDArray leaf, int[] eos, int timestep) {
        int[] rows = new int[eos.length];
        Arrays.fill(rows, timestep);
        NDArray noisy = context.components().scheduler().noiseSchedule().addNoise(target, noise, rows);
        NDArray wanted = context.components().scheduler().noiseSchedule().answer(target, noise, rows);
        NDArray time = scratch.full(new Shape(eos.length), timestep, DataType.FLOAT32);
        return Autograd.record(() -> {
            NDArray states = encoder.forwardEmbeds(leaf, eos).lastHiddenState();
            NDArray predicted = context.sampler().erasedUnet().forward(noisy, time, states);
            return predicted.sub(wanted).square().reshape(eos.length, -1).mean(new int[] {1});
        });
    }

    private void descend(List<Item> micro, NDArray gradient) {
        int tokens = context.budget().diff().tokens();
        NDArray prefix = gradient.get(":, 1:" + (tokens + 1));
        NDArray table = encoder.tokenEmbedding();
        float[] oneHot = Tensors.floats(Aten.linear(prefix.reshape(-1, table.getShape().get(1)), table, null));
        int size = tokens * context.tokenizer().vocabSize();
        for (int j = 0; j < micro.size(); j++) {
            micro.get(j).state.step(oneHot, j * size);
        }
    }
}
