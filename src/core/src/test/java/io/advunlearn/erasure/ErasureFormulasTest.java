package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.TestDevice;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Every loss and attack step of AdvUnlearn on {@link LinearModel}, against values computed by hand. With z = (1, 2) the frozen model
 * predicts 2 z + 3 (u, -u) for a token (u, -u): for the empty prompt (2, 4), for church (3.5, 2.5), for dog (1.25, 4.75).
 */
class ErasureFormulasTest {

    private static final float TOLERANCE = 1e-5f;

    private final NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch");
    private final Map<String, Double> values = new LinkedHashMap<>();
    private LinearModel model = new LinearModel(0, manager);

    @AfterEach
    void close() {
        manager.close();
    }

    /** ESD's target with eta 1, one prompt, the attack on one prefix token; nothing that reads keys and values. */
    private static ErasureSettings settings(Map<String, Object> overrides) {
        Map<String, Object> values = new HashMap<>(Map.of("eraseTexts", 0, "retainTexts", 0, "emptyWeight", 0, "cleanWeight", 0, "eraseBatch", 1,
                "retainBatch", 1, "target", "esd", "attackTokens", 1, "attackLearningRate", 0.1));
        values.put("placements", "condition".equals(overrides.get("attackSpace")) ? List.of() : List.of("prefix"));
        values.putAll(overrides);
        return ErasureSettings.resolve(new ErasureRequest("church", "object", "advunlearn", "fast", 1, values));
    }

    private NDArray row(float... numbers) {
        return Tensors.of(manager, numbers, new Shape(1, 1, numbers.length));
    }

