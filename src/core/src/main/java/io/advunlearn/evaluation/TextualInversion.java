package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.Weights;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * One token's embedding trained so that the erased model denoises images of the concept (textual inversion, Gal et al. 2023; against erased
 * models CCE, Pham et al. 2024). The images are the original model's latents, each with the prompt that it was drawn for.
 */
final class TextualInversion {

    private static final double DECAY = 0.01;
    private static final int COMPARED_IMAGES = 4;

    /** In thousandths of the training schedule. */
    private static final List<Integer> COMPARED_TIMES = List.of(100, 300, 500, 700, 900);
    private static final String TABLE = "text_model.embeddings.token_embedding.weight";

    /**
     * @param key which token
     * @param embedding its values
     * @param start loss before training, on fixed images, timesteps and noise
     * @param end loss after it, on the same
     * @param unetForward latents through the UNet, those that drew the images included
     * @param steps gradient steps
     * @param seconds wall-clock
     */
    record Trained(String key, float[] embedding, double start, double end, long unetForward, int steps, double seconds) {
    }

    private final AttackContext context;
    private final EvaluationBudget.InversionBudget budget;
    private final ClipTextModel encoder;
    private final UNet2DConditionModel unet;
    private final int token;
    private final NDManager manager;
    private final NDArray latents;
    private final int[][] windows;
    private final int[] eos;
    private final AdamW embedding;
    private long unetForward;

    /**
     * @param token id whose embedding is trained, starting at its own
     * @param prompts texts that hold it, of the pairs in order
     */
    TextualInversion(AttackContext context, NDManager manager, int token, List<String> prompts) {
        this.context = context;
        this.manager = manager;
        this.token = token;
        budget = context.budget().inversion();
        encoder = context.sampler().erased().encoder();
        unet = context.sampler().erasedUnet();
        List<ImageTask> drawn = PlainAttack.tasks(context).stream().limit(budget.images()).map(ImageTask::original).toList();
        latents = context.sampler().latents(manager, drawn);
        windows = context.tokenizer().encodeAll(prompts.subList(0, drawn.size()));
        eos = prompts.stream().limit(drawn.size()).mapToInt(prompt -> context.tokenizer().encode(prompt).eos()).toArray();
        try (NDManager scratch = manager.newSubManager(); Scope scope = new Scope()) {
            float[] start = Tensors.floats(encoder.embed(Tensors.of(scratch, new int[][] {{token}})));
            embedding = new AdamW(start, budget.learningRate(), DECAY);
        }
    }

    Trained run(String key) {
        long started = System.nanoTime();
        Noise noise = context.noise("textual-inversion");
        DeviceLane lane = context.components().lane();
        double start = lane.call(DeviceLane.Priority.BACKGROUND, this::compared);
        for (int step = 1; step <= budget.iterations(); step++) {
            context.cancellation().throwIfCancelled();
            lane.call(DeviceLane.Priority.BACKGROUND, () -> {
                step(noise);
                return null;
            });
            context.listener().onProgress(new EvaluationListener.Progress("textual-inversion-training", step, budget.iterations()));
        }
        double end = lane.call(DeviceLane.Priority.BACKGROUND, this::compared);
        long drawing = windows.length * context.sampler().unetForward(context.task("", 0));
        return new Trained(key, embedding.values(), start, end, drawing + unetForward, budget.iterations(), (System.nanoTime() - started) * 1e-9);
    }

    /** One update on a random batch of images, noises and timesteps. */
    private void step(Noise noise) {
        int[] images = new int[budget.batch()];
        int[] timesteps = new int[images.length];
        for (int i = 0; i < images.length; i++) {
            images[i] = noise.nextInt(windows.length);
            timesteps[i] = noise.nextInt(context.components().scheduler().noiseSchedule().numTrainTimesteps());
        }
        try (NDManager scratch = manager.newSubManager(); Scope scope = new Scope()) {
            NDArray leaf = Autograd.leaf(Tensors.of(scratch, embedding.values(), new Shape(1, 1, embedding.values().length)));
            NDArray loss = loss(scratch, leaf, images, timesteps, noise);
            embedding.step(Tensors.floats(Autograd.gradients(loss, List.of(leaf)).get(0)));
        }
    }

