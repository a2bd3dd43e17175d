package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.advunlearn.TestDevice;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.report.ReportPage;
import io.advunlearn.report.Schema;
import io.advunlearn.tensor.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole evaluations of the bundled model with tiny budgets. */
class EvaluatorTest {

    private static final String CONCEPT = "church";
    private static final EvaluationBudget TINY = EvaluationBudget.named("demo").with(Map.ofEntries(Map.entry("steps", 6), Map.entry("batch", 8),
            Map.entry("pairs", 2), Map.entry("tries", 16), Map.entry("retentionImages", 1), Map.entry("randomImages", 4),
            Map.entry("negativeScales", List.of(5)), Map.entry("negativeSearched", 1), Map.entry("matchTokens", List.of(1)),
            Map.entry("matchTargets", 2), Map.entry("matchTop", 2), Map.entry("matchSeeds", 1), Map.entry("matchSweeps", 1),
            Map.entry("sweepTop", 4), Map.entry("paraphraseTexts", 4), Map.entry("ringABellGenerations", 3), Map.entry("p4dPrompts", 1), Map.entry("p4dIterations", 2),
            Map.entry("p4dCandidates", 1), Map.entry("ringABellTargets", 1), Map.entry("gcgIterations", 2),
            Map.entry("gcgTop", 2), Map.entry("gcgSeeds", 1), Map.entry("diffPrompts", 2), Map.entry("diffTimesteps", 2), Map.entry("diffIterations", 2)));

    private static TextToImagePipeline pipeline;

    @BeforeAll
    static void load() {
        pipeline = TextToImagePipeline.load("evaluation", Path.of(System.getProperty("advunlearn.models"), "emoji-sd"), TestDevice.any());
    }

    @AfterAll
    static void close() {
        pipeline.close();
    }

    private static ClipTextModel withoutWord() {
        return ErasedWord.encoder(pipeline.components(), CONCEPT);
    }

    private static int pipelineArrays() {
        return pipeline.components().baseEncoder().tokenEmbedding().getManager().getManagedArrays().size();
    }

    private static EvaluationRequest request(EvaluationBudget budget, String... attacks) {
        return new EvaluationRequest(CONCEPT, "object", List.of("chapel"), List.of("place to pray"), List.of(attacks), false, null, 7, "tiny", budget);
    }

    private static EvaluationReport evaluate(ClipTextModel encoder, EvaluationRequest request, Path directory) {
        return Evaluator.evaluate(pipeline.components(), encoder, request, directory, EvaluationListener.NONE, new CancellationToken());
    }

    /** A denoiser whose cross-attention answers nothing: it draws, but no longer what it is told. */
    private static UNet2DConditionModel deaf() {
        UNet2DConditionModel base = pipeline.components().unet();
        Map<String, NDArray> tensors = new LinkedHashMap<>(base.weights().asMap());
        tensors.replaceAll((name, tensor) -> name.contains(".attn2.to_v.") ? tensor.zerosLike() : tensor);
        return new UNet2DConditionModel(base.config(), Weights.of(tensors));
    }

    @Test
    void aReplacedUnetIsAttackedWithTheOriginalPipelineAsReference(@TempDir Path directory) {
        PipelineComponents components = pipeline.components();
        Evaluator.Subject subject = new Evaluator.Subject(components.baseEncoder(), deaf(), "deaf");
        EvaluationRequest request = new EvaluationRequest(CONCEPT, "object", null, null, List.of("plain", "encoder-match", "unlearn-diff"), true, null, 7,
                "tiny", TINY);
        EvaluationReport report = Evaluator.evaluate(components, Optional.empty(), subject, request, directory, EvaluationListener.NONE, new CancellationToken());
        assertThat(report.selection().original().successes()).isPositive();
        assertThat(report.attack("plain").rate().rate()).isZero();
        assertThat(report.attack("encoder-match").original().trials()).isPositive();
        assertThat(report.retention().promptDrift()).isPositive();
        assertThat(report.encoder()).isNotEqualTo(report.model());
        assertThat(report.encoderName()).isEqualTo("deaf");
    }

