package io.advunlearn.quarkus.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.devui.tests.DevUIJsonRPCTest;
import io.quarkus.test.QuarkusDevModeTest;
import java.util.Map;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.JavaArchive;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The card's operations in dev mode, which needs Dev UI's own artifacts, 30 MB that no other test needs. */
@Tag("slow")
class DevUiTest extends DevUIJsonRPCTest {

    private static final int PORT = 18083;

    @RegisterExtension
    static final QuarkusDevModeTest APP = new QuarkusDevModeTest()
            .setArchiveProducer(() -> ShrinkWrap.create(JavaArchive.class).addAsResource(new StringAsset("""
            quarkus.http.port=%d
            quarkus.management.port=%d
            quarkus.advunlearn.registry-directory=target/dev-registry
            quarkus.advunlearn.pipelines.emoji-sd.model-directory=%s/emoji-sd
            """.formatted(PORT, PORT + 1, System.getProperty("advunlearn.models"))), "application.properties"));

    DevUiTest() {
        super("quarkus-advunlearn", "http://localhost:" + PORT);
    }

    private JsonNode ask(int status, String method, Map<String, Object> parameters) throws Exception {
        JsonNode answer = super.executeJsonRPCMethod(method, parameters);
        assertThat(answer.path("status").asInt()).as(answer.toString()).isEqualTo(status);
        return answer.path("body");
    }

    @Test
    void listsDrawsAndSwaps() throws Exception {
        JsonNode pipeline = ask(200, "pipelines", Map.of()).at("/pipelines/0");
        assertThat(pipeline.path("name").asText()).isEqualTo("emoji-sd");
        for (int i = 0; i < 600 && !pipeline.path("ready").asBoolean(); i++) {
            Thread.sleep(100);
            pipeline = ask(200, "pipelines", Map.of()).at("/pipelines/0");
        }
        JsonNode drawn = ask(200, "draw", Map.of("pipeline", "emoji-sd", "prompt", "a church", "steps", 1));
        assertThat(drawn.at("/data/0/b64_json").asText()).startsWith("iVBOR");
        assertThat(ask(200, "swap", Map.of("pipeline", "emoji-sd", "encoder", "base")).path("generation").asLong()).isPositive();
        assertThat(ask(200, "textEncoder", Map.of("pipeline", "emoji-sd")).at("/active/encoder").asText()).isEqualTo("base");
        assertThat(ask(400, "swap", Map.of("pipeline", "emoji-sd", "encoder", "nothing")).path("detail").asText()).contains("nothing");
        assertThat(ask(200, "encoders", Map.of()).path("encoders")).isEmpty();
    }
}
