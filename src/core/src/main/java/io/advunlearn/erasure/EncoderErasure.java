package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;

/**
 * One erasure of the text encoder: the loop that {@link AdvUnlearn} and {@link Esd} share. Formulae: AdvUnlearn (arXiv 2405.15234),
 * sections on the upper and the lower level. An outer step has an erase part and a retain part, each one piece of work on the device
 * lane; serving goes in between.
 */
final class EncoderErasure implements AutoCloseable {

    private final PipelineComponents components;
    private final ErasureSettings settings;
    private final ErasureListener listener;
    private final CancellationToken cancellation;
    private final Path workDirectory;
    private final Noise root;
    private final UnetMeter meter = new UnetMeter();
    private final NDManager manager;
    private final TrainableEncoder encoder;
    private final List<NDArray> parameters;
    private final Adam adam;
    private final KeyValueDistance distance;
    private final List<ConceptPrompt> contexts;
    private final List<String> retained;
    private final LatentSource conceptLatents;
    private final LatentSource retainLatents;
    private final NDArray emptyTarget;
    private final TextTargets retainedTexts;
    private final TextTargets erasedTexts;
    private final AdversarialPrompts adversary;
    private final ErasureCheckpoint checkpoint;
    private final String anchor;
    private final long startedAt = System.nanoTime();
    private double secondsBefore;
    private int iteration;
    private AdversarialPrompts.Round round;
    private NDManager roundManager;
    private int roundOf = -1;

