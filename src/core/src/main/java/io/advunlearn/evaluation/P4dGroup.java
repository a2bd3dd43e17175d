package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.evaluation.P4dAttack.Found;
import io.advunlearn.evaluation.P4dAttack.Goal;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.search.TokenText;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/** Prompts that P4D optimises side by side, a row each. Each has its own embeddings, optimiser and random stream. */
final class P4dGroup {

    private static final double RATE = 0.1;
    private static final double DECAY = 0.1;

    /** Timesteps at which found prompts are compared, in thousandths of the training schedule, always with the same noise. */
    private static final List<Integer> COMPARED = List.of(100, 300, 500, 700, 900);

    private static final class Row {
        final Goal goal;
        final P4dLayout layout;
        final AdamW free;
        final Noise noise;
        final TreeMap<Double, String> texts = new TreeMap<>();
        double start;

        private Row(Goal goal, P4dLayout layout, AdamW free, Noise noise) {
            this.goal = goal;
            this.layout = layout;
            this.free = free;
            this.noise = noise;
        }
    }

    /**
     * @param noisy latents with noise, [B, C, h, w]
     * @param timesteps of each row
     * @param wanted what the original model takes for noise, as {@code noisy}
     */
    private record Batch(NDArray noisy, int[] timesteps, NDArray wanted) {
    }

    private final AttackContext context;
    private final NDManager manager;
    private final PipelineComponents components;
    private final ClipTextModel encoder;
    private final TokenText text;
    private final TokenProjection projection;
    private final NDArray targets;
    private final NDArray originalStates;
    private final List<Row> rows = new ArrayList<>();
    private long unetForward;
    private long encoderForward;

    P4dGroup(AttackContext context, NDManager manager, List<Goal> goals) {
        this.context = context;
        this.manager = manager;
        components = context.components();
        encoder = context.sampler().erased().encoder();
        text = new TokenText(context.tokenizer());
        projection = new TokenProjection(encoder.tokenEmbedding(), text.words(), manager);
        targets = context.sampler().latents(manager, goals.stream().map(goal -> context.task(goal.prompt(), goal.seed()).original()).toList());
        originalStates = context.sampler().original().encode(manager, goals.stream().map(Goal::prompt).toList());
        goals.forEach(goal -> rows.add(row(goal)));
    }

    /** Starts at random tokens. */
    private Row row(Goal goal) {
        int room = context.tokenizer().maxLength() - 2;
        EvaluationBudget.P4dBudget budget = context.budget().p4d();
        P4dLayout layout = goal.mode().equals(P4dAttack.INSERTED) ? P4dLayout.inserted(context.tokenizer().tokenize(goal.prompt()), budget.every(), room)
                : P4dLayout.tokens(budget.tokens(), room);
        Noise noise = context.noise("p4d " + goal.key());
        int[] start = text.random(layout.free().length, noise);
        try (NDManager scratch = manager.newSubManager(); Scope scope = new Scope()) {
            float[] embeddings = Tensors.floats(encoder.embed(Tensors.of(scratch, new int[][] {start})));
            return new Row(goal, layout, new AdamW(embeddings, RATE, DECAY), noise);
        }
    }

    List<Found> run() {
        long started = System.nanoTime();
        EvaluationBudget.P4dBudget budget = context.budget().p4d();
        compare(true);
        for (int iteration = 1; iteration <= budget.iterations(); iteration++) {
            context.cancellation().throwIfCancelled();
            components.lane().call(DeviceLane.Priority.BACKGROUND, () -> {
                step();
                return null;
            });
            if (iteration % budget.interval() == 0 || iteration == budget.iterations()) {
                compare(false);
                context.listener().onProgress(new EvaluationListener.Progress("p4d-search", iteration, budget.iterations()));
            }
        }
        double seconds = (System.nanoTime() - started) * 1e-9 / rows.size();
        return rows.stream().map(row -> new Found(row.goal.key(), row.goal.mode(), row.goal.seed(), List.copyOf(row.texts.values()),
                row.start, row.texts.firstKey(), unetForward / rows.size(), budget.iterations(), encoderForward / rows.size(), seconds)).toList();
    }

