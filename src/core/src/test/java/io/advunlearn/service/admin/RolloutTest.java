package io.advunlearn.service.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.pipeline.EncoderVersion;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.ReplicaReport;
import io.advunlearn.registry.ReplicaReport.Served;
import io.advunlearn.service.json.Answer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a rollout is complete. */
class RolloutTest {

    private static final long HEARTBEAT = 10_000;

    @TempDir
    Path folder;
    private FileEncoderRegistry registry;

    @BeforeEach
    void promoteTwice() {
        registry = new FileEncoderRegistry(folder, "test");
        registry.advance("main", 0, "base", List.of(), "alice");
        registry.advance("main", 1, "base", List.of(), "alice");
    }

    private void report(String replica, long silentHeartbeats, Served... served) {
        registry.report(new ReplicaReport(replica, Instant.EPOCH, Instant.now().minusMillis(silentHeartbeats * HEARTBEAT), HEARTBEAT, List.of(served)));
    }

    private static Served serves(String pipeline, long generation, long routes, String state) {
        return new Served(pipeline, state, generation, routes, List.of(new EncoderVersion("base", "0".repeat(64), generation)), Instant.EPOCH, null);
    }

    private JsonNode rollout() throws IOException {
        return new ObjectMapper().readTree(Answer.json(200, Rollout.of(registry, "main")).body());
    }

    @Test
    void everyReplicaThatMayServeMustBeThere() throws IOException {
        assertThat(rollout().path("complete").asBoolean()).as("nobody has said anything").isFalse();
        report("one", 0, serves("main", 2, 0, Served.READY));
        report("other", 0, serves("another", 1, 0, Served.READY));
        assertThat(rollout().path("complete").asBoolean()).isTrue();

        report("two", 0, serves("main", 1, 0, Served.READY));
        JsonNode behind = rollout();
        assertThat(behind.path("complete").asBoolean()).isFalse();
        assertThat(behind.path("generation").asLong()).isEqualTo(2);
        assertThat(behind.path("desired").path("encoder").asText()).isEqualTo("base");
        assertThat(behind.path("replicas").findValuesAsText("replica")).containsExactly("one", "two");
        assertThat(behind.path("replicas").findValuesAsText("upToDate")).containsExactly("true", "false");

        report("two", 0, serves("main", 2, 0, Served.NOT_READY));
        assertThat(rollout().path("complete").asBoolean()).as("it does not serve").isFalse();
    }

    @Test
    void aStaleReplicaMayStillServeAndADeadOneDoesNot() throws IOException {
        report("one", 0, serves("main", 2, 0, Served.READY));
        report("two", 4, serves("main", 1, 0, Served.READY));
        assertThat(rollout().path("complete").asBoolean()).isFalse();
        assertThat(rollout().path("replicas").findValuesAsText("heartbeat")).containsExactly("live", "stale");
        report("two", 13, serves("main", 1, 0, Served.READY));
        assertThat(rollout().path("complete").asBoolean()).isTrue();
        assertThat(rollout().path("counted").asInt()).isEqualTo(1);
        assertThat(rollout().path("replicas").findValuesAsText("heartbeat")).containsExactly("live", "dead");
    }

    @Test
    void routesCountAsWell() throws IOException {
        report("one", 0, serves("main", 2, 0, Served.READY));
        registry.advanceRoutes("main", 0, Map.of(), "alice");
        assertThat(rollout().path("complete").asBoolean()).isFalse();
        report("one", 0, serves("main", 2, 1, Served.READY));
        assertThat(rollout().path("complete").asBoolean()).isTrue();
    }
}
