package io.advunlearn.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.images.ImageGenCompletedEvent;
import com.openai.models.images.ImageGenPartialImageEvent;
import com.openai.models.images.ImageGenStreamEvent;
import com.openai.models.images.ImageGenerateParams;
import com.openai.models.images.ImagesResponse;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URL;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** OpenAI's official Java SDK against the gateway. */
@QuarkusTest
class OpenAiSdkTest {

    @TestHTTPResource("/v1")
    URL api;

    @TestHTTPResource(value = "/", management = true)
    URL management;

    private OpenAIClient client;

    @BeforeEach
    void connect() throws InterruptedException {
        TestGateway.awaitReady(management);
        client = OpenAIOkHttpClient.builder().baseUrl(api.toString()).apiKey("none").maxRetries(0).build();
    }

    private static ImageGenerateParams.Builder church(int steps) {
        return ImageGenerateParams.builder().prompt("a church").model("emoji-sd").size(ImageGenerateParams.Size.of("64x64"))
                .putAdditionalBodyProperty("seed", JsonValue.from(7)).putAdditionalBodyProperty("num_inference_steps", JsonValue.from(steps));
    }

    @Test
    void generates() throws IOException {
        ImagesResponse response = client.images().generate(church(2).n(2L).responseFormat(ImageGenerateParams.ResponseFormat.B64_JSON)
                .quality(ImageGenerateParams.Quality.AUTO).background(ImageGenerateParams.Background.OPAQUE).user("u-1").build());
        assertThat(response.data().orElseThrow()).hasSize(2);
        assertThat(TestGateway.image(response.data().orElseThrow().get(1).b64Json().orElseThrow()).getWidth()).isEqualTo(64);
        assertThat(response.outputFormat().orElseThrow()).isEqualTo(ImagesResponse.OutputFormat.PNG);
        assertThat(response.background().orElseThrow()).isEqualTo(ImagesResponse.Background.OPAQUE);
        ImagesResponse.Usage usage = response.usage().orElseThrow();
        assertThat(usage.totalTokens()).isEqualTo(usage.inputTokens() + usage.outputTokens());
        assertThat(usage.inputTokensDetails().textTokens()).isPositive();
        assertThat(response.created()).isPositive();
    }

    @Test
    void streams() throws IOException {
        ImageGenerateParams params = church(6).partialImages(2L).outputFormat(ImageGenerateParams.OutputFormat.JPEG).build();
        try (StreamResponse<ImageGenStreamEvent> stream = client.images().generateStreaming(params)) {
            List<ImageGenStreamEvent> events = stream.stream().toList();
            assertThat(events).hasSize(3);
            for (int i = 0; i < 2; i++) {
                ImageGenPartialImageEvent partial = events.get(i).asGenerationPartialImage();
                assertThat(partial.partialImageIndex()).isEqualTo(i);
                assertThat(partial.outputFormat()).isEqualTo(ImageGenPartialImageEvent.OutputFormat.JPEG);
                assertThat(TestGateway.image(partial.b64Json()).getWidth()).isEqualTo(64);
            }
            ImageGenCompletedEvent completed = events.get(2).asGenerationCompleted();
            assertThat(completed.usage().totalTokens()).isPositive();
            assertThat(completed.b64Json()).isEqualTo(client.images().generate(church(6).outputFormat(ImageGenerateParams.OutputFormat.JPEG).build())
                    .data().orElseThrow().get(0).b64Json().orElseThrow());
        }
    }

    @Test
    void readsErrorsAndModels() {
        assertThatThrownBy(() -> client.images().generate(church(2).responseFormat(ImageGenerateParams.ResponseFormat.URL).build()))
                .isInstanceOfSatisfying(BadRequestException.class, e -> {
                    assertThat(e.param()).contains("response_format");
                    assertThat(e.type()).contains("invalid_request_error");
                });
        assertThatThrownBy(() -> client.images().generate(church(2).model("gpt-image-1").build())).isInstanceOfSatisfying(NotFoundException.class,
                e -> assertThat(e.code()).contains("model_not_found"));
        assertThat(client.models().list().data()).extracting(model -> model.id()).contains("emoji-sd");
    }
}