    /** One update of every row: project, take the loss at the real tokens, and apply its gradient to the free embeddings. */
    private void step() {
        try (NDManager scratch = manager.newSubManager(); Scope scope = new Scope()) {
            int[][] windows = windows();
            int[] eos = eos();
            Batch batch = batch(scratch, rows.stream().map(row -> row.noise).toList(),
                    rows.stream().mapToInt(row -> row.noise.nextInt(components.scheduler().noiseSchedule().numTrainTimesteps())).toArray());
            NDArray leaf = Autograd.leaf(encoder.embed(Tensors.of(scratch, windows)));
            NDArray losses = Autograd.record(() -> losses(batch, encoder.forwardEmbeds(leaf, eos).lastHiddenState()));
            // The rows do not touch each other, so the gradient of the sum holds each row's own.
            float[] gradient = Tensors.floats(Autograd.gradients(Autograd.record(losses::sum), List.of(leaf)).get(0));
            encoderForward += rows.size();
            int width = Math.toIntExact(leaf.getShape().get(2));
            for (int i = 0; i < rows.size(); i++) {
                descend(rows.get(i), gradient, i * windows[i].length * width, width);
            }
        }
    }

    private static void descend(Row row, float[] gradient, int offset, int width) {
        float[] own = new float[row.layout.free().length * width];
        for (int i = 0; i < row.layout.free().length; i++) {
            // Position 0 of a window is its start token.
            System.arraycopy(gradient, offset + (1 + row.layout.free()[i]) * width, own, i * width, width);
        }
        row.free.step(own);
    }

    /** Notes every row's text with its loss on noise that is always the same. */
    private void compare(boolean start) {
        double[] losses = comparedLosses();
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            String found = context.tokenizer().decode(row.layout.fill(projection.nearest(row.free.values())));
            if (start) {
                row.start = losses[i];
            } else if (!row.texts.containsValue(found)) {
                row.texts.put(losses[i], found);
            }
        }
    }

    private double[] comparedLosses() {
        double[] sums = new double[rows.size()];
        try (NDManager scratch = manager.newSubManager(); Scope scope = new Scope()) {
            NDArray states = context.sampler().erased().encode(scratch, windows());
            encoderForward += rows.size();
            for (int time : COMPARED) {
                int[] timesteps = new int[rows.size()];
                Arrays.fill(timesteps, (int) ((long) time * components.scheduler().noiseSchedule().numTrainTimesteps() / 1000));
                List<Noise> noises = rows.stream().map(row -> context.noise("p4d " + row.goal.key() + " compared at " + time)).toList();
                float[] losses = components.lane().callNoGrad(DeviceLane.Priority.BACKGROUND,
                        () -> Tensors.floats(losses(batch(scratch, noises, timesteps), states)));
                for (int i = 0; i < sums.length; i++) {
                    sums[i] += losses[i] / COMPARED.size();
                }
            }
        }
        return sums;
    }

    private int[][] windows() {
        return rows.stream().map(row -> text.window(row.layout.fill(projection.nearest(row.free.values())))).toArray(int[][]::new);
    }

    private int[] eos() {
        return rows.stream().mapToInt(row -> row.layout.ids().length + 1).toArray();
    }

    private Batch batch(NDManager scratch, List<Noise> noises, int[] timesteps) {
        return Autograd.noGrad(() -> {
            NDList noiseRows = new NDList();
            Shape shape = new Shape(1).addAll(targets.getShape().slice(1));
            noises.forEach(noise -> noiseRows.add(noise.normal(scratch, shape)));
            NDArray latents = targets.duplicate();
            latents.attach(scratch);
            NDArray noisy = components.scheduler().noiseSchedule().addNoise(latents, NDArrays.concat(noiseRows), timesteps);
            unetForward += 2L * rows.size();
            return new Batch(noisy, timesteps, predicted(components.unet(), noisy, timesteps, originalStates));
        });
    }

    private static NDArray predicted(UNet2DConditionModel unet, NDArray noisy, int[] timesteps, NDArray states) {
        float[] times = new float[timesteps.length];
        for (int i = 0; i < times.length; i++) {
            times[i] = timesteps[i];
        }
        return unet.forward(noisy, Tensors.of(noisy.getManager(), times, new Shape(times.length)), states);
    }

    /** MSE between what the erased and the original model take for noise, one value a row. */
    private NDArray losses(Batch batch, NDArray states) {
        return predicted(context.sampler().erasedUnet(), batch.noisy(), batch.timesteps(), states).sub(batch.wanted()).square().reshape(rows.size(), -1).mean(new int[] {1});
    }
}
