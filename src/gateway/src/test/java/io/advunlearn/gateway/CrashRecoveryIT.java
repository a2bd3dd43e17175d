package io.advunlearn.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code kill -9} in the middle of an erasure; {@link io.advunlearn.gateway.crash.KilledGatewayIT} kills everything else. */
class CrashRecoveryIT {

    private static final String ERASURE = "{\"concept\": \"church\", \"seed\": 5, \"settings\": "
            + EncoderFixture.TINY_ERASURE.replace("\"iterations\": 4", "\"iterations\": 10").replace("\"warmupIterations\": 2", "\"warmupIterations\": 4") + "}";

    private static final String LEASE = "-Dquarkus.advunlearn.erasures.lease=3s";

    private static boolean succeeded(JsonNode job) {
        return job.path("state").asText().equals("succeeded");
    }

    private static int iteration(JsonNode job) {
        return job.path("latest").path("iteration").asInt();
    }

    @Test
    void anErasureGoesOnFromItsCheckpointToTheSameCandidate() throws Exception {
        Map<?, ?> request = new ObjectMapper().readValue(ERASURE, Map.class);
        try (ChildGateway gateway = new ChildGateway()) {
            String path = "/erasures/" + gateway.admin().post("/erasures", request).path("id").asText();
            JsonNode running = gateway.awaitJob(path, job -> iteration(job) >= 5 || succeeded(job));
            assertThat(succeeded(running)).as("killed in the middle").isFalse();
            gateway.kill();

            gateway.start();
            JsonNode resumed = gateway.awaitJob(path, CrashRecoveryIT::succeeded);
            String events = new String(gateway.admin().bytes(path + "/events"), java.nio.charset.StandardCharsets.UTF_8);
            assertThat(events.split("\"phase\":\"bank\"", -1)).as("started twice").hasSize(3);
            // An erasure that begins anew would count every iteration of the warm-up again.
            assertThat(events.split("\"iteration\":1,\"iterations\":10,\"values\":\\{\"loss_erase\"|\"phase\":\"warmup\",\"iteration\":1,", -1).length)
                    .as("the first iteration ran once").isEqualTo(2);

            String again = "/erasures/" + gateway.admin().post("/erasures", request).path("id").asText();
            JsonNode uninterrupted = gateway.awaitJob(again, CrashRecoveryIT::succeeded);
            assertThat(resumed.path("result").path("digest").asText()).hasSize(64)
                    .isEqualTo(uninterrupted.path("result").path("digest").asText());
        }
    }

    @Test
    void anotherReplicaGoesOnWithTheErasureOfOneThatIsGone() throws Exception {
        try (ChildGateway first = new ChildGateway("-Dquarkus.advunlearn.replica=first", LEASE);
                ChildGateway second = first.beside("-Dquarkus.advunlearn.replica=second", LEASE)) {
            String path = "/erasures/" + first.admin().post("/erasures", new ObjectMapper().readValue(ERASURE, Map.class)).path("id").asText();
            JsonNode running = second.awaitJob(path, job -> iteration(job) >= 5 || succeeded(job));
            assertThat(succeeded(running)).as("killed in the middle").isFalse();
            first.kill();

            JsonNode done = second.awaitJob(path, CrashRecoveryIT::succeeded);
            assertThat(done.path("replica").asText()).isEqualTo("second");
            assertThat(done.path("result").path("iterations").asInt()).isEqualTo(10);
            String events = new String(second.admin().bytes(path + "/events"), java.nio.charset.StandardCharsets.UTF_8);
            assertThat(events.split("\"phase\":\"warmup\",\"iteration\":1,", -1)).as("the first iteration ran once").hasSize(2);
            assertThat(events.split("\"succeeded\"", -1)).as("over once").hasSize(2);
            assertThat(second.admin().get("/encoders").path("encoders").findValuesAsText("id")).containsExactly(done.path("id").asText());
        }
    }
}
