package io.advunlearn.service.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.PipelineRoutes;
import io.advunlearn.registry.PipelineState;
import io.advunlearn.service.json.Answer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(240)
class AutomaticPromotionTest {

    private static final Map<String, String> PASSED_BY_ALL = Map.of("attack-success.plain", "1");
    private static final Map<String, String> PASSED_BY_NONE = Map.of("attack-success.plain", "0");
    private static final String TINY = ", \"evaluation\": {\"budget\": {\"steps\": 8, \"pairs\": 2, \"tries\": 32, \"diffPrompts\": 0}}, \"promotion\": ";

    @TempDir
    private Path directory;

    private EncoderRegistry registry() {
        return new FileEncoderRegistry(directory, "reader");
    }

    @Test
    void aCandidateThatPassesTheGatesIsPromoted() throws Exception {
        try (JobReplica replica = new JobReplica(directory, "test", PASSED_BY_ALL)) {
            String id = replica.erase(1, TINY + "\"gated-automatic\"");
            JsonNode promotion = replica.await(id, "succeeded").at("/result/promotion");
            assertThat(promotion.path("outcome").asText()).as(promotion.toString()).isEqualTo("promoted");
            assertThat(promotion.path("generation").asLong()).isEqualTo(1);
            JsonNode evaluation = JobReplica.json(replica.service().admin().evaluations().get(promotion.at("/evaluations/0").asText()));
            assertThat(JobReplica.state(evaluation)).isEqualTo("succeeded");
            assertThat(evaluation.at("/report/verdict/passed").asBoolean()).isTrue();

            PipelineState state = registry().state(JobReplica.PIPELINE).orElseThrow();
            assertThat(state.encoder()).isEqualTo(id);
            assertThat(state.changedBy()).startsWith("policy/gated-automatic of ");
            assertThat(registry().auditTrail(10)).anyMatch(entry -> entry.action().equals("promote") && entry.principal().equals(state.changedBy()));

            JsonNode behind = replica.await(replica.erase("dog", 1, ", \"from\": \"base\"" + TINY + "\"gated-automatic\""), "succeeded").at("/result/promotion");
            assertThat(behind.path("outcome").asText()).isEqualTo("candidate");
            assertThat(behind.path("reason").asText()).contains("serves by now has erased church as well");
        }
    }

    @Test
    void aCandidateThatFailsAGateStaysOneAndTheResultSaysWhich() throws Exception {
        try (JobReplica replica = new JobReplica(directory, "test", PASSED_BY_NONE)) {
            JsonNode promotion = replica.await(replica.erase(1, TINY + "\"gated-automatic\""), "succeeded").at("/result/promotion");
            assertThat(promotion.path("outcome").asText()).isEqualTo("candidate");
            assertThat(promotion.path("reason").asText()).contains("for church it fails attack-success.plain");
            assertThat(registry().state(JobReplica.PIPELINE)).isEmpty();
            assertThat(registry().auditTrail(10)).anyMatch(entry -> entry.action().equals("promote") && entry.outcome().startsWith("refused"));
        }
    }

    @Test
    void aCanaryGetsItsShare() throws Exception {
        try (JobReplica replica = new JobReplica(directory, "test", PASSED_BY_ALL)) {
            String id = replica.erase(1, TINY + "\"canary\", \"share\": 0.25");
            assertThat(replica.await(id, "succeeded").at("/result/promotion/outcome").asText()).isEqualTo("canary");
            assertThat(registry().routes(JobReplica.PIPELINE).orElseThrow().routes())
                    .isEqualTo(Map.of(PipelineRoutes.CANARY, new PipelineRoutes.Route(id, null, 0.25)));
            assertThat(registry().state(JobReplica.PIPELINE)).isEmpty();
        }
    }

    /** The replica that promotes is gone just before or just after the new state is written. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whoeverGoesOnPromotesOnce(boolean before) throws Exception {
        try (JobReplica first = new JobReplica(directory, "first", PASSED_BY_ALL); JobReplica second = new JobReplica(directory, "second", PASSED_BY_ALL)) {
            first.crashAt("advance", before);
            String id = first.erase(1, TINY + "\"gated-automatic\"");
            first.awaitCrash();
            JsonNode done = second.await(id, "succeeded");
            assertThat(done.path("replica").asText()).isEqualTo("second");
            assertThat(done.at("/result/promotion/outcome").asText()).isEqualTo("promoted");
            assertThat(registry().history(JobReplica.PIPELINE)).extracting(PipelineState::encoder).containsExactly(id);
            assertThat(registry().encoders()).hasSize(1);
            assertThat(done.at("/result/iterations").asInt()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "\"promotion\": \"gated-automatic\" | 409 | promotion gated-automatic needs gates, and pipeline emoji-sd has none",
        "\"promotion\": \"at-once\" | 400 | promotion must be one of manual, gated-automatic, canary",
        "\"promotion\": \"canary\" | 400 | share is required for promotion canary",
        "\"promotion\": \"manual\", \"share\": 0.1 | 400 | share must be left out",
        "\"promotion\": \"manual\", \"evaluation\": {} | 400 | evaluation must be left out",
        "\"max_seconds\": 0 | 400 | max_seconds must be an integer from 1"})
    void whatCannotBeDoneIsRefusedAtOnce(String fields, int status, String reason) throws IOException {
        try (JobReplica replica = new JobReplica(directory, "test", Map.of())) {
            Answer answer = replica.service().admin().erasures().start(new ByteArrayInputStream(("{\"concept\": \"church\", " + fields + "}").getBytes(StandardCharsets.UTF_8)));
            assertThat(JobReplica.json(answer).path("detail").asText()).contains(reason);
            assertThat(answer.status()).isEqualTo(status);
        }
    }

    @Test
    void aConceptThatNoJudgeKnowsIsRefusedBeforeItIsErased() throws IOException {
        try (JobReplica replica = new JobReplica(directory, "test", PASSED_BY_ALL)) {
            Answer answer = replica.service().admin().erasures().start(
                    new ByteArrayInputStream("{\"concept\": \"zeppelin\", \"promotion\": \"gated-automatic\"}".getBytes(StandardCharsets.UTF_8)));
            assertThat(answer.status()).isEqualTo(400);
            assertThat(JobReplica.json(answer).path("detail").asText()).contains("zeppelin");
        }
    }
}
