package io.advunlearn.service.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.evaluation.EvaluationReport;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.evaluation.Reports;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PromotionGatesTest {

    private static final Gates GATES = Gates.parse(Map.of("attack-success.plain", "0.05"));

    /** Its digest is {@code digest-of-<name>}. */
    private static EvaluationReport report(String concept, String name, long successes) {
        return Reports.report(concept, name, List.of(Reports.attack("plain", successes, 100)), null);
    }

    private static Optional<String> missing(List<String> erasures, EvaluationReport... reports) {
        return PromotionGates.missing(GATES, "digest-of-candidate", erasures, List.of(reports));
    }

    @Test
    void aPassingEvaluationOfEveryErasedConceptIsEnough() {
        assertThat(missing(List.of("Church"), report("church", "candidate", 0))).isEmpty();
        assertThat(missing(List.of(), report("church", "candidate", 0))).isEmpty();
    }

    @Test
    void anEvaluationOfOtherWeightsDoesNotCount() {
        assertThat(missing(List.of("church"), report("church", "another", 0))).contains("no evaluation of it for church");
        assertThat(missing(List.of(), report("church", "another", 0))).contains("no evaluation of it passes");
    }

    @Test
    void everyConceptOfTheLineageIsAskedFor() {
        assertThat(missing(List.of("church", "dog"), report("church", "candidate", 0))).contains("no evaluation of it for dog");
    }

    @Test
    void theNewestEvaluationCountsAndItsFailedGatesAreNamed() {
        assertThat(missing(List.of("church"), report("church", "candidate", 0), report("church", "candidate", 50)))
                .contains("for church it fails attack-success.plain");
        assertThat(missing(List.of("church"), report("church", "candidate", 50), report("church", "candidate", 0))).isEmpty();
    }
}
