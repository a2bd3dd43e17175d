package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Sha256;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Activation checkpointing changes what a step costs, not what it computes. */
class CheckpointingTest {

    /** Where nothing is recorded other kernels run, which round otherwise. */
    private static final double TOLERANCE = 5e-5;

    private static final Map<String, Object> SMALL = Map.of("iterations", 4, "warmupIterations", 1, "eraseBatch", 2, "attackSteps", 2,
            "retainBatch", 3, "bankStarts", 3, "retainStarts", 3, "bankSteps", 4, "eraseTexts", 0, "retainTexts", 0);

    private final PipelineComponents components = BundledModel.pipeline().components();
    private final NDManager manager = NDManager.newBaseManager(components.device(), "PyTorch");

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        manager.close();
    }

    private static ErasureRequest request(boolean checkpointing, Map<String, Object> overrides) {
        Map<String, Object> settings = new HashMap<>(SMALL);
        settings.put("checkpointing", checkpointing);
        settings.putAll(overrides);
        return new ErasureRequest("church", "object", "advunlearn", "fast", 7, settings);
    }

    /** A student with what its steps need, of the UNet's losses alone. */
    private final class Steps {

        private final Map<String, Double> values = new LinkedHashMap<>();
        private final Student student;
        private final EncoderObjective objective;
        private final AdversarialPrompts adversary;

        Steps(boolean checkpointing, Map<String, Object> overrides) {
            Map<String, Object> unetAlone = new HashMap<>(Map.of("emptyWeight", 0, "cleanWeight", 0.5));
            unetAlone.putAll(overrides);
            ErasureSettings settings = ErasureSettings.resolve(request(checkpointing, unetAlone));
            UnetMeter meter = new UnetMeter();
            FrozenPredictions frozen = new FrozenPredictions(components, components.baseEncoder(), meter, settings, new CancellationToken());
            student = Student.of(components, components.baseEncoder(), settings, manager);
            // Away from the frozen encoder, so that retained prompts have a loss to come down from.
            student.parameters().forEach(p -> Autograd.noGrad(() -> p.muli(1.05f)));
            List<ConceptPrompt> contexts = List.of(ConceptPrompt.of(components.tokenizer(), "a church", "a house", "church"),
                    ConceptPrompt.of(components.tokenizer(), "church at night", "house at night", "church"));
            List<String> retained = List.of("a dog", "a red apple");
            LatentSource concept = TrajectoryBank.build(frozen, PromptSet.concept(frozen, contexts, manager), new Noise(1), manager);
            LatentSource retain = TrajectoryBank.build(frozen, PromptSet.retained(frozen, retained, manager), new Noise(2), manager);
            objective = new EncoderObjective(components, settings, meter, student, contexts, retained, concept, retain,
                    new TextTerms(components, settings, null, frozen, null, null, null, new Noise(3), manager));
            adversary = new AdversarialPrompts(components, settings, contexts, concept, student, null, null, meter, new CancellationToken(), manager);
        }

        List<NDArray> retain() {
            return objective.retain(new Noise(4), 0.7, values, manager).get();
        }

        List<NDArray> eraseClean() {
            return objective.eraseClean(new Noise(5), values, manager).get();
        }

        NDArray attack(AdversarialPrompts.Round round) {
            values.put("loss_attack", adversary.attack(round, true, new Noise(7), manager));
            return adversary.current();
        }

        AdversarialPrompts.Round round() {
            return adversary.round(2, new Noise(6), manager);
        }

        EncoderObjective.AttackedGradients eraseAttacked(boolean free) {
            AdversarialPrompts.Round round = round();
            adversary.begin(round, new Noise(8), manager);
            return objective.eraseAttacked(round, adversary.current(), free, new Noise(9), values, manager).get();
        }
    }

    /** The norm of the difference in units of the norm. */
    private static double difference(NDArray actual, NDArray expected) {
        double norm = Math.sqrt(expected.square().sum().getFloat());
        assertThat(norm).as("a gradient worth comparing").isGreaterThan(1e-8);
        return Math.sqrt(actual.sub(expected).square().sum().getFloat()) / norm;
    }

    private static void assertSame(List<NDArray> actual, List<NDArray> expected) {
        assertThat(actual).hasSameSizeAs(expected).isNotEmpty();
        double norm = 0;
        double square = 0;
        for (int i = 0; i < expected.size(); i++) {
            norm += expected.get(i).square().sum().getFloat();
            square += actual.get(i).sub(expected.get(i)).square().sum().getFloat();
        }
        assertThat(Math.sqrt(square / norm)).isLessThan(TOLERANCE);
    }

    private static void assertSameLosses(Steps actual, Steps expected) {
        assertThat(actual.values.keySet()).isEqualTo(expected.values.keySet()).isNotEmpty();
        expected.values.forEach((name, loss) -> {
            assertThat(loss).as(name).isGreaterThan(0);
            assertThat(actual.values.get(name)).as(name).isCloseTo(loss, within(TOLERANCE * loss));
        });
    }

    @Test
    void retainStepHasTheSameGradients() {
        Steps plain = new Steps(false, Map.of());
        Steps checkpointed = new Steps(true, Map.of());
        assertSame(checkpointed.retain(), plain.retain());
        assertSameLosses(checkpointed, plain);
    }

    @Test
    void eraseStepHasTheSameGradients() {
        Steps plain = new Steps(false, Map.of());
        Steps checkpointed = new Steps(true, Map.of());
        assertSame(checkpointed.eraseClean(), plain.eraseClean());
        assertSameLosses(checkpointed, plain);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void attackedEraseStepHasTheSameGradients(boolean free) {
        Steps plain = new Steps(false, Map.of());
        Steps checkpointed = new Steps(true, Map.of());
        EncoderObjective.AttackedGradients expected = plain.eraseAttacked(free);
        EncoderObjective.AttackedGradients actual = checkpointed.eraseAttacked(free);
        assertSame(actual.weights(), expected.weights());
        if (free) {
            assertThat(difference(actual.adversarial(), expected.adversarial())).isLessThan(TOLERANCE);
        }
        assertSameLosses(checkpointed, plain);
    }

    /** Adam divides by the gradient's size, so that the smallest of its numbers pass their rounding on. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void attackGoesTheSameWay(int restarts) {
        Map<String, Object> settings = Map.of("attackSteps", 3, "attackRestarts", restarts, "attackMethod", "adam");
        Steps plain = new Steps(false, settings);
        Steps checkpointed = new Steps(true, settings);
        NDArray found = plain.attack(plain.round());
        assertThat(difference(checkpointed.attack(checkpointed.round()), found)).isLessThan(1e-3);
        assertThat(checkpointed.values.get("loss_attack")).isCloseTo(plain.values.get("loss_attack"), within(1e-3 * plain.values.get("loss_attack")));
    }

    /** The largest number of the gradient that the recorded graph of a prediction gives the text. */
    private float reachedFromThePrediction(boolean checkpointing) {
        NDArray text = Autograd.leaf(components.baseEncoder().encode(manager, components.tokenizer().encodeAll(List.of("a church"))));
        int size = components.unet().sampleSize();
        NDArray latents = new Noise(1).normal(manager, new Shape(1, components.unet().inChannels(), size, size));
        NDArray timesteps = FrozenPredictions.timesteps(manager, new float[] {500});
        float[] reached = new float[1];
        Autograd.record(() -> Denoiser.of(components.unet(), checkpointing).loss(latents, timesteps, text, predicted -> {
            reached[0] = Autograd.gradients(predicted.sum(), List.of(text)).get(0).abs().max().getFloat();
            return predicted.sum();
        }));
        return reached[0];
    }

    @Test
    void onlyTheStepWithoutCheckpointingHoldsTheGraphOfTheUnet() {
        assertThat(reachedFromThePrediction(false)).isGreaterThan(0);
        assertThat(reachedFromThePrediction(true)).isZero();
    }

    @Test
    void weightsOfTheUnetCannotBeTrainedSo() {
        assertThatIllegalArgumentException().isThrownBy(() -> ErasureSettings.resolve(request(true, Map.of("module", "unet"))))
                .withMessageContaining("checkpointing must be false when module is unet");
    }

    @Test
    void noProfileHasIt() {
        for (String profile : ErasureProfiles.NAMES) {
            assertThat(ErasureProfiles.of(profile).checkpointing()).as(profile).isFalse();
        }
    }

    private ErasureResult erase(String name, ErasureListener listener, CancellationToken token) {
        return new AdvUnlearn().run(components, request(true, Map.of()), directory.resolve(name), listener, token);
    }

    @Test
    void secondForwardPassIsMeteredAsTheDryRunSays() {
        ErasureResult result = erase("cost", ErasureListener.NONE, new CancellationToken());
        ErasureCost cost = ErasureCost.of((ErasureSettings) result.settings());
        ErasureCost plain = ErasureCost.of(ErasureSettings.resolve(request(false, Map.of())));
        assertThat(List.of(result.unetForward(), result.unetBackward())).isEqualTo(List.of(cost.forward(), cost.backward()));
        assertThat(cost.backward()).isEqualTo(plain.backward());
        assertThat(cost.forward()).isEqualTo(plain.forward() + plain.backward());
    }

    @Test
    void cancelledErasureResumesToTheSameEncoder() throws IOException {
        String whole = digest(erase("whole", ErasureListener.NONE, new CancellationToken()));
        CancellationToken token = new CancellationToken();
        assertThatThrownBy(() -> erase("cut", event -> {
            if (event.iteration() == 2) {
                token.cancel();
            }
        }, token)).isInstanceOf(CancellationException.class);
        ErasureResult resumed = erase("cut", ErasureListener.NONE, new CancellationToken());
        assertThat(digest(resumed)).isEqualTo(whole);
    }

    private static String digest(ErasureResult result) throws IOException {
        return Sha256.of(result.encoderDirectory().resolve("model.safetensors"));
    }
}
