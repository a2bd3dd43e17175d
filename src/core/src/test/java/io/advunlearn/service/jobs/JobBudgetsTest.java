package io.advunlearn.service.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.service.json.Answer;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class JobBudgetsTest {

    private static final long MIB = 1L << 20;

    @TempDir
    private static Path registry;
    private static JobReplica replica;

    @BeforeAll
    static void start() {
        replica = new JobReplica(registry, "test", Map.of(), OptionalLong.of(1500 * MIB));
    }

    @AfterAll
    static void stop() {
        replica.close();
    }

    @Test
    void anErasureThatTakesTooLongFailsAndCanBeResumed() throws Exception {
        String id = replica.erase(100_000, ", \"max_seconds\": 1");
        JsonNode failed = replica.await(id, "failed");
        assertThat(failed.path("error").asText()).isEqualTo("it was not done after max_seconds = 1; it can be resumed");
        assertThat(replica.service().admin().erasures().resume(id).status()).isEqualTo(202);
        replica.service().admin().erasures().cancel(id);
        replica.await(id, job -> !JobReplica.state(job).equals("queued") && !JobReplica.state(job).equals("running"));
    }

    @Test
    void anErasureBeyondTheBudgetIsRefusedWithBothNumbers() throws Exception {
        Answer answer = replica.service().admin().erasures().start(new ByteArrayInputStream(
                "{\"concept\": \"church\", \"settings\": {\"eraseBatch\": 256, \"retainBatch\": 256}}".getBytes(StandardCharsets.UTF_8)));
        JsonNode problem = JobReplica.json(answer);
        assertThat(answer.status()).as(problem.toString()).isEqualTo(507);
        assertThat(problem.path("title").asText()).isEqualTo("Insufficient Storage");
        assertThat(problem.path("available_bytes").asLong()).isEqualTo(1500 * MIB);
        assertThat(problem.path("needed_bytes").asLong()).isGreaterThan(1500 * MIB);
        assertThat(problem.path("detail").asText()).startsWith("the erasure needs about ").contains("only 1500 MiB may be taken");
    }

    /** It was accepted by a replica with more memory, which is gone. */
    @Test
    void memoryIsLookedAtAgainWhenTheJobBegins() throws Exception {
        ErasureOrder order = new ErasureOrder(JobReplica.PIPELINE, "church", "object", null, "advunlearn", "fast", 1, Map.of("eraseBatch", 256, "retainBatch", 256),
                "base", null, null, null, null, null, "olga");
        String id = new JobStore(registry.resolve("erasures")).create("church", "gone", order).id();
        assertThat(replica.await(id, "failed").path("error").asText()).startsWith("the erasure needs about ").contains("only 1500 MiB may be taken");
    }

    @Test
    void memoryThatRunsOutFailsTheJobAndServingGoesOn() throws Exception {
        replica.exhaustAt("register");
        String id = replica.erase(1, "");
        assertThat(replica.await(id, "failed").path("error").asText()).startsWith("there was not enough memory");
        Answer drawn = replica.service().images().generate(new ByteArrayInputStream("{\"prompt\": \"a cat\", \"num_inference_steps\": 1}".getBytes(StandardCharsets.UTF_8)),
                null).answer().join();
        assertThat(drawn.status()).isEqualTo(200);
        assertThat(replica.service().admin().erasures().resume(id).status()).isEqualTo(202);
        replica.await(id, "succeeded");
    }

    @Test
    void whatIsFreeOnTheDeviceIsLookedAt() {
        PipelineComponents components = replica.service().pipelines().find(JobReplica.PIPELINE).orElseThrow().pipeline().components();
        ErasureRequest request = new ErasureRequest("church", "object", "advunlearn", "fast", 1, Map.of());
        new MemoryAdmission(OptionalLong.empty(), device -> OptionalLong.of(1500 * MIB)).require(components, request);
        new MemoryAdmission(OptionalLong.empty(), device -> OptionalLong.empty()).require(components, request);
        MemoryAdmission full = new MemoryAdmission(OptionalLong.empty(), device -> OptionalLong.of(3 * MIB));
        full.requireBudget(components, request);
        assertThatThrownBy(() -> full.require(components, request)).isInstanceOf(InsufficientMemoryException.class)
                .hasMessageContaining("and only 3 MiB is free on cpu");
    }
}
