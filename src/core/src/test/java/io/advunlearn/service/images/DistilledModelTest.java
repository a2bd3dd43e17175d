package io.advunlearn.service.images;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.evaluation.Gates;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.PipelineSettings;
import io.advunlearn.service.serving.Pipelines;
import io.advunlearn.service.serving.ServingMetrics;
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

    private Path model() throws IOException {
        Path model = Files.createDirectories(folder.resolve("distilled"));
        for (String part : List.of("model_index.json", "tokenizer", "text_encoder", "unet", "vae")) {
            Files.createSymbolicLink(model.resolve(part), BundledModel.directory().resolve(part).toAbsolutePath());
        }
        Files.createDirectory(model.resolve("scheduler"));
        Files.writeString(model.resolve("scheduler/scheduler_config.json"), "{\"_class_name\": \"LCMScheduler\"}");
        return model;
    }

    private static Answer ask(Images images, String fields) {
        String body = "{\"prompt\": \"a red apple\", " + fields + "}";
        return images.generate(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)), null).answer().join();
    }

    @Test
    void tooManyStepsAreTheClientsError() throws IOException {
        try (Pipelines pipelines = new Pipelines(new FileEncoderRegistry(folder.resolve("registry"), "replica-1"), Limits.DEFAULT, ServingMetrics.NONE,
                pipeline -> { })) {
            pipelines.load("distilled", new PipelineSettings(model(), "cpu", Optional.empty(), List.of(), false, 4, 5, Optional.empty(), Gates.NONE));
            Images images = new Images(new Models(pipelines), Limits.DEFAULT);
            assertThat(ask(images, "\"seed\": 1").status()).isEqualTo(200);
            Answer refused = ask(images, "\"num_inference_steps\": 60");
            assertThat(refused.status()).isEqualTo(400);
            assertThat(new String(refused.body(), StandardCharsets.UTF_8)).contains("\"param\":\"num_inference_steps\"").contains("LCMScheduler: 1 to 50");
            // who draws is the operator's choice
            assertThat(ask(images, "\"scheduler\": \"DDIM\"").status()).isEqualTo(400);
        }
    }
}
