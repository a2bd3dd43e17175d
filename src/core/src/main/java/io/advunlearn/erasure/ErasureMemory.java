package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.model.UNet2DConditionConfig;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.search.PromptEncoder;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The memory that an erasure takes beside its loaded pipeline, before it runs: an estimate from the networks' shapes and the settings, on the safe side.
 * Bytes of fp32.
 *
 * @param weights the starting encoder and the trained copies with their gradients, Adam's moments and an update
 * @param bank latents, predictions and texts that are kept
 * @param activations what one step through the networks holds for the way back, or one call without it, whichever is more
 * @param checkpoint the copy in the computer's memory that is written to disk
 */
public record ErasureMemory(long weights, long bank, long activations, long checkpoint) {

    /** Copy, gradient, two moments, and the update while it is computed. */
    private static final int TRAINED_COPIES = 6;
    /** The gradients of a retain part that is computed at the same time as the erase part. */
    private static final int COPIES_BESIDE = 1;
    /** Weights and two moments. */
    private static final int SAVED_COPIES = 3;
    /** Values that a ResNet block and a transformer block keep, in units of their output. */
    private static final int RESNET_VALUES = 10;
    private static final int TRANSFORMER_VALUES = 30;
    /** The same of a text encoder's layer, in units of its hidden and of its intermediate states. */
    private static final int HIDDEN_VALUES = 12;
    private static final int INTERMEDIATE_VALUES = 3;
    /** The formulae are within a sixth of what was measured, with models of two sizes. */
    private static final double MARGIN = 1.3;
    /** Measured: 0.36 and 0.49 of what is held without checkpoints. */
    private static final double CHECKPOINTED = 0.55;

    /** @throws IllegalArgumentException for a request that the method refuses */
    public static ErasureMemory of(PipelineComponents components, ErasureRequest request) {
        MethodSettings settings = ErasureMethods.byName(request.method()).resolve(request);
        Estimate estimate = new Estimate(components);
        long start = request.start().isBase() ? 0 : Float.BYTES * numbers(components.baseEncoder().weights().asMap(), name -> true);
        if (settings instanceof ErasureSettings banked) {
            return estimate.of(banked, request.concepts().size(), start);
        }
        return estimate.of((TrainingSettings) settings, start);
    }

    /** What must be free on the pipeline's device. @param gpu whether checkpoints are copied away from it */
    public long onDevice(boolean gpu) {
        return weights + bank + activations + (gpu ? 0 : checkpoint);
    }

    private static long numbers(Map<String, NDArray> weights, Predicate<String> which) {
        return weights.entrySet().stream().filter(entry -> which.test(entry.getKey())).mapToLong(entry -> entry.getValue().size()).sum();
    }

    private static final class Estimate {

        private final PipelineComponents components;
        private final UNet2DConditionModel unet;
        private final ClipTextConfig text;

        Estimate(PipelineComponents components) {
            this.components = components;
            unet = components.unet();
            text = components.baseEncoder().config();
        }

        ErasureMemory of(ErasureSettings s, int concepts, long start) {
            long trained = s.trainsUnet() ? numbers(unet.weights().asMap(), UnetParameters.of(s.trainMethod(), unet.config()))
                    : numbers(components.baseEncoder().weights().asMap(), TrainedWeights.of(s)::contains);
            boolean attacked = s.attackSteps() > 0;
            int erased = s.eraseBatch() * Math.max(attacked ? s.attackRestarts() : 1, attacked && s.cleanWeight() > 0 ? 2 : 1);
            boolean both = Student.trainsBothParts(components, s);
            int unetRows = both ? erased + s.retainBatch() : Math.max(erased, s.retainBatch());
            int textRows = erased + s.retainBatch() + (s.eraseTexts() > 0 ? 2 * s.eraseTextBatch() : 0) + (s.retainTexts() > 0 ? s.retainTextBatch() : 0)
                    + (s.searchInterval() > 0 ? s.searchTextBatch() : 0) + 1;
            double recorded = unetRows * unetValues() * (s.checkpointing() ? CHECKPOINTED : 1) + textRows * textValues();
            long latent = (long) unet.inChannels() * unet.sampleSize() * unet.sampleSize();
            long starts = s.bank() ? (long) concepts * s.bankStarts() + s.retainStarts() : ErasureCost.PUBLISHED_RETAIN_PROMPTS;
            long kept = starts * s.bankSteps() * (s.bank() ? 4 : 0) * latent + (2 * starts + 2L * s.eraseTexts() + s.retainTexts()) * state();
            return memory(TRAINED_COPIES + (both ? COPIES_BESIDE : 0), trained, start, kept, recorded);
        }