    /** The bundled judges, one more that does not know the concept, and everything else that is measured. */
    private static Path detectors(Path directory) throws java.io.IOException {
        Path fixtures = Path.of("src", "test", "fixtures").toAbsolutePath();
        String onnx = "model: " + fixtures.resolve("onnx").resolve("classifier.onnx") + ", preprocessing: {size: 8}";
        return Files.writeString(directory.resolve("detectors.yaml"), "clip_score: " + fixtures.resolve("clip") + "\nfeatures: [{name: tiny, " + onnx
                + "}]\ndetectors: [{type: bundled, directory: " + pipeline.components().directory().toAbsolutePath() + "}, {type: onnx, name: other, "
                + onnx + ", labels: [a, b, c, d], top: 1, concepts: {zebra: {labels: a}}}]\n");
    }

    @Test
    void theOriginalEncoderStillShowsEverythingItShowed(@TempDir Path directory) throws java.io.IOException {
        EvaluationRequest request = new EvaluationRequest(CONCEPT, "object", null, null, List.of("plain"), true, null, 7, "tiny", TINY);
        EvaluationReport report = Evaluator.evaluate(pipeline.components(), Optional.of(detectors(directory)),
                new Evaluator.Subject(pipeline.components().baseEncoder(), null), request, directory, EvaluationListener.NONE, new CancellationToken());
        assertThat(report.judges()).containsExactly("detector", "detector-b", "other");
        assertThat(report.attack("plain").rate().rate()).isEqualTo(1);
        assertThat(report.retention().meanLoss()).isZero();
        assertThat(report.retention().promptDrift()).isCloseTo(0, within(1e-9));
        assertThat(report.retention().emptyPromptDrift()).isZero();
        assertThat(report.retention().neighbours()).hasSize(3).doesNotContain(CONCEPT);
        assertThat(report.retention().neighbourLoss()).extracting(Estimate::value, Estimate::low, Estimate::high).containsExactly(0.0, 0.0, 0.0);
        assertThat(report.retention().clipScore().difference()).extracting(Estimate::value, Estimate::low, Estimate::high).containsExactly(0.0, 0.0, 0.0);
        assertThat(report.retention().clipScore().before().value()).isBetween(-1.0, 1.0).isNotZero();
        assertThat(report.retention().frechet()).extracting(EvaluationReport.Frechet::features).containsExactly("detector", "tiny");
        assertThat(report.retention().frechet()).allSatisfy(frechet -> {
            assertThat(frechet.distance()).isCloseTo(0, within(1e-6));
            assertThat(frechet.halfDistance()).isPositive().isEqualTo(frechet.halfFloor());
        });
    }

    @Test
    void everyAttackReportsItsBudgetAndCost(@TempDir Path directory) throws java.io.IOException {
        ClipTextModel encoder = withoutWord();
        int arrays = pipelineArrays();
        EvaluationReport report = evaluate(encoder, request(TINY, "all"), directory);
        assertThat(pipelineArrays()).as("arrays left on the pipeline").isEqualTo(arrays);
        assertThat(report.attacks()).extracting(AttackResult::name).containsExactlyElementsOf(EvaluationRequest.TEXT_ATTACKS);
        assertThat(report.attacks()).allSatisfy(attack -> {
            assertThat(attack.budget()).isNotEmpty();
            assertThat(attack.rate().trials()).isPositive();
            assertThat(attack.rate().successes()).isLessThanOrEqualTo(attack.anyJudge().successes());
            assertThat(AttackOutcomes.read(directory, attack.name()).values().stream().filter(shown -> shown)).as(attack.name())
                    .hasSize((int) attack.rate().successes());
        });
        assertThat(report.attack("plain").rate().rate()).isLessThan(1);
        assertThat(report.attack("unlearn-diff").reduced()).isTrue();
        assertThat(report.attack("unlearn-diff").rate().successes()).isGreaterThanOrEqualTo(report.attack("unlearn-diff").groups().get("pre-ASR").successes());
        Schema.assertEvaluationReport(directory.resolve(Evaluator.REPORT));
        assertThat(ReportPage.html(directory, null)).contains("data:image/png;base64,");
        assertThat(EvaluationReport.read(directory.resolve(Evaluator.REPORT))).isEqualTo(report);
        assertThat(ImageIO.read(directory.resolve(Evaluator.CONTACT_SHEET).toFile()).getHeight()).isGreaterThan(1000);
    }

