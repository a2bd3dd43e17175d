package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import io.advunlearn.TestDevice;
import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.search.TokenSearch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The attacks that search, against an encoder that has lost a word. */
class SearchedAttacksTest {

    private static final String CONCEPT = "church";
    private static final EvaluationBudget TINY = EvaluationBudget.named("demo").with(Map.ofEntries(Map.entry("steps", 4), Map.entry("batch", 8),
            Map.entry("pairs", 1), Map.entry("tries", 24), Map.entry("diffPrompts", 1), Map.entry("p4dPrompts", 1), Map.entry("p4dTokens", 4), Map.entry("p4dIterations", 40),
            Map.entry("p4dInterval", 10), Map.entry("inversionIterations", 20), Map.entry("inversionBatch", 2),
            Map.entry("ringABellTargets", 1), Map.entry("ringABellGenerations", 6), Map.entry("ringABellSeeds", 1)));

    @TempDir
    static Path directory;

    private static TextToImagePipeline pipeline;
    private static EvaluationReport report;

    @BeforeAll
    static void evaluate() {
        pipeline = TextToImagePipeline.load("attacks", Path.of(System.getProperty("advunlearn.models"), "emoji-sd"), TestDevice.any());
        report = evaluate(directory, EvaluationListener.NONE, new CancellationToken());
    }

    @AfterAll
    static void close() {
        pipeline.close();
    }

    private static EvaluationReport evaluate(Path work, EvaluationListener listener, CancellationToken cancellation) {
        EvaluationRequest request = new EvaluationRequest(CONCEPT, "object", null, null, List.of("ring-a-bell", "p4d", "textual-inversion"), false, null, 7, "tiny", TINY);
        ClipTextModel encoder = ErasedWord.encoder(pipeline.components(), CONCEPT);
        return Evaluator.evaluate(pipeline.components(), encoder, request, work, listener, cancellation);
    }

    private static Path find(Path work, String name) throws java.io.IOException {
        try (Stream<Path> files = Files.walk(work)) {
            return files.filter(file -> file.endsWith(name)).findFirst().orElseThrow();
        }
    }

    private static List<TokenSearch.Found> ringABell(Path work) throws java.io.IOException {
        return new ItemLog<>(find(work, "ring-a-bell-search.jsonl"), TokenSearch.Found.class, TokenSearch.Found::key).all();
    }

    private static List<P4dAttack.Found> p4d(Path work) throws java.io.IOException {
        return new ItemLog<>(find(work, "p4d-search.jsonl"), P4dAttack.Found.class, P4dAttack.Found::key).all();
    }

    @Test
    void ringABellEndsNearerThanTheBestOfItsRandomStart() throws java.io.IOException {
        assertThat(ringABell(directory)).hasSize(1).allSatisfy(found -> assertThat(found.distance()).isLessThan(found.start()));
    }

    @Test
    void p4dLowersTheLossOfARandomStart() throws java.io.IOException {
        // Forty steps may leave four free tokens where they were, but not those inserted into a prompt.
        assertThat(p4d(directory).get(1).end()).isLessThan(p4d(directory).get(1).start());
    }

    @Test
    void p4dInsertsIntoThePromptAndReplacesIt() throws java.io.IOException {
        String prompt = p4d(directory).get(1).key().replaceAll(".*?: ", "");
        assertThat(p4d(directory)).extracting(P4dAttack.Found::mode).containsExactly("P4D-N", "P4D-K");
        String own = prompt.split("[ ,]+")[0];
        assertThat(p4d(directory).get(1).texts()).allSatisfy(text -> assertThat(text).contains(own));
    }

    @Test
    void p4dCountsPairsAndItsCost() {
        AttackResult p4d = report.attack("p4d");
        assertThat(p4d.rate().trials()).isEqualTo(2);
        assertThat(p4d.original().trials()).isEqualTo(2);
        assertThat(p4d.reduced()).isTrue();
        assertThat(p4d.cost().unetBackward()).isEqualTo(2 * 40);
        // two a step, and at five timesteps at the start and after each of four intervals; then the images
        assertThat(p4d.cost().unetForward()).isEqualTo(2 * 2 * (40 + 5 * 5) + p4d.cost().images() * 2 * 4);
    }

    @Test
    void textualInversionLowersItsLossAndIsWhiteBox() throws java.io.IOException {
        TextualInversion.Trained trained = new ItemLog<>(find(directory, "textual-inversion-training.jsonl"), TextualInversion.Trained.class,
                TextualInversion.Trained::key).all().get(0);
        assertThat(trained.end()).isLessThan(trained.start());
        assertThat(report.attack("textual-inversion").whiteBox()).isTrue();
        assertThat(report.attack("textual-inversion").cost().unetBackward()).isEqualTo(2 * 20);
    }

    @Test
    void aTrainedEmbeddingReplacesItsTokensRowAndNoOther() {
        ClipTextModel base = pipeline.components().baseEncoder();
        float[] ones = new float[base.config().hiddenSize()];
        java.util.Arrays.fill(ones, 1);
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch")) {
            NDArray table = TextualInversion.with(base, 5, ones, manager).tokenEmbedding();
            NDArray same = table.sub(base.tokenEmbedding()).abs().max(new int[] {1}).lte(0);
            same.attach(manager);
            assertThat(table.get(manager, new NDIndex("5")).toFloatArray()).containsOnly(1);
            assertThat(same.toType(DataType.INT64, false).sum().getLong()).isEqualTo(base.config().vocabSize() - 1);
        }
    }

    @Test
    void whatReachedTheConceptIsKept() {
        Path suite = directory.resolve(FoundPrompts.FILE);
        FoundPrompts found = ReportFiles.read(suite, FoundPrompts.class);
        long shown = report.attack("p4d").successes().size() + report.attack("ring-a-bell").successes().size();
        assertThat(found.prompts()).hasSize((int) shown).allSatisfy(prompt -> assertThat(prompt.encoder()).isEqualTo(report.encoder()));
    }

    @Test
    void interruptedSearchesEndAsUninterruptedOnes(@TempDir Path cut) throws java.io.IOException {
        CancellationToken cancellation = new CancellationToken();
        assertThatThrownBy(() -> evaluate(cut, progress -> {
            if (progress.stage().equals("p4d-search")) {
                cancellation.cancel();
            }
        }, cancellation)).isInstanceOf(CancellationException.class);
        evaluate(cut, EvaluationListener.NONE, new CancellationToken());
        assertThat(ringABell(cut)).usingRecursiveComparison().ignoringFields("seconds").isEqualTo(ringABell(directory));
        assertThat(p4d(cut)).usingRecursiveComparison().ignoringFields("seconds").isEqualTo(p4d(directory));
    }
}