        ErasureMemory of(TrainingSettings s, long start) {
            long trained = numbers(components.baseEncoder().weights().asMap(), s.trainedWeights()::contains);
            if (s instanceof EncoderOnlySettings own) {
                int rows = 2 * own.eraseBatch() + own.retainBatch() + own.searchBatch() + 1;
                return memory(TRAINED_COPIES, trained, start, (2L * own.eraseTexts() + own.retainTexts()) * state(), rows * textValues());
            }
            SgraceSettings own = (SgraceSettings) s;
            int rows = 2 * own.sequences() + own.anchors() + 1;
            return memory(TRAINED_COPIES, trained, start, (own.sequences() + 2L * own.keywords()) * state(), rows * textValues() + own.sequences() * unetValues());
        }

        private ErasureMemory memory(long copies, long trained, long start, long kept, double recorded) {
            double forward = Math.max(FrozenPredictions.CHUNK * unetForward(), (double) PromptEncoder.CHUNK_TOKENS / tokens() * state()
                    * (HIDDEN_VALUES + (double) INTERMEDIATE_VALUES * text.intermediateSize() / text.hiddenSize()));
            return new ErasureMemory(start + copies * Float.BYTES * trained, Float.BYTES * kept,
                    (long) (MARGIN * Float.BYTES * Math.max(recorded, forward)), SAVED_COPIES * Float.BYTES * trained);
        }

        private int tokens() {
            return text.maxPositionEmbeddings();
        }

        /** Numbers of a prompt's hidden state. */
        private long state() {
            return (long) tokens() * text.hiddenSize();
        }

        /** Numbers that a prompt leaves for the way back through the text encoder. */
        private double textValues() {
            double layer = (double) state() * HIDDEN_VALUES + (double) tokens() * text.intermediateSize() * INTERMEDIATE_VALUES
                    + 2.0 * text.numAttentionHeads() * tokens() * tokens();
            return layer * text.numHiddenLayers();
        }

        /** Numbers that a latent leaves for the way back through the UNet. */
        private double unetValues() {
            UNet2DConditionConfig config = unet.config();
            int last = config.levels() - 1;
            double values = 0;
            for (int level = 0; level <= last; level++) {
                int layers = config.layersPerBlock().get(level);
                int transformers = config.transformerLayersPerBlock().get(level) * TRANSFORMER_VALUES;
                values += level(level) * layers * (RESNET_VALUES + (config.downCrossAttention().get(level) ? transformers : 0));
                values += level(level) * (layers + 1) * (RESNET_VALUES + (config.upCrossAttention().get(last - level) ? transformers : 0));
            }
            return values + (config.midBlock() ? level(last) * (2 * RESNET_VALUES + TRANSFORMER_VALUES * config.transformerLayersPerBlock().get(last)) : 0);
        }

        /** Numbers that a latent takes on its way through the UNet: the skip connections, and one transformer block. */
        private double unetForward() {
            double skips = 0;
            double widest = 0;
            for (int level = 0; level < unet.config().levels(); level++) {
                skips += level(level) * (unet.config().layersPerBlock().get(level) + 2);
                widest = Math.max(widest, level(level));
            }
            return skips + widest * HIDDEN_VALUES;
        }

        /** Numbers of a feature map. */
        private double level(int level) {
            double side = Math.max(1, unet.sampleSize() >> level);
            return side * side * unet.config().blockOutChannels().get(level);
        }
    }
}
