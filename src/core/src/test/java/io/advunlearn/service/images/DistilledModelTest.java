package io.advunlearn.service.images;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.evaluation.Gates;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.Observers;
import io.advunlearn.service.serving.PipelineSettings;
import io.advunlearn.service.serving.Pipelines;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A served model whose scheduler makes fewer steps than the API allows. */
class DistilledModelTest {

    @TempDir
    Path folder;

    private Path model(String schedulerConfig) throws IOException {
        Path model = Files.createDirectories(folder.resolve("distilled"));
        for (String part : List.of("model_index.json", "tokenizer", "text_encoder", "unet", "vae")) {
            Files.createSymbolicLink(model.resolve(part), BundledModel.directory().resolve(part).toAbsolutePath());
        }
        Files.createDirectory(model.resolve("scheduler"));
        Files.writeString(model.resolve("scheduler/scheduler_config.json"), schedulerConfig);
        return model;
    }

    private static Answer ask(Images images, String fields) {
        String body = "{\"prompt\": \"a red apple\", " + fields + "}";
        return images.generate(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)), null).answer().join();
    }

    private Pipelines pipelines() {
        return new Pipelines(new FileEncoderRegistry(folder.resolve("registry"), "replica-1"), Limits.DEFAULT, Observers.NONE, pipeline -> { });
    }

    @Test
    void aSchedulerThatCannotRunTheModelIsTheClientsError() throws IOException {
        try (Pipelines pipelines = pipelines()) {
            Path model = model("{\"_class_name\": \"DDIMScheduler\", \"prediction_type\": \"v_prediction\", \"rescale_betas_zero_snr\": true}");
            pipelines.load("distilled", new PipelineSettings(model, "cpu", Optional.empty(), List.of(), false, 4, 5, Optional.empty(), Gates.NONE));
            Answer refused = ask(new Images(new Models(pipelines), Limits.DEFAULT), "\"scheduler\": \"LMSDiscrete\"");
            assertThat(refused.status()).isEqualTo(400);
            assertThat(new String(refused.body(), StandardCharsets.UTF_8)).contains("\"param\":\"scheduler\"").contains("cannot run model distilled")
                    .doesNotContain(folder.toString());
        }
    }

    @Test
    void tooManyStepsAreTheClientsError() throws IOException {
        try (Pipelines pipelines = pipelines()) {
            Path model = model("{\"_class_name\": \"LCMScheduler\"}");
            pipelines.load("distilled", new PipelineSettings(model, "cpu", Optional.empty(), List.of(), false, 4, 5, Optional.empty(), Gates.NONE));
            Images images = new Images(new Models(pipelines), Limits.DEFAULT);
            assertThat(ask(images, "\"seed\": 1").status()).isEqualTo(200);
            Answer refused = ask(images, "\"num_inference_steps\": 60");
            assertThat(refused.status()).isEqualTo(400);
            assertThat(new String(refused.body(), StandardCharsets.UTF_8)).contains("\"param\":\"num_inference_steps\"").contains("LCMScheduler: 1 to 50");
            Answer unknown = ask(images, "\"scheduler\": \"Heun\"");
            assertThat(unknown.status()).isEqualTo(400);
            assertThat(new String(unknown.body(), StandardCharsets.UTF_8)).contains("\"param\":\"scheduler\"", "EulerDiscreteScheduler", "LCMScheduler");
            // the limit is the requested scheduler's
            assertThat(ask(images, "\"scheduler\": \"DDIM\", \"num_inference_steps\": 60").status()).isEqualTo(200);
        }
    }
}
