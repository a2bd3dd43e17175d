package io.advunlearn.service.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two replicas of one registry, in one process. */
@Timeout(180)
class TakenJobsTest {

    private static final int FOR_EVER = 100_000;

    @TempDir
    private Path registry;
    private JobReplica first;
    private JobReplica second;

    @BeforeEach
    void start() {
        first = new JobReplica(registry, "first", Map.of());
        second = new JobReplica(registry, "second", Map.of());
    }

    @AfterEach
    void stop() {
        first.close();
        second.close();
    }

    private static boolean steps(JsonNode job) {
        return job.path("latest").path("iteration").asInt() > 0;
    }

    private static boolean runsOn(JsonNode job, String replica) {
        return job.path("replica").asText().equals(replica) && JobReplica.state(job).equals("running");
    }

    @Test
    void aReplicaThatIsCutOffStopsAndTheOtherGoesOn() throws Exception {
        String id = first.erase(FOR_EVER, "");
        second.await(id, TakenJobsTest::steps);
        first.cutOff();
        int before = second.await(id, job -> runsOn(job, "second")).at("/latest/iteration").asInt();
        second.await(id, job -> job.at("/latest/iteration").asInt() > before);

        // the first replica hands it on through the job's directory: it has nothing to stop any more
        assertThat(first.service().admin().erasures().cancel(id).status()).isEqualTo(202);
        assertThat(second.await(id, "cancelled").path("replica").asText()).isEqualTo("second");
        List<String> events = new JobStore(registry.resolve("erasures")).find(id).orElseThrow().events(0).stream().map(JobDirectory.Event::json).toList();
        assertThat(events).noneMatch(event -> event.contains("failed"));
        assertThat(events).as("the phase and the state, once").filteredOn(event -> event.contains("\"cancelled\"")).hasSize(2);
    }

    @Test
    void whoeverIsAskedCanCancelAndResume() throws Exception {
        String id = first.erase(FOR_EVER, "");
        second.await(id, TakenJobsTest::steps);
        assertThat(second.service().admin().erasures().cancel(id).status()).isEqualTo(202);
        assertThat(second.await(id, "cancelled").path("replica").asText()).isEqualTo("first");
        assertThat(second.service().admin().erasures().cancel(id).status()).isEqualTo(409);

        assertThat(second.service().admin().erasures().resume(id).status()).isEqualTo(202);
        assertThat(first.service().admin().erasures().resume(id).status()).isEqualTo(409);
        second.await(id, job -> runsOn(job, "second"));
        // as it should be, and the other goes on
        second.close();
        first.await(id, job -> runsOn(job, "first"));
        first.service().admin().erasures().cancel(id);
        first.await(id, "cancelled");
    }
}