    /** The loss on the first images, on timesteps and noise that are always the same. */
    private double compared() {
        double sum = 0;
        int[] images = IntStream.range(0, Math.min(COMPARED_IMAGES, windows.length)).toArray();
        for (int time : COMPARED_TIMES) {
            int[] timesteps = new int[images.length];
            Arrays.fill(timesteps, (int) ((long) time * context.components().scheduler().noiseSchedule().numTrainTimesteps() / 1000));
            try (NDManager scratch = manager.newSubManager(); Scope scope = new Scope()) {
                NDArray fixed = Tensors.of(scratch, embedding.values(), new Shape(1, 1, embedding.values().length));
                sum += Tensors.number(loss(scratch, fixed, images, timesteps, context.noise("textual-inversion compared at " + time)));
            }
        }
        return sum / COMPARED_TIMES.size();
    }

    /** MSE between the erased model's answer and a perfect one to the noised images. @param images indices, one a row */
    private NDArray loss(NDManager scratch, NDArray trained, int[] images, int[] timesteps, Noise noise) {
        int rows = images.length;
        int[][] ids = new int[rows][];
        int[] ends = new int[rows];
        float[] times = new float[rows];
        NDList chosen = new NDList();
        NDList noises = new NDList();
        for (int i = 0; i < rows; i++) {
            ids[i] = windows[images[i]];
            ends[i] = eos[images[i]];
            times[i] = timesteps[i];
            chosen.add(latents.get(images[i] + ":" + (images[i] + 1)));
            noises.add(noise.normal(scratch, new Shape(1).addAll(latents.getShape().slice(1))));
        }
        unetForward += rows;
        NDArray added = NDArrays.concat(noises);
        NDArray latent = NDArrays.concat(chosen);
        latent.attach(scratch);
        NDArray noisy = context.components().scheduler().noiseSchedule().addNoise(latent, added, timesteps);
        NDArray wanted = context.components().scheduler().noiseSchedule().answer(latent, added, timesteps);
        return Autograd.record(() -> {
            NDArray states = encoder.forwardEmbeds(embeds(scratch, ids, trained), ends).lastHiddenState();
            NDArray predicted = unet.forward(noisy, Tensors.of(scratch, times, new Shape(rows)), states);
            return predicted.sub(wanted).square().mean();
        });
    }

    /** Token embeddings with the trained one wherever its token stands. */
    private NDArray embeds(NDManager scratch, int[][] ids, NDArray trained) {
        float[] here = new float[ids.length * ids[0].length];
        float[] elsewhere = new float[here.length];
        for (int i = 0; i < here.length; i++) {
            here[i] = ids[i / ids[0].length][i % ids[0].length] == token ? 1 : 0;
            elsewhere[i] = 1 - here[i];
        }
        Shape shape = new Shape(ids.length, ids[0].length, 1);
        NDArray kept = encoder.embed(Tensors.of(scratch, ids)).mul(Tensors.of(scratch, elsewhere, shape));
        return kept.add(Tensors.of(scratch, here, shape).mul(trained));
    }

    /** The evaluated encoder with the trained embedding in its table. The table belongs to {@code manager}. */
    static ClipTextModel with(ClipTextModel encoder, int token, float[] embedding, NDManager manager) {
        Map<String, NDArray> tensors = new LinkedHashMap<>(encoder.weights().asMap());
        tensors.computeIfPresent(TABLE, (name, table) -> Autograd.noGrad(() -> {
            try (Scope scope = new Scope()) {
                long rows = table.getShape().get(0);
                NDList parts = new NDList(Tensors.of(manager, embedding, new Shape(1, embedding.length)));
                if (token > 0) {
                    parts.add(0, table.get("0:" + token));
                }
                if (token < rows - 1) {
                    parts.add(table.get(token + 1 + ":" + rows));
                }
                NDArray changed = scope.keep(NDArrays.concat(parts));
                changed.attach(manager);
                return changed;
            }
        }));
        return new ClipTextModel(encoder.config(), Weights.of(tensors));
    }
}
