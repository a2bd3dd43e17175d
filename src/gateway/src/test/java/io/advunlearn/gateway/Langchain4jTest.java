package io.advunlearn.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.model.openai.OpenAiImageModel;
import dev.langchain4j.model.output.Response;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URL;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** langchain4j's OpenAI image model against the gateway. */
@QuarkusTest
class Langchain4jTest {

    @TestHTTPResource("/v1")
    URL api;

    @TestHTTPResource(value = "/", management = true)
    URL management;

    @BeforeEach
    void awaitModel() throws InterruptedException {
        TestGateway.awaitReady(management);
    }

    private OpenAiImageModel.OpenAiImageModelBuilder model() {
        return OpenAiImageModel.builder().baseUrl(api.toString()).apiKey("none").modelName("emoji-sd").maxRetries(0);
    }

    @Test
    void generates() throws IOException {
        Response<List<Image>> response = model().size("32x32").build().generate("a church", 2);
        assertThat(response.content()).hasSize(2);
        assertThat(TestGateway.image(response.content().get(0).base64Data()).getWidth()).isEqualTo(32);
    }

    @Test
    void readsErrors() {
        assertThatThrownBy(() -> model().quality("hd").build().generate("a church")).isInstanceOfSatisfying(HttpException.class, e -> {
            assertThat(e.statusCode()).isEqualTo(400);
            assertThat(e.getMessage()).contains("quality must be left out");
        });
    }
}
