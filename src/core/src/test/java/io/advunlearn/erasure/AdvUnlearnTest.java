package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.report.ErasureEvents;
import io.advunlearn.report.ErasureReport;
import io.advunlearn.report.ReportPage;
import io.advunlearn.report.Schema;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdvUnlearnTest {

    private static final Map<String, Object> SMALL = Map.ofEntries(entry("iterations", 6), entry("warmupIterations", 2), entry("eraseBatch", 2),
            entry("attackSteps", 2), entry("retainBatch", 4), entry("bankStarts", 4), entry("retainStarts", 4), entry("bankSteps", 5), entry("attackInterval", 2),
            entry("checkpointInterval", 2), entry("eraseTexts", 12), entry("eraseTextBatch", 3), entry("retainTexts", 12), entry("retainTextBatch", 3));

    @TempDir
    private Path directory;

    private final PipelineComponents components = BundledModel.pipeline().components();

    private ErasureResult erase(String method, String profile, Map<String, Object> overrides, String name, ErasureListener listener) {
        Map<String, Object> settings = new HashMap<>(SMALL);
        settings.putAll(overrides);
        ErasureRequest request = new ErasureRequest("church", "object", method, profile, 7, settings);
        return ErasureMethods.byName(method).run(components, request, directory.resolve(name), listener, new CancellationToken());
    }

    private static String digest(ErasureResult result) throws IOException {
        return Sha256.of(result.encoderDirectory().resolve("model.safetensors"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"fast", "kv"})
    void costsWhatTheDryRunSaysAndEndsWithTheSameEncoderTwice(String profile) throws IOException {
        ErasureResult first = erase("advunlearn", profile, Map.of(), "first", ErasureListener.NONE);
        ErasureCost cost = ErasureCost.of((ErasureSettings) first.settings());
        assertThat(first.unetForward()).isEqualTo(cost.forward());
        assertThat(first.unetBackward()).isEqualTo(cost.backward());
        assertThat(digest(erase("advunlearn", profile, Map.of(), "second", ErasureListener.NONE))).isEqualTo(digest(first));
    }

    @Test
    void theSchedulerThatDrawsDoesNotMatter() throws IOException {
        Map<String, Object> settings = new HashMap<>(SMALL);
        settings.putAll(Map.of("iterations", 2, "warmupIterations", 1));
        ErasureRequest request = new ErasureRequest("church", "object", "advunlearn", "fast", 7, settings);
        String own = digest(new AdvUnlearn().run(components, request, directory.resolve("own"), ErasureListener.NONE, new CancellationToken()));
        for (String scheduler : List.of("PNDM", "EulerAncestralDiscrete", "DPMSolverMultistep")) {
            PipelineComponents other = components.with(components.scheduler().as(scheduler));
            ErasureResult result = new AdvUnlearn().run(other, request, directory.resolve(scheduler), ErasureListener.NONE, new CancellationToken());
            assertThat(digest(result)).as(scheduler).isEqualTo(own);
        }
    }

    @Test
    void itsReportHasTheCurveAndThePublishedForm() throws IOException {
        Path work = directory.resolve("reported");
        ErasureResult result = erase("advunlearn", "fast", Map.of(), "reported", event -> ErasureEvents.append(work, event));
        ErasureReport report = ErasureReport.write(work, components, new ErasureRequest("church", "object", "advunlearn", "fast", 7, SMALL), result);
        Schema.assertErasureReport(work.resolve(ErasureReport.FILE));
        assertThat(report.curve()).hasSize(6).allSatisfy(point -> assertThat(point.losses()).containsKeys("loss_erase", "loss_retain"));
        assertThat(report.encoder()).isEqualTo(digest(result));
        assertThat(Files.readString(work.resolve(ErasureReport.FILE))).doesNotContain(directory.toString());
        assertThat(Files.readString(ReportPage.writeErasure(work, report))).contains("Erasure of &quot;church&quot;").contains("<polyline");
    }

    @Test
    void onlyTheChosenPartOfTheChosenLayersChanges() {
        List<ErasureEvent> events = new ArrayList<>();
        ErasureResult result = erase("advunlearn", "fast", Map.of("layers", List.of(1), "component", "ffn", "trainFinalNorm", false), "layers", events::add);
        List<String> changed = new ArrayList<>();
        try (Safetensors before = Safetensors.open(components.directory().resolve("text_encoder/model.safetensors"));
                Safetensors after = Safetensors.open(result.encoderDirectory().resolve("model.safetensors"))) {
            assertThat(after.tensors().keySet()).isEqualTo(before.tensors().keySet());
            before.tensors().keySet().stream().filter(n -> !before.sha256(n).equals(after.sha256(n))).forEach(changed::add);
        }
        assertThat(changed).hasSize(4).allMatch(name -> name.contains("encoder.layers.1.mlp."));
        // 128 to 512 and back, with biases.
        assertThat(result.trainedParameters()).isEqualTo(2 * 128 * 512 + 512 + 128);
        assertThat(events.get(0).values()).containsEntry("trained_parameters", (double) result.trainedParameters());
    }

    /** With and without texts found by search, which a checkpoint must hold. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void cancelledErasureResumesToTheSameEncoder(int searchInterval) throws IOException {
        Map<String, Object> search = Map.of("searchInterval", searchInterval, "searchPrompts", 2, "searchSteps", 2, "searchCandidates", 4);
        String whole = digest(erase("advunlearn", "fast", search, "whole", ErasureListener.NONE));
        CancellationToken token = new CancellationToken();
        Map<String, Object> settings = new HashMap<>(SMALL);
        settings.putAll(search);
        ErasureRequest request = new ErasureRequest("church", "object", "advunlearn", "fast", 7, settings);
        Path work = directory.resolve("cut");
        assertThatThrownBy(() -> new AdvUnlearn().run(components, request, work, event -> {
            if (event.iteration() == 3) {
                token.cancel();
            }
        }, token)).isInstanceOf(CancellationException.class);
        ErasureResult resumed = new AdvUnlearn().run(components, request, work, ErasureListener.NONE, new CancellationToken());
        assertThat(digest(resumed)).isEqualTo(whole);
    }

    @Test
    void checkpointOfAnotherRequestIsRefused() {
        erase("advunlearn", "fast", Map.of(), "same", ErasureListener.NONE);
        assertThatIllegalStateException().isThrownBy(() -> erase("advunlearn", "fast", Map.of("eraseBatch", 3), "same", ErasureListener.NONE))
                .withMessageContaining("another request");
    }

    @Test
    void esdNeverAttacks() {
        List<ErasureEvent> events = new ArrayList<>();
        erase("esd", "fast", Map.of(), "esd", events::add);
        assertThat(events).extracting(ErasureEvent::phase).contains("warmup", "done").doesNotContain("adversarial");
    }

    @Test
    void stepsBetweenTwoWithTheUnetTrainTextsAlone() {
        List<ErasureEvent> events = new ArrayList<>();
        ErasureResult result = erase("advunlearn", "kv", Map.of("unetInterval", 3, "refineIterations", 0), "rare", events::add);
        List<ErasureEvent> adversarial = events.stream().filter(e -> "adversarial".equals(e.phase())).toList();
        assertThat(adversarial.get(0).values()).containsKeys("loss_erase_kv", "loss_erase_text", "loss_text").doesNotContainKey("loss_erase");
        assertThat(adversarial.get(1).values()).containsKeys("loss_erase", "loss_retain").doesNotContainKey("loss_erase_kv");
        assertThat(result.unetForward()).isEqualTo(ErasureCost.of((ErasureSettings) result.settings()).forward());
    }

    @Test
    void paperProfileRollsOutAfresh() {
        ErasureResult result = erase("advunlearn", "paper", Map.of("iterations", 2, "warmupIterations", 1), "paper", ErasureListener.NONE);
        assertThat(result.unetForward()).isGreaterThan(2 * result.unetBackward());
        assertThat(result.settings().toMap().get("target")).isEqualTo("esd");
    }

    @Test
    void lossesAreReportedEveryStep() {
        List<ErasureEvent> events = new ArrayList<>();
        erase("advunlearn", "fast", Map.of("retainMode", "iter", "retainSteps", 2), "events", events::add);
        List<ErasureEvent> adversarial = events.stream().filter(e -> "adversarial".equals(e.phase())).toList();
        assertThat(adversarial).hasSize(4);
        // The attack interval is 2.
        assertThat(adversarial).extracting(e -> e.values().containsKey("loss_attack")).containsExactly(true, false, true, false);
        assertThat(adversarial.get(0).values()).containsKeys("loss_attack", "loss_erase", "loss_clean", "loss_retain", "unet_forward", "seconds");
        assertThat(adversarial).allMatch(e -> e.values().values().stream().allMatch(Double::isFinite));
    }

    private static Map<String, Object> attack(String kind) {
        Map<String, Object> settings = new HashMap<>(Map.of("eraseTexts", 0, "retainTexts", 0, "retainBatch", 2));
        settings.putAll(switch (kind) {
            case "condition" -> Map.of("attackSpace", "condition", "attackMethod", "pgd", "attackRadius", 0.1, "attackRestarts", 2);
            case "condition-kv" -> Map.of("attackSpace", "condition", "attackDistance", "kv", "refineIterations", 1);
            case "free" -> Map.of("attackMethod", "free_at", "attackSteps", 3, "attackInterval", 1);
            default -> Map.of("placements", List.of("mid", "insert", "per_words", "add"), "attackRestarts", 3, "attackMethod", "fast_at");
        });
        return settings;
    }

    @ParameterizedTest
    @ValueSource(strings = {"condition", "condition-kv", "free", "spread"})
    void everyKindOfAttackCostsWhatTheDryRunSays(String kind) {
        List<ErasureEvent> events = new ArrayList<>();
        ErasureResult result = erase("advunlearn", "fast", attack(kind), kind, events::add);
        ErasureCost cost = ErasureCost.of((ErasureSettings) result.settings());
        assertThat(List.of(result.unetForward(), result.unetBackward())).isEqualTo(List.of(cost.forward(), cost.backward()));
        assertThat(events).allMatch(e -> e.values().values().stream().allMatch(Double::isFinite));
    }

    @Test
    void freeAttackResumesInTheMiddleOfARound() throws IOException {
        Map<String, Object> settings = new HashMap<>(SMALL);
        settings.putAll(attack("free"));
        String whole = digest(erase("advunlearn", "fast", settings, "whole", ErasureListener.NONE));
        CancellationToken token = new CancellationToken();
        assertThatThrownBy(() -> new AdvUnlearn().run(components, new ErasureRequest("church", "object", "advunlearn", "fast", 7, settings),
                directory.resolve("cut"), event -> {
                    if (event.iteration() == 3) {
                        token.cancel();
                    }
                }, token)).isInstanceOf(CancellationException.class);
        assertThat(digest(erase("advunlearn", "fast", settings, "cut", ErasureListener.NONE))).isEqualTo(whole);
    }
}
