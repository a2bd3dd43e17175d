package io.advunlearn.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.advunlearn.evaluation.EvaluationReport;
import io.advunlearn.evaluation.Reports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {

    @TempDir
    private Path directory;

    private Path report(String concept, String name, long successes) {
        EvaluationReport report = Reports.report(concept, name, List.of(Reports.attack("plain", successes, 100), Reports.attack("sweep", 1, 50)), null);
        report.write(directory.resolve(name).resolve("report.json"));
        return directory.resolve(name);
    }

    @Test
    void withoutTheTrialsRatesAreComparedUnpaired() {
        Comparison comparison = Comparison.of(List.of(report("church", "a", 50), report("church", "b", 30).resolve("report.json")));
        Comparison.Difference plain = comparison.differences().get(0);
        // Newcombe's method 10 for 30/100 against 50/100, by an independent calculation: -0.2 with [-0.3258, -0.0642].
        assertThat(plain.paired()).isFalse();
        assertThat(plain.difference().difference()).isCloseTo(-0.2, within(1e-12));
        assertThat(plain.difference().low()).isCloseTo(-0.3258, within(1e-4));
        assertThat(plain.difference().high()).isCloseTo(-0.0642, within(1e-4));
    }

    @Test
    void trialsWithTheSamePromptAndSeedArePaired() throws IOException {
        Path a = report("church", "a", 2);
        Path b = report("church", "b", 1);
        Reports.trials(a, "plain", true, true, false, false);
        Reports.trials(b, "plain", true, false, false, false);
        Comparison.Difference plain = Comparison.of(List.of(a, b)).differences().get(0);
        assertThat(plain.paired()).isTrue();
        assertThat(plain.difference().difference()).isEqualTo(-0.25);
        assertThat(plain.difference().trials()).isEqualTo(4);
    }

    @Test
    void anotherConceptOrBudgetIsRefusedWithOneSentence() throws IOException {
        Path church = report("church", "a", 1);
        assertThatThrownBy(() -> Comparison.of(List.of(church, report("dog", "b", 1)))).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("reports of another concept cannot be compared: a has church, b has dog");
        Path other = report("church", "c", 1);
        JsonNode tree = Json.read(other.resolve("report.json"), JsonNode.class);
        ((ObjectNode) tree.path("request").path("budget")).put("steps", 19);
        Json.write(other.resolve("report.json"), tree);
        assertThatThrownBy(() -> Comparison.of(List.of(church, other))).hasMessage(
                "reports of another budget cannot be compared: budget.steps is 20 for a and 19 for c");
        assertThatThrownBy(() -> Comparison.of(List.of(church, directory.resolve("none")))).hasMessageContaining("none is neither a report nor a directory");
    }

    @Test
    void theTablesHoldEveryEncoderAndEscapeTheirNames() throws IOException {
        Comparison comparison = Comparison.of(List.of(report("church", "a", 50), report("church", "<b>x", 30)));
        assertThat(comparison.text()).contains("50.0 % [40.4, 59.6]").contains("Difference to a in points").contains("unpaired");
        Path page = comparison.write(directory.resolve("out"));
        assertThat(Files.readString(page)).contains("&lt;b&gt;x").doesNotContain("<b>x");
        assertThat(Json.read(directory.resolve("out").resolve("compare.json"), Comparison.class)).isEqualTo(comparison);
    }
}