    private static void assertValues(NDArray actual, double... expected) {
        float[] numbers = actual.toFloatArray();
        assertThat(numbers).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat(numbers[i]).as("value " + i).isCloseTo((float) expected[i], offset(TOLERANCE));
        }
    }

    // --- the upper level -------------------------------------------------------------------------------------------------------------

    private LatentSource.Draw draw(ErasureSettings settings) {
        return model.latents(settings, List.of(model.prompt("church", "dog")), false).draw(new int[1], new Noise(1), manager);
    }

    @Test
    void esdTargetLeadsAwayFromTheConcept() {
        // e_u - eta (e_c - e_u) with e_c - e_u = (1.5, -1.5).
        assertValues(draw(settings(Map.of("negativeGuidance", 1))).target(), 2 - 1.5, 4 + 1.5);
        assertValues(draw(settings(Map.of("negativeGuidance", 2))).target(), 2 - 3, 4 + 3);
        assertValues(draw(settings(Map.of("negativeGuidance", 0))).target(), 2, 4);
    }

    @Test
    void anchorTargetIsWhatTheFrozenModelPredictsForTheAnchor() {
        LatentSource.Draw draw = draw(settings(Map.of("target", "anchor")));
        assertValues(draw.target(), 1.25, 4.75);
        assertValues(draw.original(), 3.5, 2.5);
    }

    private EncoderObjective objective(ErasureSettings settings, String retained) {
        List<ConceptPrompt> contexts = List.of(model.prompt("church", "dog"));
        TextTerms texts = new TextTerms(model.components(), settings, null, model.frozen(settings), null, null, null, new Noise(1), manager);
        return new EncoderObjective(model.components(), settings, new UnetMeter(), model, contexts, List.of(retained),
                model.latents(settings, contexts, false), model.latents(settings, List.of(model.prompt(retained, "")), true), texts);
    }

    @Test
    void eraseLossIsTheMeanSquareBetweenPredictionAndTarget() {
        // (3.5, 2.5) - (0.5, 5.5) = (3, -3): mean square 9; d/dbeta = (2 / 2) x difference x 3.
        List<NDArray> gradients = objective(settings(Map.of()), "dog").eraseClean(new Noise(1), values, manager).get();
        assertThat(values.get("loss_erase")).isCloseTo(9, offset(1e-4));
        assertValues(gradients.get(0), 9, -9);
    }

    private AdversarialPrompts.Round round(ErasureSettings settings) {
        return adversary(settings).round(1, new Noise(1), manager);
    }

    @Test
    void attackedEraseLossReadsTheAdversarialTokenAndTheCleanPromptByItsWeight() {
        ErasureSettings settings = settings(Map.of("cleanWeight", 0.5));
        // The prefix (0.2, -0.2) stands where the denoiser looks: (2.6, 3.4) - (0.5, 5.5) = (2.1, -2.1), mean square 4.41.
        List<NDArray> gradients = objective(settings, "dog").eraseAttacked(round(settings), row(0.2f, -0.2f), false, new Noise(1), values, manager).get()
                .weights();
        assertThat(values.get("loss_erase")).isCloseTo(4.41, offset(1e-4));
        assertThat(values.get("loss_clean")).isCloseTo(9, offset(1e-4));
        assertValues(gradients.get(0), 3 * 2.1 + 0.5 * 9, -3 * 2.1 - 0.5 * 9);
    }

    @Test
    void retainLossComparesWithTheFrozenModel() {
        model = new LinearModel(0.1f, manager);
        // dog: 3 x 0.1 above the frozen prediction, mean square 0.09, d/dbeta = 0.3 x 3; `reg` weighs it by gamma, `iter` by 1.
        EncoderObjective objective = objective(settings(Map.of()), "dog");
        assertValues(objective.retain(new Noise(1), 1, values, manager).get().get(0), 0.9, -0.9);
        assertThat(values.get("loss_retain")).isCloseTo(0.09, offset(1e-5));
        assertValues(objective.retain(new Noise(1), 0.3, values, manager).get().get(0), 0.27, -0.27);
    }

    @Test
    void emptyPromptIsHeldStill() {
        model = new LinearModel(0.1f, manager);
        // Every position of E('') moved by (0.1, -0.1): mean square 0.01, d/dbeta = (2 / 2) x 0.1, by the weight 2.
        List<NDArray> gradients = objective(settings(Map.of("emptyWeight", 2)), "dog").retain(new Noise(1), 0, values, manager).get();
        assertThat(values.get("loss_empty")).isCloseTo(0.01, offset(1e-6));
        assertValues(gradients.get(0), 0.2, -0.2);
    }

    @Test
    void outerAdamStepsByTheRateAndThenByTheMomentsOfFreshGradients() {
        EncoderObjective objective = objective(settings(Map.of()), "dog");
        Adam adam = new Adam(model.parameters(), 0.1, manager);
        // First step: m / (1 - 0.9) = g and sqrt(v / (1 - 0.999)) = |g|, so by 0.1 against the sign of (9, -9).
        adam.step(objective.eraseClean(new Noise(1), values, manager).get());
        assertValues(model.beta(), -0.1, 0.1);
        // Second gradient: difference 3 - 0.3 = 2.7, so 8.1. m = (0.09 x 9 + 0.1 x 8.1) / 0.19 = 8.52632,
        // v = (0.000999 x 81 + 0.001 x 65.61) / 0.001999 = 73.30115, and the step 0.1 x 8.52632 / 8.56161 = 0.0995878.
        adam.step(objective.eraseClean(new Noise(1), values, manager).get());
        assertValues(model.beta(), -0.1995878, 0.1995878);
    }

    // --- the lower level: tokens ------------------------------------------------------------------------------------------------------

    private AdversarialPrompts adversary(ErasureSettings settings) {
        return adversary(settings, null);
    }

    private AdversarialPrompts adversary(ErasureSettings settings, KeyValueDistance distance) {
        List<ConceptPrompt> contexts = List.of(model.prompt("church", "dog"));
        return new AdversarialPrompts(model.components(), settings, contexts, model.latents(settings, contexts, false), model, distance, null,
                new UnetMeter(), new CancellationToken(), manager);
    }

    /** Attacks by the UNet from a random token, whose embedding is 0; gives the result's first number, the attacker's loss in {@code values}. */
    private NDArray attack(Map<String, Object> overrides) {
        ErasureSettings settings = settings(overrides);
        AdversarialPrompts adversary = adversary(settings);
        values.put("loss_attack", adversary.attack(adversary.round(1, new Noise(1), manager), true, new Noise(2), manager));
        return adversary.current();
    }

    // With the prefix (s, -s) the student predicts 2 z + 3 (s, -s), the frozen model for church 2 z + 3 (0.5, -0.5):
    // the attack loss is (3 s - 1.5)^2 and its gradient for the embedding 3 (3 s - 1.5) times (1, -1).

    @Test
    void fastAttackIsOneSignStepFromItsStart() {
        assertValues(attack(Map.of("attackMethod", "fast_at", "attackSteps", 30)), 0.1, -0.1);
        assertThat(values.get("loss_attack")).isCloseTo(2.25, offset(1e-4));
    }

    @Test
    void everyStepOfPgdCountsTheLastToo() {
        assertValues(attack(Map.of("attackMethod", "pgd", "attackSteps", 3)), 0.3, -0.3);
        // Before the last update s was 0.2.
        assertThat(values.get("loss_attack")).isCloseTo(0.9 * 0.9, offset(1e-4));
    }

    @Test
    void pgdStaysInItsBall() {
        assertValues(attack(Map.of("attackMethod", "pgd", "attackSteps", 3, "attackRadius", 0.15)), 0.15, -0.15);
        assertThat(values.get("loss_attack")).isCloseTo(1.05 * 1.05, offset(1e-4));
    }

    @Test
    void adamAttackTakesAFreshGradientEveryStep() {
        assertValues(attack(Map.of("attackMethod", "adam", "attackSteps", 1)), 0.1, -0.1);
        // Gradients 4.5, then 3 (1.5 - 0.3) = 3.6: m = (0.09 x 4.5 + 0.1 x 3.6) / 0.19 = 4.026316,
        // v = (0.000999 x 20.25 + 0.001 x 12.96) / 0.001999 = 16.603177; 0.1 + 0.1 x 4.026316 / 4.074700 = 0.1988126.
        // Accumulated, the second gradient would be 8.1 and the result 0.1975853.
        assertValues(attack(Map.of("attackMethod", "adam", "attackSteps", 2)), 0.1988126, -0.1988126);
    }

    @Test
    void addedPerturbationStartsAtZeroOnTheConceptsOwnToken() {
        model = new LinearModel(-0.3f, manager);
        // The student says (0.5 - 0.3) for church: loss (0.6 - 1.5)^2; one sign step lifts the token by 0.1.
        assertValues(attack(Map.of("attackMethod", "pgd", "attackSteps", 1, "placements", List.of("add"))), 0.1, -0.1);
        assertThat(values.get("loss_attack")).isCloseTo(0.81, offset(1e-4));
    }

    @Test
    void latestStartGoesOnWhereTheLastAttackEnded() {
        ErasureSettings settings = settings(Map.of("attackMethod", "pgd", "attackSteps", 1, "latestStart", true));
        AdversarialPrompts adversary = adversary(settings);
        adversary.attack(adversary.round(1, new Noise(1), manager), true, new Noise(2), manager);
        adversary.attack(adversary.round(1, new Noise(3), manager), true, new Noise(4), manager);
        assertValues(adversary.current(), 0.2, -0.2);
    }

    @Test
    void freeAttackMovesUpTheEraseLossByTheOuterStepsOwnGradient() {
        ErasureSettings settings = settings(Map.of("attackMethod", "free_at", "attackSteps", 4, "attackRadius", 0.15));
        AdversarialPrompts adversary = adversary(settings);
        AdversarialPrompts.Round round = adversary.round(1, new Noise(1), manager);
        adversary.begin(round, new Noise(2), manager);
        assertValues(adversary.current(), 0, 0);
        for (double expected : new double[] {0.1, 0.15}) {
            EncoderObjective.AttackedGradients gradients = objective(settings, "dog").eraseAttacked(round, adversary.current(), true, new Noise(1),
                    values, manager).get();
            adversary.ascend(round, gradients.adversarial(), manager);
            assertValues(adversary.current(), expected, -expected);
        }
        // At 0.1: (2.3, 3.7) - (0.5, 5.5) = (1.8, -1.8).
        assertThat(values.get("loss_erase")).isCloseTo(3.24, offset(1e-4));
    }

    @Test
    void gradientOfTheAdversarialValuesByHand() {
        ErasureSettings settings = settings(Map.of("attackMethod", "free_at", "attackSteps", 4));
        EncoderObjective.AttackedGradients gradients = objective(settings, "dog").eraseAttacked(round(settings), row(0.2f, -0.2f), true, new Noise(1),
                values, manager).get();
        // Difference (2.1, -2.1) x 3 = (6.3, -6.3) at the encoder's output, which C leaves as it is.
        assertValues(gradients.weights().get(0), 6.3, -6.3);
        assertValues(gradients.adversarial(), 6.3, -6.3);
    }

    // --- the lower level: the condition -------------------------------------------------------------------------------------------------

    private static final int WINDOW = 77;

    /** The perturbation at the position that the denoiser reads, and the largest elsewhere. */
    private static float[] atOneAndElsewhere(NDArray perturbation) {
        float[] all = perturbation.toFloatArray();
        assertThat(all).hasSize(2 * WINDOW);
        float elsewhere = 0;
        for (int i = 0; i < all.length; i++) {
            elsewhere = i / 2 == 1 ? elsewhere : Math.max(elsewhere, Math.abs(all[i]));
        }
        return new float[] {all[2], all[3], elsewhere};
    }

    @Test
    void freeConditionAttackStartsAtTheEncodersOutput() {
        model = new LinearModel(-0.3f, manager);
        // E(church) is (0.2, -0.2) where the frozen encoder says (0.5, -0.5): loss 0.81; no other position has a gradient.
        float[] found = atOneAndElsewhere(attack(Map.of("attackSpace", "condition", "attackMethod", "pgd", "attackSteps", 1)));
        assertThat(values.get("loss_attack")).isCloseTo(0.81, offset(1e-4));
        assertThat(found).containsExactly(new float[] {0.1f, -0.1f, 0}, offset(TOLERANCE));
    }

    @Test
    void boundedConditionAttackKeepsToTheBallAndToTheRangeOfTheCleanEmbedding() {
        model = new LinearModel(-0.3f, manager);
        // E(church): (0.2, -0.2) at position 1, (-0.3, 0.3) elsewhere, so values stay in [-0.3, 0.3]: at position 1 up to (0.1, -0.1) only,
        // wherever the attack started; elsewhere the random start stays, at most 0.5 and never outwards.
        NDArray found = attack(Map.of("attackSpace", "condition", "attackMethod", "pgd", "attackSteps", 10, "attackRadius", 0.5));
        float[] perturbation = found.toFloatArray();
        assertThat(atOneAndElsewhere(found)[0]).isCloseTo(0.1f, offset(TOLERANCE));
        assertThat(atOneAndElsewhere(found)[1]).isCloseTo(-0.1f, offset(TOLERANCE));
        assertThat(atOneAndElsewhere(found)[2]).isBetween(0.1f, 0.5f + TOLERANCE);
        for (int i = 0; i < perturbation.length; i++) {
            float clean = i / 2 == 1 ? (i % 2 == 0 ? 0.2f : -0.2f) : i % 2 == 0 ? -0.3f : 0.3f;
            assertThat(Math.abs(clean + perturbation[i])).isLessThanOrEqualTo(0.3f + TOLERANCE);
        }
    }

    @Test
    void smallBallBindsBeforeTheRangeDoes() {
        model = new LinearModel(-0.3f, manager);
        float[] found = atOneAndElsewhere(
                attack(Map.of("attackSpace", "condition", "attackMethod", "pgd", "attackSteps", 10, "attackRadius", 0.05)));
        assertThat(found[0]).isCloseTo(0.05f, offset(TOLERANCE));
        assertThat(found[1]).isCloseTo(-0.05f, offset(TOLERANCE));
        assertThat(found[2]).isLessThanOrEqualTo(0.05f + TOLERANCE);
    }

    @Test
    void outerStepGoesThroughTheEncodersOutputToItsWeights() {
        model = new LinearModel(-0.3f, manager);
        ErasureSettings settings = settings(Map.of("attackSpace", "condition", "cleanWeight", 1));
        float[] delta = new float[2 * WINDOW];
        delta[2] = 0.1f;
        delta[3] = -0.1f;
        NDArray adversarial = Tensors.of(manager, delta, new Shape(1, WINDOW, 2));
        List<NDArray> gradients = objective(settings, "dog").eraseAttacked(round(settings), adversarial, false, new Noise(1), values, manager).get().weights();
        // E(c) + delta = (0.3, -0.3): (2.9, 3.1) - (0.5, 5.5) = (2.4, -2.4); unattacked (0.2, -0.2): (2.1, -2.1).
        assertThat(values.get("loss_erase")).isCloseTo(5.76, offset(1e-4));
        assertThat(values.get("loss_clean")).isCloseTo(4.41, offset(1e-4));
        assertValues(gradients.get(0), 7.2 + 6.3, -7.2 - 6.3);
    }

    // --- without the denoiser -----------------------------------------------------------------------------------------------------------

    /** Keys read the first number, values twice the second: M = Wk'Wk + Wv'Wv = diag(1, 4), so (x, -x) has squared length 5 x^2. */
    private KeyValueDistance distance() {
        return KeyValueDistance.of(List.of(new UNet2DConditionModel.KeyValue("attn2", Tensors.of(manager, new float[] {1, 0}, new Shape(1, 2)),
                Tensors.of(manager, new float[] {0, 2}, new Shape(1, 2)))));
    }

    /** Noise with which the attack compares position by position. */
    private static Noise byPosition() {
        long seed = 0;
        while (new Noise(seed).fork("metric").nextInt(2) != 0) {
            seed++;
        }
        return new Noise(seed);
    }

    private float[] keyValueAttack(Map<String, Object> overrides) {
        model = new LinearModel(-0.3f, manager);
        Map<String, Object> all = new HashMap<>(Map.of("attackDistance", "kv", "attackMethod", "pgd", "attackSteps", 1));
        all.putAll(overrides);
        ErasureSettings settings = settings(all);
        AdversarialPrompts adversary = adversary(settings, distance());
        values.put("loss_attack", adversary.attack(adversary.round(1, new Noise(1), manager), false, byPosition(), manager));
        return adversary.current().toFloatArray();
    }

    @Test
    void keyValueAttackComparesWithTheFrozenEncodersReadingOfTheSameLayout() {
        // The start's token reads (-0.3, 0.3) off at every position: 5 x 0.09, whatever the 77 positions weigh; a step lifts the token.
        assertThat(keyValueAttack(Map.of())).containsExactly(new float[] {0.1f, -0.1f}, offset(TOLERANCE));
        assertThat(values.get("loss_attack")).isCloseTo(0.45, offset(1e-5));
    }

    @Test
    void keyValueAttackBehindTheEncoderLiftsEveryPosition() {
        float[] found = keyValueAttack(Map.of("attackSpace", "condition"));
        assertThat(values.get("loss_attack")).isCloseTo(0.45, offset(1e-5));
        assertThat(found).hasSize(2 * WINDOW);
        for (int i = 0; i < found.length; i++) {
            assertThat(found[i]).isCloseTo(i % 2 == 0 ? 0.1f : -0.1f, offset(TOLERANCE));
        }
    }

    @Test
    void retainedTextsAreMeasuredInDistancesFromTheEmptyPrompt() {
        model = new LinearModel(0.1f, manager);
        TextTargets texts = TextTargets.retained(model.components(), List.of("dog"), model.frozen(settings(Map.of())), distance(), 0, manager);
        // dog is (-0.25, 0.25) from nothing at one of 77 positions: unit 5 x 0.0625 / 77; beta moves every position by (0.1, -0.1): 5 x 0.01.
        assertThat(texts.loss(model.training().encoder(), 1, new Noise(1), manager).getFloat())
                .isCloseTo((float) (0.05 / (0.3125 / 77)), offset(1e-3f));
    }

    @Test
    void retainedTextsAreHeldInDirectionsThatThisUnetDoesNotReadToo() {
        model = new LinearModel(0.1f, manager);
        TextTargets texts = TextTargets.retained(model.components(), List.of("dog"), model.frozen(settings(Map.of())), distance(), 2, manager);
        // As above, and twice the states themselves: unit 0.0625 / 77, moved by 0.01.
        assertThat(texts.loss(model.training().encoder(), 1, new Noise(1), manager).getFloat())
                .isCloseTo((float) (0.05 / (0.3125 / 77) + 2 * 0.01 / (0.0625 / 77)), offset(1e-3f));
    }

    @Test
    void erasedTextsAreMeasuredInTheirDistanceFromTheAnchorBeforeTraining() {
        TextTargets texts = TextTargets.erased(model.components(), List.of(model.prompt("church", "dog")), model.frozen(settings(Map.of())),
                distance(), manager);
        // Untrained, church is (0.75, -0.75) from dog, which is the unit itself.
        assertThat(texts.loss(model.training().encoder(), 1, new Noise(1), manager).getFloat()).isCloseTo(1, offset(1e-4f));
        // With beta 0.1: 0.85 at that position and 0.1 at the other 76, in units of 0.75 at one: (0.7225 + 76 x 0.01) / 0.5625.
        LinearModel trained = new LinearModel(0.1f, manager);
        assertThat(texts.loss(trained.training().encoder(), 1, new Noise(1), manager).getFloat()).isCloseTo(2.6355556f, offset(1e-4f));
    }
}
