package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReportSchemaTest {

    private static JsonNode schema() throws IOException {
        return new ObjectMapper().readTree(EvaluationReport.class.getResource("evaluation-report.schema.json"));
    }

    @ParameterizedTest
    @ValueSource(classes = {EvaluationReport.class, EvaluationRequest.class, EvaluationBudget.class, EvaluationBudget.RandomBudget.class, EvaluationBudget.NegativeBudget.class,
        EvaluationBudget.SweepBudget.class, EvaluationBudget.MatchBudget.class, EvaluationBudget.DiffBudget.class,
        EvaluationBudget.ParaphraseBudget.class, EvaluationBudget.InversionBudget.class, EvaluationBudget.GcgBudget.class, EvaluationBudget.P4dBudget.class, EvaluationBudget.RingABellBudget.class, FoundPrompt.class, Rate.class, EvaluationReport.Cost.class,
        EvaluationReport.Selection.class, EvaluationReport.AttackResult.class, EvaluationReport.Success.class, EvaluationReport.Retention.class,
        EvaluationReport.ClassAccuracy.class, EvaluationReport.BeforeAfter.class, Estimate.class, EvaluationReport.Frechet.class, EvaluationReport.ClipScore.class, Verdict.class, GateResult.class, Environment.class})
    void everyRecordHasExactlyTheFieldsOfItsDefinition(Class<?> type) throws IOException {
        JsonNode definition = type == EvaluationReport.class ? schema() : schema().path("$defs").path(definition(type));
        List<String> required = new ArrayList<>();
        definition.path("required").forEach(name -> required.add(name.asText()));
        assertThat(Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList()).isEqualTo(required);
        assertThat(definition.path("properties").size()).isEqualTo(required.size());
    }

    private static String definition(Class<?> type) {
        String name = type.getSimpleName().replace("Evaluation", "");
        return Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }

    @Test
    void aReportIsReadAsItWasWritten(@TempDir Path folder) {
        EvaluationReport.Cost cost = new EvaluationReport.Cost(1, 2, 3, 4, 0.5);
        EvaluationReport report = new EvaluationReport(EvaluationReport.SCHEMA, "m", "u", "e", "candidate", List.of("detector"), Instant.parse("2026-01-02T03:04:05Z"),
                EvaluationRequest.of("church", "object", "demo", 1), new EvaluationReport.Selection(Rate.of(1, 2), 1, 1),
                List.of(new EvaluationReport.AttackResult("plain", false, Map.of("pairs", 2), false, Rate.of(1, 2), Rate.of(1, 2), null, Rate.of(1, 2),
                        Rate.of(0, 0), Map.of("a", Rate.of(1, 1)), List.of(new EvaluationReport.Success("p", "n", 5, 1, 1, 2)), cost)), null, cost,
                new Verdict(false, List.of(GateResult.atMost("attack-success.plain", null, 0.05))), new Environment("1", "17", "PyTorch 2.7.1", "cpu", 2, null, null));
        report.write(folder.resolve("report.json"));
        assertThat(EvaluationReport.read(folder.resolve("report.json"))).isEqualTo(report);
    }

    @Test
    void aReportFromBeforeTheIntervalsIsStillRead(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("report.json");
        Files.writeString(file, """
                {"schema": "advunlearn/evaluation-report/1", "model": "m", "encoder": "e", "judges": ["detector"], "retention": {"objects": [],
                 "styles": [], "neighbours": ["house"], "meanLoss": 0.5, "worstClass": null, "worstLoss": 0.5, "others": {}, "emptyPromptDrift": 0.1,
                 "promptDrift": 0.2}}
                """);
        assertThat(EvaluationReport.read(file).retention().promptDrift()).isEqualTo(0.2);
        assertThat(EvaluationReport.read(file).retention().neighbourLoss()).isNull();
    }

    @Test
    void anotherSchemaIsRefused(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("report.json"), "{\"schema\": \"other/2\"}");
        assertThatThrownBy(() -> EvaluationReport.read(folder.resolve("report.json"))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("other/2");
    }
}
