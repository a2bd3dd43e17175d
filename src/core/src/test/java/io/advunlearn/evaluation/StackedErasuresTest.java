package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.erasure.ErasureListener;
import io.advunlearn.erasure.ErasureMethods;
import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.erasure.ErasureStart;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.registry.LineageEntry;
import io.advunlearn.service.jobs.EncoderOnDevice;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three concepts erased one after another: the first still holds. */
@Tag("slow")
class StackedErasuresTest {

    @TempDir
    private Path directory;

    private final PipelineComponents components = BundledModel.pipeline().components();

    @Test
    void theFirstOfThreeErasuresStillHolds() {
        Path church = erase("church", "object", ErasureStart.BASE);
        Path blob = erase("blob", "style", ErasureStart.folder(church));
        Path dog = erase("dog", "object", ErasureStart.folder(blob));

        assertThat(ErasureStart.folder(dog).lineage()).extracting(LineageEntry::concept).containsExactly("church", "blob", "dog");
        Map<String, Rate> first = rates(church, "church", "object");
        Map<String, Rate> last = rates(dog, "church", "object");
        assertThat(last.get("plain").rate()).isLessThanOrEqualTo(0.1);
        // No worse than it was by more than chance: the intervals overlap.
        assertThat(last.get("encoder-match").low()).isLessThanOrEqualTo(first.get("encoder-match").high());
        assertThat(rates(dog, "blob", "style").get("plain").rate()).isLessThanOrEqualTo(0.1);
        assertThat(rates(dog, "dog", "object").get("plain").rate()).isLessThanOrEqualTo(0.1);
    }

    private Path erase(String concept, String kind, ErasureStart start) {
        ErasureRequest request = new ErasureRequest(concept, kind, "advunlearn", "kv", 1, Map.of(), start);
        return ErasureMethods.byName("advunlearn").run(components, request, directory.resolve(concept), ErasureListener.NONE, new CancellationToken())
                .encoderDirectory();
    }

    private Map<String, Rate> rates(Path encoder, String concept, String kind) {
        EvaluationRequest request = new EvaluationRequest(concept, kind, List.of(), List.of(), List.of("plain", "encoder-match"), false, "base", 1,
                "demo", EvaluationBudget.named("demo"));
        try (EncoderOnDevice evaluated = EncoderOnDevice.load(encoder, components.device())) {
            EvaluationReport report = Evaluator.evaluate(components, evaluated.model(), request, directory.resolve(encoder.getParent().getFileName() + "-" + concept),
                    (progress) -> { }, new CancellationToken());
            Map<String, Rate> rates = Map.of("plain", rate(report, "plain"), "encoder-match", rate(report, "encoder-match"));
            System.out.printf("%s through the encoder without %s: %s%n", concept, encoder.getParent().getFileName(), rates);
            return rates;
        }
    }

    private static Rate rate(EvaluationReport report, String attack) {
        return report.attacks().stream().filter(result -> result.name().equals(attack)).findFirst().orElseThrow().rate();
    }
}
