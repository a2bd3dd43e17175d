package io.advunlearn.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.FamilyFixture;
import io.advunlearn.model.ConfigFile;
import io.advunlearn.tensor.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a single file's shapes do not say. What they say is checked by the whole pipelines' numbers. */
class SingleFileTest {

    @TempDir
    Path folder;

    private Path write(String fixture) {
        try (FamilyFixture checkpoint = new FamilyFixture(fixture)) {
            return checkpoint.write(folder);
        }
    }

    private static void check(Path file, int sampleSize, String prediction) {
        try (Checkpoint checkpoint = Checkpoint.open(file, CheckpointOptions.NONE)) {
            assertThat(PipelineArchitecture.of(checkpoint).unet().sampleSize()).isEqualTo(sampleSize);
            assertThat(ConfigFile.read(checkpoint.schedulerConfig()).name("prediction_type")).isEqualTo(prediction);
        }
    }

    @ParameterizedTest
    @CsvSource({"sd1_file, 64, epsilon", "sd2_file, 96, v_prediction", "sdxl_file, 128, epsilon"})
    void sizeAndPredictionAreAsPublished(String fixture, int sampleSize, String prediction) {
        check(write(fixture), sampleSize, prediction);
    }

    @Test
    void schedulerBesideTheFileWins() throws IOException {
        Path file = write("sd2_file");
        Files.createDirectories(folder.resolve("scheduler"));
        Files.writeString(folder.resolve("scheduler/scheduler_config.json"), "{\"_class_name\": \"DDIMScheduler\", \"prediction_type\": \"epsilon\"}");
        check(file, 64, "epsilon");
    }

    /** Some SDXL models say so with a tensor of that name. */
    @Test
    void velocityIsPredictedWhereTheFileSaysSo() {
        Path path = write("sdxl_file");
        Map<String, float[]> values = new LinkedHashMap<>();
        Map<String, long[]> shapes = new LinkedHashMap<>();
        try (Safetensors file = Safetensors.open(path)) {
            file.shapes().forEach((name, shape) -> {
                values.put(name, file.floats(name));
                shapes.put(name, shape);
            });
        }
        values.put("v_pred", new float[0]);
        shapes.put("v_pred", new long[] {0});
        Safetensors.write(path, values, shapes, Map.of());
        check(path, 128, "v_prediction");
    }

    @Test
    void nothingIsLeftBehind() {
        Path config;
        try (Checkpoint checkpoint = Checkpoint.open(write("sd1_file"), CheckpointOptions.NONE)) {
            config = checkpoint.schedulerConfig();
            assertThat(checkpoint.schedulerConfig()).isEqualTo(config).isRegularFile();
        }
        assertThat(config).doesNotExist();
    }
}