    @Test
    void theSameSeedGivesTheSameReportButForTimesAndMemory(@TempDir Path one, @TempDir Path two) throws java.io.IOException {
        EvaluationRequest request = new EvaluationRequest(CONCEPT, "object", null, null, List.of("plain", "random", "encoder-match"), true, null, 7, "tiny", TINY);
        evaluate(withoutWord(), request, one);
        evaluate(withoutWord(), request, two);
        assertThat(timeless(one)).isEqualTo(timeless(two));
        for (SampleImages.Row row : SampleImages.read(one)) {
            for (SampleImages.Sample sample : row.samples()) {
                assertThat(two.resolve(sample.file())).hasSameBinaryContentAs(one.resolve(sample.file()));
            }
        }
        assertThat(SampleImages.read(two)).isEqualTo(SampleImages.read(one)).isNotEmpty();
    }

    private static JsonNode timeless(Path directory) throws java.io.IOException {
        JsonNode report = new ObjectMapper().readTree(directory.resolve(Evaluator.REPORT).toFile());
        for (String field : List.of("createdAt", "seconds", "peakResidentBytes", "peakDeviceBytes")) {
            assertThat(report.findParents(field)).as(field).isNotEmpty().allSatisfy(parent -> ((ObjectNode) parent).remove(field));
        }
        return report;
    }

    @Test
    void anInterruptedEvaluationEndsAsAnUninterruptedOne(@TempDir Path whole, @TempDir Path cut) {
        EvaluationRequest request = request(TINY, "plain", "encoder-match", "unlearn-diff");
        ClipTextModel encoder = withoutWord();
        EvaluationReport expected = evaluate(encoder, request, whole);
        for (String stage : List.of("selection", "plain", "encoder-match-search", "encoder-match", "unlearn-diff")) {
            CancellationToken cancellation = new CancellationToken();
            assertThatThrownBy(() -> Evaluator.evaluate(pipeline.components(), encoder, request, cut, progress -> {
                if (progress.stage().equals(stage)) {
                    cancellation.cancel();
                }
            }, cancellation)).isInstanceOf(CancellationException.class);
        }
        EvaluationReport resumed = evaluate(encoder, request, cut);
        assertThat(results(resumed)).isEqualTo(results(expected));
    }

    private static List<Object> results(EvaluationReport report) {
        return report.attacks().stream().<Object>map(a -> List.of(a.name(), a.rate(), a.anyJudge(), a.prompts(), a.groups(), a.successes(),
                a.cost().images(), a.cost().unetForward(), a.cost().unetBackward(), a.cost().encoderForward())).toList();
    }

    @Test
    void aDirectoryOfAnotherEvaluationIsRefused(@TempDir Path directory) throws java.io.IOException {
        Files.createDirectories(directory);
        ReportFiles.write(directory.resolve("evaluation.json"), new Evaluator.Identity("a", "u", "b", "bundled", request(TINY, "plain")));
        assertThatThrownBy(() -> evaluate(pipeline.components().baseEncoder(), request(TINY, "plain"), directory))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("another");
    }

    @Test
    void aConceptThatNoJudgeKnowsIsRefused(@TempDir Path directory) {
        EvaluationRequest request = new EvaluationRequest("zeppelin", "object", null, null, List.of("plain"), false, null, 7, "tiny", TINY);
        assertThatThrownBy(() -> evaluate(pipeline.components().baseEncoder(), request, directory)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("zeppelin").hasMessageContaining("church");
    }
}