    EncoderErasure(PipelineComponents components, ErasureRequest request, ErasureSettings settings, Path workDirectory,
            ErasureListener listener, CancellationToken cancellation) {
        this.components = components;
        this.settings = settings;
        this.workDirectory = workDirectory;
        this.listener = listener;
        this.cancellation = cancellation;
        root = new Noise(request.seed()).fork("erasure");
        manager = NDManager.newBaseManager(components.device(), "PyTorch");
        try {
            PromptCatalog catalog = PromptCatalog.of(components.directory());
            FrozenPredictions frozen = new FrozenPredictions(components, meter, settings, cancellation);
            anchor = AnchorChoice.resolve(settings.anchor(), catalog, request, frozen, components, manager);
            ConceptPrompts prompts = new ConceptPrompts(catalog, components.tokenizer(), request.concept(), request.kind(), anchor);
            contexts = settings.bank() ? prompts.contexts(settings.bankStarts(), root.fork("contexts")) : List.of(prompts.bare());
            retained = prompts.retained(settings.bank() ? settings.retainStarts() : ErasureCost.PUBLISHED_RETAIN_PROMPTS, root.fork("retained"));
            encoder = new TrainableEncoder(components.baseEncoder(), settings.layers(), settings.trainFinalNorm(), manager);
            parameters = encoder.parameters();
            adam = new Adam(parameters, settings.learningRate(), manager);
            distance = KeyValueDistance.of(components.unet());
            event("bank", Map.of());
            conceptLatents = source(frozen, PromptSet.concept(frozen, contexts, manager), "concept");
            retainLatents = source(frozen, PromptSet.retained(frozen, retained, manager), "retain");
            emptyTarget = frozen.encode(List.of(""), manager);
            retainedTexts = settings.retainTexts() == 0 ? null : TextTargets.retained(components,
                    prompts.retained(settings.retainTexts(), root.fork("texts")), frozen, distance, manager);
            erasedTexts = settings.eraseTexts() == 0 ? null : TextTargets.erased(components,
                    prompts.contexts(settings.eraseTexts(), root.fork("erased-texts")), frozen, distance, manager);
            adversary = new AdversarialPrompts(components, settings, contexts, conceptLatents, encoder, distance, meter, cancellation,
                    root.fork("queries"), manager);
            createDirectory();
            checkpoint = new ErasureCheckpoint(workDirectory, Fingerprint.of(request, settings, components.baseDigest()));
            restore();
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    private void createDirectory() {
        try {
            Files.createDirectories(workDirectory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private LatentSource source(FrozenPredictions frozen, PromptSet prompts, String name) {
        return settings.bank() ? TrajectoryBank.build(frozen, prompts, root.fork(name + "-bank"), manager)
                : new FreshRollouts(frozen, prompts, components.scheduler().timesteps(settings.bankSteps()), root.fork(name + "-order"));
    }

    ErasureResult run() {
        try {
            while (iteration < settings.iterations()) {
                cancellation.throwIfCancelled();
                iterate(root.fork("iteration-" + iteration));
                if (iteration % settings.checkpointInterval() == 0 || iteration == settings.iterations()) {
                    save();
                }
            }
        } catch (CancellationException e) {
            save();
            event("cancelled", Map.of());
            throw e;
        }
        Path folder = workDirectory.resolve("encoder");
        EncoderWriter.write(folder, components.directory().resolve("text_encoder").resolve("config.json"), encoder.stateDict());
        event("done", costs());
        return new ErasureResult(folder, iteration, meter.forward(), meter.backward(), seconds(), settings, anchor);
    }

    private void iterate(Noise noise) {
        try (NDManager scratch = manager.newSubManager()) {
            boolean attacked = settings.attackSteps() > 0 && iteration >= settings.warmupIterations();
            Map<String, Double> values = costs();
            if (attacked) {
                prepareRound(values, scratch);
            }
            List<NDArray> gradients = attacked ? lane(() -> eraseAttacked(noise.fork("erase"), values, scratch))
                    : lane(() -> eraseClean(noise.fork("erase"), values, scratch));
            if ("reg".equals(settings.retainMode())) {
                add(gradients, lane(() -> retain(noise.fork("retain"), settings.retainWeight(), values, scratch)));
                update(gradients);
            } else {
                update(gradients);
                for (int i = 0; i < settings.retainSteps(); i++) {
                    Noise draw = noise.fork("retain-" + i);
                    update(lane(() -> retain(draw, 1, values, scratch)));
                }
            }
            iteration++;
            values.putAll(costs());
            event(attacked ? "adversarial" : "warmup", values);
        }
    }

    /** Attacks anew every {@code attackInterval} steps; between, and after a resume, the round is redrawn from its own noise. */
    private void prepareRound(Map<String, Double> values, NDManager scratch) {
        int since = (iteration - settings.warmupIterations()) % settings.attackInterval();
        int wanted = iteration - since;
        if (roundOf != wanted) {
            if (roundManager != null) {
                roundManager.close();
            }
            roundManager = manager.newSubManager();
            Noise noise = root.fork("round-" + wanted);
            round = adversary.round(settings.eraseBatch(), noise, roundManager);
            roundOf = wanted;
            if (since == 0 || adversary.current() == null) {
                boolean byUnet = "unet".equals(settings.attackDistance())
                        || iteration >= settings.iterations() - settings.refineIterations();
                values.put("loss_attack", adversary.attack(round, byUnet, noise.fork("attack"), scratch));
            }
        }
    }

    private List<NDArray> eraseClean(Noise noise, Map<String, Double> values, NDManager scratch) {
        int[] rows = conceptLatents.pick(settings.eraseBatch(), noise);
        LatentSource.Draw draw = conceptLatents.draw(rows, noise, scratch);
        return differentiate(() -> {
            NDArray hidden = encoder.training().encode(scratch, ids(rows));
            NDArray loss = denoise(draw, hidden).sub(draw.target()).square().mean();
            values.put("loss_erase", (double) loss.getFloat());
            return withErasedTexts(loss, noise, values, scratch);
        }, scratch);
    }

    private List<NDArray> eraseAttacked(Noise noise, Map<String, Double> values, NDManager scratch) {
        boolean clean = settings.cleanWeight() > 0;
        int[] rows = round.contexts();
        int[] both = clean ? concat(rows, rows) : rows;
        LatentSource.Draw draw = conceptLatents.draw(both, noise, scratch);
        return differentiate(() -> {
            NDArray embeds = round.slots().embeds(adversary.current());
            int[] eos = round.slots().eos();
            if (clean) {
                embeds = NDArrays.concat(new NDList(embeds, encoder.training().embed(tokens(ids(rows), scratch))));
                eos = concat(eos, eos);
            }
            NDArray hidden = encoder.training().forwardEmbeds(embeds, eos).lastHiddenState();
            NDArray perRow = rowErrors(denoise(draw, hidden), draw.target());
            NDArray loss = perRow.get("0:" + rows.length).mean();
            values.put("loss_erase", (double) loss.getFloat());
            if (clean) {
                NDArray cleanLoss = perRow.get(rows.length + ":").mean();
                values.put("loss_clean", (double) cleanLoss.getFloat());
                loss = loss.add(Aten.scale(cleanLoss, settings.cleanWeight()));
            }
            return withErasedTexts(loss, noise, values, scratch);
        }, scratch);
    }

    private NDArray withErasedTexts(NDArray loss, Noise noise, Map<String, Double> values, NDManager scratch) {
        if (erasedTexts == null) {
            return loss;
        }
        NDArray rest = erasedTexts.loss(encoder.training(), settings.eraseTextBatch(), noise.fork("texts"), scratch);
        values.put("loss_erase_text", (double) rest.getFloat());
        return loss.add(Aten.scale(rest, settings.eraseTextWeight()));
    }

    private List<NDArray> retain(Noise noise, double weight, Map<String, Double> values, NDManager scratch) {
        int[] rows = retainLatents.pick(settings.retainBatch(), noise);
        LatentSource.Draw draw = retainLatents.draw(rows, noise, scratch);
        ClipTokenizer tokenizer = components.tokenizer();
        int[][] ids = new int[rows.length + 1][];
        for (int i = 0; i < rows.length; i++) {
            ids[i] = tokenizer.encode(retained.get(rows[i])).ids();
        }
        ids[rows.length] = tokenizer.encode("").ids();
        return differentiate(() -> {
            NDArray hidden = encoder.training().encode(scratch, ids);
            NDArray loss = denoise(draw, hidden.get("0:" + rows.length)).sub(draw.target()).square().mean();
            values.put("loss_retain", (double) loss.getFloat());
            loss = Aten.scale(loss, weight);
            if (retainedTexts != null) {
                NDArray drift = retainedTexts.loss(encoder.training(), settings.retainTextBatch(), noise.fork("texts"), scratch);
                values.put("loss_text", (double) drift.getFloat());
                loss = loss.add(Aten.scale(drift, settings.retainTextWeight()));
            }
            if (settings.emptyWeight() > 0) {
                NDArray drift = hidden.get(rows.length + ":").sub(emptyTarget).square().mean();
                values.put("loss_empty", (double) drift.getFloat());
                loss = loss.add(Aten.scale(drift, settings.emptyWeight()));
            }
            return loss;
        }, scratch);
    }

    /** Mean squared error of each row [B]. */
    static NDArray rowErrors(NDArray predicted, NDArray target) {
        return predicted.sub(target).square().reshape(predicted.getShape().get(0), -1).mean(new int[] {1});
    }

    private NDArray denoise(LatentSource.Draw draw, NDArray context) {
        long rows = draw.latents().getShape().get(0);
        meter.forward(rows);
        meter.backward(rows);
        return components.unet().forward(draw.latents(), draw.timesteps(), context);
    }

    private List<NDArray> differentiate(Supplier<NDArray> loss, NDManager scratch) {
        NDArray value = Autograd.record(loss);
        value.attach(scratch);
        List<NDArray> gradients = new ArrayList<>(Autograd.gradients(value, parameters));
        gradients.forEach(g -> g.attach(scratch));
        return gradients;
    }

    private void update(List<NDArray> gradients) {
        lane(() -> {
            if (settings.gradientClip() > 0) {
                clip(gradients);
            }
            adam.step(gradients);
            return null;
        });
    }

    private void clip(List<NDArray> gradients) {
        double square = 0;
        for (NDArray gradient : gradients) {
            try (NDArray s = gradient.square(); NDArray sum = s.sum()) {
                square += sum.getFloat();
            }
        }
        double norm = Math.sqrt(square);
        if (norm > settings.gradientClip()) {
            gradients.forEach(g -> g.muli((float) (settings.gradientClip() / norm)));
        }
    }

    private static void add(List<NDArray> sum, List<NDArray> more) {
        for (int i = 0; i < sum.size(); i++) {
            sum.get(i).addi(more.get(i));
        }
    }

    private int[][] ids(int[] rows) {
        int[][] ids = new int[rows.length][];
        for (int i = 0; i < rows.length; i++) {
            ids[i] = components.tokenizer().encode(contexts.get(rows[i]).text()).ids();
        }
        return ids;
    }

    private static NDArray tokens(int[][] ids, NDManager scratch) {
        long[] flat = new long[ids.length * ids[0].length];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = ids[i / ids[0].length][i % ids[0].length];
        }
        return Tensors.of(scratch, flat, new Shape(ids.length, ids[0].length));
    }

    private static int[] concat(int[] a, int[] b) {
        int[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    private <T> T lane(Supplier<T> work) {
        return components.lane().call(DeviceLane.Priority.BACKGROUND, work);
    }

    private void restore() {
        if (checkpoint.exists()) {
            ErasureCheckpoint.Counters saved = checkpoint.restore(encoder, adam, adversary.saved(), manager);
            iteration = saved.iteration();
            secondsBefore = saved.seconds();
            meter.restore(saved.forward(), saved.backward());
            conceptLatents.position(saved.conceptPosition());
            retainLatents.position(saved.retainPosition());
        }
    }

    private void save() {
        checkpoint.save(encoder, adam, adversary.saved(), new ErasureCheckpoint.Counters(iteration, meter.forward(), meter.backward(),
                seconds(), conceptLatents.position(), retainLatents.position()));
        event("checkpoint", costs());
    }

    private double seconds() {
        return secondsBefore + (System.nanoTime() - startedAt) / 1e9;
    }

    private Map<String, Double> costs() {
        Map<String, Double> costs = new LinkedHashMap<>();
        costs.put("unet_forward", (double) meter.forward());
        costs.put("unet_backward", (double) meter.backward());
        costs.put("seconds", seconds());
        return costs;
    }

    private void event(String phase, Map<String, Double> values) {
        listener.onEvent(new ErasureEvent(phase, iteration, settings.iterations(), values));
    }

    @Override
    public void close() {
        distance.close();
        manager.close();
    }
}
