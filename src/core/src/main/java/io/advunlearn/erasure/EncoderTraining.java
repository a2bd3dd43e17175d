package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.search.PromptEncoder;
import io.advunlearn.tensor.Noise;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;

/**
 * The loop of a method that trains the text encoder without a trajectory bank: steps, checkpoints, cancellation, progress and the result.
 * What the method remembers from step to step beside the weights goes into {@link #keep}, so that a resumed erasure goes on as if nothing
 * had happened.
 */
final class EncoderTraining implements AutoCloseable {

    /** One optimiser step of a method. */
    @FunctionalInterface
    interface Step {

        /**
         * @param iteration steps done before
         * @param noise of this step alone
         * @param values figures for the step's event, by name
         * @param scratch closed after the step
         * @return the phase for the step's event
         */
        String run(int iteration, Noise noise, Map<String, Double> values, NDManager scratch);
    }

    private final PipelineComponents components;
    private final ErasureRequest request;
    private final TrainingSettings settings;
    private final Path workDirectory;
    private final CancellationToken cancellation;
    private final Noise root;
    private final ErasureProgress progress;
    private final NDManager manager;
    private final TrainableEncoder encoder;
    private final ClipTextModel start;
    private final PromptEncoder frozen;
    private final PromptEncoder starting;
    private final Adam adam;
    private final ErasureCheckpoint checkpoint;
    private final Map<String, NDArray> kept = new LinkedHashMap<>();
    private int iteration;

    EncoderTraining(PipelineComponents components, ErasureRequest request, TrainingSettings settings, Path workDirectory,
            ErasureListener listener, CancellationToken cancellation) {
        this.components = components;
        this.request = request;
        this.settings = settings;
        this.workDirectory = workDirectory;
        progress = new ErasureProgress(listener, settings.iterations());
        this.cancellation = cancellation;
        root = new Noise(request.seed()).fork(request.method());
        manager = NDManager.newBaseManager(components.device(), "PyTorch");
        try {
            start = StartingEncoder.load(request.start(), components, manager);
            encoder = new TrainableEncoder(components, start, settings.trainedWeights(), components.unet()::forward, manager);
            frozen = new PromptEncoder(components.tokenizer(), components.baseEncoder(), components.lane());
            starting = new PromptEncoder(components.tokenizer(), start, components.lane());
            adam = new Adam(encoder.parameters(), settings.learningRate(), manager);
            Files.createDirectories(workDirectory);
            checkpoint = new ErasureCheckpoint(workDirectory, Fingerprint.of(request, settings, components.baseDigest()));
        } catch (IOException e) {
            manager.close();
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    PipelineComponents components() {
        return components;
    }

    /** Forked for every purpose by name. */
    Noise root() {
        return root;
    }

    UnetMeter meter() {
        return progress.meter();
    }

    /** Owns what lives as long as the erasure. */
    NDManager manager() {
        return manager;
    }

    /** The encoder in training; its weights collect gradients. */
    ClipTextModel encoder() {
        return encoder.training().encoder();
    }

    /** The same encoder, current weights, no weight gradients. */
    ClipTextModel attacked() {
        return encoder.attacked().encoder();
    }

    /** Trained tensors by state-dict name. */
    Map<String, NDArray> trained() {
        return encoder.trained();
    }

    /** The encoder that the erasure starts from. */
    ClipTextModel start() {
        return start;
    }

    /** The pipeline's original encoder, which knows every concept. */
    PromptEncoder frozen() {
        return frozen;
    }

    /** The encoder that the erasure starts from: what retained prompts keep. */
    PromptEncoder starting() {
        return starting;
    }

    CancellationToken cancellation() {
        return cancellation;
    }

    /** What a step kept under this name, {@code null} if nothing yet; restored on a resume. */
    NDArray kept(String name) {
        return kept.get(name);
    }

    /** Keeps an array for the steps to come and in checkpoints, in place of the one of the same name; takes ownership. */
    void keep(String name, NDArray value) {
        value.attach(manager);
        NDArray before = kept.put(name, value);
        if (before != null) {
            before.close();
        }
    }

    /** One piece of work on the device, behind serving. */
    <T> T lane(Supplier<T> work) {
        return components.lane().call(DeviceLane.Priority.BACKGROUND, work);
    }

    /** One optimiser step on a loss, as one piece of work. */
    void update(Supplier<NDArray> loss, NDManager scratch) {
        lane(() -> {
            List<NDArray> gradients = Gradients.of(loss, encoder.parameters(), scratch);
            Gradients.clip(gradients, settings.gradientClip());
            adam.step(gradients, settings.rateShare(iteration));
            return null;
        });
    }

    /** Forgets the optimiser's moments, as a new optimiser would. */
    void restartOptimiser() {
        lane(() -> {
            adam.mean().forEach(m -> m.muli(0));
            adam.variance().forEach(v -> v.muli(0));
            return null;
        });
        adam.restore(0);
    }

    /** Continues from the checkpoint, if there is one. Call before anything is read from {@link #kept}. */
    void restore() {
        if (checkpoint.exists()) {
            ErasureCheckpoint.Counters saved = checkpoint.restore(encoder, adam, kept, manager);
            iteration = saved.iteration();
            progress.restore(saved);
        }
    }

    /** @param anchor what the concept becomes, empty if nothing in particular */
    ErasureResult run(Step step, String anchor) {
        try {
            while (iteration < settings.iterations()) {
                cancellation.throwIfCancelled();
                iterate(step);
                if (iteration % settings.checkpointInterval() == 0 || iteration == settings.iterations()) {
                    save();
                }
            }
        } catch (CancellationException e) {
            save();
            event("cancelled", Map.of());
            throw e;
        }
        cancellation.throwIfTakenAway();
        Path folder = encoder.write(workDirectory);
        ErasureStart.describe(folder, request, settings, components.baseDigest());
        event("done", progress.costs());
        return new ErasureResult(folder, iteration, progress.meter().forward(), progress.meter().backward(), progress.seconds(),
                encoder.parameterCount(), settings, anchor);
    }

    private void iterate(Step step) {
        try (NDManager scratch = manager.newSubManager()) {
            Map<String, Double> values = new LinkedHashMap<>();
            String phase = step.run(iteration, root.fork("iteration-" + iteration), values, scratch);
            iteration++;
            values.putAll(progress.costs());
            event(phase, values);
        }
    }

    private void save() {
        cancellation.throwIfTakenAway();
        checkpoint.save(encoder, adam, kept, new ErasureCheckpoint.Counters(iteration, progress.meter().forward(), progress.meter().backward(),
                progress.seconds(), 0, 0));
        event("checkpoint", progress.costs());
    }

    void event(String phase, Map<String, Double> values) {
        progress.event(phase, iteration, values);
    }

    @Override
    public void close() {
        manager.close();
    }
}
